//! Who may go where. A way in is never an open relay: it leads to what is listed by name, and to the very addresses that were judged.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io::{self, ErrorKind};
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use super::caps::Caps;
use super::hello::{Hello, NoHello};
use super::intercept::Interception;
use super::telling::Telling;
use crate::limits::{RESOLVE_FOR_CLIENT, TRIED_ADDRESSES};
use crate::plan::reach::is_public;
use crate::plan::{Lead, Listed, Site};
use crate::units::{AccountId, Moment, Rate, RegionId, Span};
use crate::world::tls::{HelloRandom, Stamp};
use crate::world::{Conn, World};

/// The rules of all ways in.
#[derive(Default)]
pub struct Rules {
    /// What may be reached.
    pub allow: Vec<Listed>,
    /// What leads elsewhere; it is allowed by that.
    pub leads: Vec<Lead>,
    /// What every client has to show as its password.
    pub token: Option<String>,
    /// Who proxy users are.
    pub users: BTreeMap<String, User>,
    /// With whom TLS is ended here.
    pub interception: Option<Interception>,
    caps: Option<Arc<Caps>>,
    /// Where we listen ourselves.
    own: Arc<Mutex<Vec<SocketAddr>>>,
    /// The hellos of TLS that are on their way through us.
    hellos: Arc<Mutex<Hellos>>,
    /// How much of what is refused is told.
    pub(in crate::path) telling: Arc<Telling>,
}

/// Hellos of TLS, by what tells them apart: each by itself, and those that were said for one another by the first of them.
#[derive(Default)]
struct Hellos(BTreeMap<Stamp, BTreeSet<HelloRandom>>);

impl Hellos {
    /// Whether one like it is on its way through us, or one for which it was said.
    fn has_met(&self, hello: &Hello) -> bool {
        let stamp = hello.stamp();
        let earlier = Stamp { hops: 0, ..stamp }..stamp;
        self.0.range(earlier).next().is_some() || self.0.get(&stamp).is_some_and(|same| same.contains(&hello.random))
    }

    fn forget(&mut self, stamp: Stamp, random: &HelloRandom) {
        let Some(same) = self.0.get_mut(&stamp) else { return };
        same.remove(random);
        if same.is_empty() {
            self.0.remove(&stamp);
        }
    }
}

/// A hello of TLS that is on its way through us.
pub(super) struct Met {
    hellos: Arc<Mutex<Hellos>>,
    stamp: Stamp,
    random: HelloRandom,
}

impl Drop for Met {
    fn drop(&mut self) {
        self.hellos.lock().unwrap_or_else(PoisonError::into_inner).forget(self.stamp, &self.random);
    }
}

/// Who a proxy user is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum User {
    /// Somebody who comes from this address.
    At(IpAddr),
    /// A real account.
    Account(AccountId),
    /// Somebody in a region.
    In(RegionId),
}

/// What whoever comes too often is told.
pub(in crate::path) const OVER_LIMIT: &str = "more than this way in takes at a time; raise its `limit`";

/// Why a site may not be reached.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// Nobody has listed it.
    #[error(
        "{0} is not on the list of what may be reached; start with --allow {0}, or list it under `allow` of the way in"
    )]
    Unlisted(Site),
    /// Its name is listed, and leads into a network that is somebody's own.
    #[error(
        "{0} leads to {1}, which is no public address; list it as an address, with --allow {1} or under `allow`, if that is meant"
    )]
    Inside(Site, IpAddr),
    /// A fault answers with an address that nobody has listed.
    #[error(
        "a fault answers for {0} with {1}, which is not listed as an address; start with --allow {1}, if that is meant"
    )]
    Answered(Site, IpAddr),
    /// Within a tunnel to it, TLS is begun with somebody else.
    #[error(
        "in a tunnel to {0} the hello of TLS names {1}; a tunnel is for one host, or for names under one entry of `allow`"
    )]
    Named(Site, String),
    /// Within a tunnel to it, TLS is begun in a way that tells nobody with whom.
    #[error(
        "in a tunnel to {0} the hello of TLS names nobody knows whom: {1}; ask for the host by its address, and list that, if it is meant"
    )]
    Unread(Site, NoHello),
    /// It leads back to this program, also by way of another.
    #[error("{0} is this program itself")]
    Itself(Site),
    /// More than the guard allows at a time.
    #[error("the guard allows {0}; raise its `max_rate` (--max-rate)")]
    TooMany(Rate),
    /// More than the way in takes.
    #[error("{OVER_LIMIT}")]
    Limit,
    /// Later than the guard allows.
    #[error("the guard allows {0} from the start; raise its `max_duration` (--max-duration), and start again")]
    Over(Span),
}

