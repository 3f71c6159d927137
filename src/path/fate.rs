//! What a fault does to a unit: pure functions of the fault, the facts, the unit and a draw. Delays add, the first ending wins.

use std::net::IpAddr;

use crate::draw::{Draw, Key};
use crate::plan::{Aim, Capability, Direction, Fault, FenceAction, FreezeMode, Inject};
use crate::units::{AccountId, EndpointId, RegionId, Span};
use crate::vendor::Refusal;

/// What the path knows about a unit of traffic.
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
}

/// What a unit is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// One way of a connection's handshake.
    Open(Direction),
    /// An HTTP request, on its way to the endpoint.
    Request,
    /// An HTTP answer, on its way to the client.
    Answer,
    /// A chunk of a byte stream.
    Chunk(Direction),
    /// No unit: an open byte stream that stands while something is switched.
    Standing,
}

/// What happens to a unit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fate {
    /// How much longer it takes.
    pub delay: Span,
    /// Whether it is held until something is switched.
    pub hold: bool,
    /// How it ends, if it does not go on.
    pub ending: Option<Ending>,
}

/// How a unit ends that does not go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// A request is answered with a no.
    Refuse(Refusal),
    /// The connection is closed.
    Close,
}

impl Fate {
    /// Both: delays add, one hold is enough, the first ending wins.
    #[must_use]
    pub fn and(self, next: Self) -> Self {
        Self { delay: self.delay + next.delay, hold: self.hold || next.hold, ending: self.ending.or(next.ending) }
    }

    fn refuse(refusal: Refusal) -> Self {
        Self { ending: Some(Ending::Refuse(refusal)), ..Self::default() }
    }

    fn close() -> Self {
        Self { ending: Some(Ending::Close), ..Self::default() }
    }
}

impl Stage {
    /// Which way the unit travels.
    fn direction(self) -> Option<Direction> {
        match self {
            Self::Open(direction) | Self::Chunk(direction) => Some(direction),
            Self::Request => Some(Direction::ToEndpoint),
            Self::Answer => Some(Direction::FromEndpoint),
            Self::Standing => None,
        }
    }
}

/// The fate of one unit under one inject; `None` if it is not hit. `accounts` are those of the aimed share, sorted.
pub fn decide(
    inject: &Inject,
    accounts: Option<&[AccountId]>,
    facts: &Facts<'_>,
    stage: Stage,
    key: Key,
    unit: u64,
) -> Option<Fate> {
    if !aimed(&inject.aim, accounts, facts, stage) {
        return None;
    }
    let chance = inject.aim.chance.fraction();
    if chance < 1.0 && key.name("chance").draw(unit).unit() >= chance {
        return None;
    }
    apply(&inject.fault, facts, stage, key.draw(unit))
}

/// Whether every condition of the aim holds.
fn aimed(aim: &Aim, accounts: Option<&[AccountId]>, facts: &Facts<'_>, stage: Stage) -> bool {
    fn any<T: PartialEq>(allowed: &[T], value: Option<T>) -> bool {
        allowed.is_empty() || value.is_some_and(|value| allowed.contains(&value))
    }
    let crosses = |link: &(RegionId, RegionId)| facts.way.iter().any(|leg| leg == link || (leg.1, leg.0) == *link);
    any(&aim.regions, facts.region)
        && any(&aim.endpoints, Some(facts.endpoint))
        && any(&aim.capabilities, facts.capability)
        && (aim.links.is_empty() || aim.links.iter().any(crosses))
        && accounts.is_none_or(|accounts| facts.account.is_some_and(|account| accounts.binary_search(&account).is_ok()))
        && stage.direction().is_none_or(|direction| aim.direction.covers(direction))
}

/// What the fault does to a unit it is aimed at.
fn apply(fault: &Fault, facts: &Facts<'_>, stage: Stage, draw: Draw) -> Option<Fate> {
    match fault {
        Fault::Latency(delay) => {
            // What is not delayed is not hit: a latency of nothing proves nothing.
            let delay = delay.sample(draw);
            (stage != Stage::Standing && !delay.is_zero()).then(|| Fate { delay, ..Fate::default() })
        }
        Fault::Partition => (stage != Stage::Standing).then(|| Fate { hold: true, ..Fate::default() }),
        Fault::Status { code } => (stage == Stage::Request).then(|| Fate::refuse(Refusal::Status(*code))),
        Fault::GeoFence { actions } => {
            let action = facts.capability.and_then(|capability| actions.get(&capability));
            let refused = action.copied().unwrap_or(FenceAction::Refuse) == FenceAction::Refuse;
            refused.then(|| end(stage, Refusal::Fenced(facts.address))).flatten()
        }
        Fault::AccountFreeze { mode: FreezeMode::Whole } => end(stage, Refusal::Frozen(FreezeMode::Whole)),
        Fault::AccountFreeze { mode: FreezeMode::SendOnly } => (stage == Stage::Request
            && facts.capability == Some(Capability::Chat))
        .then(|| Fate::refuse(Refusal::Frozen(FreezeMode::SendOnly))),
    }
}

