//! A program that has come by a way in: who it is, and how it gets where it wants to go.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use tokio::sync::OwnedSemaphorePermit;

use super::hello::Hello;
use super::near::Near;
use super::rules::Met;
use super::{Asked, Interception, Manner, User, cut, same};
use crate::control::Side;
use crate::journal::{Observed, ObservedEnd};
use crate::path::eye::Eye;
use crate::path::http::Login;
use crate::path::leg::Leg;
use crate::path::overheard;
use crate::path::upstream::Upstream;
use crate::path::{Destination, Entered, Origin, Shared};
use crate::plan::{Endpoint, ProxyProtocol, Site};
use crate::units::{Moment, WayId};
use crate::vendor;
use crate::world::{Clock, Conn};

/// Whoever came.
pub(super) struct Coming {
    shared: Arc<Shared>,
    /// The way in, as a place that faults can be aimed at.
    way: Arc<Destination>,
    peer: SocketAddr,
    door: SocketAddr,
    /// The client's address and the one that it has connected to.
    ends: (SocketAddr, SocketAddr),
    /// Whether the client has named its host already, in the hello of its TLS.
    pub(super) has_named: bool,
    _place: OwnedSemaphorePermit,
}

impl Coming {
    /// Whether the log may tell of one more trouble.
    pub(super) fn tells(&self) -> bool {
        self.shared.rules.telling.may(self.clock().now())
    }

    /// Who came, and the connection.
    pub(super) fn of(entered: Entered) -> (Self, Near) {
        let Entered { shared, to, conn, unread, ends, place } = entered;
        let (peer, door) = (conn.peer_addr(), conn.local_addr());
        let near = Near::new((conn, unread));
        (Self { shared, way: to, peer, door, ends, has_named: false, _place: place }, near)
    }

    pub(super) fn clock(&self) -> &Clock {
        &self.shared.at.world.clock
    }