impl Denied {
    /// What went wrong, if it was this.
    pub(in crate::path) fn within(error: &io::Error) -> Option<&Self> {
        error.get_ref()?.downcast_ref()
    }
}

impl From<Denied> for io::Error {
    fn from(denied: Denied) -> Self {
        Self::new(ErrorKind::PermissionDenied, denied)
    }
}

/// Not everything may be shown.
impl fmt::Debug for Rules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rules").field("allow", &self.allow).field("leads", &self.leads).finish_non_exhaustive()
    }
}

impl Rules {
    /// Nothing may be reached but what is listed, and what is not on this machine at most so often and for so long from `now` on.
    pub fn new(allow: Vec<Listed>, (rate, length): (Rate, Span), now: Moment) -> Self {
        Self { allow, caps: Some(Arc::new(Caps::new(rate, length, now))), ..Self::default() }
    }

    /// Rules of one way in, which has lists of its own besides these; what is counted, and who may come in, is the same for all.
    #[must_use]
    pub fn with(&self, allow: Vec<Listed>, leads: Vec<Lead>, interception: Option<Interception>) -> Self {
        Self {
            allow: [allow, self.allow.clone()].concat(),
            // The first that is for a host is taken.
            leads: [leads, self.leads.clone()].concat(),
            token: self.token.clone(),
            users: self.users.clone(),
            interception: interception.or_else(|| self.interception.clone()),
            caps: self.caps.clone(),
            own: Arc::clone(&self.own),
            hellos: Arc::clone(&self.hellos),
            telling: Arc::clone(&self.telling),
        }
    }

    /// From now on an address is one of our own.
    pub(crate) fn own(&self, address: SocketAddr) {
        self.own.lock().unwrap_or_else(PoisonError::into_inner).push(address);
    }

    /// From now on it is no longer.
    pub(in crate::path) fn disown(&self, address: SocketAddr) {
        let mut own = self.own.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = own.iter().position(|known| *known == address) {
            own.swap_remove(at);
        }
    }

    /// A hello of TLS goes through us until what this gives is dropped; `None` if it does already, or one for which it was said, so that it has
    /// come back to us by way of somebody else.
    pub(super) fn meets(&self, hello: &Hello) -> Option<Met> {
        let (stamp, random) = (hello.stamp(), hello.random);
        let mut hellos = self.hellos.lock().unwrap_or_else(PoisonError::into_inner);
        if hellos.has_met(hello) {
            return None;
        }
        hellos.0.entry(stamp).or_default().insert(random);
        Some(Met { hellos: Arc::clone(&self.hellos), stamp, random })
    }

    /// The lead for a site, if there is one.
    pub(in crate::path) fn lead(&self, site: &Site) -> Option<&Lead> {
        self.leads.iter().find(|lead| lead.is_for(site))
    }

    /// Whether a name that the hello of TLS says in a tunnel to a site may be said there: the site's own, or one that the same entry of the list
    /// lets through. Where either leads elsewhere they are two.
    pub(in crate::path) fn covers(&self, site: &Site, name: &str) -> bool {
        let Ok(host) = name.parse() else { return false };
        let named = Site { host, port: site.port };
        let both = |listed: &Listed| listed.is_called(site) && listed.is_called(&named);
        let elsewhere = self.lead(site).is_some() || self.lead(&named).is_some();
        named.host == site.host || (!elsewhere && self.allow.iter().any(both))
    }

    /// When whatever goes to a site has to be over.
    pub(super) fn end(&self, site: &Site) -> Moment {
        self.caps.as_ref().filter(|_| !self.is_here(site)).map_or(Moment::MAX, |caps| caps.end)
    }

    /// Whether a site is on this machine, where nobody else is asked for anything.
    fn is_here(&self, site: &Site) -> bool {
        self.lead(site).map_or(site.host.is_here(), |lead| lead.to.ip().is_loopback())
    }

    /// Counts what is asked of a site against the guard.
    ///
    /// # Errors
    /// If it is too much, or too late.
    pub(in crate::path) fn charge(&self, site: &Site, now: Moment) -> Result<(), Denied> {
        let Some(caps) = self.caps.as_ref().filter(|_| !self.is_here(site)) else { return Ok(()) };
        if now >= caps.end {
            return Err(Denied::Over(caps.length));
        }
        if caps.takes(now) { Ok(()) } else { Err(Denied::TooMany(caps.rate)) }
    }

