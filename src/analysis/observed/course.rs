//! When what programs asked for failed for a while. The machine is that of journeys; it is told of cells of time instead of messages, since
//! nobody knows in which order exchanges are written down, and how many there will be.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::Whose;
use super::alike::{CELL, CELLS};
use super::cell::{is_good, took};
use crate::analysis::clocks::{Begun, clocks};
use crate::analysis::outage::{Machine, Point, n_down};
use crate::analysis::recovery::Attribution;
use crate::analysis::{Clocked, Outage};
use crate::journal::Observed;
use crate::plan::{Clock, Detector, PhaseKind, Plan};
use crate::units::{InjectId, Moment, Span};

/// A time during which programs did not get what they asked for.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WayOutage {
    /// What is known of it, as of a journey's; messages are exchanges and connections, and instead of a deadline each bad one has its own end.
    #[serde(flatten)]
    pub outage: Outage,
    /// The inject that it belongs to; `None` = nothing explains it.
    pub inject: Option<String>,
    /// The same by its id.
    #[serde(skip)]
    pub inject_id: Option<InjectId>,
    /// How long it took by each clock that programs have.
    pub clocks: Vec<Clocked>,
}

impl WayOutage {
    /// The bounds of the time it took by a clock, in seconds; `None` as the upper one = no bound, still down. `None` altogether = the clock
    /// never began.
    pub fn within(&self, clock: Clock) -> Option<(f64, Option<f64>)> {
        let told = self.clocks.iter().find(|told| told.clock == clock)?;
        told.lo_s.map(|lo_s| (lo_s, told.hi_s))
    }
}

/// What was asked for one after another, by cells of time.
#[derive(Clone, Debug)]
pub(super) struct Course {
    width: u64,
    cells: BTreeMap<u64, Cell>,
}

/// What began in a cell.
#[derive(Clone, Debug, Default)]
struct Cell {
    good: Option<Run>,
    bad: Option<Run>,
    /// Those that hit a bad one.
    injects: BTreeSet<InjectId>,
}

/// Those that had the same end.
#[derive(Clone, Copy, Debug)]
struct Run {
    n: u64,
    /// When the first and the last of them began.
    began: (Moment, Moment),
    /// When it was first and last known that they had that end.
    known: (Moment, Moment),
}

impl Run {
    fn add(known: &mut Option<Self>, other: Self) {
        *known = Some(match *known {
            None => other,
            Some(Self { n, began, known }) => Self {
                n: n + other.n,
                began: (began.0.min(other.began.0), began.1.max(other.began.1)),
                known: (known.0.min(other.known.0), known.1.max(other.known.1)),
            },
        });
    }

    /// Its parts as the machine takes them: only of the first and the last it is known when they were.
    fn points(self, good: bool) -> impl Iterator<Item = Point> {
        (0..self.n).map(move |number| {
            let (due, at) = if number == 0 { (self.began.0, self.known.0) } else { (self.began.1, self.known.1) };
            Point { due, good_at: good.then_some(at), number: None }
        })
    }
}

impl Default for Course {
    fn default() -> Self {
        Self { width: CELL, cells: BTreeMap::new() }
    }
}

impl Course {
    /// Takes in what is judged.
    pub(super) fn add(&mut self, observed: &Observed) {
        let good = is_good(observed);
        let (_, took) = took(observed);
        let known = took.filter(|_| good).map_or(observed.ended, |took| observed.began + took);
        let run = Run { n: 1, began: (observed.began, observed.began), known: (known, known) };
        let cell = self.cells.entry(observed.began.nanos() / self.width).or_default();
        if good {
            Run::add(&mut cell.good, run);
        } else {
            Run::add(&mut cell.bad, run);
            cell.injects.extend(&observed.injects);
        }
        self.narrow();
    }

    /// Adds another's.
    pub(super) fn merge(&mut self, other: &Self) {
        while self.width < other.width {
            self.widen();
        }
        for (number, cell) in &other.cells {
            self.cells.entry(number * other.width / self.width).or_default().merge(cell);
        }
        self.narrow();
    }

    fn narrow(&mut self) {
        while self.cells.len() > CELLS {
            self.widen();
        }
    }

    fn widen(&mut self) {
        self.width *= 2;
        for (number, cell) in std::mem::take(&mut self.cells) {
            self.cells.entry(number / 2).or_default().merge(&cell);
        }
    }

    /// The outages, in order.
    pub(super) fn outages(&self, plan: &Plan, attribution: &Attribution<'_>, whose: Whose) -> Vec<WayOutage> {
        let Some(detector) = self.detector(plan) else { return Vec::new() };
        // When a bad one was known to be, its cell says.
        let mut machine = Machine::new(detector, Span::ZERO);
        let down = self.n_down(plan);
        let mut last = true;
        for cell in self.cells.values() {
            // The order within a cell is not known: they are taken to have come in rows.
            let (good, bad) = (cell.good.map(|run| (true, run)), cell.bad.map(|run| (false, run)));
            let runs = if last { [good, bad] } else { [bad, good] };
            for (good, run) in runs.into_iter().flatten() {
                run.points(good).for_each(|point| machine.next(point, down));
                last = good;
            }
        }
        machine.outages().iter().map(|outage| self.told((plan, whose), attribution, outage)).collect()
    }

