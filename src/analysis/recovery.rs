//! Which outage belongs to which inject, and how long it took.

use std::collections::BTreeSet;

use super::burn::{Alert, alerted};
use super::clocks::{Begun, clocks};
use super::deciding::{Failover, longest};
use super::rpa::PointActual;
use super::touched::Touched;
use super::{Outage, Outcome, Recovery};
use crate::plan::{Clock, Metric, Phase, Plan, Target};
use crate::units::{InjectId, JourneyId, Moment, PhaseId, Span};

/// When each inject was switched on and off, by the control records.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Switching {
    pub(super) applied: BTreeSet<Moment>,
    /// When its call outside began, if it acts there: it may take effect from then on.
    pub(super) acting: BTreeSet<Moment>,
    pub(super) lifted: BTreeSet<Moment>,
    /// Whether a rehearsal took it as done.
    pub(super) rehearsed: bool,
}

/// What recovery is told from.
pub(super) struct Attribution<'a> {
    pub(super) plan: &'a Plan,
    pub(super) touched: &'a Touched,
    pub(super) switching: &'a [Switching],
    /// Journey by journey, by time.
    pub(super) failovers: &'a [Vec<Failover>],
    /// The moment for which it is told.
    pub(super) at: Moment,
}

/// A journey's outages, with what is told of each.
pub(super) struct Down<'a> {
    pub(super) outages: &'a [Outage],
    /// One for each outage.
    pub(super) points: &'a [Option<PointActual>],
    pub(super) alerts: &'a [Alert],
}

