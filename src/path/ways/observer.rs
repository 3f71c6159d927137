//! What a drill writes down of programs that are not ours. Never what they say.

use std::sync::{Mutex, PoisonError};

use super::caps::Caps;
use crate::journal::{Journal, Observed, ObservedEnd, Record};
use crate::limits::OBSERVED_TEXT;
use crate::plan::{Lead, Plan, Site};
use crate::units::{EndpointId, Moment, Rate, Span, WayId};

/// One way in of a drill.
pub(in crate::path) struct Observer {
    pub(in crate::path) way: WayId,
    /// The hosts that lead to endpoints.
    twins: Vec<(Lead, EndpointId)>,
    caps: Caps,
    /// Those that were too many in the second that goes on.
    over: Mutex<Option<Observed>>,
}

impl Observer {
    pub(in crate::path) fn new(way: WayId, twins: Vec<(Lead, EndpointId)>, limit: Rate, now: Moment) -> Self {
        Self { way, twins, caps: Caps::new(limit, Span::MAX, now), over: Mutex::default() }
    }

    /// The endpoint of the plan that a site is, if it is one.
    pub(in crate::path) fn endpoint(&self, plan: &Plan, site: &Site) -> Option<EndpointId> {
        let twin = self.twins.iter().find(|(lead, _)| lead.is_for(site)).map(|(_, endpoint)| *endpoint);
        let authority = site.to_string();
        let is_it = |url: &crate::plan::Url| url.authority() == authority;
        let service = || plan.endpoint_ids().find(|(_, part)| part.url.as_ref().is_some_and(is_it)).map(|(id, _)| id);
        twin.or_else(service)
    }

    /// Counts one more exchange or connection; `false` if it is one too many, which is counted as such.
    pub(in crate::path) fn takes(&self, source: std::net::IpAddr, journal: &Journal, now: Moment) -> bool {
        if self.caps.takes(now) {
            return true;
        }
        let mut over = self.over.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *over {
            Some(known) if second(known.began) == second(now) => {
                known.count = known.count.saturating_add(1);
                known.ended = known.ended.max(now);
            }
            _ => {
                if let Some(before) = over.replace(self.limited(source, now)) {
                    journal.append(Record::Observed(before));
                }
            }
        }
        false
    }

    /// Writes down what is counted and not written.
    pub(in crate::path) fn end(&self, journal: &Journal) {
        let over = self.over.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(over) = over {
            journal.append(Record::Observed(over));
        }
    }

    fn limited(&self, source: std::net::IpAddr, now: Moment) -> Observed {
        Observed {
            way: self.way,
            connection: 0,
            exchange: 0,
            source,
            user: "".into(),
            account: None,
            host: "".into(),
            address: None,
            method: "".into(),
            capability: None,
            status: 0,
            sent: 0,
            received: 0,
            began: now,
            ready: None,
            ended: now,
            end: ObservedEnd::Limited,
            injects: Vec::new(),
            count: 1,
            tried: Box::default(),
        }
    }
}

fn second(at: Moment) -> u64 {
    at.nanos() / 1_000_000_000
}

/// So much of a text as is written down.
pub(in crate::path) fn cut(text: &str) -> Box<str> {
    let ends = text.char_indices().map(|(at, letter)| at + letter.len_utf8());
    text[..ends.take_while(|end| *end <= OBSERVED_TEXT).last().unwrap_or(0)].into()
}
