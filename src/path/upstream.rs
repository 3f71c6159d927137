//! Where a door leads, and how it gets there.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::io::AsyncWriteExt;

use crate::journal::TriedEnd;
use crate::limits::{REACH_FOR_CLIENT, TRIED_ADDRESSES};
use crate::plan::reach::Found;
use crate::plan::{Host, Site, Tls, Url, Within};
use crate::units::{Moment, Span};
use crate::world::tls::{CertificateAsked, Connector, Stamp, TrustError};
use crate::world::{Conn, World};

use super::leg::unresolved;
use super::starttls;
use super::traffic::Meter;
use super::tries::Tries;
use super::ways::Ruling;

/// Where an endpoint is found.
pub struct Upstream {
    target: Target,
    tls: Option<Secured>,
    /// Whether what a fault holds back is kept from the kernel.
    capped: bool,
    /// What else it is called, and where it is then.
    others: Vec<(Url, Upstream)>,
    /// Whether somebody was told that its name leads where it may not.
    told: AtomicBool,
}

/// How a connection is made.
pub(super) struct Dialling<'a> {
    /// For whom.
    pub(super) client: IpAddr,
    /// What is said on it before anything else, TLS too.
    pub(super) said: &'a [u8],
    /// The addresses that a fault gives the host instead of its own.
    pub(super) instead: Option<&'a [IpAddr]>,
    /// Where it is noted what is tried, if that is written down, …
    pub(super) tries: Option<&'a Tries>,
    /// … and who counts it.
    pub(super) meter: &'a Meter,
    /// Whether the guard of whoever came by a way in has counted it already.
    pub(super) counted: bool,
}

enum Target {
    Address(SocketAddr),
    /// `host:port`, looked up for every connection. Whoever names it for a proxy means whatever it leads to.
    Named(String),
    /// The same of a service in a plan, whose name is not meant to lead everywhere.
    Service(String),
    /// What a program has asked for, judged for every connection.
    Asked(Site, Ruling),
}

/// How an address was not reached.
type Missed = (TriedEnd, io::Error);

fn silent() -> Missed {
    (TriedEnd::Silent, io::Error::new(io::ErrorKind::TimedOut, "it does not answer"))
}

/// What it means that no connection could be made.
fn unconnected(error: io::Error) -> Missed {
    let end = match error.kind() {
        io::ErrorKind::ConnectionRefused => TriedEnd::Refused,
        io::ErrorKind::TimedOut => TriedEnd::Silent,
        _ => TriedEnd::Unreachable,
    };
    (end, error)
}

impl Dialling<'_> {
    /// An address is dialled.
    fn tries(&self, address: SocketAddr) {
        if let Some(tries) = self.tries {
            tries.begins(address);
        }
    }

    /// An address is not dialled: it is none that the name may lead to.
    fn forbidden(&self, address: SocketAddr) {
        self.tries(address);
        self.tried(address, TriedEnd::Forbidden);
    }

    /// It is known how that has ended.
    fn tried(&self, address: SocketAddr, end: TriedEnd) {
        self.meter.tried(address, end);
        if let Some(tries) = self.tries {
            tries.ends(address, end);
        }
    }
}

/// A service that has to prove who it is.
struct Secured {
    connector: Connector,
    host: String,
    /// Whether it is asked for TLS first, by STARTTLS.
    starttls: bool,
    /// Whether somebody was told that it could not.
    told: AtomicBool,
    /// Whether HTTP/2 is spoken with it, if it likes to.
    either: AtomicBool,
    /// What our hellos to it are stamped with.
    stamp: OnceLock<Stamp>,
}

impl Upstream {
    /// Whoever listens at an address.
    pub fn at(address: SocketAddr) -> Self {
        Self {
            target: Target::Address(address),
            tls: None,
            capped: true,
            others: Vec::new(),
            told: AtomicBool::new(false),
        }
    }

    /// The address at which somebody listens, if that is what it is.
    pub(super) fn address(&self) -> Option<SocketAddr> {
        match self.target {
            Target::Address(address) => Some(address),
            Target::Named(_) | Target::Service(_) | Target::Asked(..) => None,
        }
    }

