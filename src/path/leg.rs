//! One client's connection on its way: who it is, what it draws with, and the gate that every unit passes.

mod links;
mod named;
mod noted;
mod unreached;

use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock, PoisonError};

pub(super) use unreached::unresolved;

use super::eye::Eye;
use super::facts::Bearer;
use super::fate::{Change, Content, Ending, Fate, Stage, Unit, decide};
use super::pasts::Pasts;
use super::ways::Asked;
use super::{Destination, Origin, Shared};
use crate::control::{Armed, Arming, Connection, Facts, Snapshot};
use crate::draw::Key;
use crate::plan::{BodyEdit, Capability, Delay, Direction, Fault, Trail};
use crate::units::{AccountId, Moment, RegionId, Span};
use crate::vendor::{self, Head};

/// One connection of a client.
pub(super) struct Leg {
    pub(super) shared: Arc<Shared>,
    pub(super) to: Arc<Destination>,
    connection: Connection,
    address: IpAddr,
    region: Option<RegionId>,
    way: Vec<(RegionId, RegionId)>,
    delays: Vec<(Key, Delay)>,
    /// The client's address and the one that it has connected to, where a program is told.
    ends: Option<(SocketAddr, SocketAddr)>,
    /// Whoever the source address belongs to.
    owner: Option<AccountId>,
    /// What a service sees of the way.
    trail: Trail,
    /// Tells this connection from every other in all draws: owner (or address), endpoint, and how many there were before.
    part: u64,
    /// Where it comes from, for the record of where it went.
    from: Option<RegionId>,
    /// Whether the endpoint calls and the client answers.
    called_back: bool,
    pasts: Pasts,
    /// The host that the client has named in the hello of its TLS.
    named: OnceLock<String>,
    /// How many connections it was continued by.
    dialled: AtomicU64,
    /// Whether a fault swallows what is said, or the whole connection.
    swallowed: AtomicBool,
    /// What is seen of it, if it is a program's that is not ours.
    eye: Option<Eye>,
}

/// What a unit is about, as far as its exchange tells.
#[derive(Clone, Copy, Debug)]
pub(super) struct About {
    /// The number of the exchange on its connection, from 1; 0 outside of any.
    pub(super) exchange: u32,
    /// Whoever the credential belongs to.
    pub(super) account: Option<AccountId>,
    /// What it is for.
    pub(super) capability: Option<Capability>,
    /// When its token was given out, or what it logs in with, if that was seen.
    pub(super) issued: Option<Moment>,
    /// Whether it is asked if that token is good.
    pub(super) asks: bool,
    /// How many heads a meeting will have after it.
    pub(super) heads: Option<u32>,
    /// The server that was connected, where that matters.
    pub(super) server: Option<SocketAddr>,
    /// Whether a resolver is asked, by the name that leads there.
    pub(super) looks_up: bool,
}

/// What the gate says of a unit.
#[derive(Debug)]
pub(super) enum Passage {
    /// It has waited as long as it had to, and goes on.
    On(Onward),
    /// It ends.
    End(Ending),
}

/// How a unit goes on.
#[derive(Debug, Default)]
pub(super) struct Onward {
    /// What becomes of it.
    pub(super) change: Option<Change>,
    /// The hit that is to be written down when it shows that the change is one: a body may end before the cut.
    pub(super) unsaid: Option<(Arming, Fate)>,
}

/// A unit's fate with what each fault did to it.
pub(super) struct Judged {
    pub(super) fate: Fate,
    /// How much later it is without any fault.
    fixed: Span,
    pub(super) hits: Vec<(Arming, Fate)>,
    pub(super) epoch: u64,
}

/// Whether a change cuts something off, if there is as much.
fn cuts(change: &Change) -> bool {
    matches!(change, Change::Body(BodyEdit::Truncate(_)))
}

impl Leg {
    /// A connection of an endpoint to a client's listener.
    pub(super) fn back(shared: Arc<Shared>, to: Arc<Destination>, connection: Connection, address: IpAddr) -> Self {
        let origin = shared.origin(address);
        let leg = Self::new(shared, to, connection, origin);
        let from = leg.shared.at.plan.endpoints.get(leg.to.endpoint.index()).map(|endpoint| endpoint.region);
        Self { from, called_back: true, ..leg }
    }

