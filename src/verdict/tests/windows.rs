//! Targets that have to be kept in every window: of ten seconds, every five, and so of a hundred messages each; there are 35 of them.

use super::*;
use crate::analysis::tests::script::{control, fold, refused_within, seal};
use crate::confidence::{RISK, at_least, at_most};
use crate::journal::{End, Event};
use crate::plan::Sliding;
use crate::verdict::steady;
use TargetOutcome::{Fail, Inconclusive, Pass};

fn in_windows(target: Target, secs: u64) -> Target {
    Target { sliding: Some(Sliding::halfway(Span::from_secs(secs))), ..target }
}

fn bound(target: Target) -> Target {
    Target { confidence: Confidence::Bound, ..target }
}

/// Six bad messages in a row, of which no other window but these two has any: from 65 to 75 s and from 70 to 80 s.
fn six_in_a_row(number: u32) -> What {
    if (700..706).contains(&number) { What::Refused } else { What::Good }
}

#[test]
fn what_the_whole_keeps_a_window_may_not() {
    // Over the whole, 1,794 of 1,800 are good.
    assert_eq!(outcome(&availability(95), six_in_a_row), Pass);
    let told = judged(&in_windows(availability(95), 10), six_in_a_row);
    assert_eq!((told.verdict, told.observed, told.n), (Fail, Some(0.94), 100));
    let why = "the worst of 35 windows of 10s, order from 65 s to 75 s: 94 of 100 messages were good";
    assert_eq!((told.why.as_str(), told.low, told.high), (why, Some(0.94), Some(0.94)));
    let window = told.window.expect("a window");
    assert_eq!((window.journey.as_deref(), window.of), (Some("order"), 35));
    assert!((window.start_s - 65.0).abs() < 1e-9 && (window.end_s - 75.0).abs() < 1e-9, "{window:?}");
    // The same messages keep a little less in each.
    assert_eq!(outcome(&in_windows(availability(94), 10), six_in_a_row), Pass);
}

#[test]
fn a_percentile_holds_in_every_window() {
    // Ten of a hundred are slow, and so is every tenth of the whole, from a minute on.
    let slow = |number: u32| if number >= 600 && number % 10 == 3 { What::Received(700) } else { What::Good };
    let p95 = percentile(Metric::DeliveryLatency, 95_000, 500);
    let told = judged(&in_windows(p95.clone(), 10), slow);
    assert_eq!(told.verdict, Fail);
    // The one before has five slow ones, which is as many as may be.
    assert_eq!(told.why, "the worst of 35 windows of 10s, order from 60 s to 70 s: over 100 messages");
    assert!(told.observed.is_some_and(|p95| (p95 - 0.7).abs() < 1e-3), "{told:?}");
    assert_eq!(outcome(&in_windows(percentile(Metric::DeliveryLatency, 90_000, 500), 10), slow), Pass);
    // In the first minute it is kept.
    let calm = Target { phases: vec![PhaseId(0)], ..in_windows(p95, 10) };
    assert_eq!(judged(&calm, slow).why, "the worst of 11 windows of 10s, order from 0 s to 10 s: over 100 messages");
    assert_eq!(outcome(&calm, slow), Pass);
    // What never arrives is slower than anything.
    let lost = |number: u32| if (700..706).contains(&number) { What::Lost } else { What::Good };
    let told = judged(&in_windows(percentile(Metric::DeliveryLatency, 95_000, 500), 10), lost);
    // Two seconds after it was due nobody waits for it any more.
    assert_eq!((told.verdict, told.observed), (Fail, None));
    assert!(told.low.is_some_and(|low| low > 2.0 && low < 2.001), "{told:?}");
    assert!(
        told.why.ends_with("over 100 messages it falls among those that had not arrived when they were judged"),
        "{}",
        told.why
    );
}

