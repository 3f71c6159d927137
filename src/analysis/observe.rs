//! From the folds to the figures.

use super::actions;
use super::arms::arms;
use super::boundary;
use super::deciding;
use super::message::Horizon;
use super::recovery::{Attribution, Down};
use super::settle::{Course, Pass};
use super::touched::Touched;
use super::{
    Cell, Deliveries, Figures, Folds, GapFigures, InForce, InjectFigures, JourneyBasis, JourneyFigures, Messages,
    MisdeliveredFigures, Observation, PhaseFigures, PhaseSlice, Recovery, RouteSlice, Sender, Steady, conservation,
};
use crate::journal::{Control, Decision, End, Event};
use crate::plan::{Journey, PhaseKind, Plan};
use crate::units::{JourneyId, Moment, PhaseId, RouteId};

/// Whom an observation is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reader {
    People,
    Targets,
}

impl Reader {
    /// What only people read.
    fn shown<T: Default>(self, told: impl FnOnce() -> T) -> T {
        if self == Self::People { told() } else { T::default() }
    }
}

impl Folds {
    /// All figures: as they stand at a moment of a drill that is going on, or, without one, at the end of the journal.
    ///
    /// A message is judged when it is received or its deadline has passed; what is undecided counts nowhere but among the open and the
    /// pending. The work is proportional to the messages so far.
    pub fn observe(&self, at: Option<Moment>) -> Observation {
        self.observed_for(Reader::People, at)
    }

    /// What targets are judged by, as it stands at a moment: the same without the percentiles of journeys, phases and routes and without
    /// charts, which are empty. A drill that looks for broken targets looks often: what can be told by then is told for good, so that the
    /// work is proportional to the messages since the last look and to what may still change.
    pub fn evidence(&mut self, at: Moment) -> Observation {
        self.settle_until(at);
        self.observed_for(Reader::Targets, Some(at))
    }

    fn observed_for(&self, reader: Reader, at: Option<Moment>) -> Observation {
        let mut all = self.clone();
        let horizon = all.horizon(at);
        all.settle(Pass { horizon, last: true });
        all.told(reader, horizon)
    }

    fn horizon(&self, at: Option<Moment>) -> Horizon {
        let seal = self.seals.iter().max_by_key(|seal| (seal.at, seal.records));
        // A drill that ends early need not wait for what is still on its way.
        let finished = matches!(self.end(), Some(End::Completed | End::Aborted));
        Horizon { at: seal.map(|seal| seal.at).or(at).unwrap_or(self.latest), finished }
    }

    fn end(&self) -> Option<End> {
        self.seals.iter().max_by_key(|seal| (seal.at, seal.records)).map(|seal| seal.end)
    }

    /// All figures, when every message was counted; `settled` says that nothing comes any more.
    fn told(&self, reader: Reader, Horizon { at, finished: settled }: Horizon) -> Observation {
        let touched = &self.touched;
        let failovers = deciding::failovers(self.plan.journeys.len(), &self.controls);
        let (plan, switching) = (&*self.plan, &self.switching[..]);
        let attribution = Attribution { plan, touched, switching, failovers: &failovers, at };
        let told =
            self.plan.journey_ids().map(|(id, journey)| self.journey(reader, (id, journey), settled, &attribution));
        let (mut journeys, recovery): (Vec<JourneyFigures>, Vec<Vec<Recovery>>) = told.unzip();
        compare(&self.plan, &mut journeys);
        let cells = || journeys.iter().flat_map(|journey| &journey.cells);
        let mut messages = Messages::default();
        cells().for_each(|cell| messages.add(&cell.messages));
        let mut deliveries = Deliveries::default();
        cells().for_each(|cell| deliveries.add(&cell.deliveries));
        deliveries.strayed = self.courses.iter().map(|course| course.ledger.strays(settled)).sum();
        deliveries.received += deliveries.strayed;
        let flows = self.flows.flows();
        Observation {
            position: self.position,
            at,
            end: self.end(),
            finished: self.end() == Some(End::Completed),
            messages,
            deliveries,
            conservation: conservation::check(self, settled, &journeys, (&messages, &deliveries)),
            journeys,
            observed: self.watched.figures(&self.plan, self.last_due(at), &attribution),
            recovery: recovery.into_iter().flatten().collect(),
            boundaries: boundary::figures(&self.plan, &flows, &self.flows.crossings()),
            shared: self.papers.told(&self.plan, &self.courses),
            books: self.books.figures(&self.plan),
            audits: self.audits.figures(&self.plan),
            applied: self.books.applied(),
            misbooked: self.books.misbooked.clone(),
            unlisted: self.books.unlisted,
            leaks: self.courses.iter().flat_map(|course| course.told.leaks()).collect(),
            misdelivered: self.misdelivered(),
            inspections: self.inspections.figures(&self.plan),
            inspected: self.inspections.cells(),
            passed: self.inspections.passed(),
            flows,
            astray: self.flows.unknown,
            revoked: self.leavers.figures(&self.plan, &self.switching),
            injects: self.injects(touched),
            phases: self.phases(touched),
            sender: self.sender(),
            overdue: self.courses.iter().map(|course| course.ledger.misfits.overdue).sum(),
            gaps: self.gaps(),
            steady: self.steady(),
            controls: self.controls(),
        }
    }