    /// A service by its address in a plan.
    ///
    /// # Errors
    /// If the file of its authorities cannot be read.
    pub fn service(url: &Url) -> Result<Self, TrustError> {
        let secured = |tls: &Tls| {
            let connector = Connector::new(tls.ca.as_deref().map(std::path::Path::new))?;
            let connector = if tls.within == Within::Http { connector } else { connector.silent() };
            let (host, starttls) = (url.host.clone(), tls.within == Within::Starttls);
            let [told, either] = [const { AtomicBool::new(false) }; 2];
            Ok::<_, TrustError>(Secured { connector, host, starttls, told, either, stamp: OnceLock::new() })
        };
        let tls = url.tls.as_ref().map(secured).transpose()?;
        let target = url.address().map_or_else(|| Target::Service(url.authority()), Target::Address);
        Ok(Self { target, tls, capped: true, others: Vec::new(), told: AtomicBool::new(false) })
    }

    /// Whoever is behind `host:port` at the time, in the clear.
    pub(super) fn named(place: String) -> Self {
        Self {
            target: Target::Named(place),
            tls: None,
            capped: false,
            others: Vec::new(),
            told: AtomicBool::new(false),
        }
    }

    /// What a program has asked for, as far as the rules allow it.
    /// `secured` says whether it has to prove its name.
    pub(super) fn asked(site: Site, rules: Ruling, secured: bool) -> Self {
        let connector = rules.interception.as_ref().filter(|_| secured).and_then(|with| with.connector(&rules, &site));
        let tls = connector.map(|connector| Secured {
            connector: connector.clone(),
            host: site.host.to_string(),
            starttls: false,
            told: AtomicBool::new(false),
            either: AtomicBool::new(true),
            stamp: OnceLock::new(),
        });
        Self {
            target: Target::Asked(site, rules),
            tls,
            capped: false,
            others: Vec::new(),
            told: AtomicBool::new(false),
        }
    }

    /// The same, which is elsewhere when a request calls it by one of these names.
    ///
    /// # Errors
    /// If the file of its authorities cannot be read.
    pub fn also(mut self, names: Vec<Url>) -> Result<Self, TrustError> {
        for url in names {
            let other = Self::service(&url)?;
            self.others.push((url, other));
        }
        Ok(self)
    }

    /// From now on HTTP/1.1 alone is offered to it: the client speaks nothing newer.
    pub(super) fn only_http1(&self) {
        if let Some(secured) = &self.tls {
            secured.either.store(false, Ordering::Relaxed);
        }
    }

    /// From now on our hellos to it are stamped, so that they are known again if they come back to us.
    pub(super) fn stamps(&self, stamp: Stamp) {
        if let Some(secured) = &self.tls {
            let _ = secured.stamp.set(stamp);
        }
    }

