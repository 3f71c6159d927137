//! Adds up the messages of one journey, by phase and by the route that carried them.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::again::Again;
use super::in_force::InForce;
use super::leaks::{Leak, LeakFigures, Leaks};
use super::lineup::{Lineup, Sample};
use super::message::{Fate, Told};
use super::outage::Around;
use super::reorder::Late;
use super::{Basis, Blame, Cell, Deliveries, Distribution, Figures, Mark, Messages, Neighbours, Slices};
use crate::journal::{Receipt, UnsentCause};
use crate::plan::{Plan, Recipients, Sensitivity};
use crate::units::{AccountId, JourneyId, MessageId, PhaseId, RouteId, Span};

/// Where a message counts: the phase of its due moment and the route that carried it.
pub(super) type Place = (PhaseId, RouteId);

/// The messages of one journey, added up.
#[derive(Clone, Debug)]
pub(super) struct Tally {
    plan: Arc<Plan>,
    id: JourneyId,
    /// What ends a latency, route by route.
    bases: Vec<Basis>,
    cells: BTreeMap<Place, Cell>,
    /// The number of the first message of each phase.
    phases: BTreeMap<u32, PhaseId>,
    /// Bad messages that nothing hit, by the outage that they fell into: whose they are is known when it is known whose that is.
    fell_into: BTreeMap<(usize, Place, RouteId), u64>,
    /// By the phase of the due moment and the route that was in force then.
    in_force: BTreeMap<Place, InForce>,
    /// Those of the bad ones that lie in no outage, by the phase of the due moment.
    single: BTreeMap<PhaseId, Blame>,
    leaks: Leaks,
    again: Again,
    /// Whether messages due one after the other fared alike.
    neighbours: Neighbours,
    /// Those that were told, until they are counted.
    lineup: Lineup,
    /// What the message that is being counted had; empty otherwise.
    samples: Vec<Sample>,
}

/// What is known of a message besides what became of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Beside<'a> {
    /// Whether a fault hit any of its attempts, or whatever else kept it from being sent.
    pub(super) hit: bool,
    /// Those of its receipts that came out of order.
    pub(super) late: &'a [Late],
}

#[derive(Clone, Copy)]
enum Whom {
    System,
    Injected,
    Sender,
    /// Whoever the outage belongs to, by its position.
    Outage(usize),
}

impl Tally {
    pub(super) fn new(plan: &Arc<Plan>, id: JourneyId, bases: Vec<Basis>) -> Self {
        Self {
            plan: Arc::clone(plan),
            id,
            bases,
            cells: BTreeMap::new(),
            phases: BTreeMap::new(),
            fell_into: BTreeMap::new(),
            in_force: BTreeMap::new(),
            single: BTreeMap::new(),
            leaks: Leaks::default(),
            neighbours: Neighbours::of(plan, id),
            lineup: Lineup::default(),
            samples: Vec::new(),
            again: Again::new(matches!(plan.journeys[id.index()].to, Recipients::All(_))),
        }
    }

    /// Takes in the next message in order of due moment.
    pub(super) fn next(&mut self, told: &Told<'_>) {
        let (phase, _) = self.place(told);
        if self.phases.last_key_value().is_none_or(|(_, last)| *last != phase) {
            self.phases.insert(told.number, phase);
        }
        self.lineup.next(told.number, self.neighbours.as_judged(told));
    }

    /// The record of a message was lost.
    pub(super) fn unknown(&mut self, number: u32) {
        self.again.unknown(number);
    }

    /// Whether somebody had not received a message that was counted.
    pub(super) fn is_missing(&self, number: u32, recipient: AccountId) -> bool {
        self.again.is_missing(number, recipient)
    }

    /// A receipt of a message that was counted, and that its recipient had received before.
    pub(super) fn again(&mut self, receipt: &Receipt) {
        let number = receipt.message.number;
        let place = (self.phase_of(number), self.again.carried(number));
        let (twice, fresh_twice) = self.again.received(receipt);
        let deliveries = &mut self.cell(place).deliveries;
        deliveries.received += 1;
        deliveries.duplicated += 1;
        deliveries.duplicated_after_dedup += u64::from(receipt.fresh);
        deliveries.replicated += u64::from(twice);
        deliveries.replicated_after_dedup += u64::from(fresh_twice);
    }

    /// The phase in which a message was due that was taken in.
    pub(super) fn phase_of(&self, number: u32) -> PhaseId {
        self.phases.range(..=number).next_back().map_or(PhaseId(0), |(_, phase)| *phase)
    }