    fn misdelivered(&self) -> Vec<MisdeliveredFigures> {
        let told = |(course, journey): (&Course, _)| course.ledger.misfits.misdelivered(&self.plan, journey);
        self.courses.iter().zip(&self.plan.journeys).filter_map(told).collect()
    }

    fn journey(
        &self,
        reader: Reader,
        (id, journey): (JourneyId, &Journey),
        finished: bool,
        attribution: &Attribution<'_>,
    ) -> (JourneyFigures, Vec<Recovery>) {
        let course = &self.courses[id.index()];
        let fold = &course.told;
        let found = fold.outages();
        let injected: Vec<bool> = found.iter().map(|outage| attribution.of(id, outage).is_some()).collect();
        let is_injected = |outage: usize| injected.get(outage).copied().unwrap_or(false);
        let cells = fold.cells(is_injected, finished);
        let in_force = fold.in_force(is_injected);
        let counts = |phase: PhaseId| self.plan.phases[phase.index()].kind != PhaseKind::Warmup;
        let judged = |cell: &&Cell| counts(cell.phase);
        let due_on = |of: RouteId| in_force.iter().filter(move |((phase, route), _)| counts(*phase) && *route == of);
        let phases = self.plan.phase_ids().map(|(phase, part)| PhaseSlice {
            phase: part.name.clone(),
            figures: reader.shown(|| Figures::of(cells.iter().filter(|cell| cell.phase == phase))),
            single: fold.single(phase),
        });
        let routes = (0_u8..).map(RouteId).zip(&journey.routes).map(|(route, part)| RouteSlice {
            route: self.plan.endpoints[part.endpoint.index()].name.clone(),
            basis: course.ledger.bases[route.index()],
            figures: reader.shown(|| Figures::of(cells.iter().filter(judged).filter(|cell| cell.route == route))),
            in_force: InForce::of(due_on(route).map(|(_, due)| due)),
            outages: fold.outages_of(route),
        });
        let alerts = fold.alerts();
        let points = if finished { fold.points() } else { vec![None; found.len()] };
        let recovery = attribution.recoveries(id, &Down { outages: &found, points: &points, alerts: &alerts });
        let figures = JourneyFigures {
            id: journey.name.clone(),
            journey: id,
            control_of: journey.control_of.map(|of| self.plan.journeys[of.index()].name.clone()),
            basis: JourneyBasis::of(&course.ledger.bases),
            deadline_s: journey.deadline.secs_f64(),
            figures: reader.shown(|| Figures::of(cells.iter().filter(judged))),
            phases: phases.collect(),
            routes: routes.collect(),
            n_down: course.n_down(Moment::MAX),
            degraded: fold.degraded(),
            windows: fold.windows(self.last_due(attribution.at)),
            arms: Vec::new(),
            alerts,
            series: reader.shown(|| fold.series()),
            outages: found,
            cells,
            neighbours: fold.neighbours().clone(),
            tried: self.tried[id.index()].clone(),
            failed: reader.shown(|| course.ledger.failed.figures(&self.plan, journey)),
        };
        (figures, recovery)
    }

    /// Until when messages were due: the drill may have ended before its plan.
    fn last_due(&self, at: Moment) -> Moment {
        let drains = self.controls.iter().filter(|control| control.event == Event::Drain).map(|control| control.at);
        drains.min().map_or(at, |drained| drained.min(at))
    }

