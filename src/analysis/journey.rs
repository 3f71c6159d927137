//! All that is told of one journey's messages: each is told once, in order of due moment, and is not needed afterwards.
//!
//! A message is first *judged*, which moves what looks for outages; then *told* to whatever else depends on the order, when it is certain
//! where among the outages it lies, which takes a few messages more; and *counted* when nothing happens to it any more. Most are counted as
//! soon as they are told; what may still be delivered is counted later, and keeps nothing else waiting.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::burn::{Alert, Burning};
use super::degraded::{Degraded, Degrading};
use super::in_force::InForce;
use super::meanwhile::Meanwhiles;
use super::message::Told;
use super::outage::Machine;
use super::promised::Promised;
use super::rpa::{PointActual, Points, Standing};
use super::series::Chart;
use super::stalls::Stalls;
use super::tally::{Beside, Place, Tally};
use super::windows::{Slider, Windows};
use super::{Basis, Blame, Cell, LeakFigures, Mark, Neighbours, Outage, Series, Stalled};
use crate::journal::{Receipt, Stall};
use crate::plan::{PhaseKind, Plan};
use crate::units::{AccountId, JourneyId, Moment, PhaseId, RouteId, Span};

/// The figures of one journey so far.
#[derive(Clone, Debug)]
pub(super) struct JourneyFold {
    plan: Arc<Plan>,
    id: JourneyId,
    outages: Watched,
    meanwhile: Meanwhiles,
    /// The same for each route alone.
    routes: Vec<Watched>,
    burning: Option<Burning>,
    tally: Tally,
    chart: Chart,
    degrading: Degrading,
    sliders: Vec<Slider>,
    points: Points,
    stalls: Stalls,
    /// Where the messages stand that were told and not counted yet.
    standing: BTreeMap<u32, Standing>,
}

/// A machine that looks for outages, up to the first message that is not decided yet.
#[derive(Clone, Debug)]
struct Watched {
    machine: Machine,
    stopped: bool,
}

impl Watched {
    /// Judges the next message, and says whether it did.
    fn next(&mut self, told: &Told<'_>, good: bool, n_down: u32) -> bool {
        self.stopped |= told.mark.is_none();
        if !self.stopped {
            self.machine.next(told.point(good), n_down);
        }
        !self.stopped
    }
}

impl JourneyFold {
    /// Nothing yet. `settled` after it was due, everything has come that a message is judged by.
    pub(super) fn new(plan: &Arc<Plan>, id: JourneyId, bases: Vec<Basis>, settled: Span) -> Self {
        let journey = &plan.journeys[id.index()];
        let (detector, deadline) = (journey.detector, journey.deadline);
        let watched = Watched { machine: Machine::new(detector, deadline), stopped: false };
        let promised = Promised::of(plan, id);
        Self {
            plan: Arc::clone(plan),
            id,
            routes: vec![watched.clone(); journey.routes.len()],
            outages: watched,
            meanwhile: Meanwhiles::default(),
            sliders: Slider::all(plan, id, &bases, settled),
            burning: promised.availability.map(|least| Burning::new(least, detector.gap, deadline)),
            tally: Tally::new(plan, id, bases),
            chart: Chart::new(plan, journey.routes.len()),
            degrading: Degrading::new(promised, &detector),
            points: Points::default(),
            stalls: Stalls::new(deadline),
            standing: BTreeMap::new(),
        }
    }

    /// Judges the next message: the series of which outages are told has all of them but those that are left out, and a
    /// route's has those attempted on it, good if they are good and came by it. `n_down` is the parameter in force when it was due.
    pub(super) fn judge(&mut self, told: &Told<'_>, n_down: u32) {
        let good = told.mark == Some(Mark::Good);
        if !told.left_out()
            && self.outages.next(told, good, n_down)
            && let Some(burning) = &mut self.burning
        {
            burning.next(told.point(good));
        }
        for (route, watched) in (0_u8..).map(RouteId).zip(&mut self.routes) {
            if told.row.attempted_on(route) && !told.left_out() {
                watched.next(told, good && told.carried == route, n_down);
            }
        }
    }

    /// What was due before this moment, and judged, can be told.
    pub(super) fn certain_before(&self) -> Moment {
        self.outages.machine.certain_before()
    }

    /// Tells the next message, which was judged, to whatever depends on the order of due moments.
    pub(super) fn tell(&mut self, told: &Told<'_>) {
        let due = told.row.due;
        let around = self.outages.machine.around(due);
        self.tally.next(told);
        self.meanwhile.next(told.counted(), around);
        self.stalls.next(told);
        let standing = self.points.next(told, around.outage);
        self.standing.insert(told.number, standing);
        self.sliders.iter_mut().for_each(|slider| slider.next(told));
        if !self.is_warmup(due) {
            self.degrading.next(told, around.before_end);
        }
    }

