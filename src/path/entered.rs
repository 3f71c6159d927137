//! Connections of clients, from the moment when they are accepted to the task that serves them.

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::OwnedSemaphorePermit;

use super::leg::Leg;
use super::proxy_protocol::{self, Spoken};
use super::ways::near::Near;
use super::{Destination, Origin, Protocol, Shared, http, pump, smtp, ways};
use crate::control::Side;
use crate::limits::ASK_TIMEOUT;
use crate::world::{Conn, Listener, Tasks};

/// Accepts for ever, as long as there are places.
pub(super) async fn accept(
    shared: Arc<Shared>,
    tasks: Tasks,
    listener: Listener,
    to: Arc<Destination>,
    protocol: Protocol,
) {
    let name: Arc<str> = "connection".into();
    loop {
        let Ok(place) = Arc::clone(&shared.places).acquire_owned().await else { return };
        let conn = shared.at.alarm.accept(&listener, &shared.at.world.clock).await;
        let ends = (conn.peer_addr(), conn.local_addr());
        let unread = Bytes::new();
        let entered = Entered { shared: Arc::clone(&shared), to: Arc::clone(&to), conn, unread, ends, place };
        if to.proxy_protocol.from.is_empty() {
            entered.begin(protocol, &name, &tasks);
            continue;
        }
        let (next, each) = (Arc::clone(&name), tasks.clone());
        tasks.spawn(Arc::clone(&name), async move {
            if let Some(entered) = entered.introduced().await {
                entered.begin(protocol, &next, &each);
            }
        });
    }
}

/// A client's connection that has been accepted.
pub(super) struct Entered {
    pub(super) shared: Arc<Shared>,
    pub(super) to: Arc<Destination>,
    pub(super) conn: Conn,
    /// What was read from it already.
    pub(super) unread: Bytes,
    /// The client's address and the one that it has connected to, as the proxy before us says, if there is one.
    pub(super) ends: (SocketAddr, SocketAddr),
    /// Held as long as it is open.
    pub(super) place: OwnedSemaphorePermit,
}

impl Entered {
    /// Serves it, in a task for its protocol: that of a stream is a fraction as large.
    fn begin(self, protocol: Protocol, name: &Arc<str>, tasks: &Tasks) {
        let (name, more) = (Arc::clone(name), tasks.clone());
        match protocol {
            Protocol::Http => tasks.spawn(name, self.http(more)),
            Protocol::Stream => tasks.spawn(name, self.stream()),
            Protocol::Smtp => tasks.spawn(name, self.smtp()),
            Protocol::Forward => tasks.spawn(name, ways::forward(self, more)),
            Protocol::Socks => tasks.spawn(name, ways::socks(self, more)),
            Protocol::Sni => tasks.spawn(name, ways::sni(self, more)),
        }
    }

    /// Hears from a proxy for whom it speaks; `None` if it is not one of those that may, or does not say it.
    async fn introduced(self) -> Option<Self> {
        let (peer, way) = (self.conn.peer_addr(), self.to.name.as_str());
        let is_listed = |block: &ipnet::IpNet| block.contains(&peer.ip().to_canonical());
        if !self.to.proxy_protocol.from.iter().any(is_listed) {
            if self.shared.rules.telling.may(self.shared.at.world.clock.now()) {
                tracing::warn!(way, %peer, "refused: it is not on the list of proxies that may say for whom they speak");
            }
            self.conn.reset();
            return None;
        }
        let clock = &self.shared.at.world.clock;
        let mut near = Near::new((self.conn, self.unread));
        match near.message(clock, clock.now() + ASK_TIMEOUT, proxy_protocol::read).await {
            Ok(spoken) => {
                let ends = match spoken {
                    Spoken::For { client, server } => (client, server),
                    Spoken::Itself => self.ends,
                };
                let (conn, unread) = near.into_parts();
                Some(Self { conn, unread, ends, ..self })
            }
            Err(missed) => {
                if self.shared.rules.telling.may(clock.now()) {
                    tracing::warn!(way, %peer, ?missed, "a proxy does not say for whom it speaks");
                }
                near.reset();
                None
            }
        }
    }

    async fn http(self, tasks: Tasks) {
        let leg = self.leg();
        let (_open, _place) = (leg.to.meter.opened(), self.place);
        http::serve(&leg, (self.conn, self.unread), None, tasks).await;
    }

    async fn stream(self) {
        let leg = self.leg();
        let (_open, _place) = (leg.to.meter.opened(), self.place);
        if leg.handshake().await {
            pump::serve(&leg, (self.conn, self.unread)).await;
        } else {
            self.conn.reset();
        }
    }

    async fn smtp(self) {
        let leg = self.leg();
        let (_open, _place) = (leg.to.meter.opened(), self.place);
        smtp::serve(&leg, (self.conn, self.unread)).await;
    }

    fn leg(&self) -> Arc<Leg> {
        if let Some(called) = self.to.called {
            let connection = self.shared.at.connections.alone();
            return Arc::new(Leg::back(Arc::clone(&self.shared), Arc::clone(&self.to), connection, called));
        }
        let (client, door) = (self.conn.peer_addr(), self.conn.local_addr());
        let connection = self.shared.at.connections.join(client, door, Side::Path);
        let origin = Origin { ends: Some(self.ends), ..self.shared.origin(self.ends.0.ip()) };
        Arc::new(Leg::new(Arc::clone(&self.shared), Arc::clone(&self.to), connection, origin))
    }
}
