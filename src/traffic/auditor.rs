//! Whoever reads a gateway's audit trail: an auditor in a region of his own, who asks through the path for what is new, while the drill goes
//! on and once more when everything else has ended.

use std::sync::Arc;

use tokio::sync::Mutex;

use super::Stage;
use super::receive::backoff;
use crate::client::Client;
use crate::journal::{Act, Audited, Control, Event, Record};
use crate::limits::{AUDIT_LOOK_PATIENCE, AUDIT_LOOKS, AUDIT_PATIENCE, RECEIVER_BACKOFF, RECEIVER_PATIENCE};
use crate::plan::Audit;
use crate::plan::message::is_probe;
use crate::units::{EndpointId, Moment, Span};
use crate::vendor::gateway::{self, AuditEntry, AuditPage, AuditedAct};
use crate::vendor::http::message_id;
use crate::vendor::wall;

/// The auditor of one gateway.
pub(super) struct Auditor {
    stage: Arc<Stage>,
    gateway: EndpointId,
    audit: Audit,
    client: Client,
    /// Held while he reads.
    trail: Mutex<Trail>,
}

/// How far a trail was read.
struct Trail {
    /// After which number he asks.
    after: u64,
    /// Whether what he comes to may have been there before the drill.
    old: bool,
    /// Whether all that was there before was passed over before the drill began, and so nothing of the drill.
    whole: bool,
}

/// The auditors of all gateways that have one.
pub(super) fn auditors(stage: &Arc<Stage>) -> Vec<Arc<Auditor>> {
    let plan = &stage.scene.plan;
    let auditor = |(gateway, audit): (EndpointId, &Audit)| {
        let door = plan.region_of(audit.address).and_then(|region| stage.entrances.get(&(region, gateway))).copied();
        let client = Client::auditor(&stage.scene, gateway, audit, door);
        // A twin's trail is empty.
        let old = plan.endpoints[gateway.index()].url.is_some();
        let trail = Mutex::new(Trail { after: 0, old, whole: !old });
        Arc::new(Auditor { stage: Arc::clone(stage), gateway, audit: audit.clone(), client, trail })
    };
    plan.audits().map(auditor).collect()
}

impl Auditor {
    /// Passes over what a real gateway has in its trail already: it tells of other drills, whose messages had the same ids. If he does not come to
    /// the end of it in time, he goes on to pass over while the drill plays, and what the trail tells of the drill's beginning is not known.
    pub(super) async fn look(&self) {
        let clock = &self.stage.scene.world.clock;
        let until = clock.now() + AUDIT_LOOK_PATIENCE;
        let is_old = self.trail.lock().await.old;
        for _ in 0..if is_old { AUDIT_LOOKS } else { 0 } {
            if self.read(until).await.is_some() {
                self.trail.lock().await.whole = true;
                return;
            }
            if clock.now() >= until {
                return;
            }
            clock.sleep(RECEIVER_BACKOFF).await;
        }
    }

    /// Starts to read, for as long as the drill goes on.
    pub(super) fn start(self: &Arc<Self>) {
        let name = format!("auditor of {}", self.stage.scene.plan.endpoints[self.gateway.index()].name);
        self.stage.receiving.spawn(name, Arc::clone(self).run());
    }

    /// He does not ask too often after a gateway that does not answer.
    async fn run(self: Arc<Self>) {
        let clock = &self.stage.scene.world.clock;
        let mut silent_since: Option<Moment> = None;
        loop {
            let pause = silent_since.map_or(Span::ZERO, |since| backoff(clock.now().since(since)));
            clock.sleep(self.audit.every.max(pause)).await;
            let read = self.read(Moment::MAX).await;
            silent_since = if read.is_some() { None } else { silent_since.or(Some(clock.now())) };
        }
    }

    /// Reads once more, when all that is to be in the trail has happened, and writes down whether he has all of it.
    pub(super) async fn end(&self) {
        let clock = &self.stage.scene.world.clock;
        let until = clock.now();
        // What a gateway does becomes readable a while after it was done.
        clock.sleep(self.audit.every.min(self.stage.scene.plan.grace)).await;
        let whole = self.read(clock.now() + AUDIT_PATIENCE).await.unwrap_or_default();
        let event = Event::AuditEnded { gateway: self.gateway, until, whole };
        self.stage.scene.journal.append(Record::Control(Control { at: clock.now(), event }));
    }

    /// Reads until there is no more, and writes down what is of this drill. `None` if he did not come to the end by that moment; otherwise whether
    /// nothing of the drill was passed over.
    async fn read(&self, until: Moment) -> Option<bool> {
        self.stage.scene.world.clock.timeout(until, self.read_on()).await.ok().flatten()
    }

    async fn read_on(&self) -> Option<bool> {
        let mut trail = self.trail.lock().await;
        loop {
            let (connection, page) = self.page(trail.after).await?;
            let before = trail.after;
            for entry in trail.take(&page) {
                self.write(connection, entry);
            }
            if !page.more {
                trail.old = false;
                return Some(trail.whole);
            }
            // There is said to be more, and it is not given.
            if trail.after == before {
                return None;
            }
        }
    }

    /// What follows a number, and on which connection it came.
    async fn page(&self, after: u64) -> Option<(u64, AuditPage)> {
        let until = self.stage.scene.world.clock.now() + RECEIVER_PATIENCE;
        let request = gateway::audit_request(&self.client.identity().key, after);
        let (connection, status, body) = self.client.hear(request, until).await?;
        Some((connection, gateway::read_audit_page(status, &body)?))
    }

    /// Writes an entry down, if it is about a message of this drill.
    fn write(&self, connection: u64, entry: &AuditEntry) {
        let plan = &self.stage.scene.plan;
        let Some(message) = message_id(&entry.id) else { return };
        if message.journey.index() >= plan.journeys.len() || is_probe(message) {
            return;
        }
        let (act, endpoint, word) = match &entry.what {
            AuditedAct::SentOn { endpoint, outcome } => (Act::SentOn, Some(endpoint), outcome),
            AuditedAct::Refused { reason } => (Act::Refused, None, reason),
        };
        let named = |name: &String| plan.endpoint_ids().find(|(_, part)| part.name == *name).map(|(id, _)| id);
        self.stage.scene.journal.append(Record::Audited(Audited {
            message,
            gateway: self.gateway,
            entry: entry.number,
            connection,
            at: self.stage.scene.world.clock.now(),
            stated: wall::read(&entry.at),
            act,
            endpoint: endpoint.and_then(named),
            word: self.stage.scene.secrets.scrub(word).into(),
        }));
    }
}

impl Trail {
    /// Takes a page, and gives those of its entries that are to be told.
    fn take<'p>(&mut self, page: &'p AuditPage) -> Vec<&'p AuditEntry> {
        let mut told = Vec::new();
        for entry in &page.entries {
            // Numbers go up; whatever does not was told already.
            if entry.number > self.after {
                self.after = entry.number;
                if !self.old {
                    told.push(entry);
                }
            }
        }
        self.after = page.next.max(self.after);
        told
    }
}