    /// Which of its other names it is called by, if it has any.
    pub(super) fn called<'a>(&self, authority: impl FnOnce() -> Option<&'a str>) -> Option<usize> {
        let authority = (!self.others.is_empty()).then(authority)??;
        self.others.iter().position(|(url, _)| url.is_called(authority))
    }

    /// Itself, or what it is by another of its names.
    pub(super) fn by(&self, name: Option<usize>) -> &Self {
        name.and_then(|name| self.others.get(name)).map_or(self, |(_, other)| other)
    }

    /// Whether a program has asked for it by a way in.
    pub(super) fn is_asked(&self) -> bool {
        matches!(self.target, Target::Asked(..))
    }

    /// Whether it has a name that a resolver is asked for.
    pub(super) fn looks_up(&self) -> bool {
        match &self.target {
            Target::Address(_) => false,
            Target::Named(_) | Target::Service(_) => true,
            Target::Asked(site, rules) => matches!(site.host, Host::Name(_)) && rules.lead(site).is_none(),
        }
    }

    /// Its name, as `host:port`, if it is a service that has one.
    pub(super) fn name(&self) -> Option<&str> {
        match &self.target {
            Target::Named(name) | Target::Service(name) => Some(name),
            Target::Address(_) | Target::Asked(..) => None,
        }
    }

    /// Whether a mail server there has greeted before the connection was secured.
    pub(super) fn is_greeted(&self) -> bool {
        self.tls.as_ref().is_some_and(|tls| tls.starttls)
    }

    /// Connects for a client: from his own address where the other end can answer it, which only this machine can. Where a name has
    /// several addresses they are tried one after another, in the resolver's order, until one is reached. They are looked up each time.
    pub(super) async fn dial(&self, world: &World, how: &Dialling<'_>) -> io::Result<Conn> {
        let given = |port: u16| how.instead.map(|given| given.iter().map(|ip| SocketAddr::new(*ip, port)).collect());
        let mut addresses = match &self.target {
            Target::Address(address) => given(address.port()).unwrap_or_else(|| vec![*address]),
            Target::Named(name) | Target::Service(name) => {
                match name.rsplit_once(':').and_then(|(_, port)| given(port.parse().ok()?)) {
                    Some(given) => given,
                    None => self.meant(world.net.resolve(name).await.map_err(unresolved)?, how)?,
                }
            }
            Target::Asked(site, rules) => match given(site.port) {
                Some(given) => rules.given(world, site, given, how.counted)?,
                None => rules.addresses(world, site, how.counted, |address| how.forbidden(address)).await?,
            },
        };
        // Who asks may wait for ever, and a host may never answer.
        let patience = self.is_asked().then(|| world.clock.now() + REACH_FOR_CLIENT);
        if patience.is_some() {
            addresses.truncate(TRIED_ADDRESSES);
        }
        Box::pin(self.first(world, how, addresses, patience)).await
    }

    /// Of what a resolver has found, what may be dialled.
    fn meant(&self, found: Vec<SocketAddr>, how: &Dialling<'_>) -> io::Result<Vec<SocketAddr>> {
        let Target::Service(name) = &self.target else { return Ok(found) };
        let found = Found::of(found);
        for address in &found.forbidden {
            how.forbidden(*address);
        }
        found.dialled(name).map_err(|why| {
            if !self.told.swap(true, Ordering::Relaxed) {
                tracing::warn!("{why}");
            }
            io::Error::new(io::ErrorKind::PermissionDenied, why)
        })
    }

    /// The first that is reached. Each has an equal share of what is left of the time, so that one that is silent does not take the others' turn.
    async fn first(
        &self,
        world: &World,
        how: &Dialling<'_>,
        addresses: Vec<SocketAddr>,
        until: Option<Moment>,
    ) -> io::Result<Conn> {
        let clock = &world.clock;
        let mut last = unresolved(io::Error::new(io::ErrorKind::NotFound, "the name has no address"));
        for (address, left) in addresses.iter().zip((1..=addresses.len() as u64).rev()) {
            how.tries(*address);
            let reach = self.reach(world, how.client, (*address, how.said));
            let reached = match until {
                Some(until) => {
                    let now = clock.now();
                    let share = Span::from_nanos(until.since(now).nanos() / left);
                    clock.timeout(now + share, reach).await.unwrap_or_else(|_| Err(silent()))
                }
                None => reach.await,
            };
            match reached {
                Ok(conn) => {
                    how.tried(*address, TriedEnd::Reached);
                    return Ok(conn);
                }
                Err((end, error)) => {
                    how.tried(*address, end);
                    tracing::debug!(%address, %error, "an address of a host cannot be reached");
                    last = error;
                }
            }
        }
        Err(last)
    }

    /// Whether the log may tell of one more trouble.
    fn may_tell(&self, world: &World) -> bool {
        match &self.target {
            Target::Asked(_, rules) => rules.telling.may(world.clock.now()),
            _ => true,
        }
    }

    async fn reach(&self, world: &World, client: IpAddr, (address, said): (SocketAddr, &[u8])) -> Result<Conn, Missed> {
        let net = &world.net;
        let conn = if self.capped {
            net.connect_capped(address.ip().to_canonical().is_loopback().then_some(client), address).await
        } else {
            net.connect(None, address).await
        };
        let conn = conn.map_err(unconnected)?;
        if let Target::Asked(site, rules) = &self.target {
            rules.is_not_ours(site, &conn).map_err(|error| (TriedEnd::Itself, error))?;
        }
        self.greet(world, conn, said).await.map_err(|error| (TriedEnd::Unproved, error))
    }

    /// Says what has to be said first on a connection that stands, and lets the other end prove its name.
    async fn greet(&self, world: &World, mut conn: Conn, said: &[u8]) -> io::Result<Conn> {
        // Fits into any empty buffer.
        conn.write_all(said).await?;
        let Some(Secured { connector, host, starttls, told, either, stamp }) = &self.tls else { return Ok(conn) };
        let stamped = stamp.get().map(|stamp| connector.stamping(*stamp));
        let connector = stamped.as_ref().unwrap_or(connector);
        // A handshake is long and seldom: whoever dials is not made larger by it.
        let secured = Box::pin(async {
            if either.load(Ordering::Relaxed) {
                return connector.connect_either(conn, host).await;
            }
            let conn = if *starttls { starttls::asked(conn).await? } else { conn };
            connector.connect(conn, host).await
        });
        secured.await.inspect_err(|error| {
            let is_told = CertificateAsked::is_within(error) || told.swap(true, Ordering::Relaxed);
            if !is_told && self.may_tell(world) {
                tracing::warn!(%error, host, "no TLS with a service; nothing is sent to it");
            }
        })
    }
}
