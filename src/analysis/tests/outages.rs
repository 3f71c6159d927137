use crate::analysis::{Outage, Outcome, Point, n_down};
use crate::journal::{Decision, End, Event, Record};
use crate::plan::{Bound, Clock, Expr, Metric, Op, Plan, Selector, Target};
use crate::units::{InjectId, Moment, PhaseId, RouteId, Span};

use super::script::{
    self, FREEZE, ORDER, What, completed, control, fold, hit, inject, journey, ms, plan, refused_within, same, seal,
};

fn outages(what: impl Fn(u32) -> What) -> Vec<Outage> {
    let found = completed(&plan(), journey(what)).journeys.remove(0).outages;
    // Message n is due at n × 0.1 s.
    let first = |outage: &Outage| Some(format!("order.{:.0}", outage.start_s * 10.0));
    assert!(found.iter().all(|outage| outage.first_bad == first(outage)), "{found:?}");
    found
}

#[test]
fn an_outage_of_thirty_seconds_lies_within_its_bounds() {
    let found = outages(refused_within(60, 90));
    assert_eq!(found.len(), 1);
    let outage = &found[0];
    // First bad 60.0, last bad 89.9, last good 59.9; the first good one is due at 90.0 and received 30 ms later.
    assert!(same(outage.start_s, 60.0) && same(outage.end_s.unwrap(), 90.03));
    // 89.9 − 60.0 − 1 and 90.03 − 59.9.
    assert!(same(outage.lo_s, 28.9), "{outage:?}");
    assert!(same(outage.hi_s.unwrap(), 30.13), "{outage:?}");
    assert!(outage.lo_s <= 30.0 && 30.0 <= outage.hi_s.unwrap());
    // At most Δ₋ + Δ₊ + 2D = 0.1 + 0.1 + 2.
    assert!(outage.hi_s.unwrap() - outage.lo_s <= 2.2);
    // Before a detector decision five in a row are needed: the fifth is due at 60.4, and certainly bad a second later.
    assert!(same(outage.declared_s, 61.4));
    // The tenth good one is due at 90.9.
    assert!(same(outage.recovered_s.unwrap(), 90.93));
    assert_eq!((outage.bad, outage.merged, outage.censored), (300, 1, false));
}

#[test]
fn the_decision_at_the_baselines_end_sets_how_many_bad_ones_it_takes() {
    let decision = Decision::Detector { journey: ORDER, n_down: 3, bad: 0, all: 600, planned: 1_800 };
    let decided = control(ms(60_000), Event::Decided { position: 1, decision });
    let three_bad = |number: u32| match number {
        // Three in a row before the decision are too few, three after it are not.
        300..303 | 900..903 => What::Refused,
        _ => What::Good,
    };
    let mut records = journey(three_bad);
    records.insert(0, decided);
    let observation = completed(&plan(), records);
    assert_eq!(observation.journeys[0].n_down, 3);
    let starts: Vec<f64> = observation.journeys[0].outages.iter().map(|outage| outage.start_s).collect();
    assert!(starts.len() == 1 && same(starts[0], 90.0), "{starts:?}");
}

#[test]
fn a_few_good_ones_do_not_end_an_outage() {
    // Nine good ones from 65.0 to 65.8: one short of m_up.
    let found = outages(|number| match number {
        600..650 | 659..700 => What::Refused,
        _ => What::Good,
    });
    assert_eq!(found.len(), 1);
    assert!(same(found[0].start_s, 60.0) && same(found[0].end_s.unwrap(), 70.03));
    assert_eq!(found[0].merged, 1);
}

#[test]
fn outages_less_than_hold_up_apart_are_one() {
    // Ten good ones from 65.0 to 65.9 end the first at 65.03; the second begins at 66.0, 0.97 s later, less than 1 s.
    let found = outages(|number| match number {
        600..650 | 660..700 => What::Refused,
        _ => What::Good,
    });
    assert_eq!((found.len(), found[0].merged, found[0].bad), (1, 2, 90));
    // 69.9 − 60.0 − 1 and 70.03 − 59.9.
    assert!(same(found[0].lo_s, 8.9) && same(found[0].hi_s.unwrap(), 10.13));
}

#[test]
fn three_short_ones_are_three() {
    let found = outages(|number| match number {
        600..610 | 700..710 | 800..810 => What::Refused,
        _ => What::Good,
    });
    let starts: Vec<f64> = found.iter().map(|outage| outage.start_s).collect();
    assert_eq!(found.len(), 3);
    assert!(starts.iter().zip([60.0, 70.0, 80.0]).all(|(a, b)| same(*a, b)), "{starts:?}");
    // 60.9 − 60.0 − 1 is below zero; 61.03 − 59.9.
    assert!(same(found[0].lo_s, 0.0) && same(found[0].hi_s.unwrap(), 1.13));
}

