//! Drills whose senders are not done for long after the last phase, or would never be.

use crate::common::{Place, number};

/// Plays a rehearsal of one journey of 2/s over ten seconds, and tells how long the whole of it took, with what it said.
fn lasts(endpoints: &str, journey: &str, injects: &str) -> (f64, String) {
    let place = Place::new();
    let text = format!(
        "firedrill: 1\nname: drains\nregions: {{ hk: {{}} }}\nendpoints: {{ {endpoints} }}\n\
         groups: {{ office: {{ count: 5, region: hk }}, factory: {{ count: 5, region: hk }} }}\n\
         journeys: {{ order: {{ from: office, to: factory, rate: 2/s, deadline: 5s, {journey} }} }}\n\
         phases: {{ fault: 10s }}\ninjects: {{ {injects} }}\n\
         targets: {{ few: {{ expr: \"lost <= 100000\", level: must }} }}\n"
    );
    let played = place.play("rehearse", &place.file("drains.yaml", &text), &["--quiet"]);
    assert_eq!(played.summary()["ended"], "completed", "{}", played.told());
    (number(&played.summary()["duration_s"]), played.told())
}

const LITE: &str = "lite: { kind: dingtalk, edition: lite, region: hk, limits: off }";
const TROUBLE: &str = "trouble: { at: 0s, for: 9s, status: { endpoint: lite, code: 503 } }";

#[test]
fn pauses_of_retries_are_waited_for() {
    // The last that is refused is due at 8.5 s, and is tried again two minutes later.
    let (lasted, told) = lasts(LITE, "routes: [lite], retry: { times: 3, after: 2m, most: 10m }", TROUBLE);
    assert!((128.5..140.0).contains(&lasted), "{lasted}: {told}");
}

#[test]
fn accounts_that_think_between_retries_are_waited_for() {
    // Each of five has three or four of eighteen that are refused until then, one at a time, and thinks for a minute after each of three tries.
    let journey =
        "routes: [lite], retry: { times: 2, after: 10s, most: 10s }, per_account: { in_flight: 1, think: 1m }";
    let (lasted, told) = lasts(LITE, journey, "trouble: { at: 0s, for: 10s, status: { endpoint: lite, code: 503 } }");
    assert!(lasted > 60.0, "{lasted}: {told}");
}

/// Both routes take every probe, and never a message, for there is something in each that may not leave: so each account changes, and
/// returns, for ever. The outbox is so slow that something always waits for the route that is in force.
#[test]
fn a_message_that_is_refused_everywhere_is_not_handed_on_for_ever() {
    let gateway = |name| format!("{name}: {{ kind: gateway, region: hk, rules: [{{ to: [lite] }}], dlp: guard }}");
    let endpoints = format!("{}, {}, guard: {{ kind: dlp, region: hk }}, {LITE}", gateway("first"), gateway("second"));
    let journey = "class: customers, bytes: 400B, content: { violations: 100% }, routes: [first, second], failover: \
                   { by: account, after: { failures: 1 }, decide: 3s, resend_rate: 20/m, back: { good_for: 2s }, probe: { every: 1s } }";
    let (lasted, told) = lasts(&endpoints, journey, "");
    // 20 messages, three more times each at most, one every three seconds.
    assert!(lasted < 200.0, "{lasted}: {told}");
}