    /// The addresses at which a site may be dialled now: its name is looked up once, and what is dialled is what was judged. What was `counted`
    /// already is not counted against the guard again. Of what the name has besides, `other` is told.
    ///
    /// # Errors
    /// [`Denied`] within, or whatever the resolver says.
    pub(in crate::path) async fn addresses(
        &self,
        world: &World,
        site: &Site,
        counted: bool,
        other: impl Fn(SocketAddr),
    ) -> io::Result<Vec<SocketAddr>> {
        let (lead, itself) = (self.lead(site), || Denied::Itself(site.clone()).into());
        if lead.is_none() && !self.allow.iter().any(|listed| listed.is_called(site)) {
            return Err(Denied::Unlisted(site.clone()).into());
        }
        if lead.is_some_and(|lead| self.is_own(lead.to, None)) {
            return Err(itself());
        }
        // Before a resolver is asked: it is somebody else's as well.
        if !counted {
            self.charge(site, world.clock.now())?;
        }
        let Some(lead) = lead else {
            let found = self.look_up(world, site, other).await?;
            return if found.iter().any(|address| self.is_own(*address, None)) { Err(itself()) } else { Ok(found) };
        };
        Ok(vec![lead.to])
    }

    /// The same where a fault has answered: what it says counts only where it is listed as an address, public or not.
    ///
    /// # Errors
    /// [`Denied`] within.
    pub(in crate::path) fn given(
        &self,
        world: &World,
        site: &Site,
        given: Vec<SocketAddr>,
        counted: bool,
    ) -> io::Result<Vec<SocketAddr>> {
        if !self.allow.iter().any(|listed| listed.is_called(site)) {
            return Err(Denied::Unlisted(site.clone()).into());
        }
        let is_listed = |address: &SocketAddr| self.allow.iter().any(|listed| listed.is_at(*address));
        if let Some(other) = given.iter().find(|address| !is_listed(address)) {
            return Err(Denied::Answered(site.clone(), other.ip()).into());
        }
        if given.iter().any(|address| self.is_own(*address, None)) {
            return Err(Denied::Itself(site.clone()).into());
        }
        if !counted {
            self.charge(site, world.clock.now())?;
        }
        Ok(given)
    }

    /// The addresses behind a name that may be dialled.
    async fn look_up(&self, world: &World, site: &Site, other: impl Fn(SocketAddr)) -> io::Result<Vec<SocketAddr>> {
        let patience = world.clock.now() + RESOLVE_FOR_CLIENT;
        let place = site.to_string();
        let found = world.clock.timeout(patience, world.net.resolve(&place)).await;
        let found = found.map_err(|_| io::Error::new(ErrorKind::TimedOut, "nobody resolves the name"))?;
        let found = found.map_err(|error| io::Error::new(ErrorKind::HostUnreachable, error.to_string()))?;
        let Some(first) = found.first().map(SocketAddr::ip) else {
            return Err(io::Error::new(ErrorKind::HostUnreachable, "the name has no address"));
        };
        let (found, others): (Vec<_>, Vec<_>) = found.into_iter().partition(|address| self.may_dial(*address));
        // Those that are dialled have the room first.
        others.into_iter().take(TRIED_ADDRESSES.saturating_sub(found.len())).for_each(other);
        if found.is_empty() { Err(Denied::Inside(site.clone(), first).into()) } else { Ok(found) }
    }

    /// Whether a listed name may lead to an address: to a public one, and to one that is itself listed as an address.
    fn may_dial(&self, address: SocketAddr) -> bool {
        is_public(address.ip()) || self.allow.iter().any(|listed| listed.is_at(address))
    }

    /// Whether a connection that was made leads elsewhere than to this program.
    ///
    /// # Errors
    /// [`Denied`] within, if it does not.
    pub(in crate::path) fn is_not_ours(&self, site: &Site, conn: &Conn) -> io::Result<()> {
        let ours = self.is_own(conn.peer_addr(), Some(conn.local_addr().ip()));
        if ours { Err(Denied::Itself(site.clone()).into()) } else { Ok(()) }
    }

    /// Whether an address, reached from `local`, is one of our own. Where we listen at every address of the machine, one of these shows
    /// by being both ends of a connection.
    pub(super) fn is_own(&self, to: SocketAddr, local: Option<IpAddr>) -> bool {
        let ip = to.ip().to_canonical();
        let here = ip.is_loopback() || ip.is_unspecified() || local.is_some_and(|local| local.to_canonical() == ip);
        let is = |own: &SocketAddr| {
            let at = own.ip().to_canonical();
            let any = at.is_unspecified() || ip.is_unspecified();
            own.port() == to.port() && (at == ip || (any && here))
        };
        self.own.lock().unwrap_or_else(PoisonError::into_inner).iter().any(is)
    }
}

/// Rules as everybody has them.
pub(in crate::path) type Ruling = Arc<Rules>;

#[cfg(test)]
mod tests;