#[test]
fn single_failures_are_no_outage() {
    assert_eq!(outages(|number| if number % 10 == 0 { What::Refused } else { What::Good }), []);
    // Four in a row, every two seconds: a fifth of the window.
    assert_eq!(outages(|number| if number % 20 < 4 { What::Refused } else { What::Good }), []);
}

#[test]
fn every_second_one_bad_is_an_outage_by_its_share() {
    let alternating = |number: u32| match number {
        600..900 if number.is_multiple_of(2) => What::Refused,
        _ => What::Good,
    };
    let found = outages(alternating);
    assert_eq!(found.len(), 1);
    // The window of 2 s holds twenty; ten of them are bad when 61.8 is, and it is certain at 62.8. The first bad one was 60.0.
    assert!(same(found[0].start_s, 60.0) && same(found[0].declared_s, 62.8));
    // The last bad one is 89.8, the first good one of the run that ends it 89.9.
    assert!(same(found[0].end_s.unwrap(), 89.93) && same(found[0].lo_s, 28.8));
    assert_eq!(found[0].bad, 150);
}

#[test]
fn late_is_bad_and_the_sender_is_not_the_system() {
    // One millisecond after the deadline.
    assert_eq!(outages(|number| if number >= 900 { What::Received(1_001) } else { What::Good }).len(), 1);
    assert_eq!(outages(|number| if number >= 900 { What::Received(1_000) } else { What::Good }), []);
    let lag = What::Unsent(crate::journal::UnsentCause::Lag);
    assert_eq!(outages(|number| if (600..900).contains(&number) { lag } else { What::Good }), []);
}

#[test]
fn still_down_at_the_end_has_no_upper_bound() {
    // Nine good ones at the end are one short.
    let found = outages(|number| if (1_000..1_791).contains(&number) { What::Refused } else { What::Good });
    assert_eq!((found.len(), found[0].censored, found[0].end_s, found[0].hi_s), (1, true, None, None));
    // 179.0 − 100.0 − 1.
    assert!(same(found[0].lo_s, 78.0));
}

#[test]
fn all_good_and_all_bad() {
    assert_eq!(outages(|_| What::Good), []);
    let found = outages(|_| What::Refused);
    assert_eq!((found.len(), found[0].censored), (1, true));
    // 179.9 − 0 − 1.
    assert!(same(found[0].lo_s, 178.9));
}

fn with_hits(plan: &Plan, what: impl Fn(u32) -> What, hits: &[(InjectId, u64)]) -> crate::analysis::Observation {
    let mut records = journey(what);
    records.push(control(ms(60_000), Event::Applied(FREEZE)));
    records.extend(hits.iter().map(|(inject, at)| hit(*inject, ms(*at))));
    completed(plan, records)
}

#[test]
fn an_outage_belongs_to_the_inject_that_hit_near_its_start() {
    let observation = with_hits(&plan(), refused_within(60, 90), &[(FREEZE, 60_500)]);
    let recovery = &observation.recovery[0];
    assert_eq!(recovery.inject.as_deref(), Some("freeze"));
    assert_eq!((recovery.outcome, recovery.clock, recovery.hits), (Outcome::Recovered, "impact", 1));
    assert!(same(recovery.detect_s.unwrap(), 1.4));
    assert_eq!(observation.recovery.len(), 1);
    // The outage's messages are the inject's, none the system's.
    assert_eq!(observation.journeys[0].figures.blame.injected, 300);
    assert_eq!(observation.phases[1].hits, 1);
    assert_eq!(observation.injects[0].first_hit_s, Some(60.5));
}

#[test]
fn four_clocks_begin_at_four_events_and_stop_together() {
    let mut records = journey(refused_within(60, 90));
    let failover = Decision::Failover {
        journey: ORDER,
        account: None,
        from: RouteId(0),
        to: RouteId(1),
        failures: 5,
        switch_at: ms(90_000),
    };
    records.extend([
        control(ms(58_000), Event::Applied(FREEZE)),
        hit(FREEZE, ms(59_500)),
        hit(FREEZE, ms(60_000)),
        control(ms(60_420), Event::Decided { position: 1, decision: failover }),
    ]);
    let observation = completed(&plan(), records);
    let recovery = &observation.recovery[0];
    // The last bad message was due at 89.9, the first good one received at 90.03. The first bad one was due at 60.0, and that it was no
    // single failure was certain at 61.4.
    let expected = [
        (Clock::Impact, 60.0, 28.9, 30.13),
        (Clock::Injection, 58.0, 31.9, 32.03),
        (Clock::Detection, 61.4, 28.5, 28.63),
        (Clock::Declaration, 60.42, 29.48, 29.61),
    ];
    for (told, (clock, from, lo, hi)) in recovery.clocks.iter().zip(expected) {
        let figures = [told.from_s, told.lo_s, told.hi_s].map(Option::unwrap);
        assert!(told.clock == clock && figures.iter().zip([from, lo, hi]).all(|(a, b)| same(*a, b)), "{told:?}");
    }
    assert_eq!(recovery.clocks.len(), 4);
    // Two seconds after it was applied, half a second after its first hit.
    assert!(same(recovery.masked_s.unwrap(), 2.0) && same(recovery.masked_since_hit_s.unwrap(), 0.5));
}

