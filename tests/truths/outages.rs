//! A platform that is really down for a known time: the truth lies within the bounds, and they are no wider than they may be.

use serde_json::Value;

use crate::common::number;
use crate::{REHEARSAL, SOCKETS, list, play};

/// Δ: twenty messages a second.
const GAP: f64 = 0.05;

/// D.
const DEADLINE: f64 = 0.5;

/// Times in a summary have six significant digits, and so are off by at most 50 µs where they are below 100 s. Each comparison here has
/// at most four of them.
const ROUNDING: f64 = 4.0 * 50e-6;

/// When the platform is down: from when after the baseline of two seconds, and for how long.
type Down = (f64, f64);

/// What takes the platform away from those who send. Those who receive keep their connections, so that nothing but the fault decides when
/// messages flow again.
const FREEZE: &str = "account_freeze: { endpoint: dingtalk, group: office, mode: whole }";
const PARTITION: &str = "partition: { endpoint: dingtalk, group: office }";
const STATUS: &str = "status: { endpoint: dingtalk, group: office, code: 503 }";

/// One journey over one route, without a failover: it is down as long as the route is.
fn scenario(fault: &str, down: &[Down]) -> String {
    let last = down.last().map_or(0.0, |(from, length)| from + length);
    // The longest an outage may be said to have been is its length, two gaps and two deadlines: the must-target asks just for that.
    let longest = down.iter().map(|(_, length)| length).fold(0.0_f64, |a, b| a.max(*b)) + 2.0 * GAP + 2.0 * DEADLINE;
    let inject = |(n, (after, length)): (u32, &Down)| {
        format!("  down-{n}: {{ during: fault, after: {after:.3}s, for: {length:.3}s, {fault} }}\n")
    };
    let injects = (1..).zip(down).map(inject).collect::<Vec<_>>().concat();
    format!(
        "firedrill: 1
name: known
regions: {{ hk: {{}}, shenzhen: {{}} }}
links: {{ hk-shenzhen: {{ latency: 5ms }} }}
endpoints: {{ dingtalk: {{ kind: dingtalk, edition: mainland, region: shenzhen, limits: off }} }}
groups: {{ office: {{ count: 5, region: hk }}, factory: {{ count: 5, region: shenzhen }} }}
journeys:
  order: {{ from: office, to: factory, send: chat, rate: 20/s, deadline: 500ms, routes: [dingtalk] }}
phases: {{ baseline: 2s, fault: {last:.3}s, recovery: 2s }}
injects:
{injects}grace: 2s
targets:
  rto: {{ expr: \"recovery_time{{journey=order}} <= {longest:.3}s\", level: must }}
"
    )
}

fn rehearsed(fault: &str, down: &[Down]) -> Value {
    play(REHEARSAL, &scenario(fault, down), 1).ended(0).summary
}

fn over_sockets(fault: &str, down: &[Down]) -> Value {
    play(SOCKETS, &scenario(fault, down), 1).ended(0).summary
}

/// Each outage is there, belongs to its inject, and holds the time for which that was really applied.
fn holds_the_truth(summary: &Value, down: &[Down]) {
    let (recovery, injects) = (list(&summary["recovery"]), list(&summary["injects"]));
    assert_eq!((recovery.len(), injects.len()), (down.len(), down.len()), "{recovery:?}");
    for ((outage, inject), (_, planned)) in recovery.iter().zip(injects).zip(down) {
        assert_eq!((&outage["inject"], &outage["outcome"]), (&inject["id"], &Value::from("recovered")));
        let truth = number(&inject["lifted_s"]) - number(&inject["applied_s"]);
        if summary["world"] == "virtual" {
            assert!((truth - planned).abs() <= ROUNDING, "{truth} is not {planned}");
        }
        let within = |told: &Value, widest: f64| {
            let (lo, hi) = (number(&told["lo_s"]), number(&told["hi_s"]));
            assert!(lo <= truth + ROUNDING && truth <= hi + ROUNDING, "{truth} is not in [{lo}, {hi}]: {told}");
            assert!(hi - lo <= widest + ROUNDING, "[{lo}, {hi}] is wider than {widest}: {told}");
        };
        // Δ before the first bad message, D in which it met the fault, Δ after the last one, and D until the first good one was received.
        within(outage, 2.0 * GAP + 2.0 * DEADLINE);
        // When the inject was applied is known, and so one Δ and one D are enough.
        within(by_clock(outage, "injection"), GAP + DEADLINE);
        // The first message due after that is bad. Applying takes a moment, in which one more may pass.
        assert!(number(&outage["masked_s"]) <= 2.0 * GAP + ROUNDING, "{outage}");
        assert_eq!((&outage["flaps"], &outage["rpa_count"]), (&0.into(), &0.into()));
    }
}

fn by_clock<'a>(outage: &'a Value, clock: &str) -> &'a Value {
    let told = list(&outage["clocks"]).iter().find(|told| told["clock"] == clock);
    told.unwrap_or_else(|| panic!("no clock {clock}: {outage}"))
}

/// Nobody decides in these drills, and no target promises an availability: each outage is a finding.
fn was_noticed_by_nobody(summary: &Value, outages: usize) {
    let kinds: Vec<_> = list(&summary["findings"]).iter().map(|finding| &finding["kind"]).collect();
    assert_eq!(kinds, vec!["undetected_outage"; outages]);
}

const THIRTY: [Down; 1] = [(0.0, 30.0)];
const SEVEN: [Down; 1] = [(0.0, 7.3)];
/// A second and a half apart: more than `hold_up`, so that they are three.
const THREE: [Down; 3] = [(0.0, 2.0), (3.5, 2.0), (7.0, 2.0)];

#[test]
fn thirty_seconds_of_each_fault_in_a_rehearsal() {
    for fault in [FREEZE, PARTITION, STATUS] {
        let summary = rehearsed(fault, &THIRTY);
        holds_the_truth(&summary, &THIRTY);
        was_noticed_by_nobody(&summary, 1);
    }
}

#[test]
fn wherever_between_two_messages_it_begins_and_ends() {
    // Messages are due every 50 ms from 0 s: these begin and end at other places between two of them.
    for (from, length) in [(0.0, 7.3), (0.011, 7.3), (0.025, 7.312), (0.049, 7.349), (0.001, 1.0)] {
        for fault in [FREEZE, PARTITION, STATUS] {
            holds_the_truth(&rehearsed(fault, &[(from, length)]), &[(from, length)]);
        }
    }
}

#[test]
fn three_short_ones_in_a_rehearsal() {
    for fault in [FREEZE, PARTITION, STATUS] {
        let summary = rehearsed(fault, &THREE);
        holds_the_truth(&summary, &THREE);
        was_noticed_by_nobody(&summary, 3);
    }
}

#[test]
fn seven_seconds_over_sockets() {
    holds_the_truth(&over_sockets(PARTITION, &SEVEN), &SEVEN);
}

#[test]
fn three_short_ones_over_sockets() {
    let summary = over_sockets(FREEZE, &THREE);
    holds_the_truth(&summary, &THREE);
    was_noticed_by_nobody(&summary, 3);
}
