//! One rehearsal of which every figure is known beforehand: who tolerated, who came back, who was masked, who was down to the end.

use std::sync::LazyLock;

use serde_json::Value;

use crate::common::number;
use crate::{REHEARSAL, list, play};

/// Δ: twenty messages a second, due at 0 s, 0.05 s, …
const GAP: f64 = 0.05;

/// D.
const DEADLINE: f64 = 0.5;

/// Inside a region a way takes 0.2 ms: a request there, and the receipt back. A new connection's handshake takes two ways more each for
/// connecting, and for signing in before it.
const TRIP: f64 = 0.0004;
const FIRST_TRIP: f64 = 3.0 * TRIP;

/// Six significant digits: below 100 s half of the sixth is 50 µs, and a comparison has at most four of them.
const ROUNDING: f64 = 4.0 * 50e-6;

/// Everything but `inner` and `dead` begins 10 ms after a message is due, and so 40 ms before the first one that meets it.
const BEGIN: f64 = 4.01;
const LATE: f64 = 0.04;

const SCENARIO: &str = "firedrill: 1
name: expected
regions: { hk: {} }
endpoints:
  slow: { kind: dingtalk, edition: mainland, region: hk, limits: off }
  flapping: { kind: dingtalk, edition: mainland, region: hk, limits: off }
  twice: { kind: dingtalk, edition: mainland, region: hk, limits: off }
  dead: { kind: dingtalk, edition: mainland, region: hk, limits: off }
  first: { kind: dingtalk, edition: mainland, region: hk, limits: off }
  second: { kind: dingtalk, edition: mainland, region: hk, limits: off }
  partly: { kind: dingtalk, edition: mainland, region: hk, limits: off }
groups: { office: { count: 5, region: hk }, factory: { count: 5, region: hk } }
journeys:
  weak: { from: office, to: factory, rate: 20/s, deadline: 500ms, routes: [slow] }
  apart: { from: office, to: factory, rate: 20/s, deadline: 500ms, routes: [flapping], detector: { hold_up: 1s, m_up: 10 } }
  merged: { from: office, to: factory, rate: 20/s, deadline: 500ms, routes: [flapping], detector: { hold_up: 2s, m_up: 10 } }
  unbroken: { from: office, to: factory, rate: 20/s, deadline: 500ms, routes: [flapping], detector: { hold_up: 1s, m_up: 40 } }
  masking: { from: office, to: factory, rate: 20/s, deadline: 500ms, routes: [twice] }
  censored: { from: office, to: factory, rate: 20/s, deadline: 500ms, routes: [dead] }
  switching:
    from: office
    to: factory
    rate: 20/s
    deadline: 500ms
    routes: [first, second]
    failover: { by: journey, after: { failures: 5 }, decide: 3s, resend: none }
  degraded: { from: office, to: factory, rate: 20/s, deadline: 500ms, routes: [partly] }
phases: { baseline: 4s, fault: 14s, recovery: 4s }
injects:
  weak: { at: 4.01s, for: 10s, latency: { endpoint: slow, constant: 100ms } }
  flap-1: { at: 4.01s, for: 2s, status: { endpoint: flapping, capability: chat, code: 503 } }
  flap-2: { at: 7.51s, for: 2s, status: { endpoint: flapping, capability: chat, code: 503 } }
  flap-3: { at: 11.01s, for: 2s, status: { endpoint: flapping, capability: chat, code: 503 } }
  outer: { at: 4.01s, for: 10s, status: { endpoint: twice, capability: chat, code: 503 } }
  inner: { at: 8.01s, for: 2s, partition: { endpoint: twice, group: office } }
  dead: { at: 8.01s, for: 13.99s, status: { endpoint: dead, capability: chat, code: 503 } }
  cut: { at: 4.01s, for: 14s, status: { endpoint: first, capability: chat, code: 503 } }
  partly: { at: 4.01s, for: 10s, status: { endpoint: partly, capability: chat, code: 503, group: office, share: 20% } }