/// A no for a request, the end for a stream that stands.
fn end(stage: Stage, refusal: Refusal) -> Option<Fate> {
    match stage {
        Stage::Request => Some(Fate::refuse(refusal)),
        Stage::Standing => Some(Fate::close()),
        Stage::Open(_) | Stage::Answer | Stage::Chunk(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::draw::Seed;
    use crate::plan::Delay;
    use crate::units::{Moment, Share};

    fn inject(fault: Fault, aim: Aim) -> Inject {
        Inject { name: "x".into(), fault, aim, start: Moment::ZERO, end: Moment::MAX, during: None }
    }

    fn facts(way: &[(RegionId, RegionId)]) -> Facts<'_> {
        Facts {
            address: IpAddr::from([127, 10, 0, 1]),
            region: Some(RegionId(0)),
            way,
            endpoint: EndpointId(0),
            account: Some(AccountId(3)),
            capability: Some(Capability::Chat),
        }
    }

    fn key() -> Key {
        Seed(1).key("x")
    }

    #[test]
    fn an_aim_is_an_and_of_its_conditions() {
        let way = [(RegionId(0), RegionId(1))];
        let latency = Fault::Latency(Delay::Constant(Span::from_millis(1)));
        let hit =
            |aim: Aim| decide(&inject(latency.clone(), aim), None, &facts(&way), Stage::Request, key(), 0).is_some();
        let all = Aim::everyone();
        assert!(hit(all.clone()));
        assert!(hit(Aim { regions: vec![RegionId(0)], endpoints: vec![EndpointId(0)], ..all.clone() }));
        assert!(!hit(Aim { regions: vec![RegionId(0)], endpoints: vec![EndpointId(1)], ..all.clone() }));
        assert!(hit(Aim { links: vec![(RegionId(1), RegionId(0))], ..all.clone() }));
        assert!(!hit(Aim { links: vec![(RegionId(1), RegionId(2))], ..all.clone() }));
        assert!(!hit(Aim { direction: Direction::FromEndpoint, ..all.clone() }));
        assert!(!hit(Aim { capabilities: vec![Capability::Login], ..all }));
    }

    #[test]
    fn a_freeze_hits_its_accounts_only() {
        let way = [(RegionId(0), RegionId(1))];
        let freeze = inject(Fault::AccountFreeze { mode: FreezeMode::Whole }, Aim::everyone());
        let fate = |accounts: &[AccountId], stage| decide(&freeze, Some(accounts), &facts(&way), stage, key(), 0);
        assert!(fate(&[AccountId(1), AccountId(3)], Stage::Request).is_some());
        assert!(fate(&[AccountId(1), AccountId(4)], Stage::Request).is_none());
        assert_eq!(fate(&[AccountId(3)], Stage::Standing).and_then(|fate| fate.ending), Some(Ending::Close));
        assert!(fate(&[AccountId(3)], Stage::Answer).is_none());
    }

    #[test]
    fn a_chance_is_a_share_of_units() {
        let way = [];
        let aim = Aim { chance: Share::from_millionths(100_000).expect("10 %"), ..Aim::everyone() };
        let status = inject(Fault::Status { code: 503 }, aim);
        let hits =
            (0..10_000).filter(|unit| decide(&status, None, &facts(&way), Stage::Request, key(), *unit).is_some());
        // 10,000 trials of 10 %: standard deviation 30; five of them are the bound.
        assert!((hits.count() as f64 - 1_000.0).abs() < 150.0);
    }

    proptest! {
        #[test]
        fn fates_add_in_any_grouping(a in 0_u64..1 << 40, b in 0_u64..1 << 40, c in 0_u64..1 << 40, hold: bool) {
            let fate = |nanos, hold| Fate { delay: Span::from_nanos(nanos), hold, ending: None };
            let left = fate(a, hold).and(fate(b, false)).and(fate(c, false));
            let right = fate(a, hold).and(fate(b, false).and(fate(c, false)));
            prop_assert_eq!(left, right);
        }
    }
}