impl Attribution<'_> {
    /// The inject an outage belongs to: with a hit that concerns the journey in [start − D, start + D], applied last. What is done outside
    /// hits nothing that firedrill sees: without a hit of another, whatever was in force there then explains it.
    pub(super) fn of(&self, journey: JourneyId, outage: &Outage) -> Option<InjectId> {
        let (from, to) = self.around(journey, outage);
        let near = self.plan.inject_ids().filter(|(id, _)| self.touched.of(*id, journey).any_within(from, to));
        self.blamed(near.map(|(id, _)| id), (from, to))
    }

    /// Of those of the plan that have hit something from `from` to `to`, the one that was applied last; else what was in force outside.
    pub(super) fn blamed(
        &self,
        near: impl Iterator<Item = InjectId>,
        (from, to): (Moment, Moment),
    ) -> Option<InjectId> {
        let planned = |id: InjectId| self.plan.injects[id.index()].start;
        let last = near.map(|id| (self.applied(id, to).unwrap_or_else(|| planned(id)), id)).max();
        let outside = || self.plan.actions().filter_map(|(id, ..)| self.acted(id, from, to).map(|at| (at, id))).max();
        last.or_else(outside).map(|(_, id)| id)
    }

    /// When an action began that was in force, at least in part, at some time from `from` to `to`.
    fn acted(&self, id: InjectId, from: Moment, to: Moment) -> Option<Moment> {
        let Switching { acting, lifted, .. } = &self.switching[id.index()];
        let began = *acting.range(..=to).next_back()?;
        let ended = lifted.range(began..).next().copied().unwrap_or(Moment::MAX);
        (ended >= from).then_some(began)
    }

    /// Phase by phase: 1 if an action was in force there, else 0. It takes the place of hits, which nobody can count outside.
    fn in_force(&self, id: InjectId) -> Vec<u64> {
        let phases = self.plan.phases.iter();
        // What begins as a phase ends is in force in the next one.
        let last = |phase: &Phase| phase.end().before(Span::from_nanos(1));
        phases.map(|phase| u64::from(self.acted(id, phase.start, last(phase)).is_some())).collect()
    }

    /// Whether an inject did something that concerns a journey, as far as firedrill can tell.
    fn concerns(&self, id: InjectId, journey: JourneyId) -> bool {
        self.touched.of(id, journey).units > 0 || self.in_background(id, journey) > 0 || self.in_force(id).contains(&1)
    }

    /// Units of an inject on questions for the sake of a journey for which none of its messages waited.
    fn in_background(&self, id: InjectId, journey: JourneyId) -> u64 {
        self.touched.background.in_phases(id, journey).iter().sum()
    }

    /// [start − D, start + D]: in which whatever made the first message bad happened.
    fn around(&self, journey: JourneyId, outage: &Outage) -> (Moment, Moment) {
        let deadline = self.plan.journeys[journey.index()].deadline;
        (outage.start.before(deadline), outage.start + deadline)
    }

    /// When an inject was last switched on until then.
    pub(super) fn applied(&self, inject: InjectId, until: Moment) -> Option<Moment> {
        self.switching[inject.index()].applied.range(..=until).next_back().copied()
    }

    /// The failovers that were called for because of an outage, by time.
    fn failovers(&self, journey: JourneyId, outage: &Outage) -> &[Failover] {
        let (from, _) = self.around(journey, outage);
        let until = outage.end.unwrap_or(Moment::MAX);
        let all = &self.failovers[journey.index()];
        let (first, after) =
            (all.partition_point(|one| one.called < from), all.partition_point(|one| one.called <= until));
        all.get(first..after).unwrap_or_default()
    }

    /// From when to when it was certain that a journey was down, at least and at most. The first bad message may have met its trouble up to
    /// a deadline after it was due.
    fn detected(&self, journey: JourneyId, outage: &Outage) -> (f64, f64) {
        let deadline = self.plan.journeys[journey.index()].deadline;
        let latest = outage.declared.since(outage.start + deadline);
        (latest.secs_f64(), outage.declared.since(outage.last_good).secs_f64())
    }

    /// The recoveries of a journey: one for each outage, by time, then the injects it tolerated.
    pub(super) fn recoveries(&self, journey: JourneyId, down: &Down<'_>) -> Vec<Recovery> {
        let deadline = self.plan.journeys[journey.index()].deadline;
        let belongs: Vec<Option<InjectId>> = down.outages.iter().map(|outage| self.of(journey, outage)).collect();
        let suffered = down.outages.iter().zip(down.points).zip(&belongs).map(|((outage, point), inject)| Recovery {
            alerted_s: alerted(down.alerts, outage, deadline).map(Moment::secs_f64),
            rpa_count: point.map(|point| point.count),
            rpa_time_s: point.map(|point| point.time.secs_f64()),
            ..self.suffered(journey, *inject, outage)
        });
        let without_outage = self
            .plan
            .inject_ids()
            .map(|(id, _)| id)
            .filter(|id| self.concerns(*id, journey) && !belongs.contains(&Some(*id)));
        let borne = without_outage.map(|id| {
            if self.in_background(id, journey) == 0 && self.is_hidden(id, journey, down.outages) {
                self.masked(journey, id)
            } else {
                self.tolerated(journey, id)
            }
        });
        suffered.chain(borne).collect()
    }

    /// Whether an inject did what concerns a journey only within outages that belong to others, or where these began: it may be a cause as
    /// well, and nothing shows that the journey would have borne it.
    fn is_hidden(&self, id: InjectId, journey: JourneyId, outages: &[Outage]) -> bool {
        let inside = |from: Moment, to: Moment| {
            let hides =
                |outage: &Outage| self.around(journey, outage).0 <= from && outage.end.is_none_or(|end| to <= end);
            outages.iter().any(hides)
        };
        let Switching { acting, lifted, .. } = &self.switching[id.index()];
        let acted =
            acting.iter().all(|from| inside(*from, lifted.range(from..).next().copied().unwrap_or(Moment::MAX)));
        acted && self.touched.of(id, journey).stretches().all(|(first, last)| inside(first, last))
    }

    fn suffered(&self, journey: JourneyId, inject: Option<InjectId>, outage: &Outage) -> Recovery {
        let (_, until) = self.around(journey, outage);
        let injected = inject.and_then(|id| self.applied(id, until));
        let hit = inject.zip(injected).and_then(|(id, from)| self.touched.of(id, journey).first_since(from));
        let masked = |from: Option<Moment>| from.map(|from| outage.start.since(from).secs_f64());
        let failovers = self.failovers(journey, outage);
        let begun = Begun { injected, declared: failovers.first().map(|first| first.called) };
        let decided = longest(failovers, self.at);
        let here = |target: &Target| target.concerns(self.plan, outage.start_s, outage.end_s);
        Recovery {
            start_s: Some(outage.start_s),
            end_s: outage.end_s,
            lo_s: outage.lo_s,
            hi_s: outage.hi_s,
            detect_s: Some(outage.declared_s - outage.start_s),
            detected_s: Some(self.detected(journey, outage)),
            decide_s: decided.and_then(|(_, high)| high),
            decided_s: decided,
            outcome: if outage.censored { Outcome::NotRecovered } else { Outcome::Recovered },
            clocks: clocks(outage, begun, |clock| self.objective(journey, inject, (clock, &here))),
            objective_s: self.objective(journey, inject, (Clock::Impact, &here)).map(Span::secs_f64),
            masked_s: masked(injected),
            masked_since_hit_s: masked(hit),
            flaps: outage.merged - 1,
            ..self.blank(journey, inject)
        }
    }

    fn phase_hits(&self, id: InjectId, journey: JourneyId) -> Vec<u64> {
        if self.plan.injects[id.index()].fault.action().is_some() {
            return self.in_force(id);
        }
        let beside = self.touched.background.in_phases(id, journey);
        self.touched.of(id, journey).phases.iter().zip(beside).map(|(hits, beside)| hits + beside).collect()
    }

    fn tolerated(&self, journey: JourneyId, inject: InjectId) -> Recovery {
        let hits = self.touched.of(inject, journey).units + self.in_background(inject, journey);
        Recovery { hi_s: Some(0.0), hits, ..self.blank(journey, Some(inject)) }
    }

    fn masked(&self, journey: JourneyId, inject: InjectId) -> Recovery {
        Recovery { outcome: Outcome::Masked, ..self.blank(journey, Some(inject)) }
    }

    fn blank(&self, journey: JourneyId, inject: Option<InjectId>) -> Recovery {
        let phase_hits = inject.map_or_else(Vec::new, |id| self.phase_hits(id, journey));
        let hit_in = |phase: &PhaseId| phase_hits.get(phase.index()).is_some_and(|hits| *hits > 0);
        let here = |target: &Target| target.phases.iter().any(hit_in);
        Recovery {
            journey: self.plan.journeys[journey.index()].name.clone(),
            journey_id: journey,
            inject: inject.map(|id| self.plan.injects[id.index()].name.clone()),
            inject_id: inject,
            clock: Clock::Impact.name(),
            start_s: None,
            end_s: None,
            lo_s: 0.0,
            hi_s: None,
            objective_s: self.objective(journey, inject, (Clock::Impact, &here)).map(Span::secs_f64),
            detect_s: None,
            detected_s: None,
            decide_s: None,
            decided_s: None,
            outcome: Outcome::Tolerated,
            hits: inject.map_or(0, |id| self.touched.of(id, journey).units),
            clocks: Vec::new(),
            masked_s: None,
            masked_since_hit_s: None,
            flaps: 0,
            alerted_s: None,
            rpa_count: None,
            rpa_time_s: None,
            phase_hits,
        }
    }

    /// The tightest objective by a clock that selects it, of the targets about what lies here. A target that names an inject selects only
    /// what belongs to that one.
    fn objective(
        &self,
        journey: JourneyId,
        inject: Option<InjectId>,
        (clock, here): (Clock, &dyn Fn(&Target) -> bool),
    ) -> Option<Span> {
        let selecting = self.plan.targets.iter().filter(|target| {
            let of = target.expr.of;
            target.clock == clock
                && self.plan.selects(&of, journey)
                && of.inject.is_none_or(|of| Some(of) == inject)
                && here(target)
        });
        selecting.filter_map(Target::objective).min()
    }
}

impl Recovery {
    /// The bounds of a time that is told of outages, in seconds, by a clock if it has one; `None` as the upper one = no bound. `None`
    /// altogether = it never began.
    pub fn time(&self, metric: Metric, clock: Clock) -> Option<(f64, Option<f64>)> {
        if self.outcome == Outcome::Tolerated {
            return Some((0.0, Some(0.0)));
        }
        match metric {
            Metric::DetectTime => self.detected_s.map(|(low, high)| (low, Some(high))),
            Metric::DecideTime => self.decided_s,
            _ => self.within(clock),
        }
    }

    /// The bounds of the time it took by a clock, in seconds; `None` as the upper one = no bound. `None` altogether = the clock never
    /// began.
    pub fn within(&self, clock: Clock) -> Option<(f64, Option<f64>)> {
        if self.outcome == Outcome::Tolerated {
            return Some((0.0, Some(0.0)));
        }
        let told = self.clocks.iter().find(|told| told.clock == clock)?;
        told.lo_s.map(|lo_s| (lo_s, told.hi_s))
    }
}
