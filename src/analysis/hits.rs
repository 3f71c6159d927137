//! Where faults bit, as it is written down. Which of it concerns messages is told by `touched`.

use std::collections::{BTreeMap, BTreeSet};

use super::ledger::Ledger;
use super::row::{CrowdedOut, Try};
use crate::journal::{Hit, Hop};
use crate::limits::CONNECTIONS_KNOWN;
use crate::plan::Plan;
use crate::units::{AccountId, EndpointId, InjectId, JourneyId, Moment, Span};

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

/// Of the messages given up until a moment because others were under way: those during which each attempt that they waited for had a hit.
/// An account goes on being busy with an attempt while it `thinks`.
pub(super) fn crowded_out_by_injects(ledger: &Ledger, thinks: Span, until: Moment) -> Vec<u32> {
    let decided: Vec<(u32, CrowdedOut)> =
        ledger.crowded_out.iter().filter(|(_, given_up)| given_up.at <= until).map(|(n, one)| (*n, *one)).collect();
    if decided.is_empty() {
        return Vec::new();
    }
    let (of_all, of_accounts) = (Held::of(&ledger.tries, Span::ZERO), by_account(ledger, &decided, thinks));
    let injected = decided.into_iter().filter(|(_, CrowdedOut { at, account })| {
        let of_account = account.and_then(|account| of_accounts.get(&account)).filter(|held| held.any_at(*at));
        // An account that has nothing under way waits for a slot with all that it may have.
        of_account.unwrap_or(&of_all).only_hit_at(*at)
    });
    injected.map(|(number, _)| number).collect()
}

/// The attempts of the accounts that somebody waited for.
fn by_account(ledger: &Ledger, decided: &[(u32, CrowdedOut)], thinks: Span) -> BTreeMap<AccountId, Held> {
    let mut tries: BTreeMap<AccountId, Vec<Try>> =
        decided.iter().filter_map(|(_, given_up)| Some((given_up.account?, Vec::new()))).collect();
    if tries.is_empty() {
        return BTreeMap::new();
    }
    for attempt in &ledger.tries {
        let account = ledger.row(attempt.message).map(|(row, _)| row.account);
        if let Some(of_it) = account.and_then(|account| tries.get_mut(&account)) {
            of_it.push(*attempt);
        }
    }
    tries.into_iter().map(|(account, tries)| (account, Held::of(&tries, thinks))).collect()
}

/// When attempts began and ended to hold something: all of them, and those with a hit.
struct Held {
    all: [Vec<Moment>; 2],
    hit: [Vec<Moment>; 2],
}

impl Held {
    /// Each attempt holds it for so much longer than it lasts.
    fn of(tries: &[Try], longer: Span) -> Self {
        let sorted = |moment: &dyn Fn(&Try) -> Moment, only_hit: bool| {
            let mut moments: Vec<_> = tries.iter().filter(|one| one.hit || !only_hit).map(moment).collect();
            moments.sort_unstable();
            moments
        };
        let both = |only_hit| [sorted(&|one| one.sent, only_hit), sorted(&|one| one.done + longer, only_hit)];
        Self { all: both(false), hit: both(true) }
    }

    fn any_at(&self, at: Moment) -> bool {
        held(&self.all, at) > 0
    }

    fn only_hit_at(&self, at: Moment) -> bool {
        self.any_at(at) && held(&self.all, at) == held(&self.hit, at)
    }
}

/// Begun before, and not ended before, the moment of giving up: at that moment itself something may become free, but comes too late.
fn held([begun, ended]: &[Vec<Moment>; 2], at: Moment) -> usize {
    begun.partition_point(|moment| *moment < at) - ended.partition_point(|moment| *moment < at)
}
