//! Where faults bit.

use std::collections::BTreeMap;

use super::ledger::Ledger;
use super::row::Try;
use crate::journal::Hit;
use crate::plan::Plan;
use crate::units::{InjectId, JourneyId, Moment, Span};

/// Hits of one inject are kept by this much time, with the first and the last in it. A window that reaches over an edge is answered
/// exactly; only one that lies within a single cell could miss a hit between two others, and no deadline is that short.
const CELL: u64 = 10_000_000;

/// How long the hits on chunks that one record stands for may go on after its first.
const CHUNKS: Span = Span::from_secs(1);

/// The hits of one inject.
#[derive(Clone, Debug, Default)]
pub(super) struct OfInject {
    pub(super) units: u64,
    pub(super) first: Option<Moment>,
    pub(super) last: Option<Moment>,
    /// Journey by journey: those that concern it.
    journeys: Vec<OfJourney>,
}

/// The hits of one inject that concern one journey: on an account of its senders or recipients, or on nobody's in particular.
#[derive(Clone, Debug, Default)]
struct OfJourney {
    units: u64,
    cells: BTreeMap<u64, (Moment, Moment)>,
}

/// All hits.
#[derive(Clone, Debug)]
pub(super) struct Hits {
    pub(super) injects: Vec<OfInject>,
    /// Units hit, phase by phase.
    pub(super) phases: Vec<u64>,
    /// (connection, exchange, at), for the join with attempts.
    exchanges: Vec<(u64, u32, Moment)>,
}

impl Hits {
    pub(super) fn new(plan: &Plan) -> Self {
        let inject = OfInject { journeys: vec![OfJourney::default(); plan.journeys.len()], ..OfInject::default() };
        Self { injects: vec![inject; plan.injects.len()], phases: vec![0; plan.phases.len()], exchanges: Vec::new() }
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
        let group = hit.account.and_then(|account| plan.accounts.get(account.index())).map(|account| account.group);
        for (of, journey) in inject.journeys.iter_mut().zip(&plan.journeys) {
            if group.is_none_or(|group| group == journey.from || group == journey.recipients()) {
                of.record(hit.at, units);
            }
        }
        let exchange = (hit.connection, hit.exchange, hit.at);
        let other = |last: &(u64, u32, Moment)| (last.0, last.1) != (hit.connection, hit.exchange);
        // Request and answer of one exchange, or several faults on it, tell the join nothing new.
        if hit.exchange == 0 || self.exchanges.last().is_none_or(other) {
            self.exchanges.push(exchange);
        }
    }

    /// Units hit by an inject that concern a journey.
    pub(super) fn concerning(&self, inject: InjectId, journey: JourneyId) -> u64 {
        self.injects[inject.index()].journeys[journey.index()].units
    }

    /// Whether an inject hit anything that concerns a journey, from `from` to `to`, both included.
    pub(super) fn any_within(&self, inject: InjectId, journey: JourneyId, from: Moment, to: Moment) -> bool {
        self.injects[inject.index()].journeys[journey.index()].any_within(from, to)
    }

    /// The attempts of a journey that a fault bit, in the order of the ledger's: on their exchange, or on their connection while they
    /// lasted.
    pub(super) fn join(&self, ledger: &Ledger) -> Vec<bool> {
        if self.exchanges.is_empty() {
            return vec![false; ledger.tries.len()];
        }
        let mut exchanges = self.exchanges.clone();
        exchanges.sort_unstable();
        ledger.tries.iter().map(|attempt| is_hit(&exchanges, attempt)).collect()
    }
}

fn is_hit(exchanges: &[(u64, u32, Moment)], attempt: &Try) -> bool {
    if attempt.connection == u64::MAX {
        return false;
    }
    let find = |exchange: u32, from: Moment| {
        let key = (attempt.connection, exchange, from);
        let first = exchanges.partition_point(|hit| *hit < key);
        exchanges.get(first).filter(|hit| (hit.0, hit.1) == (attempt.connection, exchange)).map(|hit| hit.2)
    };
    let on_exchange = attempt.exchange != 0 && find(attempt.exchange, Moment::ZERO).is_some();
    on_exchange || find(0, attempt.sent.before(CHUNKS)).is_some_and(|at| at <= attempt.done)
}

impl OfJourney {
    fn record(&mut self, at: Moment, units: u64) {
        self.units += units;
        let cell = self.cells.entry(at.nanos() / CELL).or_insert((at, at));
        *cell = (cell.0.min(at), cell.1.max(at));
    }

    fn any_within(&self, from: Moment, to: Moment) -> bool {
        let mut cells = self.cells.range(from.nanos() / CELL..=to.nanos() / CELL);
        cells.any(|(_, (first, last))| (from..=to).contains(first) || (from..=to).contains(last))
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