    /// Counts a message to which nothing happens any more, and which lies so among the outages.
    pub(super) fn count(&mut self, told: &Told<'_>, beside: Beside<'_>, around: Around) {
        let place = self.place(told);
        let in_force = self.route(told.in_force);
        let begins = self.plan.phases[place.0.index()].start;
        self.look_for_leaks(told, place);
        self.again.counted(told.number, place.1, told.slots);
        self.line_up(told, beside.late.len(), place);
        let cell = self.cell(place);
        told.count(&mut cell.messages);
        told.deliver(&mut cell.deliveries);
        cell.deliveries.late_after_failover += told.late_after_failover();
        beside.late.iter().for_each(|late| cell.deliveries.reorder(late.extent, late.by));
        if told.sender_blamed() {
            cell.blame.sender += 1;
            self.in_force.entry((place.0, in_force)).or_default().blame.sender += 1;
        }
        let cell = self.cell(place);
        if told.blocked {
            cell.blocked += 1;
        }
        let Some(mark) = told.counted() else { return };
        cell.valid += 1;
        cell.slices.add(told.row.due.since(begins), mark);
        cell.record(told);
        let due = self.in_force.entry((place.0, in_force)).or_default();
        due.valid += 1;
        // The cell by the route that carried it, and what was due while the route in force was.
        let cell = self.cells.entry(place).or_insert_with(|| empty(&self.plan, self.id, &self.bases, place));
        let mut alone = (!around.inside).then(|| self.single.entry(place.0).or_default());
        let mut whom = |of: fn(&mut Blame) -> &mut u64| {
            *of(&mut cell.blame) += 1;
            *of(&mut due.blame) += 1;
            alone.as_deref_mut().into_iter().for_each(|alone| *of(alone) += 1);
        };
        match (mark, blame(told, beside.hit, around)) {
            (Mark::Good, _) => (cell.good, due.good) = (cell.good + 1, due.good + 1),
            (Mark::Bad, Whom::System) => whom(|blame| &mut blame.system),
            (Mark::Bad, Whom::Injected) => whom(|blame| &mut blame.injected),
            (Mark::Bad, Whom::Sender) => whom(|blame| &mut blame.sender),
            (Mark::Bad, Whom::Outage(outage)) => {
                *self.fell_into.entry((outage, place, in_force)).or_default() += 1;
            }
        }
    }

    /// Compares it with its neighbours: it stands where it ended, which may be known only long after it was told.
    fn line_up(&mut self, told: &Told<'_>, late: usize, place: Place) {
        let mut samples = std::mem::take(&mut self.samples);
        let counts = told.counted().is_some();
        if counts {
            self.neighbours.when_over(told, late, &mut samples);
        }
        self.neighbours.count(&mut self.lineup, told.number, counts.then_some(place), &samples);
        samples.clear();
        self.samples = samples;
    }

    /// Whether something left with the message that may not.
    fn look_for_leaks(&mut self, told: &Told<'_>, place: Place) {
        let id = MessageId { journey: self.id, number: told.number };
        let Sensitivity::Violation(kind) = self.plan.journeys[self.id.index()].sensitivity(id) else { return };
        if let Some(at) = told.leak(&mut self.cell(place).deliveries) {
            let (number, account, route) = (told.number, told.row.account, place.1);
            self.leaks.add(Leak { at, number, kind, account, route });
        }
    }

    /// The earliest messages with something in them that may not leave, and left.
    pub(super) fn leaks(&self) -> impl Iterator<Item = LeakFigures> {
        self.leaks.figures(&self.plan, &self.plan.journeys[self.id.index()])
    }

    /// Whether messages due one after the other fared alike.
    pub(super) fn neighbours(&self) -> &Neighbours {
        &self.neighbours
    }

    fn place(&self, told: &Told<'_>) -> Place {
        let phase = self.plan.phase_at(told.row.due).unwrap_or(PhaseId(0));
        (phase, self.route(told.carried))
    }

    fn route(&self, route: RouteId) -> RouteId {
        let last = self.plan.journeys[self.id.index()].routes.len().saturating_sub(1);
        route.min(RouteId(u8::try_from(last).unwrap_or(u8::MAX)))
    }

    fn cell(&mut self, place: Place) -> &mut Cell {
        let (plan, id, bases) = (&self.plan, self.id, &self.bases);
        self.cells.entry(place).or_insert_with(|| empty(plan, id, bases, place))
    }

