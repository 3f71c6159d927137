//! Whoever reads a gateway's audit trail: an auditor in a region of his own, who asks through the path for what is new, while the drill goes
//! on and once more when everything else has ended.

use std::sync::Arc;

use tokio::sync::Mutex;

use super::Stage;
use super::receive::backoff;
use crate::client::Client;
use crate::journal::{Act, Audited, Control, Event, Record};
use crate::limits::{MESSAGES, RECEIVER_PATIENCE};
use crate::plan::Audit;
use crate::units::{EndpointId, Moment, Span};
use crate::vendor::gateway::{self, AuditEntry, AuditedAct};
use crate::vendor::http::message_id;
use crate::vendor::wall;

/// The auditor of one gateway.
pub(super) struct Auditor {
    stage: Arc<Stage>,
    gateway: EndpointId,
    audit: Audit,
    client: Client,
    /// After which number he asks; held while he reads.
    after: Mutex<u64>,
}

/// The auditors of all gateways that have one.
pub(super) fn auditors(stage: &Arc<Stage>) -> Vec<Arc<Auditor>> {
    let plan = &stage.scene.plan;
    let auditor = |(gateway, audit): (EndpointId, &Audit)| {
        let door = plan.region_of(audit.address).and_then(|region| stage.entrances.get(&(region, gateway))).copied();
        let client = Client::auditor(&stage.scene, gateway, audit, door);
        Arc::new(Auditor { stage: Arc::clone(stage), gateway, audit: audit.clone(), client, after: Mutex::new(0) })
    };
    plan.audits().map(auditor).collect()
}

impl Auditor {
    /// Passes over what a real gateway has in its trail already: it tells of other drills. If there is no answer, nothing was there.
    pub(super) async fn look(&self) {
        if self.stage.scene.plan.endpoints[self.gateway.index()].url.is_some() {
            self.read(|_, _| {}).await;
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
            let read = self.read(|connection, entry| self.write(connection, entry)).await;
            silent_since = if read { None } else { silent_since.or(Some(clock.now())) };
        }
    }

    /// Reads once more, when all that is to be in the trail has happened, and writes down whether he read all of it.
    pub(super) async fn end(&self) {
        let clock = &self.stage.scene.world.clock;
        let until = clock.now();
        // What a gateway does becomes readable a while after it was done.
        clock.sleep(self.audit.every.min(self.stage.scene.plan.grace)).await;
        let whole = self.read(|connection, entry| self.write(connection, entry)).await;
        let event = Event::AuditEnded { gateway: self.gateway, until, whole };
        self.stage.scene.journal.append(Record::Control(Control { at: clock.now(), event }));
    }

    /// Reads until there is no more, and tells of each entry on which connection it came. Says whether it came to the end.
    async fn read(&self, tell: impl Fn(u64, &AuditEntry)) -> bool {
        let mut after = self.after.lock().await;
        loop {
            let until = self.stage.scene.world.clock.now() + RECEIVER_PATIENCE;
            let request = gateway::audit_request(&self.client.identity().key, *after);
            let heard = self.client.hear(request, until).await;
            let page = heard
                .and_then(|(connection, status, body)| Some((connection, gateway::read_audit_page(status, &body)?)));
            let Some((connection, page)) = page else { return false };
            let before = *after;
            for entry in &page.entries {
                // Numbers go up; whatever does not was told already.
                if entry.number > *after {
                    *after = entry.number;
                    tell(connection, entry);
                }
            }
            *after = page.next.max(*after);
            if !page.more || *after == before {
                return true;
            }
        }
    }

    /// Writes an entry down, if it is about a message of this drill.
    fn write(&self, connection: u64, entry: &AuditEntry) {
        let plan = &self.stage.scene.plan;
        let Some(message) = message_id(&entry.id) else { return };
        // Probes are numbered from above, and stand in no figure.
        if message.journey.index() >= plan.journeys.len() || u64::from(message.number) >= MESSAGES {
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
