//! An account that has as many messages under way as it may: what waits for it waits in its queue, and the figures are those of queueing.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::common::{number, read};
use crate::{Drill, REHEARSAL, count, list, play};

/// Δ: forty messages a second, all of one account, the first at 0 s.
const GAP: f64 = 0.025;
const MESSAGES: u32 = 160;

/// c: so many of it are under way at once.
const SERVERS: usize = 2;

/// When each takes `SLOW` more: both together then carry 20 a second of 40.
const FROM: f64 = 1.0;
const TO: f64 = 3.0;
const SLOW: f64 = 0.1;

/// There and back inside a region. The first message of a connection goes there and back three times.
const TRIP: f64 = 0.0004;
const FIRST_TRIP: f64 = 3.0 * TRIP;

fn drill(deadline: &str, code: i32) -> Drill {
    let scenario = format!(
        "firedrill: 1
name: queue
regions: {{ hk: {{}} }}
endpoints: {{ dingtalk: {{ kind: dingtalk, edition: mainland, region: hk, limits: off }} }}
groups: {{ office: {{ count: 1, region: hk }}, factory: {{ count: 1, region: hk }} }}
journeys:
  order: {{ from: office, to: factory, rate: 40/s, deadline: {deadline}, per_account: {{ in_flight: 2 }}, routes: [dingtalk] }}
phases: {{ baseline: 1s, fault: 2s, recovery: 1s }}
injects: {{ slow: {{ during: fault, latency: {{ endpoint: dingtalk, direction: to-endpoint, capability: chat, constant: 100ms }} }} }}
targets: {{ arrived: {{ expr: \"undelivered == 0\", level: must }} }}
"
    );
    play(REHEARSAL, &scenario, 1).ended(code)
}

/// D/D/2 with impatience (Lindley's recursion for two servers, first come, first served): a message begins when it is due and a server is
/// free, holds it until it is acknowledged, which is when it is received, and gives up if it has not begun by its deadline. What is held
/// when the inject is lifted goes on at once. From due to received, or nothing.
fn latencies(deadline: f64) -> Vec<Option<f64>> {
    let mut free = [0.0_f64; SERVERS];
    let next = |k: u32| {
        let due = f64::from(k) * GAP;
        let server = usize::from(free[1] < free[0]);
        let begins = free[server].max(due);
        // What is modelled to a few trips decides nothing that lies within them.
        assert!((begins - due - deadline).abs() > 10.0 * TRIP, "{k} is on the edge");
        if begins - due > deadline {
            return None;
        }
        let slow = if (FROM..TO).contains(&begins) { SLOW.min(TO - begins) } else { 0.0 };
        free[server] = begins + slow + TRIP;
        Some(free[server] - due)
    };
    (0..MESSAGES).map(next).collect()
}

/// By message, in the order of being due.
fn told(drill: &Drill) -> Vec<Option<f64>> {
    let name = |record: &Value| record["message"].to_string();
    let received: BTreeMap<String, f64> =
        drill.records(&["receipt"]).iter().map(|receipt| (name(receipt), number(&receipt["at_s"]))).collect();
    let of = |message: &Value| received.get(&name(message)).map(|at| at - number(&message["due_s"]));
    drill.records(&["message"]).iter().map(of).collect()
}

/// The second connection's first message, the fault's second, takes that much longer, and so does each that waits behind it.
const SLACK: f64 = FIRST_TRIP;

/// Nobody sent late: whoever waited, waited for his own account, and that counts from the moment at which he was due.
fn is_told(drill: &Drill, deadline: f64) -> Vec<Option<f64>> {
    let expected = latencies(deadline);
    for (k, (told, expected)) in told(drill).iter().zip(&expected).enumerate() {
        let alike = match (told, expected) {
            (Some(told), Some(expected)) => (told - expected).abs() <= SLACK,
            (told, expected) => told.is_none() && expected.is_none(),
        };
        assert!(alike, "{k}: {told:?} is not {expected:?}");
    }
    let sender = &drill.summary["sender"];
    assert_eq!((number(&sender["lag_ms"]["max"]), &sender["slow"]), (0.0, &serde_json::json!([])), "{sender}");
    let unsent = expected.iter().filter(|latency| latency.is_none()).count() as u64;
    assert_eq!(["unsent", "unsent_turn"].map(|what| count(&sender[what])), [unsent; 2], "{sender}");
    let there = u64::from(MESSAGES) - unsent;
    let messages = ["intended", "accepted", "refused", "indeterminate", "unsent"];
    let messages = messages.map(|what| count(&drill.summary["messages"][what]));
    assert_eq!(messages, [u64::from(MESSAGES), there, 0, 0, unsent]);
    let deliveries = ["owed", "delivered", "lost", "undelivered"].map(|what| drill.deliveries(what));
    assert_eq!(deliveries, [there, there, 0, unsent]);
    // Good is what came within the deadline. Each of the others waited for one that the inject held.
    let journey = &drill.summary["journeys"][0];
    let good = expected.iter().flatten().filter(|latency| **latency <= deadline).count() as u64;
    assert_eq!((count(&journey["good"]), count(&journey["valid"])), (good, u64::from(MESSAGES)), "{journey}");
    let blame = ["injected", "system", "sender"].map(|whom| count(&journey["blame"][whom]));
    assert_eq!(blame, [u64::from(MESSAGES) - good, 0, 0], "{journey}");
    expected
}

/// Nearest rank, in milliseconds: three digits of a histogram, and what a message may be off by.
#[track_caller]
fn is(told: &Value, expected: f64) {
    let (told, expected) = (number(told), expected * 1e3);
    assert!((told - expected).abs() <= expected * 1e-3 + SLACK * 1e3, "{told} is not {expected}");
}

/// With a deadline that nobody reaches, the n-th pair of the fault waits n·(S − 2Δ) longer than the first, where S = 100.4 ms is what a message
/// holds its place for. The twentieth is the last that begins under it, waits 0.96 s, and is let go when it is over, 2 s after the first was
/// due and 2 s − 38·Δ after it was due itself. Whoever is still in the queue then follows at once.
#[test]
fn what_waits_for_its_account_waits_since_it_was_due() {
    let drill = drill("4s", 0);
    let mut expected = is_told(&drill, 4.0);
    let phase = list(&drill.summary["journeys"][0]["phases"]).iter().find(|phase| phase["phase"] == "fault");
    let phase = phase.expect("the phase");
    let mut fault: Vec<f64> = expected.drain(40..120).flatten().collect();
    fault.sort_by(f64::total_cmp);
    let (latency, service) = (&phase["latency_ms"], &phase["service_latency_ms"]);
    for (rank, percentile) in [(40, "p50"), (72, "p90"), (80, "max")] {
        is(&latency[percentile], fault[rank - 1]);
    }
    is(&latency["max"], TO - FROM - 38.0 * GAP + TRIP);
    // From the attempt on it is the platform's time, of which the queue is no part.
    is(&service["max"], SLOW + TRIP);
}

/// Whoever has not begun by his deadline is not sent. The queue grows by twenty a second until the wait is as long as the deadline, half a second
/// or so; from then on a place is free for every other one that is due.
#[test]
fn what_its_account_has_no_time_for_is_not_sent_and_is_not_the_senders() {
    let drill = drill("490ms", 1);
    let expected = is_told(&drill, 0.49);
    let unsent = expected.iter().filter(|latency| latency.is_none()).count();
    // That is every other one of the forty due from half a second after it began, when the queue is so long, to half a second before it ends:
    // whoever is due later has time left when it is over.
    assert!((19..=22).contains(&unsent), "{unsent}");
    let latency = &drill.summary["journeys"][0]["latency_ms"];
    let longest = expected.iter().flatten().fold(0.0_f64, |most, latency| most.max(*latency));
    assert_eq!((&latency["max"], count(&latency["undelivered"])), (&Value::Null, unsent as u64), "{latency}");
    is(&latency["at_least"], longest);
    let report = String::from_utf8(read(&drill.played.dir, "report.md")).expect("text");
    let why = format!(
        "{unsent} messages were never tried: 0 because every slot was held by another attempt, {unsent} because their account was busy"
    );
    assert!(report.contains(&why), "{report}");
}