    /// The cells that have messages, phase by phase and route by route; `injected` says which outages belong to an inject, and
    /// `finished` that nothing comes any more.
    pub(super) fn cells(&self, injected: impl Fn(usize) -> bool, finished: bool) -> Vec<Cell> {
        let mut cells = self.cells.clone();
        for ((outage, place, _), count) in &self.fell_into {
            let Some(cell) = cells.get_mut(place) else { continue };
            *if injected(*outage) { &mut cell.blame.injected } else { &mut cell.blame.system } += count;
        }
        if finished {
            for cell in cells.values_mut() {
                cell.deliveries.close();
            }
        }
        cells.into_values().filter(|cell| cell.messages.intended > 0 || cell.deliveries.received > 0).collect()
    }
}

impl Tally {
    /// The bad messages of a phase that lie in no outage, by blame.
    pub(super) fn single(&self, phase: PhaseId) -> Blame {
        self.single.get(&phase).copied().unwrap_or_default()
    }

    /// What was due while each route was in force, phase by phase.
    pub(super) fn in_force(&self, injected: impl Fn(usize) -> bool) -> BTreeMap<Place, InForce> {
        let mut all = self.in_force.clone();
        for ((outage, (phase, _), route), count) in &self.fell_into {
            let Some(due) = all.get_mut(&(*phase, *route)) else { continue };
            *if injected(*outage) { &mut due.blame.injected } else { &mut due.blame.system } += count;
        }
        all
    }
}

/// Whom a message that was not good is blamed on: on injects if a fault hit any of its attempts. What refused it last, after it had been
/// sent on elsewhere because of that, is told apart (`failed`).
fn blame(told: &Told<'_>, hit: bool, around: Around) -> Whom {
    match told.fate {
        Fate::Unsent(UnsentCause::Lag | UnsentCause::Stopped) => Whom::Sender,
        // It came in time, whatever hit it on its way; where it went is nobody's doing but the system's.
        _ if told.row.crossed && told.completed.is_some_and(|at| at <= told.due_by) => Whom::System,
        _ if hit => Whom::Injected,
        Fate::Unsent(UnsentCause::Slots | UnsentCause::Turn) => Whom::System,
        _ if around.inside => Whom::Outage(around.outage),
        _ => Whom::System,
    }
}

fn empty(plan: &Plan, id: JourneyId, bases: &[Basis], (phase, route): Place) -> Cell {
    let journey = &plan.journeys[id.index()];
    let none = || Distribution::new(journey.deadline);
    Cell {
        phase,
        route,
        endpoint: journey.routes[route.index()].endpoint,
        basis: bases[route.index()],
        messages: Messages::default(),
        deliveries: Deliveries::default(),
        good: 0,
        valid: 0,
        blame: Blame::default(),
        blocked: 0,
        delivery: none(),
        accept: none(),
        service: none(),
        slices: Slices::of(plan, id),
    }
}

fn enter(distribution: &mut Distribution, latency: Option<Span>) {
    match latency {
        Some(latency) => distribution.record(latency),
        None => distribution.record_undelivered(),
    }
}

impl Cell {
    fn record(&mut self, told: &Told<'_>) {
        let due = told.row.due;
        let latency = told.completed.map(|at| at.since(due));
        if told.basis == Basis::Delivery {
            enter(&mut self.delivery, latency);
        }
        enter(&mut self.accept, told.accepted().map(|at| at.since(due)));
        match (told.completed, told.first_attempt) {
            (Some(at), Some(sent)) => self.service.record(at.since(sent)),
            // The receipt may come before the attempt has ended: not known yet, or lost in a gap.
            (Some(_), None) => {}
            (None, _) => self.service.record_undelivered(),
        }
    }

    /// Due to the moment that ends a latency on this route.
    pub fn latency(&self) -> &Distribution {
        match self.basis {
            Basis::Delivery => &self.delivery,
            Basis::Acceptance => &self.accept,
        }
    }
}

impl Figures {
    /// The figures of several cells together.
    pub fn of<'a>(cells: impl Iterator<Item = &'a Cell>) -> Self {
        let mut figures = Self::default();
        let [mut latency, mut accept, mut service] = [(); 3].map(|()| Distribution::new(Span::ZERO));
        for cell in cells {
            figures.messages.add(&cell.messages);
            figures.deliveries.add(&cell.deliveries);
            figures.good += cell.good;
            figures.valid += cell.valid;
            figures.blocked += cell.blocked;
            figures.blame.system += cell.blame.system;
            figures.blame.injected += cell.blame.injected;
            figures.blame.sender += cell.blame.sender;
            latency.add(cell.latency());
            accept.add(&cell.accept);
            service.add(&cell.service);
        }
        figures.latency_ms = latency.figures();
        figures.accept_latency_ms = accept.figures();
        figures.service_latency_ms = service.figures();
        figures.availability = (figures.valid > 0).then(|| figures.good as f64 / figures.valid as f64);
        figures
    }
}
