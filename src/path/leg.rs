//! One client's connection on its way: who it is, what it draws with, and the gate that every unit passes.

use std::io;
use std::net::IpAddr;
use std::sync::{Arc, PoisonError};

use super::fate::{Ending, Facts, Fate, Stage, decide};
use super::{Shared, Upstream};
use crate::control::Connection;
use crate::draw::Key;
use crate::journal::{self, Hit, Hop, Record};
use crate::plan::{Capability, Delay, Direction};
use crate::units::{AccountId, EndpointId, InjectId, Moment, RegionId, Span};
use crate::world::Conn;

/// One connection of a client.
pub(super) struct Leg {
    pub(super) shared: Arc<Shared>,
    connection: Connection,
    address: IpAddr,
    region: Option<RegionId>,
    way: Vec<(RegionId, RegionId)>,
    delays: Vec<(Key, Delay)>,
    pub(super) endpoint: EndpointId,
    /// Whoever the source address belongs to.
    owner: Option<AccountId>,
    /// Tells this connection from every other in all draws: owner (or address), endpoint, and how many there were before.
    part: u64,
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
}

/// What the gate says of a unit.
#[derive(Debug)]
pub(super) enum Passage {
    /// It has waited as long as it had to, and goes on.
    On,
    /// It ends.
    End(Ending),
}

/// A unit's fate with what each inject did to it.
pub(super) struct Judged {
    pub(super) fate: Fate,
    pub(super) hits: Vec<(InjectId, Fate)>,
    pub(super) epoch: u64,
}

impl Leg {
    pub(super) fn new(shared: Arc<Shared>, connection: Connection, address: IpAddr, endpoint: EndpointId) -> Self {
        let plan = &shared.at.plan;
        let owner = shared.by_address.get(&address).copied();
        let region = plan.region_of(address);
        let to = plan.endpoints[endpoint.index()].region;
        let way = match (owner, region) {
            (Some(owner), _) => plan.way(&plan.accounts[owner.index()], endpoint),
            (None, Some(region)) => vec![(region, to)],
            (None, None) => Vec::new(),
        };
        let count = {
            let mut counts = shared.counts.lock().unwrap_or_else(PoisonError::into_inner);
            let count = counts.entry((address, endpoint)).or_default();
            *count += 1;
            *count
        };
        // Names and ordinals, not positions: one more group or endpoint shifts nobody's draws.
        let who = shared.at.world.seed.key("leg").name(&plan.endpoints[endpoint.index()].name);
        let who = match owner.map(|id| &plan.accounts[id.index()]) {
            Some(account) => who.name(&plan.groups[account.group.index()].name).part(u64::from(account.ordinal)),
            None => who.name(&address.to_string()),
        };
        let part = who.draw(count).bits();
        let delays = shared.delays(&way);
        Self { shared, connection, address, region, way, delays, endpoint, owner, part }
    }

    pub(super) fn number(&self) -> u64 {
        self.connection.number
    }

    pub(super) fn now(&self) -> Moment {
        self.shared.at.world.clock.now()
    }

    /// Nothing but the connection is known yet.
    pub(super) fn unknown(&self) -> About {
        About { exchange: 0, account: self.owner, capability: None }
    }

    /// A connection stands after one round trip. `false` if it is not to stand at all.
    pub(super) async fn handshake(&self) -> bool {
        for (unit, direction) in [(0, Direction::ToEndpoint), (1, Direction::FromEndpoint)] {
            if let Passage::End(_) = self.pass(Stage::Open(direction), self.unknown(), unit).await {
                return false;
            }
        }
        true
    }

