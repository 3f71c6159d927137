//! From the folds to the figures.

use std::collections::BTreeSet;

use super::burn::{Alert, Errors, alerts};
use super::degraded::degraded;
use super::hits::crowded_out_by_injects;
use super::message::Horizon;
use super::outage::{N_DOWN_BEFORE, outages};
use super::promised::Promised;
use super::recovery::{Attribution, Down};
use super::rpa;
use super::series::series;
use super::tally::{Blaming, Tally};
use super::touched::Touched;
use super::{
    Basis, Cell, Deliveries, Figures, Folds, GapFigures, InjectFigures, JourneyFigures, Messages, Observation, Outage,
    PhaseFigures, PhaseSlice, Recovery, RouteSlice, Sender, Steady, conservation,
};
use crate::journal::{Control, Decision, End, Event};
use crate::plan::{Journey, PhaseKind};
use crate::units::{JourneyId, Moment, RouteId};

impl Folds {
    /// All figures: as they stand at a moment of a drill that is going on, or, without one, at the end of the journal.
    ///
    /// A message is judged when it is received or its deadline has passed; what is undecided counts nowhere but among the open and the
    /// pending. The work is proportional to the messages so far.
    pub fn observe(&self, at: Option<Moment>) -> Observation {
        let seal = self.seals.iter().max_by_key(|seal| (seal.at, seal.records));
        let end = seal.map(|seal| seal.end);
        // A drill that ends early need not wait for what is still on its way.
        let finished = end == Some(End::Completed);
        let at = seal.map(|seal| seal.at).or(at).unwrap_or(self.latest);
        let horizon = Horizon { at, finished };
        let touched = Touched::of(&self.plan, &self.hits, &self.ledgers);
        let failovers = self.failovers();
        let (plan, switching) = (&*self.plan, &self.switching[..]);
        let attribution = Attribution { plan, touched: &touched, switching, failovers: &failovers };
        let told = self.plan.journey_ids().map(|(id, journey)| self.journey(id, journey, horizon, &attribution));
        let (journeys, recovery): (Vec<JourneyFigures>, Vec<Vec<Recovery>>) = told.unzip();
        let cells = || journeys.iter().flat_map(|journey| &journey.cells);
        let mut messages = Messages::default();
        cells().for_each(|cell| messages.add(&cell.messages));
        let mut deliveries = Deliveries::default();
        cells().for_each(|cell| deliveries.add(&cell.deliveries));
        Observation {
            position: self.position,
            at,
            end,
            finished,
            messages,
            deliveries,
            conservation: conservation::check(self, finished, &journeys, (&messages, &deliveries)),
            journeys,
            recovery: recovery.into_iter().flatten().collect(),
            injects: self.injects(&touched),
            phases: self.phases(&touched),
            sender: self.sender(),
            gaps: self.gaps(),
            steady: self.steady(),
            controls: self.controls(),
        }
    }

    fn journey(
        &self,
        id: JourneyId,
        journey: &Journey,
        horizon: Horizon,
        attribution: &Attribution<'_>,
    ) -> (JourneyFigures, Vec<Recovery>) {
        let ledger = &self.ledgers[id.index()];
        let tally = Tally { plan: &self.plan, id, journey, ledger, horizon };
        let n_down = |due: Moment| self.n_down(id, due);
        let found = outages(&journey.detector, journey.deadline, n_down, tally.points());
        let cells = tally.cells(&self.blaming(id, &found, attribution).as_blaming());
        let judged = |cell: &&Cell| self.plan.phases[cell.phase.index()].kind != PhaseKind::Warmup;
        let phases = self.plan.phase_ids().map(|(phase, part)| PhaseSlice {
            phase: part.name.clone(),
            figures: Figures::of(cells.iter().filter(|cell| cell.phase == phase)),
        });
        let routes = (0_u8..).map(RouteId).zip(&journey.routes).map(|(route, part)| RouteSlice {
            route: self.plan.endpoints[part.endpoint.index()].name.clone(),
            figures: Figures::of(cells.iter().filter(judged).filter(|cell| cell.route == route)),
            outages: outages(&journey.detector, journey.deadline, n_down, tally.points_of(route)),
        });
        let promised = Promised::of(&self.plan, id);
        let alerts = burning(&promised, journey, tally);
        let points = if horizon.finished { rpa::points(&found, tally.told()) } else { vec![None; found.len()] };
        let recovery = attribution.recoveries(id, &Down { outages: &found, points: &points, alerts: &alerts });
        let without_warmup = tally.told().filter(|told| !self.is_warmup(told.row.due));
        let figures = JourneyFigures {
            id: journey.name.clone(),
            journey: id,
            basis: ledger.bases.iter().copied().find(|basis| *basis == Basis::Acceptance).unwrap_or(Basis::Delivery),
            deadline_s: journey.deadline.secs_f64(),
            figures: Figures::of(cells.iter().filter(judged)),
            phases: phases.collect(),
            routes: routes.collect(),
            n_down: self.n_down(id, Moment::MAX),
            degraded: degraded(&promised, &journey.detector, &found, without_warmup),
            alerts,
            series: series(&self.plan, journey.routes.len(), tally.told()),
            outages: found,
            cells,
            tried: self.tried[id.index()].clone(),
        };
        (figures, recovery)
    }

