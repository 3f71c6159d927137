//! Not down and yet not good enough, by windows of twenty messages (W = 2 s, Δ = 0.1 s).

use crate::analysis::{Degraded, LongestLatency};
use crate::journal::{Attempt, Ending, Event, Receipt, Record};
use crate::plan::{Aggregate, Bound, Expr, Metric, Op, Phase, PhaseKind, Plan, Selector, Target};
use crate::units::{EndpointId, RouteId, Share, Span};

use super::script::{ORDER, What, attempt, completed, control, journey, message, ms, plan, receipt, same};

fn target((metric, aggregate): (Metric, Option<Aggregate>), op: Op, bound: Bound) -> Target {
    let of = Selector { journey: Some(ORDER), ..Selector::default() };
    Target::new(metric.name(), "", Expr { aggregate, metric, of, op, bound })
}

pub(super) fn availability(percent: u32) -> Target {
    let share = Share::from_millionths(percent * 10_000).unwrap();
    target((Metric::Availability, None), Op::Ge, Bound::Share(share))
}

fn p95(millis: u64) -> Target {
    let metric = (Metric::DeliveryLatency, Some(Aggregate::Percentile(95_000)));
    target(metric, Op::Le, Bound::Time(Span::from_millis(millis)))
}

fn found(targets: Vec<Target>, what: impl Fn(u32) -> What) -> Option<Degraded> {
    completed(&Plan { targets, ..plan() }, journey(what)).journeys.remove(0).degraded
}

fn total(targets: Vec<Target>, what: impl Fn(u32) -> What) -> (f64, u64) {
    let degraded = found(targets, what).unwrap();
    (degraded.total_s, degraded.stretches)
}

/// One bad message in forty, from the fiftieth on.
fn now_and_then(number: u32) -> What {
    if number >= 50 && number % 40 == 10 { What::Refused } else { What::Good }
}

#[test]
fn without_a_promise_nobody_is_degraded() {
    assert_eq!(found(Vec::new(), now_and_then), None);
    // A promise on one route, or on what an inject does, is not one of the journey.
    let mut on_a_route = availability(99);
    on_a_route.expr.of.route = Some(EndpointId(0));
    assert_eq!(found(vec![on_a_route], now_and_then), None);
    // A ceiling on availability promises nothing.
    let ceiling = Target { expr: Expr { op: Op::Le, ..availability(99).expr }, ..availability(99) };
    assert_eq!(found(vec![ceiling], now_and_then), None);
}

#[test]
fn one_bad_message_degrades_until_the_window_has_passed() {
    // A window holds twenty: with the bad one 19 of 20 are good, 95 %. It is in the windows of twenty due moments, 2 s.
    let once = |number| if number == 700 { What::Refused } else { What::Good };
    let (total_s, stretches) = total(vec![availability(96)], once);
    assert!(same(total_s, 2.0) && stretches == 1, "{total_s} {stretches}");
    assert_eq!(total(vec![availability(95)], once), (0.0, 0));
    // Of two promises the tighter one counts.
    assert!(same(total(vec![availability(95), availability(96)], once).0, 2.0));
}

#[test]
fn two_seconds_for_each_of_forty_four() {
    // Bad are 50, 90, … 1,770: 44 of them, each followed by twenty good ones that make its window pass.
    let (total_s, stretches) = total(vec![availability(99)], now_and_then);
    assert!(same(total_s, 44.0 * 2.0) && stretches == 44, "{total_s} {stretches}");
}

#[test]
fn slow_is_degraded_too_and_says_by_which_measure() {
    // Of the twenty messages from 700 on each takes 400 ms instead of 30. The 95th percentile by nearest rank is the nineteenth of
    // twenty: above 300 ms from the second slow one (701) until only one is left in the window, which is when 738 is due.
    let slow = |number| if (700..720).contains(&number) { What::Received(400) } else { What::Good };
    let degraded = found(vec![p95(300)], slow).unwrap();
    assert!(same(degraded.total_s, 3.7), "{degraded:?}");
    assert_eq!((degraded.stretches, degraded.availability), (1, None));
    assert_eq!(degraded.latency, [LongestLatency { percentile: 95.0, at_most_s: 0.3 }]);
    assert_eq!(total(vec![p95(400)], slow), (0.0, 0));
    // What never arrives is slower than anything: two of twenty.
    let lost = |number| if number == 700 || number == 701 { What::Lost } else { What::Good };
    // From 701 until 720, when the first of them has left.
    assert!(same(total(vec![p95(300)], lost).0, 1.9));
}

#[test]
fn what_is_down_is_not_degraded_as_well() {
    // Down from 60.0 to 90.03 s: the window before it has no bad message and the one after it begins anew.
    let down = |number| if (600..900).contains(&number) { What::Refused } else { What::Good };
    assert_eq!(total(vec![availability(99)], down), (0.0, 0));
    // Down to the end.
    assert_eq!(
        total(vec![availability(99)], |number| if number >= 600 { What::Refused } else { What::Good }),
        (0.0, 0)
    );
}

#[test]
fn too_few_messages_in_a_window_tell_nothing() {
    let mut sparse = Plan { targets: vec![availability(99)], ..plan() };
    // Eleven fit into 1.1 s, one fewer than it takes.
    sparse.journeys[0].detector.window = Span::from_millis(1_100);
    assert_eq!(completed(&sparse, journey(now_and_then)).journeys[0].degraded, None);
    sparse.journeys[0].detector.window = Span::from_millis(1_200);
    assert!(completed(&sparse, journey(now_and_then)).journeys[0].degraded.is_some());
}

#[test]
fn warm_up_does_not_count() {
    let bad = |number| if number == 100 { What::Refused } else { What::Good };
    let mut warm = Plan { targets: vec![availability(99)], ..plan() };
    warm.phases[0] = Phase { kind: PhaseKind::Warmup, ..warm.phases[0].clone() };
    assert!(same(completed(&warm, journey(bad)).journeys[0].degraded.as_ref().unwrap().total_s, 0.0));
    assert!(same(total(vec![availability(99)], bad).0, 2.0));
}

#[test]
fn late_after_a_failover_is_neither_lost_nor_in_time() {
    // Two messages were due while DingTalk was in force. Both arrive late, one by DingTalk, one by Lite after the switch; a third is
    // due after the switch and arrives late by Lite, which is then its own route.
    let lite = RouteId(1);
    let after_the_deadline = |number: u32, due: u64, route| {
        let sent = ms(due);
        vec![
            message(number, ms(due)),
            Record::Attempt(Attempt { route, ..attempt(number, sent, Ending::Acknowledged) }),
            Record::Receipt(Receipt { route, ..receipt(number, ms(due + 1_500)) }),
        ]
    };
    let mut records =
        [after_the_deadline(0, 0, RouteId(0)), after_the_deadline(1, 100, lite), after_the_deadline(2, 2_000, lite)]
            .concat();
    records.push(control(ms(1_000), Event::Switched { journey: ORDER, account: None, from: RouteId(0), to: lite }));
    let observation = completed(&plan(), records);
    let deliveries = &observation.deliveries;
    assert_eq!((deliveries.delivered, deliveries.lost, deliveries.late_after_failover), (3, 0, 1));
}