#[test]
fn every_window_has_to_show_it_and_one_that_breaks_it_has_to_show_it_among_all() {
    // Of sixty seconds, every thirty: five windows of 600 messages, of which six hundredths are bad, far apart.
    let spread = |number: u32| if number % 100 % 17 == 5 { What::Refused } else { What::Good };
    let told = |percent| judged(&bound(in_windows(availability(percent), 60)), spread);
    // 36 of 600 in each: the bounds of a share of 94 %, of one window to be kept, of five together to be broken.
    let (low, high) = (at_least(564.0, 600.0, RISK), at_most(564.0, 600.0, RISK / 5.0));
    assert!(0.92 < low && low < 0.93 && 0.96 < high && high < 0.97);
    let kept = told(92);
    assert_eq!((kept.verdict, kept.n, kept.n_effective), (Pass, 600, Some(600.0)));
    assert!(kept.low.is_some_and(|told| (told - low).abs() < 1e-9), "{kept:?}");
    assert!(kept.high.is_some_and(|told| (told - high).abs() < 1e-9), "{kept:?}");
    // A single window would show that it is not 96.3 %; one of five does not.
    assert!(at_most(564.0, 600.0, RISK) < 0.96 && 0.96 < high);
    assert_eq!((told(96).verdict, told(97).verdict), (Inconclusive, Fail));
    let open = told(94).why;
    assert!(open.starts_with("the worst of 5 windows of 1m, order from 0 s to 60 s: 564 of 600 messages"), "{open}");
}

#[test]
fn too_few_in_a_window_leave_it_open_and_say_how_many_would_do() {
    // 99 % take 299 messages, and a window of ten seconds has a hundred.
    let open = judged(&bound(in_windows(availability(99), 10)), |_| What::Good);
    assert_eq!((open.verdict, open.n), (Inconclusive, 100));
    let why = "the worst of 35 windows of 10s, order from 0 s to 10 s: 100 of 100 messages were good: \
               too few to tell with 95 % confidence, about 299 would do";
    assert_eq!(open.why, why);
    // Windows of thirty have three hundred.
    assert_eq!(outcome(&bound(in_windows(availability(99), 30)), |_| What::Good), Pass);
    // Where messages are missing, the window is named that has fewest.
    let few = Target { min_samples: 60, ..in_windows(availability(90), 10) };
    let told = with_a_hole(&few, |_| What::Good);
    assert_eq!((told.verdict, told.n, told.observed), (Inconclusive, 0, None));
    let why = "order from 100 s to 110 s had no message, too few to tell, 60 would do; 3 of 35 windows had too few";
    assert_eq!(told.why, why);
    // One that is broken is broken, whatever others lack.
    assert_eq!(with_a_hole(&few, refused_within(60, 70)).verdict, Fail);
    assert_eq!(without_traffic(&in_windows(availability(1), 10)), Inconclusive);
}

/// A drill in which nothing was due from 100 until before 110 s.
fn with_a_hole(target: &Target, what: impl Fn(u32) -> What) -> TargetVerdict {
    let plan = planned(vec![target.clone()]);
    let mut records = journey(what);
    records.retain(|record| !(ms(99_950)..ms(109_950)).contains(&record.at()));
    judge(&plan, &completed(&plan, records)).targets.remove(0)
}

#[test]
fn a_window_that_is_not_over_says_nothing() {
    // Of a drill that was broken off at 84 s, when four of the messages of the last four seconds were bad.
    let plan = planned(vec![in_windows(availability(95), 10)]);
    let bad = |number: u32| if number >= 834 { What::Refused } else { What::Good };
    let mut records = journey(bad);
    records.retain(|record| record.at() < ms(84_000));
    records.push(control(ms(84_000), Event::Drain));
    records.push(seal(End::Interrupted));
    let told = judge(&plan, &fold(&plan, &records).observe(None)).targets.remove(0);
    assert_eq!(told.verdict, Inconclusive, "{told:?}");
    assert!(told.why.starts_with("the run did not finish; so far: the worst of 15 windows of 10s"), "{}", told.why);
    // One that was broken before is broken.
    let plan = planned(vec![in_windows(availability(100), 10)]);
    let once = |number: u32| if number == 300 { What::Refused } else { bad(number) };
    let mut records = journey(once);
    records.retain(|record| record.at() < ms(84_000));
    let told = judge(&plan, &fold(&plan, &records).observe(None)).targets.remove(0);
    assert_eq!(told.verdict, Fail, "{told:?}");
}

