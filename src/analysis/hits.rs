//! Where faults bit, as it is written down. Which of it concerns messages is told by `touched`.

use std::collections::BTreeMap;

use super::ledger::Ledger;
use super::row::Try;
use crate::journal::{Hit, Hop};
use crate::plan::Plan;
use crate::units::{AccountId, EndpointId, InjectId, Moment};

/// The hits of one inject, whatever they hit.
#[derive(Clone, Debug, Default)]
pub(super) struct OfInject {
    pub(super) units: u64,
    pub(super) first: Option<Moment>,
    pub(super) last: Option<Moment>,
}

/// One hit, as far as it is joined with messages. In the order in which attempts look for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Bite {
    pub(super) connection: u64,
    pub(super) exchange: u32,
    pub(super) at: Moment,
    pub(super) inject: InjectId,
    pub(super) account: Option<AccountId>,
    pub(super) units: u32,
}

/// All hits.
#[derive(Clone, Debug)]
pub(super) struct Hits {
    pub(super) injects: Vec<OfInject>,
    /// Units hit, phase by phase.
    pub(super) phases: Vec<u64>,
    pub(super) bites: Vec<Bite>,
    /// Where each connection that was really made leads.
    pub(super) hops: BTreeMap<u64, EndpointId>,
}

impl Hits {
    pub(super) fn new(plan: &Plan) -> Self {
        Self {
            injects: vec![OfInject::default(); plan.injects.len()],
            phases: vec![0; plan.phases.len()],
            bites: Vec::new(),
            hops: BTreeMap::new(),
        }
    }

    pub(super) fn hop(&mut self, hop: &Hop) {
        self.hops.insert(hop.connection, hop.endpoint);
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
        });
    }
}

/// Of the messages given up because all slots were held: those during which each attempt that held one had a hit, in order of number.
pub(super) fn crowded_out_by_injects(ledger: &Ledger, hit: &[bool]) -> Vec<u32> {
    if ledger.crowded_out.is_empty() {
        return Vec::new();
    }
    let sorted = |moment: fn(&Try) -> Moment, only_hit: bool| {
        let of = ledger.tries.iter().zip(hit).filter(|(_, hit)| **hit || !only_hit);
        let mut moments: Vec<Moment> = of.map(|(attempt, _)| moment(attempt)).collect();
        moments.sort_unstable();
        moments
    };
    let (sent, done) = (sorted(|attempt| attempt.sent, false), sorted(|attempt| attempt.done, false));
    let (hit_sent, hit_done) = (sorted(|attempt| attempt.sent, true), sorted(|attempt| attempt.done, true));
    // Begun before, and not ended before, the moment of giving up: at that moment itself a slot may be freed, but came too late.
    let held = |begun: &[Moment], ended: &[Moment], at: Moment| {
        begun.partition_point(|moment| *moment < at) - ended.partition_point(|moment| *moment < at)
    };
    let injected = ledger.crowded_out.iter().filter(|(_, at)| {
        let all = held(&sent, &done, *at);
        all > 0 && all == held(&hit_sent, &hit_done, *at)
    });
    let mut numbers: Vec<u32> = injected.map(|(number, _)| *number).collect();
    numbers.sort_unstable();
    numbers
}
