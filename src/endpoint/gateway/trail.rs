//! A gateway's audit trail: the latest of what it did with messages, in order.

use std::collections::VecDeque;
use std::sync::Mutex;

use hyper::Response;
use hyper::http::request::Parts;

use super::{Forward, lock};
use crate::endpoint::core::Core;
use crate::journal::Ending;
use crate::limits::{TWIN_AUDITED_BYTES, TWIN_RECORDS, TWIN_TRAIL_BYTES};
use crate::plan::{Gateway, Plan};
use crate::units::EndpointId;
use crate::vendor::gateway::{self, AuditEntry, AuditedAct, No, Post};
use crate::vendor::http::message_id;
use crate::vendor::{Body, Refusal, wall};

/// What a gateway remembers of what it did.
pub(super) struct Trail {
    keeps: usize,
    /// How the endpoints are called that it sends on to.
    names: Vec<String>,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    entries: VecDeque<AuditEntry>,
    /// How many were written ever.
    written: u64,
    /// What those that are kept hold.
    bytes: usize,
}

impl Trail {
    /// Of a gateway in a drill, or of one that stands alone.
    pub(super) fn new(gateway: &Gateway, plan: Option<&Plan>) -> Self {
        let keeps = gateway.audit.as_ref().and_then(|audit| audit.keeps);
        let keeps = keeps.and_then(|keeps| usize::try_from(keeps).ok()).unwrap_or(TWIN_RECORDS);
        let endpoints = plan.iter().flat_map(|plan| &plan.endpoints);
        Self { keeps, names: endpoints.map(|endpoint| endpoint.name.clone()).collect(), kept: Mutex::default() }
    }

    /// What it says to an auditor.
    pub(super) fn read(&self, head: &Parts) -> Result<Response<Body>, Refusal> {
        let (after, limit) = gateway::read_audit(head).map_err(|why| Refusal::BadRequest(why.into()))?;
        let kept = lock(&self.kept);
        let from = kept.entries.partition_point(|entry| entry.number <= after);
        let entries = kept.entries.range(from..);
        Ok(gateway::audit_page(after, entries.len(), entries.take(limit)))
    }

    /// A message was handed to an endpoint.
    pub(super) fn sent_on(&self, core: &Core, forward: &Forward, to: EndpointId, ending: Ending) {
        let outcome = match ending {
            Ending::Acknowledged => "acknowledged",
            Ending::Refused => "refused",
            Ending::Unanswered => "unanswered",
            // Nothing has left.
            Ending::NotSent => return,
        };
        let endpoint = self.names.get(to.index()).cloned().unwrap_or_default();
        self.tell(core, forward, AuditedAct::SentOn { endpoint, outcome: outcome.into() });
    }

    /// A message was not taken, whatever was tried.
    pub(super) fn given_up(&self, core: &Core, forward: &Forward, why: No) {
        self.tell(core, forward, AuditedAct::Refused { reason: why.code().into() });
    }

    fn tell(&self, core: &Core, forward: &Forward, what: AuditedAct) {
        self.write(core, |number, at| AuditEntry {
            number,
            at,
            id: forward.id.as_ref().into(),
            from: forward.sender.as_ref().into(),
            class: forward.class.as_deref().map(Into::into),
            to: as_many(forward.to.iter().map(|(_, user)| user.clone())),
            what,
        });
    }

    /// A message was refused before anything was tried. What names itself like no message is none.
    pub(super) fn refused(&self, core: &Core, sender: &str, post: Post<'_>, reason: &str) {
        if message_id(&post.id).is_none() {
            return;
        }
        self.write(core, |number, at| AuditEntry {
            number,
            at,
            id: post.id.into_owned(),
            from: sender.into(),
            class: post.class.filter(|class| class.len() <= TWIN_AUDITED_BYTES).map(Into::into),
            to: as_many(post.to.into_iter()),
            what: AuditedAct::Refused { reason: reason.into() },
        });
    }

    fn write(&self, core: &Core, entry: impl FnOnce(u64, String) -> AuditEntry) {
        let at = wall::text(core.wall.at(core.now()));
        let mut kept = lock(&self.kept);
        kept.written += 1;
        let entry = entry(kept.written, at);
        kept.bytes += size(&entry);
        kept.entries.push_back(entry);
        while kept.entries.len() > self.keeps || kept.bytes > TWIN_TRAIL_BYTES {
            let Some(oldest) = kept.entries.pop_front() else { break };
            kept.bytes -= size(&oldest);
        }
    }
}

/// As many users as an entry names.
fn as_many(users: impl Iterator<Item = String>) -> Vec<String> {
    let mut bytes = 0;
    let fits = |user: &String| {
        // With its quotes, and what parts it from the next.
        bytes += user.len() + 4;
        bytes <= TWIN_AUDITED_BYTES
    };
    users.take_while(fits).collect()
}

fn size(entry: &AuditEntry) -> usize {
    let AuditEntry { at, id, from, class, to, .. } = entry;
    let texts = [at, id, from].into_iter().chain(class).chain(to);
    size_of::<AuditEntry>() + texts.map(|text| size_of::<String>() + text.len()).sum::<usize>()
}
