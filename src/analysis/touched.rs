//! Which hits concern messages: without one, a fault proved nothing, however often it hit.
//!
//! A hit concerns a journey if it fell on an attempt of one of its messages; or on a recipient's push connection to an endpoint that
//! had taken a message of the journey for him which he did not have yet, or took one within the journey's deadline. A receiver who is
//! turned away at an endpoint that carries nothing for him is hit, and no message is.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::hits::{Bite, Hits};
use super::ledger::Ledger;
use super::row::{Row, Slot, Try};
use crate::plan::{Journey, Plan};
use crate::units::{AccountId, EndpointId, InjectId, JourneyId, Moment, RouteId, Span};

/// Hits are kept by this much time, with the first and the last in it. A window that reaches over an edge is answered exactly; only
/// one that lies within a single cell could miss a hit between two others, and no deadline is that short.
const CELL: u64 = 10_000_000;

/// How long the hits on chunks that one record stands for may go on after its first.
const CHUNKS: Span = Span::from_secs(1);

/// The hits that concern messages.
#[derive(Clone, Debug)]
pub(super) struct Touched {
    /// Units, inject by inject …
    pub(super) injects: Vec<u64>,
    /// … and phase by phase.
    pub(super) phases: Vec<u64>,
    /// Journey by journey: which attempts were hit, in the order of the ledger's.
    pub(super) attempts: Vec<Vec<bool>>,
    /// Inject by inject, journey by journey.
    of: Vec<Vec<OfJourney>>,
}

/// The hits of one inject that concern one journey.
#[derive(Clone, Debug, Default)]
struct OfJourney {
    units: u64,
    phases: Vec<u64>,
    cells: BTreeMap<u64, (Moment, Moment)>,
}

impl Touched {
    pub(super) fn of(plan: &Plan, hits: &Hits, ledgers: &[Ledger]) -> Self {
        let none = OfJourney { phases: vec![0; plan.phases.len()], ..OfJourney::default() };
        let mut touched = Self {
            injects: vec![0; plan.injects.len()],
            phases: vec![0; plan.phases.len()],
            attempts: Vec::new(),
            of: vec![vec![none; ledgers.len()]; plan.injects.len()],
        };
        let mut bites = hits.bites.clone();
        bites.sort_unstable();
        let mut join = Join::new(&bites);
        for (journey, ledger) in (0_u16..).map(JourneyId).zip(ledgers) {
            let hit = ledger.tries.iter().map(|attempt| join.attempt(journey, attempt)).collect();
            touched.attempts.push(hit);
        }
        join.receivers(plan, hits, ledgers);
        let mut concerned = join.concerned;
        concerned.sort_unstable();
        concerned.dedup();
        for of_one in concerned.chunk_by(|a, b| a.0 == b.0) {
            touched.record(plan, &bites[of_one[0].0], of_one);
        }
        touched
    }

    fn record(&mut self, plan: &Plan, bite: &Bite, journeys: &[(usize, JourneyId)]) {
        let (inject, units) = (bite.inject.index(), u64::from(bite.units));
        let phase = plan.phase_at(bite.at).filter(|_| bite.at < plan.end());
        self.injects[inject] += units;
        if let Some(phase) = phase {
            self.phases[phase.index()] += units;
        }
        for (_, journey) in journeys {
            let of = &mut self.of[inject][journey.index()];
            of.units += units;
            if let Some(phase) = phase {
                of.phases[phase.index()] += units;
            }
            let cell = of.cells.entry(bite.at.nanos() / CELL).or_insert((bite.at, bite.at));
            *cell = (cell.0.min(bite.at), cell.1.max(bite.at));
        }
    }

    /// Units hit by an inject that concern a journey.
    pub(super) fn units(&self, inject: InjectId, journey: JourneyId) -> u64 {
        self.of[inject.index()][journey.index()].units
    }

    /// The same, phase by phase.
    pub(super) fn in_phases(&self, inject: InjectId, journey: JourneyId) -> &[u64] {
        &self.of[inject.index()][journey.index()].phases
    }

    /// Whether an inject hit anything that concerns a journey, from `from` to `to`, both included.
    pub(super) fn any_within(&self, inject: InjectId, journey: JourneyId, from: Moment, to: Moment) -> bool {
        let of = &self.of[inject.index()][journey.index()];
        let mut cells = of.cells.range(from.nanos() / CELL..=to.nanos() / CELL);
        cells.any(|(_, (first, last))| (from..=to).contains(first) || (from..=to).contains(last))
    }

    /// The first hit of an inject from then on that concerns a journey, to within a cell.
    pub(super) fn first_since(&self, inject: InjectId, journey: JourneyId, from: Moment) -> Option<Moment> {
        let mut cells = self.of[inject.index()][journey.index()].cells.range(from.nanos() / CELL..);
        cells.find_map(|(_, (first, last))| [*first, *last].into_iter().find(|at| *at >= from))
    }
}

/// Finds whom each hit concerns.
struct Join<'a> {
    /// By connection, exchange and moment.
    bites: &'a [Bite],
    /// The connections that were hit, in order, and whether any attempt went over them.
    connections: Vec<(u64, bool)>,
    /// Which hit concerns which journey, as often as it was found.
    concerned: Vec<(usize, JourneyId)>,
}

impl<'a> Join<'a> {
    fn new(bites: &'a [Bite]) -> Self {
        let mut connections: Vec<(u64, bool)> = bites.iter().map(|bite| (bite.connection, false)).collect();
        connections.dedup();
        Self { bites, connections, concerned: Vec::new() }
    }

