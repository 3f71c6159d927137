//! Adds up the messages of one journey, by phase and by the route that carried them.

use std::collections::BTreeMap;

use super::ledger::Ledger;
use super::message::{Fate, Horizon, Told};
use super::outage::Point;
use super::reorder::reordered;
use super::{Basis, Blame, Cell, Deliveries, Distribution, Figures, Mark, Messages, Neighbours};
use crate::journal::UnsentCause;
use crate::plan::{Journey, Plan, Recipients};
use crate::units::{JourneyId, Moment, PhaseId, RouteId, Span};

/// One journey's messages, as they stand at a moment.
#[derive(Clone, Copy)]
pub(super) struct Tally<'a> {
    pub(super) plan: &'a Plan,
    pub(super) id: JourneyId,
    pub(super) journey: &'a Journey,
    pub(super) ledger: &'a Ledger,
    pub(super) horizon: Horizon,
}

/// Whom the messages that were not good are blamed on.
pub(super) struct Blaming<'a> {
    /// Message by message: whether a fault bit any of its attempts.
    pub(super) hit: &'a [bool],
    /// Messages crowded out by attempts that were all hit, in order of number.
    pub(super) crowded_out: &'a [u32],
    /// The stretches of outages that belong to an inject.
    pub(super) injected: &'a [(Moment, Moment)],
}

impl Blaming<'_> {
    fn blame(&self, told: &Told<'_>) -> Whom {
        let number = told.number;
        let injected = match told.fate {
            Fate::Unsent(UnsentCause::Lag | UnsentCause::Stopped) => return Whom::Sender,
            Fate::Unsent(UnsentCause::Slots) => self.crowded_out.binary_search(&number).is_ok(),
            _ => {
                let due = told.row.due;
                let hit = self.hit.get(number as usize).copied().unwrap_or(false);
                hit || self.injected.iter().any(|(from, to)| (*from..=*to).contains(&due))
            }
        };
        if injected { Whom::Injected } else { Whom::System }
    }
}

#[derive(Clone, Copy)]
enum Whom {
    System,
    Injected,
    Sender,
}

impl<'a> Tally<'a> {
    /// Every message, told, in order of due moment.
    pub(super) fn told(self) -> impl Iterator<Item = Told<'a>> {
        let deadline = self.journey.deadline;
        self.ledger
            .rows()
            .map(move |(number, row, slots)| Told::new(self.ledger, number, (row, slots), deadline, self.horizon))
    }

    fn one(self, number: u32) -> Option<Told<'a>> {
        let row = self.ledger.row(number)?;
        Some(Told::new(self.ledger, number, row, self.journey.deadline, self.horizon))
    }

    /// The series of which outages are told: up to the first message that is not decided yet.
    pub(super) fn points(self) -> impl Iterator<Item = Point> {
        let counted = self.told().filter(|told| !told.sender_blamed());
        counted.map_while(|told| told.mark.map(|mark| point(&told, mark == Mark::Good)))
    }

    /// The same for one route: over the messages attempted on it, good if they are good and came by it.
    pub(super) fn points_of(self, route: RouteId) -> impl Iterator<Item = Point> {
        let counted = self.told().filter(move |told| told.row.attempted_on(route));
        counted.map_while(move |told| told.mark.map(|mark| point(&told, mark == Mark::Good && told.carried == route)))
    }

    /// The cells that have messages, phase by phase and route by route.
    pub(super) fn cells(self, blaming: &Blaming<'_>) -> Vec<Cell> {
        let mut cells: BTreeMap<(PhaseId, RouteId), Cell> = BTreeMap::new();
        for told in self.told() {
            let cell = cells.entry(self.place(&told)).or_insert_with_key(|place| self.cell(*place));
            told.count(&mut cell.messages);
            told.deliver(self.horizon.finished, &mut cell.deliveries);
            cell.deliveries.late_after_failover += self.late_after_failover(&told);
            if told.sender_blamed() {
                cell.blame.sender += 1;
            }
            if let Some(mark) = told.counted() {
                cell.count(mark, blaming.blame(&told));
                cell.neighbours.next(&told, mark, told.first_attempt(self.ledger));
                self.record(cell, &told);
            }
        }
        for late in reordered(self.ledger, matches!(self.journey.to, Recipients::All(_))) {
            let Some(told) = self.one(late.number) else { continue };
            if let Some(cell) = cells.get_mut(&self.place(&told)) {
                cell.deliveries.reorder(late.extent, late.by);
            }
        }
        cells.into_values().collect()
    }

    /// How many recipients got it late and by another route than the one it would have taken when it was due.
    fn late_after_failover(self, told: &Told<'_>) -> u64 {
        if told.fate != Fate::Accepted || told.mark != Some(Mark::Bad) {
            return 0;
        }
        let (row, due_by) = (told.row, told.row.due + self.journey.deadline);
        let owed = told.slots.iter().filter(|slot| slot.received() && !slot.declined(row));
        let in_force = self.ledger.in_force(row.account, row.due);
        owed.filter(|slot| slot.at > due_by && slot.route != in_force).count() as u64
    }

    /// Where a message counts: the phase of its due moment and the route that carried it.
    fn place(self, told: &Told<'_>) -> (PhaseId, RouteId) {
        let phase = self.plan.phase_at(told.row.due).unwrap_or(PhaseId(0));
        let last = u8::try_from(self.journey.routes.len().saturating_sub(1)).unwrap_or(u8::MAX);
        (phase, told.carried.min(RouteId(last)))
    }

    fn cell(self, (phase, route): (PhaseId, RouteId)) -> Cell {
        let empty = || Distribution::new(self.journey.deadline);
        Cell {
            phase,
            route,
            endpoint: self.journey.routes[route.index()].endpoint,
            basis: self.ledger.bases[route.index()],
            messages: Messages::default(),
            deliveries: Deliveries::default(),
            good: 0,
            valid: 0,
            blame: Blame::default(),
            delivery: empty(),
            accept: empty(),
            service: empty(),
            neighbours: Neighbours::of(self.plan, self.id),
        }
    }

    fn record(self, cell: &mut Cell, told: &Told<'_>) {
        let due = told.row.due;
        let latency = told.completed.map(|at| at.since(due));
        if told.basis == Basis::Delivery {
            enter(&mut cell.delivery, latency);
        }
        enter(&mut cell.accept, told.accepted().map(|at| at.since(due)));
        match (told.completed, told.first_attempt(self.ledger)) {
            (Some(at), Some(sent)) => cell.service.record(at.since(sent)),
            // The receipt may come before the attempt has ended: not known yet, or lost in a gap.
            (Some(_), None) => {}
            (None, _) => cell.service.record_undelivered(),
        }
    }
}

fn point(told: &Told<'_>, good: bool) -> Point {
    Point { due: told.row.due, good_at: told.completed.filter(|_| good) }
}

fn enter(distribution: &mut Distribution, latency: Option<Span>) {
    match latency {
        Some(latency) => distribution.record(latency),
        None => distribution.record_undelivered(),
    }
}

impl Cell {
    fn count(&mut self, mark: Mark, whom: Whom) {
        self.valid += 1;
        match (mark, whom) {
            (Mark::Good, _) => self.good += 1,
            (Mark::Bad, Whom::System) => self.blame.system += 1,
            (Mark::Bad, Whom::Injected) => self.blame.injected += 1,
            (Mark::Bad, Whom::Sender) => self.blame.sender += 1,
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
