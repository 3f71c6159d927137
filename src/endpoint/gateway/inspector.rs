//! The inspection in line: before anything is sent on, a gateway asks whether its text may leave, by a connection of its own through the path.

use std::net::{IpAddr, SocketAddr};
use std::sync::OnceLock;

use super::Forward;
use crate::client::{Asked, Client};
use crate::control::Scene;
use crate::journal::{Inspected, Record, Ruling};
use crate::plan::message::is_probe;
use crate::plan::{Fails, Inspection};
use crate::units::{EndpointId, Moment};
use crate::vendor::dlp::Verdict;

/// Who asks for a gateway.
pub(super) struct Inspector {
    scene: Scene,
    gateway: EndpointId,
    address: IpAddr,
    inspection: Inspection,
    /// Once it is known where whoever inspects is reached.
    client: OnceLock<Client>,
}

impl Inspector {
    pub(super) fn new(scene: &Scene, gateway: EndpointId, address: IpAddr, inspection: Inspection) -> Self {
        Self { scene: scene.clone(), gateway, address, inspection, client: OnceLock::new() }
    }

    /// Tells it where it reaches others.
    pub(super) fn leads(&self, entrance: impl Fn(EndpointId) -> Option<SocketAddr>) {
        let Inspection { by, .. } = self.inspection;
        let _ = self.client.set(Client::of_nobody(&self.scene, by, self.address, entrance(by)));
    }

    /// Asks, writes down what came of it, and says what is to be done with the message.
    pub(super) async fn rules(&self, forward: &Forward) -> Ruling {
        let clock = &self.scene.world.clock;
        let Inspection { timeout, fails, .. } = self.inspection;
        let asked = clock.now();
        let came = match self.client.get() {
            Some(client) => client.inspect(&forward.text, asked + timeout).await,
            // Nobody sends to a gateway before it knows its way.
            None => Asked { verdict: Err(crate::journal::Code::default()), connection: None, exchange: 0 },
        };
        let ruling = match (&came.verdict, fails) {
            (Ok(Verdict::Pass), _) => Ruling::Pass,
            (Ok(Verdict::Block), _) => Ruling::Block,
            (Err(_), Fails::Open) => Ruling::FailedOpen,
            (Err(_), Fails::Closed) => Ruling::FailedClosed,
        };
        if !is_probe(forward.message) {
            self.write(forward, (asked, clock.now()), came, ruling);
        }
        ruling
    }

    fn write(&self, forward: &Forward, (asked, done): (Moment, Moment), came: Asked, ruling: Ruling) {
        self.scene.journal.append(Record::Inspected(Inspected {
            message: forward.message,
            gateway: self.gateway,
            endpoint: self.inspection.by,
            connection: came.connection,
            exchange: came.exchange,
            asked,
            done,
            ruling,
            code: came.verdict.err().unwrap_or_default(),
        }));
    }
}
