//! Handshakes: refused or swallowed at the listener where a fault's aim is no finer than that.

use std::sync::{Mutex, PoisonError};

use ipnet::IpNet;

use crate::control::{Armed, Snapshot};
use crate::plan::{Fault, Inject, Plan};
use crate::units::{EndpointId, RegionId};
use crate::world::Gate;

/// The gates of a path's doors.
#[derive(Default)]
pub(super) struct Gates(Mutex<Vec<Place>>);

/// A door, as aims see it.
struct Place {
    gate: Gate,
    /// The region whose clients use it, if it is one's.
    region: Option<RegionId>,
    endpoint: EndpointId,
    /// Where the endpoint lies.
    to: Option<RegionId>,
    now: State,
}

/// What a gate does.
#[derive(Clone, Debug, PartialEq, Eq)]
enum State {
    Open,
    Refuse,
    Swallow(Vec<IpNet>),
}

impl Gates {
    pub(super) fn keep(&self, gate: Gate, region: Option<RegionId>, endpoint: EndpointId, to: Option<RegionId>) {
        let place = Place { gate, region, endpoint, to, now: State::Open };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(place);
    }

    /// Does what the faults say that are on.
    pub(super) fn follow(&self, plan: &Plan, snapshot: &Snapshot) {
        for place in self.0.lock().unwrap_or_else(PoisonError::into_inner).iter_mut() {
            let next = place.wanted(plan, snapshot);
            if next == place.now {
                continue;
            }
            let switched = match &next {
                State::Open => place.gate.open(),
                State::Refuse => place.gate.refuse(),
                State::Swallow(from) => place.gate.swallow(from),
            };
            match switched {
                Ok(()) => place.now = next,
                Err(error) => tracing::error!(%error, wanted = ?next, "a listener cannot be switched"),
            }
        }
    }
}

impl Place {
    fn wanted(&self, plan: &Plan, snapshot: &Snapshot) -> State {
        let mut swallowed: Option<Vec<IpNet>> = None;
        for fault in snapshot.faults.iter().filter(|fault| self.is_aimed_at(fault)) {
            match (&fault.inject.fault, self.sources(plan, &fault.inject)) {
                (Fault::Refuse, Some(from)) if from.is_empty() => return State::Refuse,
                (Fault::Blackhole, Some(from)) => match &mut swallowed {
                    // Nothing named is everybody.
                    Some(blocks) if blocks.is_empty() || from.is_empty() => blocks.clear(),
                    Some(blocks) => blocks.extend(from),
                    None => swallowed = Some(from),
                },
                _ => {}
            }
        }
        swallowed.map_or(State::Open, State::Swallow)
    }

    /// Whether all handshakes here, or all of some blocks, are hit: then the aim is no finer than an address.
    fn is_aimed_at(&self, fault: &Armed) -> bool {
        let aim = &fault.inject.aim;
        let here = |link: &(RegionId, RegionId)| match (self.region, self.to) {
            (Some(from), Some(to)) => *link == (from, to) || *link == (to, from),
            _ => false,
        };
        fault.is_of_addresses()
            && (aim.endpoints.is_empty() || aim.endpoints.contains(&self.endpoint))
            && (aim.links.is_empty() || aim.links.iter().any(here))
    }

    /// The blocks from which handshakes are hit, empty for all; `None` if there are none.
    fn sources(&self, plan: &Plan, inject: &Inject) -> Option<Vec<IpNet>> {
        let regions = &inject.aim.regions;
        match self.region {
            _ if regions.is_empty() => Some(Vec::new()),
            Some(region) => regions.contains(&region).then(Vec::new),
            None => {
                let blocks = |id: &RegionId| plan.regions.get(id.index()).map(|region| region.addresses.clone());
                Some(regions.iter().filter_map(blocks).flatten().collect())
            }
        }
    }
}