    /// A client's connection.
    pub(super) fn new(shared: Arc<Shared>, to: Arc<Destination>, connection: Connection, origin: Origin) -> Self {
        let plan = &shared.at.plan;
        let Origin { address, region, account: owner, ends } = origin;
        let way = match (owner, region, to.region) {
            (Some(owner), _, Some(_)) => {
                plan.accounts.get(owner.index()).map(|owner| plan.way(owner, to.endpoint)).unwrap_or_default()
            }
            (None, Some(region), Some(to)) => vec![(region, to)],
            _ => Vec::new(),
        };
        let count = shared.count(address, &to.name);
        // Names and ordinals, not positions: one more group or endpoint shifts nobody's draws.
        let who = shared.at.world.seed.key("leg").name(&to.name);
        // A gateway's accounts are in no plan.
        let who = match owner.and_then(|id| plan.accounts.get(id.index())) {
            Some(account) => who.name(&plan.groups[account.group.index()].name).part(u64::from(account.ordinal)),
            None => who.name(&address.to_string()),
        };
        let part = who.draw(count).bits();
        let delays = shared.delays(&way);
        let trail =
            owner.and_then(|id| plan.accounts.get(id.index())).map(|account| plan.trail(account)).unwrap_or_default();
        Self {
            shared,
            to,
            connection,
            address,
            region,
            way,
            delays,
            ends,
            owner,
            trail,
            part,
            from: region,
            called_back: false,
            pasts: Pasts::default(),
            named: OnceLock::new(),
            dialled: AtomicU64::new(0),
            swallowed: AtomicBool::new(false),
            eye: None,
        }
    }

    /// Where it comes from, and whose it is as far as that tells.
    pub(super) fn origin(&self) -> Origin {
        Origin { address: self.address, region: self.region, account: self.owner, ends: self.ends }
    }

    pub(super) fn number(&self) -> u64 {
        self.connection.number
    }

    pub(super) fn now(&self) -> Moment {
        self.shared.at.world.clock.now()
    }

    /// Which way goes what the side sends that has connected.
    pub(super) fn forth(&self) -> Direction {
        if self.called_back { Direction::FromEndpoint } else { Direction::ToEndpoint }
    }

    /// What tells this connection from every other in all draws.
    pub(super) fn part(&self) -> u64 {
        self.part
    }

    /// Nothing but the connection is known yet.
    pub(super) fn unknown(&self) -> About {
        About {
            exchange: 0,
            account: self.owner,
            capability: None,
            issued: None,
            asks: false,
            heads: None,
            server: None,
            looks_up: false,
        }
    }

    /// What a request is about, as far as its head tells.
    pub(super) fn about(&self, exchange: u32, head: &impl Head) -> About {
        if self.called_back {
            return About { exchange, capability: Some(Capability::Receive), ..self.unknown() };
        }
        let credential = self.to.kind.as_ref().and_then(|kind| vendor::credential(kind, head));
        let bearer = credential.as_ref().and_then(|credential| self.bearer(credential));
        let shows = credential.is_some() || !vendor::may_hide(self.to.kind.as_ref());
        About {
            exchange,
            account: if shows { bearer.map(|bearer| bearer.account) } else { self.owner },
            capability: self.to.kind.as_ref().map(|kind| vendor::capability(kind, head)),
            issued: bearer.and_then(|bearer| bearer.issued),
            asks: false,
            heads: None,
            server: None,
            looks_up: false,
        }
    }

    /// Whoever a credential belongs to.
    pub(super) fn bearer(&self, credential: &str) -> Option<Bearer> {
        let known = self.shared.guests.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.bearer(self.to.endpoint, credential)
    }

    /// A connection stands after one round trip. `false` if it is not to stand at all.
    pub(super) async fn handshake(&self) -> bool {
        if self.to.region.is_none() && self.to.asked.is_none() {
            // Nothing lies between us and whoever has really connected: its handshake is over, and can only be taken back.
            return self.admitted();
        }
        for (unit, direction) in [(0, Direction::ToEndpoint), (1, Direction::FromEndpoint)] {
            if let Passage::End(_) = self.pass(Stage::Open(direction), self.unknown(), unit).await {
                return false;
            }
        }
        true
    }

    /// Whether the handshake is over already: that of a tunnel, before anything is said within it.
    pub(super) fn is_through(&self) -> bool {
        self.to.asked.as_ref().is_some_and(Asked::is_tunnel)
    }

    fn admitted(&self) -> bool {
        let unit = Unit { stage: Stage::Open(Direction::ToEndpoint), number: 0, at: self.now() };
        let judged = self.judge(unit, self.unknown());
        let refuses = |(_, fate): &&(Arming, Fate)| fate.ending.is_some();
        let Some((fault, fate)) = judged.hits.iter().find(refuses) else { return true };
        self.hit(fault, fate, self.unknown(), 1, unit.at);
        false
    }

    /// The gate: decides a unit's fate when it arrives, writes down what hit it, and waits as long as that says.
    pub(super) async fn pass(&self, stage: Stage, about: About, number: u64) -> Passage {
        let stage = if self.called_back { stage.called_back() } else { stage };
        let mut from = self.now();
        let mut seen = Vec::new();
        loop {
            let mut judged = self.judge(Unit { stage, number, at: self.now() }, about);
            let shows_later =
                |hit: &(Arming, Fate)| stage == Stage::Answer(Content::Open) && hit.1.change.as_ref().is_some_and(cuts);
            let later = judged.hits.iter().position(shows_later).map(|at| judged.hits.remove(at));
            for (fault, fate) in judged.hits.iter().filter(|(_, fate)| fate.tells_in(&judged.fate)) {
                // A unit that was held is judged again, and hit once.
                if !seen.contains(&fault.serial) {
                    seen.push(fault.serial);
                    self.hit(fault, fate, about, 1, self.now());
                }
            }
            if judged.fate.hold {
                self.shared.at.board.changed(judged.epoch).await;
                from = self.now();
                continue;
            }
            self.wait(from, &judged).await;
            match judged.fate.ending {
                None => {
                    let unsaid = later.filter(|(_, fate)| fate.change == judged.fate.change);
                    return Passage::On(Onward { change: judged.fate.change, unsaid });
                }
                Some(Ending::Swallow(after)) => {
                    self.swallowed(after, &judged).await;
                    return Passage::End(Ending::Close);
                }
                Some(ending) => return Passage::End(ending),
            }
        }
    }

