//! A platform that holds everything for two of ten seconds: what those who send at their own pace wait, and what a closed loop would say.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::common::number;
use crate::{Drill, REHEARSAL, SOCKETS, count, play};

/// Seconds for which everything is held, in the middle of ten.
const HELD: f64 = 2.0;

/// One way, in seconds.
const LINK: f64 = 0.005;

/// No attempt ends before it is answered, nor is a message late: the timeout and the deadline are longer than the hold. The slots,
/// rate × timeout × 1.25, are more than the messages of two seconds.
fn scenario(rate: u64) -> String {
    format!(
        "firedrill: 1
name: stall
regions: {{ hk: {{}}, shenzhen: {{}} }}
links: {{ hk-shenzhen: {{ latency: 5ms }} }}
endpoints: {{ dingtalk: {{ kind: dingtalk, edition: mainland, region: shenzhen, limits: off }} }}
groups: {{ office: {{ count: 20, region: hk }}, factory: {{ count: 20, region: shenzhen }} }}
journeys:
  order: {{ from: office, to: factory, send: chat, rate: {rate}/s, deadline: 4s, timeout: 4s, routes: [dingtalk] }}
phases: {{ baseline: 4s, fault: 2s, recovery: 4s }}
injects:
  stall: {{ during: fault, partition: {{ endpoint: dingtalk, group: office }} }}
grace: 4s
targets:
  arrived: {{ expr: \"undelivered == 0\", level: must }}
"
    )
}

/// Of the messages of ten seconds those of two, a fifth, wait until the hold is over: the one due k gaps before its end k gaps and the
/// way. In order of latency the fifth stands last, so the 90th percentile is the middle of it, 1.0 s, and the 99th its 95th, 1.9 s.
/// That does not depend on the rate. `less` is what the one due first may have waited less than the hold lasted, and with it all of them;
/// `more` is what may come on top.
fn holds_the_truth(drill: &Drill, rate: u64, (less, more): (f64, f64)) {
    let latency = &drill.summary["journeys"][0]["latency_ms"];
    assert_eq!(count(&latency["n"]), rate * 10, "{latency}");
    let at = |percentile: &str| number(&latency[percentile]) / 1e3;
    let inject = &drill.summary["injects"][0];
    let held = number(&inject["lifted_s"]) - number(&inject["applied_s"]);
    // To hold and to let go takes a moment; what follows is about the hold as it was.
    assert!((held - HELD).abs() <= more, "{held}");
    for (percentile, above) in [("p90", 1.0), ("p99", 0.1), ("max", 0.0)] {
        let (told, truth) = (at(percentile), held - above);
        assert!(
            (truth - less..=truth + more).contains(&told),
            "{percentile} {told} is not {truth}, {less} less and up to {more} more: {latency}"
        );
    }
    // Half of them are far from the hold.
    assert!(at("p50") <= more, "{latency}");
}

#[test]
fn a_thousand_a_second_in_a_rehearsal() {
    let rate = 1_000;
    let drill = play(REHEARSAL, &scenario(rate), 1).ended(0);
    // A new connection's handshake goes there and back before the request goes there: three trips. What is on its way to the platform when
    // the hold begins is held as well, and moves the percentiles by the messages of one trip. The rest is the histogram's three digits.
    holds_the_truth(&drill, rate, (0.0, 4.0 * LINK + 0.001 * 2.0 * HELD));
    let closed = closed_loop(&drill);
    // Twenty senders who wait for their answers are caught once each. At most one in five messages of theirs is due in the hold, and so at
    // least eight in ten of the drill's are still sent or left out for shorter waits, of two gaps of a sender at most.
    assert!(closed.len() >= 4_000, "{}", closed.len());
    let caught = closed.iter().filter(|latency| **latency > 0.1).count();
    assert!((1..=20).contains(&caught), "{caught}");
    // Less than one in a hundred: the 99th percentile says milliseconds, a handshake and a request.
    let p99 = closed[closed.len() * 99 / 100];
    assert!(p99 <= 4.0 * LINK + 0.001, "{p99}");
}

/// The latencies, in order, that a closed loop would have measured in the same drill: those of the messages whose sender waited for no
/// answer when they were due.
fn closed_loop(drill: &Drill) -> Vec<f64> {
    let mut due = Vec::new();
    let mut answered = BTreeMap::new();
    let mut received = BTreeMap::new();
    let name = |record: &Value| record["message"].as_str().expect("a message").to_owned();
    for record in drill.records(&["message", "attempt", "receipt"]) {
        match record["record"].as_str() {
            Some("message") => due.push((name(&record), record["account"].to_string(), number(&record["due_s"]))),
            Some("attempt") => drop(answered.insert(name(&record), number(&record["done_s"]))),
            _ => drop(received.insert(name(&record), number(&record["at_s"]))),
        }
    }
    let mut free: BTreeMap<&str, f64> = BTreeMap::new();
    let mut measured = Vec::new();
    for (message, account, due) in &due {
        if free.get(account.as_str()).is_none_or(|free| free <= due) {
            free.insert(account, answered[message]);
            measured.push(received[message] - due);
        }
    }
    measured.sort_by(f64::total_cmp);
    measured
}

#[test]
fn fewer_a_second_over_sockets() {
    // Two hundred a second, which a busy machine sends as well. When the hold begins lies somewhere between two of them, so that the first
    // one that it catches waits up to a gap less; half a second for what a busy machine adds leaves the percentiles apart.
    let rate = 200;
    holds_the_truth(&play(SOCKETS, &scenario(rate), 1).ended(0), rate, (1.0 / rate as f64, 0.5));
}
