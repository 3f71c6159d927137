//! How many threads play a drill over sockets.

use std::num::NonZeroUsize;

use crate::limits::ONE_WORKER;
use crate::plan::{Journey, Plan, Recipients};
use crate::units::{Moment, Span};

/// One thread for what one can carry with time to spare, and otherwise `None`: one a core. A message that is handed from thread to thread on
/// its way costs half as much again, and waits for each of them to wake (docs/performance.md).
pub(super) fn workers(plan: &Plan) -> Option<NonZeroUsize> {
    let length = plan.end().since(Moment::ZERO);
    let busiest = |journey: &Journey| {
        let sent = journey.rate.peak(length, Span::from_secs(1));
        sent * (1.0 + f64::from(told(plan, journey)))
    };
    let busiest: f64 = plan.journeys.iter().map(busiest).sum();
    (busiest <= ONE_WORKER).then_some(NonZeroUsize::MIN)
}

/// How many recipients of a message tell that they have received it.
fn told(plan: &Plan, journey: &Journey) -> u32 {
    let mut endpoints = journey.routes.iter().map(|route| &plan.endpoints[route.endpoint.index()]);
    if !endpoints.any(|endpoint| endpoint.receipts.tell_of(journey.send)) {
        return 0;
    }
    match journey.to {
        Recipients::One(_) => 1,
        Recipients::All(group) => plan.groups[group.index()].count,
    }
}