#[test]
fn a_clock_whose_event_never_happened_never_begins() {
    let observation = with_hits(&plan(), refused_within(60, 90), &[]);
    let recovery = &observation.recovery[0];
    let begun: Vec<_> =
        recovery.clocks.iter().map(|told| (told.clock, told.lo_s.is_some(), told.hi_s.is_some())).collect();
    // No inject explains the outage, and nobody decided anything.
    let expected = [
        (Clock::Impact, true, true),
        (Clock::Injection, false, false),
        (Clock::Detection, true, true),
        (Clock::Declaration, false, false),
    ];
    assert_eq!(begun, expected);
    assert_eq!((recovery.masked_s, recovery.within(Clock::Injection)), (None, None));
}

#[test]
fn what_was_over_before_an_event_took_no_time_after_it() {
    // Down for half a second: the fifth bad message is due at 60.4, and that it was bad is certain at 61.4, long after the end.
    let observation = with_hits(&plan(), |n| if (600..605).contains(&n) { What::Refused } else { What::Good }, &[]);
    let recovery = &observation.recovery[0];
    assert_eq!(recovery.within(Clock::Detection), Some((0.0, Some(0.0))));
    assert_eq!(recovery.flaps, 0);
}

#[test]
fn what_came_back_flapped() {
    // Ten good ones between two parts: it seemed over once.
    let flapping = |number| match number {
        600..650 | 660..700 => What::Refused,
        _ => What::Good,
    };
    assert_eq!(completed(&plan(), journey(flapping)).recovery[0].flaps, 1);
}

#[test]
fn a_hit_more_than_a_deadline_away_is_not_the_cause() {
    let observation = with_hits(&plan(), refused_within(60, 90), &[(FREEZE, 61_001)]);
    assert_eq!(observation.recovery[0].inject, None);
    // But for the message that it hit.
    let blame = &observation.journeys[0].figures.blame;
    assert_eq!((blame.system, blame.injected), (299, 1));
    // What the inject itself would have done does not show, since it hit only who was down already; a hit at another time was tolerated.
    assert_eq!((observation.recovery[1].outcome, observation.recovery[1].hi_s), (Outcome::Masked, None));
    let observation = with_hits(&plan(), refused_within(60, 90), &[(FREEZE, 61_001), (FREEZE, 100_000)]);
    assert_eq!((observation.recovery[1].outcome, observation.recovery[1].hi_s), (Outcome::Tolerated, Some(0.0)));
    // Exactly one deadline away is.
    let observation = with_hits(&plan(), refused_within(60, 90), &[(FREEZE, 61_000)]);
    assert_eq!(observation.recovery[0].inject_id, Some(FREEZE));
}

#[test]
fn of_two_injects_the_one_applied_last() {
    let mut plan = plan();
    plan.injects.push(inject("cut"));
    let cut = InjectId(1);
    let mut records = journey(refused_within(60, 90));
    records.push(control(ms(59_000), Event::Applied(cut)));
    records.push(control(ms(60_000), Event::Applied(FREEZE)));
    records.extend([hit(cut, ms(60_000)), hit(FREEZE, ms(60_100))]);
    let observation = completed(&plan, records);
    assert_eq!(observation.recovery[0].inject_id, Some(FREEZE));
    // The other may have been the cause, and has been shown to be none nowhere.
    assert_eq!((observation.recovery[1].inject_id, observation.recovery[1].outcome), (Some(cut), Outcome::Masked));
}

#[test]
fn hits_without_an_outage_are_tolerated_and_without_hits_there_is_nothing() {
    let observation = with_hits(&plan(), |_| What::Good, &[(FREEZE, 60_000)]);
    let recovery = &observation.recovery[0];
    assert_eq!((recovery.outcome, recovery.hi_s, recovery.start_s), (Outcome::Tolerated, Some(0.0), None));
    assert_eq!(with_hits(&plan(), |_| What::Good, &[]).recovery, []);
}