#[test]
fn the_gate_looks_at_the_windows_of_the_baseline() {
    let condition = Target { phases: vec![PhaseId(0)], steady_state: true, ..in_windows(availability(95), 10) };
    let plan = planned(vec![condition]);
    let gate = |what: &dyn Fn(u32) -> What| {
        let mut records = journey(what);
        records.retain(|record| record.at() < ms(60_000));
        steady(&plan, &fold(&plan, &records).observe(Some(ms(60_000))))
    };
    assert_eq!(gate(&|_| What::Good), Ok(()));
    // The last window ends with the baseline; six of its first hundred are bad.
    let late = |number: u32| if (500..506).contains(&number) { What::Refused } else { What::Good };
    assert!(gate(&late).unwrap_err().contains("order from 45 s to 55 s: 94 of 100"), "{:?}", gate(&late));
}

/// What comes later than a message is waited for has taken longer than that, which breaks a target on the largest for certain.
#[test]
fn what_comes_too_late_breaks_the_largest_of_a_window() {
    let late = |number: u32| if number == 700 { What::Received(3_000) } else { What::Good };
    let largest = |most| {
        let mut target = in_windows(percentile(Metric::DeliveryLatency, 95_000, most), 10);
        target.expr.aggregate = Some(Aggregate::Max);
        judged(&target, late).verdict
    };
    assert_eq!([largest(2_500), largest(3_000)], [Fail, Pass]);
}

/// The first ten seconds have thirty messages, of which so many come after 450 ms; from 100 s on every third of a hundred comes after 400.
fn few_and_then_many_slow(target: &Target, late: u32) -> TargetVerdict {
    let plan = planned(vec![target.clone()]);
    let what = |number: u32| match number {
        few if few < late * 5 && few % 5 == 4 => What::Received(450),
        many if many >= 1_000 && many % 3 == 0 => What::Received(400),
        _ => What::Good,
    };
    let mut records = journey(what);
    records.retain(|record| !(ms(3_000)..ms(9_950)).contains(&record.at()));
    judge(&plan, &completed(&plan, records)).targets.remove(0)
}

#[test]
fn the_worst_window_is_the_one_with_the_worst_figure() {
    let told = |most, late| {
        let p90 = bound(in_windows(percentile(Metric::DeliveryLatency, 90_000, most), 10));
        let told = few_and_then_many_slow(&p90, late);
        let (observed, start) = (told.observed.unwrap(), told.window.as_ref().unwrap().start_s);
        assert!(told.low.unwrap() <= observed && observed <= told.high.unwrap_or(f64::INFINITY), "{told:?}");
        (told.verdict, (observed * 1e3).round(), start, told.why)
    };
    // Thirty messages show less than a hundred: one at 450 ms, and the percentile may be that.
    let (verdict, observed, start, why) = told(500, 1);
    assert_eq!((verdict, observed, start), (Pass, 400.0, 95.0), "{why}");
    assert!(why.starts_with("the worst of 35 windows of 10s, order from 95 s to 105 s: over 100 messages"), "{why}");
    assert!(!why.contains("from 0 s"), "{why}");
    // Where that leaves it open, it is said.
    let (verdict, observed, start, why) = told(420, 1);
    assert_eq!((verdict, observed, start), (Inconclusive, 400.0, 95.0), "{why}");
    let open = "the worst of 35 windows of 10s, order from 95 s to 105 s: over 100 messages; the one that shows least, order from 0 s to \
                10 s: over 30 messages: too few to tell with 95 % confidence, about ";
    assert!(why.starts_with(open), "{why}");
    // The worst may have too few to show that it is broken, where another one does show it.
    let (verdict, observed, start, why) = told(350, 4);
    assert_eq!((verdict, observed, start), (Fail, 450.0, 0.0), "{why}");
    let missed = "the worst of 35 windows of 10s, order from 0 s to 10 s: over 30 messages; the one that shows it most clearly, order from ";
    assert!(why.starts_with(missed) && why[missed.len()..].starts_with('1'), "{why}");
    let (verdict, observed, _, why) = told(350, 1);
    assert_eq!((verdict, observed, why.contains(';')), (Fail, 400.0, false), "{why}");
}
