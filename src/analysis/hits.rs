//! Where faults bit, as it is written down. Which of it concerns messages is told by `touched`.

use std::collections::{BTreeMap, BTreeSet};

use super::ledger::Ledger;
use super::row::Try;
use crate::journal::{Hit, Hop};
use crate::limits::CONNECTIONS_KNOWN;
use crate::plan::Plan;
use crate::units::{AccountId, EndpointId, InjectId, JourneyId, Moment};

/// The hits of one inject, whatever they hit.
#[derive(Clone, Debug, Default)]
pub(super) struct OfInject {
    pub(super) units: u64,
    pub(super) first: Option<Moment>,
    pub(super) last: Option<Moment>,
}

/// One hit, as far as it is joined with messages. In the order in which attempts look for it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Bite {
    pub(super) connection: u64,
    pub(super) exchange: u32,
    pub(super) at: Moment,
    pub(super) inject: InjectId,
    pub(super) account: Option<AccountId>,
    pub(super) units: u32,
    /// The journeys that it was found to concern.
    pub(super) journeys: Vec<JourneyId>,
}

/// All hits. Of those that it is known of whom they concern only the sums are kept.
#[derive(Clone, Debug)]
pub(super) struct Hits {
    pub(super) injects: Vec<OfInject>,
    /// Units hit, phase by phase.
    pub(super) phases: Vec<u64>,
    pub(super) bites: Vec<Bite>,
    /// Where connections that were really made lead; those that messages go over are the first to be forgotten, then the oldest.
    pub(super) hops: BTreeMap<u64, EndpointId>,
    /// Connections over which attempts went, the latest.
    pub(super) carriers: BTreeSet<u64>,
}

impl Hits {
    pub(super) fn new(plan: &Plan) -> Self {
        Self {
            injects: vec![OfInject::default(); plan.injects.len()],
            phases: vec![0; plan.phases.len()],
            bites: Vec::new(),
            hops: BTreeMap::new(),
            carriers: BTreeSet::new(),
        }
    }

    pub(super) fn hop(&mut self, hop: &Hop) {
        self.hops.insert(hop.connection, hop.endpoint);
    }

    /// An attempt went over a connection.
    pub(super) fn carries(&mut self, connection: u64) {
        self.carriers.insert(connection);
    }

    /// Forgets the connections that are too many.
    pub(super) fn forget(&mut self) {
        while self.carriers.len() > CONNECTIONS_KNOWN {
            self.carriers.pop_first();
        }
        if self.hops.len() > CONNECTIONS_KNOWN {
            self.hops.retain(|connection, _| !self.carriers.contains(connection));
        }
        while self.hops.len() > CONNECTIONS_KNOWN {
            self.hops.pop_first();
        }
    }

    pub(super) fn record(&mut self, plan: &Plan, hit: &Hit) {
        let Some(inject) = self.injects.get_mut(hit.inject.index()) else { return };
        let units = u64::from(hit.units);
        inject.units += units;
        inject.first = Some(inject.first.map_or(hit.at, |first| first.min(hit.at)));
        inject.last = Some(inject.last.map_or(hit.at, |last| last.max(hit.at)));
        if let Some(phase) = plan.phase_at(hit.at).filter(|_| hit.at < plan.end()) {
            self.phases[phase.index()] += units;
        }
        self.bites.push(Bite {
            connection: hit.connection,
            exchange: hit.exchange,
            at: hit.at,
            inject: hit.inject,
            account: hit.account,
            units: hit.units,
            journeys: Vec::new(),
        });
    }
}

/// Of the messages given up because all slots were held, until a moment: those during which each attempt that held one had a hit.
pub(super) fn crowded_out_by_injects(ledger: &Ledger, until: Moment) -> Vec<u32> {
    let decided = ledger.crowded_out.iter().filter(|(_, at)| **at <= until);
    if decided.clone().next().is_none() {
        return Vec::new();
    }
    let sorted = |moment: fn(&Try) -> Moment, only_hit: bool| {
        let of = ledger.tries.iter().filter(|attempt| attempt.hit || !only_hit);
        let mut moments: Vec<Moment> = of.map(moment).collect();
        moments.sort_unstable();
        moments
    };
    let (sent, done) = (sorted(|attempt| attempt.sent, false), sorted(|attempt| attempt.done, false));
    let (hit_sent, hit_done) = (sorted(|attempt| attempt.sent, true), sorted(|attempt| attempt.done, true));
    // Begun before, and not ended before, the moment of giving up: at that moment itself a slot may be freed, but came too late.
    let held = |begun: &[Moment], ended: &[Moment], at: Moment| {
        begun.partition_point(|moment| *moment < at) - ended.partition_point(|moment| *moment < at)
    };
    let injected = decided.filter(|(_, at)| {
        let at = **at;
        let all = held(&sent, &done, at);
        all > 0 && all == held(&hit_sent, &hit_done, at)
    });
    injected.map(|(number, _)| *number).collect()
}