    fn injects(&self, touched: &Touched) -> Vec<InjectFigures> {
        let seconds = |moment: Option<&Moment>| moment.map(|moment| moment.secs_f64());
        let actions = actions::figures(&self.plan, &self.controls());
        let figures = self.plan.inject_ids().map(|(id, inject)| {
            let (switching, hits) = (&self.switching[id.index()], &self.hits.injects[id.index()]);
            InjectFigures {
                id: inject.name.clone(),
                fault: inject.fault.name(),
                planned_s: [inject.start.secs_f64(), inject.end.secs_f64()],
                applied_s: seconds(switching.applied.first()),
                lifted_s: seconds(switching.lifted.last()),
                first_hit_s: seconds(hits.first.as_ref()),
                last_hit_s: seconds(hits.last.as_ref()),
                hits: hits.units,
                message_hits: touched.injects[id.index()],
                observed_hits: self.watched.hit_by(id),
                audit_hits: self.auditors.hit_by(id),
                background_hits: touched.background.hit_by(id),
                action: actions.get(&id).cloned(),
            }
        });
        figures.collect()
    }

    fn phases(&self, touched: &Touched) -> Vec<PhaseFigures> {
        let counts = self.hits.phases.iter().zip(&touched.phases);
        let figures = self.plan.phase_ids().zip(counts).map(|((id, phase), (hits, message_hits))| PhaseFigures {
            phase: phase.name.clone(),
            kind: phase.kind,
            start_s: phase.start.secs_f64(),
            end_s: phase.end().secs_f64(),
            hits: *hits,
            message_hits: *message_hits,
            observed_hits: self.watched.hit_in(id),
            audit_hits: self.auditors.hit_in(id),
            background_hits: touched.background.hit_in(id.index()),
        });
        figures.collect()
    }

    fn sender(&self) -> Sender {
        let [unsent_slots, unsent_lag, unsent_stopped, unsent_turn] = self.unsent;
        Sender {
            lag_ms: self.lags.figures(),
            unsent: self.unsent.iter().sum(),
            unsent_slots,
            unsent_turn,
            unsent_lag,
            unsent_stopped,
            slow: self.lags.slow(&self.plan),
            stalled: self
                .plan
                .journey_ids()
                .zip(&self.courses)
                .flat_map(|((id, _), course)| course.told.stalled(id))
                .collect(),
        }
    }

    fn gaps(&self) -> Vec<GapFigures> {
        let mut gaps = self.gaps.clone();
        gaps.sort_by_key(|gap| (gap.from, gap.to, gap.lost));
        let figures =
            gaps.iter().map(|gap| GapFigures { from_s: gap.from.secs_f64(), to_s: gap.to.secs_f64(), lost: gap.lost });
        figures.collect()
    }

    fn steady(&self) -> Option<Steady> {
        let controls = self.controls();
        let decided = controls.iter().rev().find_map(|control| match &control.event {
            Event::Decided { decision: Decision::Steady { held, why }, .. } => Some((*held, why.clone())),
            _ => None,
        });
        decided.map(|(held, why)| Steady { held, why })
    }

    /// The control records by time. Those of one moment stand in the order in which the conductor acts: a phase begins, what was on is
    /// lifted, the next is applied, and then it is decided and noted.
    fn controls(&self) -> Vec<Control> {
        let mut controls = self.controls.clone();
        controls.sort_by_cached_key(|control| (control.at, rank(&control.event), format!("{:?}", control.event)));
        controls
    }
}

/// Puts every journey that has a control arm beside it.
fn compare(plan: &Plan, journeys: &mut [JourneyFigures]) {
    for (id, _) in plan.journey_ids() {
        if let Some(control) = plan.control(id) {
            journeys[id.index()].arms = arms(plan, &journeys[id.index()], &journeys[control.index()]);
        }
    }
}

fn rank(event: &Event) -> u8 {
    match event {
        Event::Phase(_) => 0,
        Event::Drain => 1,
        Event::Called(_) => 2,
        Event::Lifted(_) => 3,
        Event::Calling(..) => 4,
        Event::Applied(_) => 5,
        Event::Lease { .. } => 6,
        Event::Decided { .. } => 7,
        Event::Switched { .. } => 8,
        Event::Probed { .. } | Event::AuditEnded { .. } | Event::Step { .. } => 9,
        Event::Note(_) => 10,
    }
}