#[test]
fn a_route_is_down_while_messages_fail_on_it_even_if_another_carries_them() {
    let observation =
        completed(&plan(), journey(|n| if (600..900).contains(&n) { What::FailedOver } else { What::Good }));
    let order = &observation.journeys[0];
    assert_eq!(order.outages, []);
    assert!(same(order.routes[0].outages[0].start_s, 60.0));
    assert_eq!(order.routes[1].outages, []);
    assert_eq!((order.routes[0].figures.good, order.routes[1].figures.good), (1_500, 300));
}

#[test]
fn how_many_in_a_row_against_the_background() {
    // No background: the least. 1,800·0.01³·0.99 = 0.0018.
    assert_eq!(n_down(0, 600, 1_800), 3);
    assert_eq!(n_down(6, 600, 1_800), 3);
    // f = 0.1: 1,800·0.9·10⁻ⁿ = 0.0162 for n = 5, 0.00162 for n = 6.
    assert_eq!(n_down(60, 600, 1_800), 6);
    // f = 0.5: 900·2⁻ⁿ = 0.0137 for n = 16, 0.0069 for n = 17.
    assert_eq!(n_down(300, 600, 1_800), 17);
    assert_eq!((n_down(600, 600, 1_800), n_down(0, 0, 1_800)), (1_000, 5));
}

#[test]
fn an_outage_in_a_live_view_ends_with_what_is_decided() {
    let mut records: Vec<Record> = journey(refused_within(60, 90));
    records.retain(|record| record.at() < ms(70_000));
    let observation = fold(&plan(), &records).observe(Some(ms(70_000)));
    assert!(!observation.finished);
    let outage = &observation.journeys[0].outages[0];
    // At 70 s the messages due until 69 s are decided: 69.0 − 60.0 − 1.
    assert!(outage.censored && same(outage.lo_s, 8.0), "{outage:?}");
    records.push(seal(End::Interrupted));
    assert!(!fold(&plan(), &records).observe(None).finished);
}

#[test]
fn an_empty_series_has_no_outage() {
    let detector = plan().journeys[0].detector;
    let none: Vec<Outage> = script::outages(&detector, Span::from_secs(1), |_: Moment| 5, std::iter::empty::<Point>());
    assert_eq!(none, []);
}

#[test]
fn the_objective_is_the_tightest_that_selects_the_outage() {
    let within = |secs, inject| {
        let (metric, of) = (Metric::RecoveryTime, Selector { inject, ..Selector::default() });
        let bound = Bound::Time(Span::from_secs(secs));
        let phases = vec![PhaseId(0), PhaseId(1), PhaseId(2)];
        Target { phases, ..Target::new("rto", "", Expr { aggregate: None, metric, of, op: Op::Le, bound }) }
    };
    let mut plan = plan();
    plan.targets = vec![within(7_200, None), within(60, Some(FREEZE))];
    // The outage lies in the second phase, and is none of this one's.
    plan.targets.push(Target { phases: vec![PhaseId(0), PhaseId(2)], ..within(10, None) });
    plan.targets.push(Target { clock: Clock::Injection, ..within(30, None) });
    let recovery = |hits: &[(InjectId, u64)]| with_hits(&plan, refused_within(60, 90), hits).recovery.remove(0);
    let hit = recovery(&[(FREEZE, 60_000)]);
    assert_eq!(hit.objective_s, Some(60.0));
    assert_eq!(recovery(&[]).objective_s, Some(7_200.0));
    // Each clock has its own.
    let by_clock: Vec<_> = hit.clocks.iter().map(|told| told.objective_s).collect();
    assert_eq!(by_clock, [Some(60.0), Some(30.0), None, None]);
}

#[test]
fn the_summarys_names() {
    let observation = with_hits(&plan(), refused_within(60, 90), &[(FREEZE, 60_000)]);
    let json = serde_json::to_value(&observation).unwrap();
    let order = &json["journeys"][0];
    for pointer in [
        "/id",
        "/basis",
        "/latency_ms/p99",
        "/service_latency_ms/n",
        "/availability",
        "/phases/0/phase",
        "/phases/1/latency_ms/p99",
        "/routes/1/route",
        "/outages/0/lo_s",
        "/outages/0/censored",
        "/series/buckets/0/due",
    ] {
        assert!(order.pointer(pointer).is_some(), "{pointer}");
    }
    assert_eq!(order["basis"], "delivery");
    // The fault phase: 300 of 600 messages are undelivered, so that p99 is none.
    assert_eq!(order["phases"][1]["latency_ms"]["p99"], serde_json::Value::Null);
    assert_eq!(order["phases"][1]["latency_ms"]["at_least"], 1_000.0);
    assert_eq!(json["recovery"][0]["outcome"], "recovered");
    assert_eq!(json["injects"][0]["planned_s"], serde_json::json!([60.0, 90.0]));
    assert_eq!(json["injects"][0]["applied_s"], 60.0);
    assert_eq!(json["sender"]["lag_ms"]["max"], 0.0);
}
