//! How many threads play a drill over sockets.

use std::num::NonZeroUsize;

use crate::limits::ONE_WORKER;
use crate::plan::{Journey, Plan, Recipients};
use crate::units::{EndpointId, Moment, Span};

/// One thread for what one can carry with time to spare, and otherwise `None`: one a core. A message that is handed from thread to thread on
/// its way costs half as much again, and waits for each of them to wake (docs/performance.md).
pub(super) fn workers(plan: &Plan) -> Option<NonZeroUsize> {
    let length = plan.end().since(Moment::ZERO);
    let busiest = |journey: &Journey| {
        let sent = journey.rate.peak(length, Span::from_secs(1));
        let any = |of: fn(&Plan, EndpointId) -> bool| {
            f64::from(u8::from(journey.routes.iter().any(|route| of(plan, route.endpoint))))
        };
        let sent_on = any(|plan, id| plan.endpoints[id.index()].gateway().is_some());
        let inspected = any(|plan, id| plan.inspection(id).is_some());
        sent * (1.0 + f64::from(told(plan, journey)) + sent_on + inspected)
    };
    let foreign: f64 = plan.ways_in.iter().map(|way| way.limit.per_second()).sum();
    let busiest: f64 = plan.journeys.iter().map(busiest).sum::<f64>() + foreign;
    (busiest <= ONE_WORKER).then_some(NonZeroUsize::MIN)
}

/// How many recipients of a message tell that they have received it.
fn told(plan: &Plan, journey: &Journey) -> u32 {
    if !journey.routes.iter().any(|route| plan.has_receipts(journey, route.endpoint)) {
        return 0;
    }
    match journey.to {
        Recipients::One(_) => 1,
        Recipients::All(group) => plan.groups[group.index()].count,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{Options, Source, load};

    /// Whether one thread plays journeys of twenty accounts, with what stands beside the route of each.
    fn is_one(journeys: &[&str], endpoint: &str) -> bool {
        let journey = |(number, rest): (usize, &&str)| {
            format!("  j{number}: {{ from: office, deadline: 1s, routes: [dingtalk], {rest} }}\n")
        };
        let journeys: String = journeys.iter().enumerate().map(journey).collect();
        let text = format!(
            "firedrill: 1\nname: workers\nregions: {{ hk: {{}} }}\n\
             endpoints: {{ dingtalk: {{ kind: dingtalk, edition: mainland, region: hk, limits: off{endpoint} }} }}\n\
             groups: {{ office: {{ count: 20, region: hk }}, factory: {{ count: 20, region: hk }} }}\n\
             journeys:\n{journeys}phases: {{ baseline: 10s, fault: 10s }}\n"
        );
        let read = load(&Source { name: "workers.yaml".into(), text }, &Options::default());
        workers(&read.unwrap_or_else(|found| panic!("{found}")).plan).is_some()
    }

    #[test]
    fn one_thread_plays_what_one_carries() {
        // A message and its receipt are two.
        assert!(is_one(&["to: factory, rate: 3000/s"], ""));
        assert!(!is_one(&["to: factory, rate: 3001/s"], ""));
        // Who is only told of acceptance tells of no receipt.
        assert!(is_one(&["to: factory, rate: 6000/s"], ", receipts: acceptance"));
        assert!(!is_one(&["to: factory, rate: 6001/s"], ", receipts: acceptance"));
        // Each of twenty tells that he has it.
        assert!(is_one(&["to: { all: factory }, send: group, rate: 285/s"], ""));
        assert!(!is_one(&["to: { all: factory }, send: group, rate: 286/s"], ""));
    }

    #[test]
    fn the_busiest_second_of_all_journeys_together_counts() {
        let half = "to: factory, rate: 1500/s";
        assert!(is_one(&[half, half], "") && !is_one(&[half, half, "to: factory, rate: 1/s"], ""));
        let busy = |rate: &str| format!("to: factory, rate: {{ phases: {{ baseline: 1/s, fault: {rate} }} }}");
        assert!(is_one(&[&busy("3000/s")], "") && !is_one(&[&busy("3001/s")], ""));
    }
}