    /// Counts it as open for as long as the guard lives.
    pub(super) fn opened(&self) -> impl Drop + '_ {
        self.way.meter.opened()
    }

    /// Whether a client may come in that shows this, or nothing.
    pub(super) fn admits(&self, login: Option<&Login>) -> bool {
        let shown = || login.map(|login| login.password.as_bytes());
        self.shared.rules.token.as_ref().is_none_or(|token| shown().is_some_and(|shown| same(shown, token.as_bytes())))
    }

    /// Whether a client has to show something.
    pub(super) fn asks(&self) -> bool {
        self.shared.rules.token.is_some()
    }

    /// How TLS with a site is ended here and begun anew, if it is.
    pub(super) fn intercepts(&self, site: &Site) -> Option<&Interception> {
        self.shared.rules.interception.as_ref().filter(|interception| interception.is_for(site))
    }

    /// How TLS is ended here on a connection for which that was decided when it began.
    pub(super) fn interception(&self, leg: &Leg) -> Option<&Interception> {
        let is_it = |asked: &Asked| matches!(asked.manner, Manner::Intercepted);
        self.shared.rules.interception.as_ref().filter(|_| leg.to.asked.as_ref().is_some_and(is_it))
    }

    /// Notes that a hello of TLS goes through us; `None` if it does already.
    pub(super) fn meets(&self, hello: &Hello) -> Option<Met> {
        self.shared.rules.meets(hello)
    }

    /// Whether a name may be said in the hello of TLS on a connection for a site.
    pub(super) fn covers(&self, site: &Site, name: &str) -> bool {
        self.shared.rules.covers(site, name)
    }

    /// When whatever goes to a site has to be over.
    pub(super) fn end(&self, site: &Site) -> Moment {
        self.shared.rules.end(site)
    }

    /// What a client's exchanges with a host pass, or its tunnel.
    pub(super) fn leg(&self, site: Site, login: Option<&Login>, manner: Manner) -> Arc<Leg> {
        let intercepted = matches!(manner, Manner::Intercepted);
        let at = &self.shared.at;
        let observer = self.shared.observer.as_ref();
        let endpoint = observer.and_then(|observer| observer.endpoint(&at.plan, &site));
        let part = endpoint.and_then(|endpoint| at.plan.endpoints.get(endpoint.index()));
        let filled = |part: &Endpoint| vendor::filled(&part.kind, |name| at.secrets.value(name));
        let kind = part.map(filled).or_else(|| vendor::kind_of_host(&site.host.to_string()));
        if let Some(kind) = &kind {
            self.shared.guests.meet(kind);
        }
        let send = self.shared.rules.lead(&site).and_then(|lead| lead.send);
        let name: Vec<_> = site.host.clone().into_name().into_iter().collect();
        let shown = site.to_string();
        let to = Destination {
            name: self.way.name.clone(),
            endpoint: endpoint.unwrap_or(self.way.endpoint),
            region: part.map(|part| part.region),
            kind,
            // Of a tunnel nobody knows what is said in it.
            names: if matches!(manner, Manner::Tunnel) && !self.has_named { Vec::new() } else { name.clone() },
            looked_up: name,
            upstream: Upstream::asked(site.clone(), Arc::clone(&self.shared.rules), intercepted),
            // What one connection has carried is told of each by itself.
            meter: if observer.is_some() { Arc::default() } else { Arc::clone(&self.way.meter) },
            proxy_protocol: ProxyProtocol { from: Vec::new(), send },
            called: None,
            asked: Some(Asked { site, manner, counted: AtomicBool::new(intercepted) }),
        };
        // Of a drill's own table of both sides: no client of ours asks for it.
        let connection = match observer {
            Some(_) => at.connections.alone(),
            None => at.connections.join(self.peer, self.door, Side::Path),
        };
        let origin = self.origin(login);
        let to = Arc::new(to);
        let eye = observer.map(|observer| {
            let record = blank(observer.way, connection.number, (origin, login), &shown);
            let scene = (Arc::clone(observer), at.journal.clone(), at.world.clock.clone());
            Eye::new(scene, Arc::clone(&to.meter), record)
        });
        let leg = Leg::new(Arc::clone(&self.shared), to, connection, origin);
        Arc::new(match eye {
            Some(eye) => leg.seen_by(eye),
            None => leg,
        })
    }

    /// Where a client comes from. What its address tells counts first, then what it says of itself.
    fn origin(&self, login: Option<&Login>) -> Origin {
        let came = |address| Origin { ends: Some(self.ends), ..self.shared.origin(address) };
        let origin = came(self.ends.0.ip().to_canonical());
        let user = login.and_then(|login| self.shared.rules.users.get(&login.user));
        match user {
            Some(User::At(address)) if origin.region.is_none() && origin.account.is_none() => came(*address),
            Some(User::Account(account)) => Origin { account: origin.account.or(Some(*account)), ..origin },
            Some(User::In(region)) => Origin { region: origin.region.or(Some(*region)), ..origin },
            _ => origin,
        }
    }
}

/// What is known of whatever a program will ask for on one connection.
fn blank(way: WayId, connection: u64, (origin, login): (Origin, Option<&Login>), host: &str) -> Observed {
    Observed {
        way,
        connection,
        exchange: 0,
        source: origin.address,
        user: login.map(|login| cut(&login.user)).unwrap_or_default(),
        account: origin.account,
        host: host.into(),
        address: None,
        method: "".into(),
        capability: None,
        status: 0,
        sent: 0,
        received: 0,
        began: Moment::ZERO,
        ready: None,
        ended: Moment::ZERO,
        end: ObservedEnd::Unfinished,
        injects: Vec::new(),
        count: 1,
        tried: Box::default(),
    }
}

/// Opens the connection of a tunnel: the handshake passes its gate, and what is dialled is judged.
///
/// # Errors
/// [`Denied`] within; `ConnectionRefused` if a fault says so; or whatever the system says.
pub(super) async fn open(leg: &Leg) -> io::Result<Conn> {
    if !leg.handshake().await {
        return Err(ErrorKind::ConnectionRefused.into());
    }
    leg.dial(None).await
}

/// Carries a tunnel until it ends, at most until `end`.
pub(super) async fn carry(leg: &Arc<Leg>, clock: &Clock, end: Moment, near: Near, far: Conn) {
    let carried = overheard::carry(leg, near, far);
    if clock.timeout(end, carried).await.is_err() && leg.shared.rules.telling.may(clock.now()) {
        tracing::warn!(connection = leg.number(), "closed: the guard's longest duration is over");
    }
}
