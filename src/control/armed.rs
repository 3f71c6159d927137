use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::tally::{Exceeded, Tallies, Who};

use crate::draw::{Key, Seed};
use crate::plan::{Aim, Capability, Inject, Plan, RateLimit, Scope, Trail};
use crate::units::{AccountId, EndpointId, InjectId, Moment, RegionId, Share, Span, WayId};

/// A fault that is on: an inject with what it draws with, and what all whom it hits share.
#[derive(Debug)]
pub struct Armed {
    /// Tells this fault from every other that is or was on, an earlier version of itself included.
    pub serial: u64,
    /// Which inject it is. Stays the same when its parameters are changed.
    pub id: InjectId,
    /// What is done to whom.
    pub inject: Inject,
    /// When it went on.
    pub since: Moment,
    /// What its draws are keyed by.
    pub key: Key,
    /// Those accounts of its group that it hits, sorted; `None` = everyone.
    accounts: Option<Vec<AccountId>>,
    /// Units that it could have hit, for a pick of some.
    met: AtomicU64,
    hits: AtomicU64,
    /// When it first bit, in nanoseconds; `u64::MAX` before.
    first: AtomicU64,
    /// When a shared pace is free again.
    free: Mutex<Moment>,
    /// What has been counted of whom.
    tallies: Mutex<Tallies>,
}

/// What is known about a unit of traffic.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// The client's source address …
    pub address: IpAddr,
    /// … and the region it lies in.
    pub region: Option<RegionId>,
    /// The legs that the connection crosses.
    pub way: &'a [(RegionId, RegionId)],
    /// The endpoint that is dialled.
    pub endpoint: EndpointId,
    /// Whoever the request's credential belongs to; before the first request, whoever the source address belongs to.
    pub account: Option<AccountId>,
    /// What the exchange is for; unknown for a bare byte stream.
    pub capability: Option<Capability>,
    /// What a service sees of the way, besides the address.
    pub trail: Trail,
    /// When the token that the request carries was given out, if that was seen.
    pub issued: Option<Moment>,
    /// Whether it is asked if that token is good, and nobody signs in by it.
    pub asks: bool,
    /// How many heads a meeting will have after the request.
    pub heads: Option<u32>,
    /// The server that was connected, once there is a connection.
    pub server: Option<SocketAddr>,
    /// How the host is called: by its client where that was read, else by whoever leads there.
    pub names: &'a [String],
    /// The way in by which a program that is not ours has come, and the name that it gave there as its proxy user.
    pub came: Option<(WayId, &'a str)>,
}

impl Armed {
    /// An inject of a plan, on from `since`.
    pub fn of(plan: &Plan, seed: Seed, id: InjectId, since: Moment) -> Self {
        Self::new(plan.injects[id.index()].clone(), id, plan.aimed(seed, id), seed, since)
    }

    /// An inject that is aimed at these accounts, or at everyone.
    pub fn new(inject: Inject, id: InjectId, accounts: Option<Vec<AccountId>>, seed: Seed, since: Moment) -> Self {
        static SERIAL: AtomicU64 = AtomicU64::new(0);
        Self {
            // Only compared, never written down: that other worlds of this process count along harms nobody.
            serial: SERIAL.fetch_add(1, Ordering::Relaxed),
            id,
            since,
            key: seed.key("inject").name(&inject.name),
            inject,
            accounts,
            met: AtomicU64::new(0),
            hits: AtomicU64::new(0),
            first: AtomicU64::new(u64::MAX),
            free: Mutex::new(Moment::ZERO),
            tallies: Mutex::default(),
        }
    }

    /// The same in the place of an earlier version of itself, whose hits go on being counted.
    #[must_use]
    pub fn after(self, earlier: &Self) -> Self {
        let same = |count: &AtomicU64| AtomicU64::new(count.load(Ordering::Relaxed));
        Self { met: same(&earlier.met), hits: same(&earlier.hits), first: same(&earlier.first), ..self }
    }