    fn is_warmup(&self, due: Moment) -> bool {
        self.plan.phase_at(due).is_some_and(|phase| self.plan.phases[phase.index()].kind == PhaseKind::Warmup)
    }

    /// When failovers were decided, journey by journey.
    fn failovers(&self) -> Vec<BTreeSet<Moment>> {
        let mut decided = vec![BTreeSet::new(); self.plan.journeys.len()];
        for control in &self.controls {
            if let Event::Decided { decision: Decision::Failover { journey, .. }, .. } = &control.event
                && let Some(of_journey) = decided.get_mut(journey.index())
            {
                of_journey.insert(control.at);
            }
        }
        decided
    }

    /// How many bad messages in a row make an outage, for a message due then.
    fn n_down(&self, journey: JourneyId, due: Moment) -> u32 {
        let until = self.detectors[journey.index()].range(..=(due, u32::MAX)).next_back();
        until.map_or(N_DOWN_BEFORE, |(_, n_down)| *n_down)
    }

    fn blaming(&self, id: JourneyId, outages: &[Outage], attribution: &Attribution<'_>) -> Blame {
        let ledger = &self.ledgers[id.index()];
        let hit = &attribution.touched.attempts[id.index()];
        let mut messages = Vec::new();
        for (attempt, _) in ledger.tries.iter().zip(hit).filter(|(_, hit)| **hit) {
            let index = attempt.message as usize;
            if messages.len() <= index {
                messages.resize(index + 1, false);
            }
            messages[index] = true;
        }
        let injected = outages.iter().filter(|outage| attribution.of(id, outage).is_some());
        Blame {
            crowded_out: crowded_out_by_injects(ledger, hit),
            hit: messages,
            injected: injected.map(|outage| (outage.start, outage.end.unwrap_or(Moment::MAX))).collect(),
        }
    }

    fn injects(&self, touched: &Touched) -> Vec<InjectFigures> {
        let seconds = |moment: Option<&Moment>| moment.map(|moment| moment.secs_f64());
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
            }
        });
        figures.collect()
    }

    fn phases(&self, touched: &Touched) -> Vec<PhaseFigures> {
        let counts = self.hits.phases.iter().zip(&touched.phases);
        let figures = self.plan.phases.iter().zip(counts).map(|(phase, (hits, message_hits))| PhaseFigures {
            phase: phase.name.clone(),
            kind: phase.kind,
            start_s: phase.start.secs_f64(),
            end_s: phase.end().secs_f64(),
            hits: *hits,
            message_hits: *message_hits,
        });
        figures.collect()
    }

    fn sender(&self) -> Sender {
        let [unsent_slots, unsent_lag, unsent_stopped] = self.unsent;
        Sender {
            lag_ms: self.lags.figures(),
            unsent: unsent_slots + unsent_lag + unsent_stopped,
            unsent_slots,
            unsent_lag,
            unsent_stopped,
            slow: self.lags.slow(&self.plan),
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

/// The alerts on a journey's error budget, if it has one.
fn burning(promised: &Promised, journey: &Journey, tally: Tally<'_>) -> Vec<Alert> {
    let Some(availability) = promised.availability else { return Vec::new() };
    let points: Vec<_> = tally.points().collect();
    alerts(availability, Errors { points: &points, gap: journey.detector.gap, deadline: journey.deadline })
}

fn rank(event: &Event) -> u8 {
    match event {
        Event::Phase(_) => 0,
        Event::Drain => 1,
        Event::Lifted(_) => 2,
        Event::Applied(_) => 3,
        Event::Lease { .. } => 4,
        Event::Decided { .. } => 5,
        Event::Switched { .. } => 6,
        Event::Step { .. } => 7,
        Event::Claim(_) => 8,
        Event::Note(_) => 9,
    }
}

/// What `Blaming` borrows.
struct Blame {
    hit: Vec<bool>,
    crowded_out: Vec<u32>,
    injected: Vec<(Moment, Moment)>,
}

impl Blame {
    fn as_blaming(&self) -> Blaming<'_> {
        Blaming { hit: &self.hit, crowded_out: &self.crowded_out, injected: &self.injected }
    }
}