    fn connection(&self, number: u64) -> Option<usize> {
        self.connections.binary_search_by_key(&number, |(number, _)| *number).ok()
    }

    /// Joins an attempt: with hits on its exchange, on the login before it, and on its connection (its handshake) while it lasted.
    /// Says whether there were any.
    fn attempt(&mut self, journey: JourneyId, attempt: &Try) -> bool {
        let Some(connection) = self.connection(attempt.connection) else { return false };
        self.connections[connection].1 = true;
        let (sent, done) = (attempt.sent, attempt.done);
        let on = |exchange, from, to| self.between(attempt.connection, exchange, from, to);
        let handshake = on(0, sent.before(CHUNKS), done);
        let (own, login) = match attempt.exchange {
            0 => (0..0, 0..0),
            1 => (on(1, Moment::ZERO, Moment::MAX), 0..0),
            own => (on(own, Moment::ZERO, Moment::MAX), on(own - 1, sent, done)),
        };
        let before = self.concerned.len();
        self.concerned.extend(handshake.chain(own).chain(login).map(|index| (index, journey)));
        self.concerned.len() > before
    }

    /// The hits on an exchange from `from` to `to`, both included.
    fn between(&self, connection: u64, exchange: u32, from: Moment, to: Moment) -> Range<usize> {
        let key = |bite: &Bite| (bite.connection, bite.exchange, bite.at);
        let first = self.bites.partition_point(|bite| key(bite) < (connection, exchange, from));
        first..self.bites.partition_point(|bite| key(bite) <= (connection, exchange, to)).max(first)
    }

    /// Joins the hits on connections over which nothing is sent: those over which people receive.
    fn receivers(&mut self, plan: &Plan, hits: &Hits, ledgers: &[Ledger]) {
        let carries = |bite: &Bite| self.connection(bite.connection).is_some_and(|index| self.connections[index].1);
        let pushes = self.bites.iter().enumerate().filter(|(_, bite)| !carries(bite));
        let pushes: Vec<(usize, AccountId)> =
            pushes.filter_map(|(index, bite)| bite.account.map(|account| (index, account))).collect();
        let accounts: BTreeSet<AccountId> = pushes.iter().map(|(_, account)| *account).collect();
        if accounts.is_empty() {
            return;
        }
        for ((journey, part), ledger) in plan.journey_ids().zip(ledgers) {
            let due = Incoming::of(part, ledger, &accounts);
            for (index, account) in &pushes {
                let bite = &self.bites[*index];
                if endpoints(plan, hits, bite).any(|endpoint| due.any_at(*account, endpoint, bite.at)) {
                    self.concerned.push((*index, journey));
                }
            }
        }
    }
}

/// Where a connection leads: as written down when it was made, else wherever the inject is aimed, since it was turned away before.
fn endpoints(plan: &Plan, hits: &Hits, bite: &Bite) -> impl Iterator<Item = EndpointId> {
    let hop = hits.hops.get(&bite.connection).copied();
    let aimed = &plan.injects[bite.inject.index()].aim.endpoints;
    let all = plan.endpoint_ids().map(|(id, _)| id);
    all.filter(move |id| hop.map_or(aimed.is_empty() || aimed.contains(id), |hop| hop == *id))
}

/// When a journey's messages were on their way from an endpoint to a recipient, or within the deadline of it.
#[derive(Default)]
struct Incoming {
    /// By their beginnings; each end is the latest up to there.
    stretches: BTreeMap<(AccountId, EndpointId), Vec<(Moment, Moment)>>,
}

impl Incoming {
    fn of(journey: &Journey, ledger: &Ledger, accounts: &BTreeSet<AccountId>) -> Self {
        let mut incoming = Self::default();
        for (_, (row, slots)) in ledger.rows() {
            for slot in slots.iter().filter(|slot| accounts.contains(&slot.recipient)) {
                incoming.delivery(journey, row, slot);
            }
        }
        for stretches in incoming.stretches.values_mut() {
            stretches.sort_unstable();
            let mut latest = Moment::ZERO;
            for (_, end) in stretches {
                latest = latest.max(*end);
                *end = latest;
            }
        }
        incoming
    }

    /// An endpoint has taken a message if it acknowledged or delivered it. Without a receipt, the deadline bounds the way.
    fn delivery(&mut self, journey: &Journey, row: &Row, slot: &Slot) {
        let deadline = journey.deadline;
        let mut add = |route: RouteId, taken: Moment, until: Moment| {
            if let Some(route) = journey.routes.get(route.index()) {
                let stretches = self.stretches.entry((slot.recipient, route.endpoint)).or_default();
                stretches.push((taken.before(deadline), until));
            }
        };
        let same = slot.received() && slot.route == row.acked_route;
        match (row.acks > 0 && !slot.declined(row), same) {
            (true, true) => return add(slot.route, row.acked.min(slot.at), slot.at),
            (true, false) => add(row.acked_route, row.acked, row.acked + deadline),
            (false, _) => {}
        }
        if slot.received() {
            add(slot.route, slot.at, slot.at);
        }
    }

    fn any_at(&self, account: AccountId, endpoint: EndpointId, at: Moment) -> bool {
        let Some(stretches) = self.stretches.get(&(account, endpoint)) else { return false };
        let begun = stretches.partition_point(|(from, _)| *from <= at);
        begun.checked_sub(1).is_some_and(|last| stretches[last].1 >= at)
    }
}
