//! The way onward: a gateway's connections to the endpoints that it sends on to, each in the name of whoever sends, all from its own address.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::inspector::Inspector;
use super::{Forward, Leg};
use crate::client::{Client, Outcome, Parcel};
use crate::control::Scene;
use crate::journal::{self, Ending, Record, Ruling};
use crate::plan::Gateway;
use crate::plan::message::is_probe;
use crate::units::{AccountId, EndpointId, MessageId, Moment, Span};
use crate::vendor;

/// What a gateway sends on with.
pub(in crate::endpoint) struct Onward {
    scene: Scene,
    id: EndpointId,
    gateway: Arc<Gateway>,
    /// Who asks whether a text may leave, if that is asked.
    inspector: Option<Inspector>,
    /// Where each endpoint is reached from the gateway's region, once that is known.
    entrances: OnceLock<BTreeMap<EndpointId, SocketAddr>>,
    clients: Mutex<BTreeMap<(AccountId, EndpointId), Arc<Client>>>,
}

impl Onward {
    pub(in crate::endpoint) fn new(scene: &Scene, id: EndpointId, gateway: Arc<Gateway>) -> Self {
        let inspector = gateway.inspection.map(|how| Inspector::new(scene, id, gateway.address, how));
        Self { scene: scene.clone(), id, gateway, inspector, entrances: OnceLock::new(), clients: Mutex::default() }
    }

    /// Tells it where it reaches others. It is told once.
    pub(in crate::endpoint) fn leads(&self, entrance: impl Fn(EndpointId) -> Option<SocketAddr>) {
        if let Some(inspector) = &self.inspector {
            inspector.leads(&entrance);
        }
        let to = self.gateway.targets();
        let _ = self.entrances.set(to.into_iter().filter_map(|id| Some((id, entrance(id)?))).collect());
    }

    /// Has a message's text inspected, if that is asked here, and tells what is to be done with it.
    pub(in crate::endpoint) async fn inspect(&self, forward: &Forward) -> Option<Ruling> {
        Some(self.inspector.as_ref()?.rules(forward).await)
    }

    /// Sends a message on to one endpoint, writes that down, and tells how it ended and who was declined, by their names at the gateway.
    pub(in crate::endpoint) async fn send(&self, forward: &Forward, Leg { to, number }: Leg) -> (Ending, Vec<String>) {
        let clock = &self.scene.world.clock;
        let users: Vec<String> = forward.to.iter().map(|(account, _)| self.user(to, *account)).collect();
        let recipients: Vec<&str> = users.iter().map(String::as_str).collect();
        let sent = clock.now();
        let parcel = Parcel {
            capability: self.gateway.capability,
            recipients: &recipients,
            class: forward.class.as_deref(),
            text: &forward.text,
            once: forward.message,
            written: sent,
        };
        let outcome = self.client(forward.from, to).attempt(&parcel, sent + self.gateway.timeout, Span::ZERO).await;
        if !is_probe(forward.message) {
            self.write(forward.message, (to, number), (sent, clock.now()), &outcome);
        }
        let is_declined = |user: &String| outcome.declined.contains(user);
        let declined = forward.to.iter().zip(&users).filter(|(_, user)| is_declined(user));
        (outcome.ending, declined.map(|((_, name), _)| name.clone()).collect())
    }

    fn write(
        &self,
        message: MessageId,
        (endpoint, number): (EndpointId, u16),
        (sent, done): (Moment, Moment),
        outcome: &Outcome,
    ) {
        self.scene.journal.append(Record::Onward(journal::Onward {
            message,
            number,
            gateway: self.id,
            endpoint,
            connection: outcome.connection,
            exchange: outcome.exchange,
            sent,
            done,
            ending: outcome.ending,
            code: outcome.code.clone(),
        }));
    }

    /// What an account is called at an endpoint.
    fn user(&self, endpoint: EndpointId, account: AccountId) -> String {
        vendor::identity_at(&self.scene.plan, endpoint, account, |name| self.scene.secrets.value(name)).user
    }

    fn client(&self, from: AccountId, to: EndpointId) -> Arc<Client> {
        let entrance = self.entrances.get().and_then(|entrances| entrances.get(&to)).copied();
        let new = || Arc::new(Client::new(&self.scene, (from, to), entrance).from_gateway(self.gateway.address));
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(clients.entry((from, to)).or_insert_with(new))
    }
}