    /// Whether every condition of its aim holds but direction, chance and pick.
    pub fn aims_at(&self, facts: &Facts<'_>) -> bool {
        fn any<T: PartialEq>(allowed: &[T], value: Option<T>) -> bool {
            allowed.is_empty() || value.is_some_and(|value| allowed.contains(&value))
        }
        let Aim { regions, links, endpoints, capabilities, ways, users, group, .. } = &self.inject.aim;
        let crosses = |link: &(RegionId, RegionId)| facts.way.iter().any(|leg| leg == link || (leg.1, leg.0) == *link);
        // Control accounts are spared, and a program that is not ours is none of them.
        let others = group.is_none() && facts.came.is_some();
        let whom = |accounts: &Vec<AccountId>| {
            facts.account.map_or(others, |account| accounts.binary_search(&account).is_ok())
        };
        let named = |(_, user): (WayId, &str)| users.iter().any(|known| known == user);
        any(regions, facts.region)
            && any(endpoints, Some(facts.endpoint))
            && any(ways, facts.came.map(|(way, _)| way))
            && (users.is_empty() || facts.came.is_some_and(named))
            && any(capabilities, facts.capability)
            && (links.is_empty() || links.iter().any(crosses))
            && self.accounts.as_ref().is_none_or(whom)
    }

    /// Whether its aim is no finer than addresses, and it hits all of them all the time: handshakes can then be met at a listener.
    pub fn is_of_addresses(&self) -> bool {
        self.accounts.is_none() && self.inject.is_of_addresses()
    }

    /// How hard it bites at a moment.
    pub fn level(&self, at: Moment) -> Share {
        if self.inject.shape.is_steady() { Share::ALL } else { self.inject.shape.level(at.since(self.since)) }
    }

    /// Counts one more unit that it could hit, and says whether it does.
    pub fn picks(&self) -> bool {
        self.inject.pick.is_all() || self.inject.pick.takes(self.met.fetch_add(1, Ordering::Relaxed) + 1)
    }

    /// It has bitten.
    pub fn bit(&self, units: u32, at: Moment) {
        self.hits.fetch_add(u64::from(units), Ordering::Relaxed);
        self.first.fetch_min(at.since(Moment::ZERO).nanos(), Ordering::Relaxed);
    }

    /// How many units it has hit.
    pub fn hits(&self) -> u64 {
        self.hits.load(Ordering::Relaxed)
    }

    /// When it first bit.
    pub fn first_hit(&self) -> Option<Moment> {
        let nanos = self.first.load(Ordering::Relaxed);
        (nanos != u64::MAX).then(|| Moment::ZERO + Span::from_nanos(nanos))
    }

    /// Takes `takes` of the pace that all whom it hits share, from `at` on; the moment when it is over.
    pub fn shared_pace(&self, at: Moment, takes: Span) -> Moment {
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        *free = free.max(at) + takes;
        *free
    }

    /// Counts a request against a limit; `Some` with what is exceeded if it is one too many.
    pub fn exceeds(&self, limit: &RateLimit, facts: &Facts<'_>, at: Moment) -> Option<Exceeded> {
        let who = match (limit.scope, facts.account) {
            (Scope::Organisation, _) => Who::Everyone,
            (Scope::Account, Some(account)) => Who::Account(account),
            (Scope::Account, None) => Who::Address(facts.address),
        };
        self.tallies().rates.entry((who, facts.endpoint)).or_default().exceeds(limit, at)
    }

    /// Counts a call to an endpoint; whether there were as many before it.
    pub fn used_up(&self, calls: u64, endpoint: EndpointId) -> bool {
        let mut tallies = self.tallies();
        let used = tallies.calls.entry(endpoint).or_default();
        let over = *used >= calls;
        *used += u64::from(!over);
        over
    }

    /// From now on until a moment, what goes from an address to a server is blocked.
    pub fn block(&self, way: (IpAddr, SocketAddr), at: Moment, until: Moment) {
        self.tallies().blocks.set(way, at, until);
    }

    /// Whether what goes from an address to a server is blocked at a moment.
    pub fn is_blocked(&self, way: (IpAddr, SocketAddr), at: Moment) -> bool {
        self.tallies().blocks.holds(way, at)
    }

    fn tallies(&self) -> MutexGuard<'_, Tallies> {
        self.tallies.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Two are the same if they are one.
impl PartialEq for Armed {
    fn eq(&self, other: &Self) -> bool {
        self.serial == other.serial
    }
}

impl Eq for Armed {}

/// A fault that is on, shared by all who read the board.
pub type Arming = Arc<Armed>;
