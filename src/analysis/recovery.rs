//! Which outage belongs to which inject, and how long it took.

use std::collections::BTreeSet;

use super::touched::Touched;
use super::{Outage, Outcome, Recovery};
use crate::plan::{Bound, Metric, Plan};
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
}

impl Attribution<'_> {
    /// The inject an outage belongs to: with a hit that concerns the journey in [start − D, start + D], applied last.
    pub(super) fn of(&self, journey: JourneyId, outage: &Outage) -> Option<InjectId> {
        let deadline = self.plan.journeys[journey.index()].deadline;
        let (from, to) = (outage.start.before(deadline), outage.start + deadline);
        let near = self.plan.inject_ids().filter(|(id, _)| self.touched.any_within(*id, journey, from, to));
        near.map(|(id, inject)| {
            let applied = self.switching[id.index()].applied.range(..=to).next_back();
            (applied.copied().unwrap_or(inject.start), id)
        })
        .max()
        .map(|(_, id)| id)
    }

    /// The recoveries of a journey: one for each outage, by time, then the injects it tolerated.
    pub(super) fn recoveries(&self, journey: JourneyId, outages: &[Outage]) -> Vec<Recovery> {
        let belongs: Vec<Option<InjectId>> = outages.iter().map(|outage| self.of(journey, outage)).collect();
        let suffered = outages.iter().zip(&belongs).map(|(outage, inject)| self.suffered(journey, *inject, outage));
        let tolerated = self
            .plan
            .inject_ids()
            .map(|(id, _)| id)
            .filter(|id| self.touched.units(*id, journey) > 0 && !belongs.contains(&Some(*id)));
        suffered.chain(tolerated.map(|id| self.tolerated(journey, id))).collect()
    }

    fn suffered(&self, journey: JourneyId, inject: Option<InjectId>, outage: &Outage) -> Recovery {
        Recovery {
            start_s: Some(outage.start_s),
            end_s: outage.end_s,
            lo_s: outage.lo_s,
            hi_s: outage.hi_s,
            detect_s: Some(outage.declared_s - outage.start_s),
            outcome: if outage.censored { Outcome::NotRecovered } else { Outcome::Recovered },
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
            clock: "impact",
            start_s: None,
            end_s: None,
            lo_s: 0.0,
            hi_s: None,
            objective_s: self.objective(journey, inject).map(Span::secs_f64),
            detect_s: None,
            outcome: Outcome::Tolerated,
            hits: inject.map_or(0, |id| self.touched.units(id, journey)),
            phase_hits: inject.map_or_else(Vec::new, |id| self.touched.in_phases(id, journey).to_vec()),
        }
    }

    /// The tightest objective that selects it. A target that names an inject selects only what belongs to that one.
    fn objective(&self, journey: JourneyId, inject: Option<InjectId>) -> Option<Span> {
        let targets = self.plan.targets.iter().map(|target| &target.expr);
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