    /// Waits until the delays are over. What a fault that is lifted meanwhile had added is no longer waited for.
    async fn wait(&self, from: Moment, judged: &Judged) {
        let clock = &self.shared.at.world.clock;
        let due =
            |hits: &[&(Arming, Fate)]| from + judged.fixed + hits.iter().map(|(_, fate)| fate.delay).sum::<Span>();
        let mut hits: Vec<_> = judged.hits.iter().filter(|(_, fate)| !fate.delay.is_zero()).collect();
        if judged.fixed.is_zero() && hits.is_empty() {
            return;
        }
        let mut epoch = judged.epoch;
        while !hits.is_empty() {
            tokio::select! {
                biased;
                () = clock.until(due(&hits)) => return,
                () = self.shared.at.board.changed(epoch) => {}
            }
            let snapshot = self.shared.at.board.snapshot();
            epoch = snapshot.epoch;
            hits.retain(|(fault, _)| snapshot.faults.contains(fault));
        }
        clock.until(due(&hits)).await;
    }

    /// Waits out the silence before a connection on which something was swallowed is closed.
    async fn swallowed(&self, after: Option<Span>, judged: &Judged) {
        let by = |(_, fate): &&(Arming, Fate)| matches!(fate.ending, Some(Ending::Swallow(_)));
        let Some((fault, _)) = judged.hits.iter().find(by) else { return };
        let board = &self.shared.at.board;
        let lifted = async {
            let mut epoch = judged.epoch;
            loop {
                board.changed(epoch).await;
                let snapshot = board.snapshot();
                epoch = snapshot.epoch;
                if !snapshot.faults.contains(fault) {
                    return;
                }
            }
        };
        let at = after.map_or(Moment::MAX, |after| self.now() + after);
        self.swallowed.store(true, Ordering::Relaxed);
        let _ = self.shared.at.world.clock.timeout(at, lifted).await;
    }

    /// A unit's fate under the links it crosses and the faults that are on.
    pub(super) fn judge(&self, unit: Unit, about: About) -> Judged {
        let snapshot = self.shared.at.board.snapshot();
        let fixed = self.link_delay(unit.stage, unit.number);
        let mut fate = Fate::default();
        let mut hits = Vec::new();
        if !snapshot.faults.is_empty() {
            let facts = self.facts(about);
            for fault in snapshot.faults.iter().filter(|fault| self.meets(fault)) {
                let hit = self.decided(fault, &facts, unit, &snapshot);
                if let Some(hit) = hit {
                    fate = fate.and(hit.clone());
                    hits.push((Arc::clone(fault), hit));
                }
            }
        }
        Judged { fate, fixed, hits, epoch: snapshot.epoch }
    }

    /// Whether a fault is one for this connection: doors to the endpoint are shut for clients, not for the endpoint's own calls.
    fn meets(&self, fault: &Armed) -> bool {
        !self.called_back || fault.inject.fault != Fault::Refuse
    }

    /// What one fault does to the connection itself.
    pub(super) fn met(&self, fault: &Arming, unit: Unit, on: &Snapshot) -> Option<Fate> {
        self.decided(fault, &self.facts(self.unknown()), unit, on)
    }

    fn decided(&self, fault: &Armed, facts: &Facts<'_>, unit: Unit, on: &Snapshot) -> Option<Fate> {
        let key = (fault.serial, unit.stage.part());
        let before = self.pasts.of(key);
        let mut past = before;
        let hit = decide(fault, &mut past, facts, self.part, unit);
        if past != before {
            self.pasts.keep(key, past, on);
        }
        hit
    }

    pub(super) fn facts(&self, about: About) -> Facts<'_> {
        Facts {
            address: self.address,
            region: self.region,
            way: &self.way,
            endpoint: self.to.endpoint,
            account: about.account.or(self.owner),
            capability: about.capability,
            trail: self.trail,
            issued: about.issued,
            asks: about.asks,
            heads: about.heads,
            server: about.server,
            names: match self.named.get() {
                _ if about.looks_up => &self.to.looked_up,
                Some(named) => std::slice::from_ref(named),
                None => &self.to.names,
            },
            came: self.eye.as_ref().map(|eye| (eye.observer.way, eye.user())),
        }
    }
}