targets:
  weak: { expr: \"recovery_time{journey=weak, inject=weak} <= 10ms\", level: should }
  outer: { expr: \"recovery_time{journey=masking} <= 10.1s\", level: should }
  inner: { expr: \"recovery_time{journey=masking, inject=inner} <= 14s\", level: should }
  flap-2: { expr: \"recovery_time{inject=flap-2} <= 14s\", level: should }
  back: { expr: \"recovery_time{journey=censored} <= 20s\", level: should }
  soon: { expr: \"recovery_time{journey=censored} <= 13s\", level: should }
  outages: { expr: \"count(recovery_time{journey=apart}) == 3\", level: must }
  good: { expr: \"availability{journey=degraded} >= 90%\", window: drill, level: info }
";

static SUMMARY: LazyLock<Value> = LazyLock::new(|| play(REHEARSAL, SCENARIO, 1).ended(0).summary);

/// What is told of a journey's outages and of the injects that made none, in the order of the summary.
fn recoveries(journey: &str) -> Vec<&'static Value> {
    list(&SUMMARY["recovery"]).iter().filter(|told| told["journey"] == journey).collect()
}

fn outcomes(journey: &str) -> Vec<(&'static str, &'static str)> {
    let text = |value: &'static Value| value.as_str().expect("a name");
    recoveries(journey).iter().map(|told| (text(&told["inject"]), text(&told["outcome"]))).collect()
}

fn target(id: &str) -> (&'static str, &'static Value) {
    let told = list(&SUMMARY["targets"]).iter().find(|told| told["id"] == id).expect("the target");
    (told["verdict"].as_str().expect("a verdict"), told)
}

#[track_caller]
fn is(told: &Value, truth: f64) {
    assert!((number(told) - truth).abs() <= ROUNDING, "{told} is not {truth}");
}

/// The truth lies inside what is told, which is just so wide.
#[track_caller]
fn holds(told: &Value, truth: f64, width: f64) {
    let (lo, hi) = (number(&told["lo_s"]), number(&told["hi_s"]));
    assert!(lo <= truth + ROUNDING && truth <= hi + ROUNDING, "{truth} is not in [{lo}, {hi}]: {told}");
    assert!((hi - lo - width).abs() <= ROUNDING, "[{lo}, {hi}] is not {width} wide: {told}");
}

#[track_caller]
fn by_clock(told: &'static Value, clock: &str) -> &'static Value {
    list(&told["clocks"]).iter().find(|told| told["clock"] == clock).expect("the clock")
}

/// A platform that is down from 10 ms after a message is due, for a whole number of gaps.
///
/// By impact: Δ before the first bad message, D in which it met the fault, Δ after the last bad one, and the first good one's way. When an
/// inject was applied, and when the outage was certain, is known: there Δ and the way are left. It is certain when the third bad message
/// in a row has passed its deadline: nothing failed in the baseline, and 3 is the fewest.
#[track_caller]
fn was_down(told: &'static Value, length: f64) {
    holds(told, length, 2.0 * GAP + DEADLINE + TRIP);
    holds(by_clock(told, "impact"), length, 2.0 * GAP + DEADLINE + TRIP);
    holds(by_clock(told, "injection"), length, GAP + TRIP);
    let certain = LATE + 2.0 * GAP + DEADLINE;
    holds(by_clock(told, "detection"), length - certain, GAP + TRIP);
    is(&told["detect_s"], certain - LATE);
    is(&told["masked_s"], LATE);
    assert_eq!(by_clock(told, "declaration")["lo_s"], Value::Null, "{told}");
}

#[test]
fn what_is_too_weak_for_an_outage_is_tolerated() {
    // 100 ms there and 100 ms back are less than the deadline, for a connection's first message as well: it was opened before.
    assert_eq!(outcomes("weak"), [("weak", "tolerated")]);
    let told = recoveries("weak")[0];
    assert!(told["hits"].as_u64() > Some(0), "{told}");
    assert_eq!((number(&told["lo_s"]), number(&told["hi_s"])), (0.0, 0.0));
    assert_eq!(target("weak").0, "pass");
}

#[test]
fn three_short_ones_are_three_or_one_by_the_hysteresis() {
    // Up again are the ten messages due from 6.05 s to 6.5 s, in the second and a half between two of them. The next begins 1.5 s less the
    // way after the receipt of the first of the ten: more than a second, and less than two.
    let three = ["flap-1", "flap-2", "flap-3"];
    assert_eq!(outcomes("apart"), three.map(|inject| (inject, "recovered")));
    for told in recoveries("apart") {
        was_down(told, 2.0);
        assert_eq!(told["flaps"], 0);
    }
    assert_eq!(target("outages").0, "pass");
    // Of forty good ones in a row, which are two seconds of them, there are but thirty: it never came back in between.
    for (journey, flaps) in [("merged", 2), ("unbroken", 0)] {
        assert_eq!(outcomes(journey), [("flap-1", "recovered"), ("flap-2", "masked"), ("flap-3", "masked")]);
        let told = recoveries(journey)[0];
        was_down(told, 9.0);
        assert_eq!(told["flaps"], flaps, "{told}");
    }
}

#[test]
fn what_hits_only_who_is_down_shows_nothing() {
    assert_eq!(outcomes("masking"), [("outer", "recovered"), ("inner", "masked")]);
    let [outer, inner] = recoveries("masking")[..] else { panic!("two") };
    was_down(outer, 10.0);
    // Forty messages met the cut, and would have been refused without it.
    assert_eq!((&inner["hits"], &inner["hi_s"], &inner["start_s"]), (&40.into(), &Value::Null, &Value::Null));
    // The journey's own time is known; a target that asks what the inner one did has no answer, and one for the second flap has half of it.
    assert_eq!(target("outer").0, "pass");
    let (verdict, told) = target("inner");
    let why = "inner hit masking only in an outage put down to another, so that what it does alone does not show";
    assert_eq!((verdict, told["why"].as_str()), ("inconclusive", Some(why)));
    let (verdict, told) = target("flap-2");
    assert_eq!((verdict, &told["high"]), ("inconclusive", &Value::Null), "{told}");
    is(&told["low"], 2.0 - GAP - DEADLINE);
}

#[test]
fn what_is_down_at_the_end_has_a_lower_bound_only() {
    assert_eq!(outcomes("censored"), [("dead", "not_recovered")]);
    let told = recoveries("censored")[0];
    // From 8.01 s to the end at 22 s; the last message is due Δ before it, and the first one 40 ms after the beginning met it within D.
    let truth = 22.0 - 8.01;
    is(&told["lo_s"], truth - LATE - GAP - DEADLINE);
    is(&by_clock(told, "injection")["lo_s"], truth - GAP);
    for clock in ["impact", "injection", "detection"] {
        assert_eq!(by_clock(told, clock)["hi_s"], Value::Null, "{told}");
    }
    // Perhaps it would have come back within 20 s; within 13 s it did not.
    assert_eq!((target("back").0, target("soon").0), ("inconclusive", "fail"));
}

#[test]
fn a_decision_ends_it_by_all_four_clocks() {
    assert_eq!(outcomes("switching"), [("cut", "recovered")]);
    let told = recoveries("switching")[0];
    // The fifth message in a row, due 4 Δ after the first, is refused a trip later: from then on 3 s until the switch.
    let decided = LATE + 4.0 * GAP + TRIP;
    let down = decided + 3.0;
    let certain = LATE + 2.0 * GAP + DEADLINE;
    // The second route's connections are new.
    holds(by_clock(told, "impact"), down, 2.0 * GAP + DEADLINE + FIRST_TRIP);
    holds(by_clock(told, "injection"), down, GAP + FIRST_TRIP);
    holds(by_clock(told, "detection"), down - certain, GAP + FIRST_TRIP);
    holds(by_clock(told, "declaration"), 3.0, GAP + FIRST_TRIP);
    is(&by_clock(told, "declaration")["from_s"], BEGIN + decided);
    is(&told["decide_s"], 3.0);
}

#[test]
fn one_account_of_five_degrades_for_as_long_as_a_share_is_missing() {
    // Every fifth message is refused for ten seconds: forty of them, 39 · 5 Δ from the first to the last. Twenty messages make a window, and
    // 90 % of it is missed with three bad ones: from the third on, 10 Δ after the first, until only two are left, 10 Δ after the last.
    assert_eq!(outcomes("degraded"), [("partly", "tolerated")]);
    let told = list(&SUMMARY["journeys"]).iter().find(|journey| journey["id"] == "degraded").expect("the journey");
    is(&told["degraded"]["total_s"], 39.0 * 5.0 * GAP);
    assert_eq!(told["degraded"]["stretches"], 1);
    let (verdict, told) = target("good");
    // 440 messages in 22 s.
    assert_eq!(verdict, "pass");
    is(&told["observed"], 400.0 / 440.0);
}

#[test]
fn every_outage_that_nobody_decided_on_was_noticed_by_nobody() {
    // No journey that was down promises an availability, and so there is no alert either; one of them switched.
    let found = list(&SUMMARY["findings"]).iter().filter(|finding| finding["kind"] == "undetected_outage");
    let journeys: Vec<_> = found.map(|finding| finding["journey"].as_str().expect("a journey")).collect();
    assert_eq!(journeys, ["apart", "apart", "apart", "merged", "unbroken", "masking", "censored"]);
}