    /// Counts a message that was told, and to which nothing happens any more.
    pub(super) fn count(&mut self, told: &Told<'_>, beside: Beside<'_>) {
        let around = self.outages.machine.around(told.row.due);
        self.tally.count(told, beside, around);
        self.meanwhile.count(told, around);
        self.chart.add(told);
        if let Some(standing) = self.standing.remove(&told.number) {
            self.points.count(told, standing);
        }
    }

    /// firedrill stood still.
    pub(super) fn stall(&mut self, stall: &Stall) {
        self.stalls.record(stall);
    }

    /// When it did while messages were under way.
    pub(super) fn stalled(&self, id: JourneyId) -> impl Iterator<Item = Stalled> {
        self.stalls.figures(id, &self.plan.journeys[id.index()])
    }

    /// The record of the next message was lost.
    pub(super) fn unknown(&mut self, number: u32) {
        self.tally.unknown(number);
    }

    /// Whether somebody had not received a message that was counted.
    pub(super) fn is_missing(&self, number: u32, recipient: AccountId) -> bool {
        self.tally.is_missing(number, recipient)
    }

    /// A receipt of a message that was counted, and that its recipient had received before.
    pub(super) fn again(&mut self, receipt: &Receipt) {
        self.tally.again(receipt);
    }

    /// The phase in which a message was due that was told.
    pub(super) fn phase_of(&self, number: u32) -> PhaseId {
        self.tally.phase_of(number)
    }

    fn is_warmup(&self, due: Moment) -> bool {
        self.plan.phase_at(due).is_some_and(|phase| self.plan.phases[phase.index()].kind == PhaseKind::Warmup)
    }

    /// The outages, whichever route carried the messages.
    pub(super) fn outages(&self) -> Vec<Outage> {
        let outages = self.named(&self.outages.machine).into_iter().enumerate();
        outages.map(|(at, outage)| Outage { meanwhile: Some(self.meanwhile.at(at)), ..outage }).collect()
    }

    /// The outages of a route alone.
    pub(super) fn outages_of(&self, route: RouteId) -> Vec<Outage> {
        self.routes.get(route.index()).map(|watched| self.named(&watched.machine)).unwrap_or_default()
    }

    /// Those that a machine has found, with the name of their first message.
    fn named(&self, machine: &Machine) -> Vec<Outage> {
        let journey = &self.plan.journeys[self.id.index()].name;
        let named = |outage: Outage| Outage { first_bad: outage.number.map(|n| format!("{journey}.{n}")), ..outage };
        machine.outages().into_iter().map(named).collect()
    }

    /// The alerts on its error budget, if it has one.
    pub(super) fn alerts(&self) -> Vec<Alert> {
        self.burning.as_ref().map(Burning::alerts).unwrap_or_default()
    }

    /// The cells that have messages; `injected` says which outages belong to an inject, and `finished` that nothing comes any more.
    pub(super) fn cells(&self, injected: impl Fn(usize) -> bool, finished: bool) -> Vec<Cell> {
        self.tally.cells(injected, finished)
    }

    /// Whether messages due one after the other fared alike.
    pub(super) fn neighbours(&self) -> &Neighbours {
        self.tally.neighbours()
    }

    /// What was due while each route was in force, phase by phase.
    pub(super) fn in_force(&self, injected: impl Fn(usize) -> bool) -> BTreeMap<Place, InForce> {
        self.tally.in_force(injected)
    }

    /// The messages of a phase that were bad and lie in no outage, by blame.
    pub(super) fn single(&self, phase: PhaseId) -> Blame {
        self.tally.single(phase)
    }

    /// The earliest messages with something in them that may not leave, and left.
    pub(super) fn leaks(&self) -> impl Iterator<Item = LeakFigures> {
        self.tally.leaks()
    }

    /// What each outage cost, if the drill is over.
    pub(super) fn points(&self) -> Vec<Option<PointActual>> {
        self.points.of(&self.outages())
    }

    /// For how long it was not as good as its targets promise.
    pub(super) fn degraded(&self) -> Option<Degraded> {
        self.degrading.degraded()
    }

    /// What its targets' windows show that were over before nothing more was due.
    pub(super) fn windows(&self, until: Moment) -> Vec<Windows> {
        self.sliders.iter().map(|slider| slider.windows(until)).collect()
    }

    /// The chart.
    pub(super) fn series(&self) -> Series {
        self.chart.series()
    }
}