    /// With bounds that hold in whatever order those at either end came.
    fn told(&self, (plan, whose): (&Plan, Whose), attribution: &Attribution<'_>, outage: &Outage) -> WayOutage {
        let blurred = Moment::from_nanos(2 * self.width).secs_f64();
        let (start, tipped) = (outage.start, outage.declared);
        // When the first ones were known to be bad, and those that tipped the balance, and by when all until then.
        let known = |due: Moment| self.bad(due, due).map(|bad| bad.known.0).next().unwrap_or(due).max(due);
        let (first, early) = (known(start), known(tipped));
        let declared = self.bad(start, tipped).map(|bad| bad.known.1).fold(early, Moment::max);
        let (from, to) = (start.before(first.since(start)), early.max(first));
        let hit = self.between(from, to).flat_map(|cell| &cell.injects).copied();
        let inject_id = attribution.blamed(hit.filter(|id| id.index() < plan.injects.len()), (from, to));
        let inject = inject_id.map(|id| plan.injects[id.index()].name.clone());
        // It lasted at least from when one of its bad ones was known to be bad until another began.
        let earliest = self.bad(start, outage.last_bad).map(|bad| bad.known.0).min().unwrap_or(start);
        let lo_s = outage.last_bad.since(earliest).secs_f64();
        let outage = Outage { lo_s, declared, declared_s: declared.secs_f64(), ..outage.clone() };
        let begun = Begun { injected: inject_id.and_then(|id| attribution.applied(id, to)), declared: None };
        let mut clocks = clocks(&outage, begun, |clock| whose.objective(plan, clock, (&outage, inject_id)));
        clocks.retain(|told| told.clock.is_of_programs());
        for told in &mut clocks {
            let sooner = if told.clock == Clock::Detection { declared.since(early).secs_f64() } else { 0.0 };
            told.lo_s = told.lo_s.map(|lo_s| (lo_s - blurred).max(0.0));
            told.hi_s = told.hi_s.map(|hi_s| hi_s + blurred + sooner);
        }
        let (lo_s, hi_s) = ((lo_s - blurred).max(0.0), outage.hi_s.map(|hi_s| hi_s + blurred));
        WayOutage { outage: Outage { lo_s, hi_s, ..outage }, inject, inject_id, clocks }
    }

    /// The bad ones, cell by cell, of the cells from one moment's to another's.
    fn bad(&self, from: Moment, to: Moment) -> impl Iterator<Item = Run> {
        self.between(from, to).filter_map(|cell| cell.bad)
    }

    /// A record need not make sense: nothing ends before it began.
    fn between(&self, from: Moment, to: Moment) -> impl Iterator<Item = &Cell> {
        let last = to.max(from).nanos() / self.width;
        self.cells.range(from.nanos() / self.width..=last).map(|(_, cell)| cell)
    }

    /// As of a journey that has these messages, evenly; `None` if there are too few to have a gap.
    fn detector(&self, plan: &Plan) -> Option<Detector> {
        let runs = || self.cells.values().flat_map(|cell| [cell.good, cell.bad]).flatten();
        let n: u64 = runs().map(|run| run.n).sum();
        let first = runs().map(|run| run.began.0).min()?;
        let last = runs().map(|run| run.began.1).max()?;
        let gap = Span::from_nanos(last.since(first).nanos().checked_div(n.checked_sub(1)?)?.max(1));
        let shortest = plan.phases.iter().map(|phase| phase.length).min()?;
        Some(Detector::derive(gap, shortest))
    }

    /// How many bad ones in a row make an outage, by how many were bad in the baseline.
    fn n_down(&self, plan: &Plan) -> u32 {
        let (mut bad, mut all, mut planned) = (0, 0, 0);
        for (number, cell) in &self.cells {
            let [good_here, bad_here] = [cell.good, cell.bad].map(|run| run.map_or(0, |run| run.n));
            planned += good_here + bad_here;
            let phase = plan.phase_at(Moment::from_nanos(number * self.width));
            if phase.is_some_and(|phase| plan.phases[phase.index()].kind == PhaseKind::Baseline) {
                (bad, all) = (bad + bad_here, all + good_here + bad_here);
            }
        }
        n_down(bad, all, planned)
    }
}

impl Cell {
    fn merge(&mut self, other: &Self) {
        for (mine, theirs) in [(&mut self.good, other.good), (&mut self.bad, other.bad)] {
            if let Some(theirs) = theirs {
                Run::add(mine, theirs);
            }
        }
        self.injects.extend(&other.injects);
    }
}