    /// The gate: decides a unit's fate when it arrives, writes down what hit it, and waits as long as that says.
    pub(super) async fn pass(&self, stage: Stage, about: About, unit: u64) -> Passage {
        let at = &self.shared.at;
        let mut seen = Vec::new();
        loop {
            let now = self.now();
            let judged = self.judge(stage, about, unit);
            for (inject, fate) in &judged.hits {
                // A unit that was held is judged again, and hit once.
                if !seen.contains(inject) {
                    seen.push(*inject);
                    self.hit(*inject, fate, about, 1, now);
                }
            }
            if judged.fate.hold {
                at.board.changed(judged.epoch).await;
                continue;
            }
            if !judged.fate.delay.is_zero() {
                at.world.clock.until(now + judged.fate.delay).await;
            }
            return judged.fate.ending.map_or(Passage::On, Passage::End);
        }
    }

    /// A unit's fate under the links it crosses and the faults that are on.
    pub(super) fn judge(&self, stage: Stage, about: About, unit: u64) -> Judged {
        let shared = &self.shared;
        let snapshot = shared.at.board.snapshot();
        let mut fate = Fate { delay: self.link_delay(stage, unit), ..Fate::default() };
        let mut hits = Vec::new();
        if !snapshot.faults.is_empty() {
            let facts = self.facts(about);
            for inject in &snapshot.faults {
                let (key, accounts) = &shared.injects[inject.index()];
                let part = &shared.at.plan.injects[inject.index()];
                let unit_key = key.part(self.part).part(stage_part(stage));
                if let Some(hit) = decide(part, accounts.as_deref(), &facts, stage, unit_key, unit) {
                    fate = fate.and(hit.clone());
                    hits.push((*inject, hit));
                }
            }
        }
        Judged { fate, hits, epoch: snapshot.epoch }
    }

    fn facts(&self, about: About) -> Facts<'_> {
        Facts {
            address: self.address,
            region: self.region,
            way: &self.way,
            endpoint: self.endpoint,
            account: about.account.or(self.owner),
            capability: about.capability,
        }
    }

    fn link_delay(&self, stage: Stage, unit: u64) -> Span {
        if stage == Stage::Standing {
            return Span::ZERO;
        }
        let one = |(key, delay): &(Key, Delay)| match delay {
            Delay::Constant(span) => *span,
            drawn => drawn.sample(key.part(self.part).part(stage_part(stage)).draw(unit)),
        };
        self.delays.iter().map(one).sum()
    }

    /// Writes a hit down.
    pub(super) fn hit(&self, inject: InjectId, fate: &Fate, about: About, units: u32, at: Moment) {
        let what = match &fate.ending {
            Some(Ending::Refuse(_)) => journal::Fate::Refused,
            Some(Ending::Close) => journal::Fate::Closed,
            None if fate.hold => journal::Fate::Held,
            None => journal::Fate::Delayed,
        };
        self.shared.at.journal.append(Record::Hit(Hit {
            inject,
            connection: self.number(),
            exchange: about.exchange,
            account: about.account.or(self.owner),
            fate: what,
            delay: fate.delay,
            units,
            at,
        }));
    }

    /// Continues the connection to the endpoint, and writes down where it went.
    pub(super) async fn dial(&self) -> io::Result<Conn> {
        let Upstream { address, as_client } = self.shared.endpoints[self.endpoint.index()];
        let from = as_client.then_some(self.address);
        let conn = self.shared.at.world.net.connect_capped(from, address).await;
        let conn = conn.inspect_err(|error| self.shared.at.alarm.starved(error))?;
        self.shared.at.journal.append(Record::Hop(Hop {
            connection: self.number(),
            endpoint: self.endpoint,
            from: self.region,
            to: self.shared.at.plan.endpoints[self.endpoint.index()].region,
            at: self.now(),
        }));
        Ok(conn)
    }
}

/// Units of different stages are numbered apart.
fn stage_part(stage: Stage) -> u64 {
    match stage {
        Stage::Open(_) => 0,
        Stage::Request => 1,
        Stage::Answer => 2,
        Stage::Chunk(Direction::ToEndpoint) => 3,
        Stage::Chunk(_) => 4,
        Stage::Standing => 5,
    }
}
