//! Which outage belongs to which inject, and how long it took.

use std::collections::BTreeSet;

use super::burn::{Alert, alerted};
use super::clocks::{Begun, clocks};
use super::rpa::PointActual;
use super::touched::Touched;
use super::{Outage, Outcome, Recovery};
use crate::plan::{Bound, Clock, Metric, Plan};
use crate::units::{InjectId, JourneyId, Moment, Span};

/// When each inject was switched on and off, by the control records.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Switching {
    pub(super) applied: BTreeSet<Moment>,
    pub(super) lifted: BTreeSet<Moment>,
}

/// What recovery is told from.
pub(super) struct Attribution<'a> {
    pub(super) plan: &'a Plan,
    pub(super) touched: &'a Touched,
    pub(super) switching: &'a [Switching],
    /// When failovers were decided, journey by journey.
    pub(super) failovers: &'a [BTreeSet<Moment>],
}

/// A journey's outages, with what is told of each.
pub(super) struct Down<'a> {
    pub(super) outages: &'a [Outage],
    /// One for each outage.
    pub(super) points: &'a [Option<PointActual>],
    pub(super) alerts: &'a [Alert],
}

impl Attribution<'_> {
    /// The inject an outage belongs to: with a hit that concerns the journey in [start − D, start + D], applied last.
    pub(super) fn of(&self, journey: JourneyId, outage: &Outage) -> Option<InjectId> {
        let (from, to) = self.around(journey, outage);
        let near = self.plan.inject_ids().filter(|(id, _)| self.touched.any_within(*id, journey, from, to));
        near.map(|(id, inject)| (self.applied(id, to).unwrap_or(inject.start), id)).max().map(|(_, id)| id)
    }

    /// [start − D, start + D]: in which whatever made the first message bad happened.
    fn around(&self, journey: JourneyId, outage: &Outage) -> (Moment, Moment) {
        let deadline = self.plan.journeys[journey.index()].deadline;
        (outage.start.before(deadline), outage.start + deadline)
    }

    /// When an inject was last switched on until then.
    fn applied(&self, inject: InjectId, until: Moment) -> Option<Moment> {
        self.switching[inject.index()].applied.range(..=until).next_back().copied()
    }

    /// The first failover that was decided because of an outage.
    fn declared(&self, journey: JourneyId, outage: &Outage) -> Option<Moment> {
        let (from, _) = self.around(journey, outage);
        let until = outage.end.unwrap_or(Moment::MAX);
        self.failovers[journey.index()].range(from..=until).next().copied()
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
        let tolerated = self
            .plan
            .inject_ids()
            .map(|(id, _)| id)
            .filter(|id| self.touched.units(*id, journey) > 0 && !belongs.contains(&Some(*id)));
        suffered.chain(tolerated.map(|id| self.tolerated(journey, id))).collect()
    }

    fn suffered(&self, journey: JourneyId, inject: Option<InjectId>, outage: &Outage) -> Recovery {
        let (_, until) = self.around(journey, outage);
        let injected = inject.and_then(|id| self.applied(id, until));
        let hit = inject.zip(injected).and_then(|(id, from)| self.touched.first_since(id, journey, from));
        let masked = |from: Option<Moment>| from.map(|from| outage.start.since(from).secs_f64());
        let begun = Begun { injected, declared: self.declared(journey, outage) };
        Recovery {
            start_s: Some(outage.start_s),
            end_s: outage.end_s,
            lo_s: outage.lo_s,
            hi_s: outage.hi_s,
            detect_s: Some(outage.declared_s - outage.start_s),
            outcome: if outage.censored { Outcome::NotRecovered } else { Outcome::Recovered },
            clocks: clocks(outage, begun, |clock| self.objective(journey, inject, clock)),
            masked_s: masked(injected),
            masked_since_hit_s: masked(hit),
            flaps: outage.merged - 1,
            ..self.blank(journey, inject)
        }
    }

    fn tolerated(&self, journey: JourneyId, inject: InjectId) -> Recovery {
        Recovery { hi_s: Some(0.0), ..self.blank(journey, Some(inject)) }
    }

    fn blank(&self, journey: JourneyId, inject: Option<InjectId>) -> Recovery {
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
            objective_s: self.objective(journey, inject, Clock::Impact).map(Span::secs_f64),
            detect_s: None,
            outcome: Outcome::Tolerated,
            hits: inject.map_or(0, |id| self.touched.units(id, journey)),
            clocks: Vec::new(),
            masked_s: None,
            masked_since_hit_s: None,
            flaps: 0,
            alerted_s: None,
            rpa_count: None,
            rpa_time_s: None,
            phase_hits: inject.map_or_else(Vec::new, |id| self.touched.in_phases(id, journey).to_vec()),
        }
    }

    /// The tightest objective by a clock that selects it. A target that names an inject selects only what belongs to that one.
    fn objective(&self, journey: JourneyId, inject: Option<InjectId>, clock: Clock) -> Option<Span> {
        let targets = self.plan.targets.iter().filter(|target| target.clock == clock).map(|target| &target.expr);
        let selecting = targets.filter(|expr| {
            expr.metric == Metric::RecoveryTime
                && expr.op.is_upper_bound()
                && expr.of.journey.is_none_or(|of| of == journey)
                && expr.of.inject.is_none_or(|of| Some(of) == inject)
        });
        let bounds = selecting.filter_map(|expr| if let Bound::Time(span) = expr.bound { Some(span) } else { None });
        bounds.min()
    }
}

impl Recovery {
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
