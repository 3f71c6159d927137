//! What a journey's own targets promise of normal service: the measure of being degraded, and of burning an error budget.

use std::collections::BTreeMap;

use crate::plan::{Aggregate, Bound, Budgeting, Metric, Op, Plan, Target};
use crate::units::{JourneyId, Span};

/// The tightest promises of a journey as a whole, whichever phases they are judged in. Those on one route or inject are not the journey's, and those on slices
/// of time not about its messages.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Promised {
    /// The least share of good messages.
    pub(super) availability: Option<f64>,
    /// The longest delivery latency at a percentile, in thousandths of a percent.
    pub(super) latency: BTreeMap<u32, Span>,
}

impl Promised {
    pub(super) fn of(plan: &Plan, journey: JourneyId) -> Self {
        let mut promised = Self::default();
        let journey = plan.measure(journey);
        let of_it = |target: &&Target| {
            let of = target.expr.of;
            let by_time = matches!(target.budgeting, Some(Budgeting::Timeslices { .. }));
            plan.may_be(&of, journey) && of.route.is_none() && of.inject.is_none() && !by_time
        };
        for expr in plan.targets.iter().filter(of_it).map(|target| &target.expr) {
            match (expr.metric, expr.aggregate, expr.bound) {
                (Metric::Availability, _, Bound::Share(share)) if matches!(expr.op, Op::Ge | Op::Gt) => {
                    let tightest = promised.availability.map_or(share.fraction(), |other| other.max(share.fraction()));
                    promised.availability = Some(tightest);
                }
                (Metric::DeliveryLatency, Some(Aggregate::Percentile(at)), Bound::Time(most))
                    if expr.op.is_upper_bound() =>
                {
                    let tightest = promised.latency.entry(at).or_insert(most);
                    *tightest = most.min(*tightest);
                }
                _ => {}
            }
        }
        promised
    }

    /// Whether nothing is promised.
    pub(super) fn is_empty(&self) -> bool {
        self.availability.is_none() && self.latency.is_empty()
    }
}
