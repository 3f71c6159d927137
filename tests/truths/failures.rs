//! Failures that have nothing to do with each other are no outage, and a path that is cut is one, which is not the sender's.

use crate::common::number;
use crate::{Drill, REHEARSAL, SOCKETS, count, list, play};

/// Ten messages a second for two minutes, of which 5 % are refused, the whole drill through.
const BACKGROUND: &str = "firedrill: 1
name: background
regions: { hk: {}, shenzhen: {} }
links: { hk-shenzhen: { latency: 5ms } }
endpoints: { dingtalk: { kind: dingtalk, edition: mainland, region: shenzhen, limits: off } }
groups: { office: { count: 5, region: hk }, factory: { count: 5, region: shenzhen } }
journeys:
  order: { from: office, to: factory, send: chat, rate: 10/s, deadline: 500ms, routes: [dingtalk] }
phases: { baseline: 40s, fault: 40s, recovery: 40s }
injects:
  failures: { at: 0s, for: 2m, status: { endpoint: dingtalk, capability: chat, code: 503, chance: 5% } }
grace: 2s
targets:
  kept: { expr: \"lost == 0\", level: must }
";

#[test]
fn failures_by_chance_are_no_outage() {
    let (messages, share) = (1_200.0, 0.05);
    let (mut outages, mut expected) = (0, 0.0);
    for seed in 1..=3 {
        let drill = play(REHEARSAL, BACKGROUND, seed).ended(0);
        let refused = count(&drill.summary["messages"]["refused"]) as f64;
        // 60, and five times the standard deviation, √(1,200 · 0.05 · 0.95) = 7.5.
        assert!((refused - messages * share).abs() <= 5.0 * 7.55, "{refused}");
        // A run of n failures after a good message: N·fⁿ·(1 − f), with the n that the drill decided on by its own baseline.
        let decided = drill.records(&["control"]).into_iter().find(|record| record["decision"] == "detector");
        let n_down = count(&decided.expect("a decision")["n_down"]);
        expected += messages * libm::pow(share, n_down as f64) * (1.0 - share);
        outages += list(&drill.summary["recovery"]).iter().filter(|of| of["outcome"] != "tolerated").count();
    }
    // More have a chance of less than 1 %.
    let allowed = firedrill::confidence::most_events(expected, 0.01) as usize;
    assert!(outages <= allowed, "{outages} false outages, {expected} expected");
}

/// The senders' whole way to the platform does not work for three seconds.
fn cut(fault: &str) -> String {
    format!(
        "firedrill: 1
name: cut
regions: {{ hk: {{}}, shenzhen: {{}} }}
links: {{ hk-shenzhen: {{ latency: 5ms }} }}
endpoints: {{ dingtalk: {{ kind: dingtalk, edition: mainland, region: shenzhen, limits: off }} }}
groups: {{ office: {{ count: 5, region: hk }}, factory: {{ count: 5, region: shenzhen }} }}
journeys:
  order: {{ from: office, to: factory, send: chat, rate: 50/s, deadline: 500ms, routes: [dingtalk] }}
phases: {{ baseline: 1s, fault: 3s, recovery: 1s }}
injects:
  cut: {{ during: fault, {fault}: {{ endpoint: dingtalk, group: office }} }}
grace: 2s
targets:
  rto: {{ expr: \"recovery_time{{inject=cut}} <= 10s\", level: must }}
"
    )
}

/// However many attempts hang and slots are held: the outage is the inject's, and the sender has nothing to do with it.
fn is_not_the_senders(drill: &Drill) {
    let summary = &drill.summary;
    assert_eq!(summary["reasons"], serde_json::json!([]), "{}", drill.played.told());
    let outages: Vec<_> = list(&summary["recovery"]).iter().map(|of| (&of["inject"], &of["outcome"])).collect();
    assert_eq!(outages, [(&"cut".into(), &"recovered".into())]);
    let journey = &summary["journeys"][0];
    // Fifty a second for three seconds meet the cut, each later than its deadline but for those due in the last half second: 125. Those
    // due while the cut is being applied or lifted are few.
    let blame = &journey["blame"];
    assert!((120..=180).contains(&count(&blame["injected"])), "{blame}");
    assert_eq!((count(&blame["sender"]), count(&blame["system"])), (0, 0), "{blame}");
    let sender = &summary["sender"];
    assert_eq!((&sender["slow"], count(&sender["unsent_lag"])), (&serde_json::json!([]), 0), "{sender}");
    // A tenth of the deadline is the limit; that it was kept is what lets the drill say something.
    assert!(number(&sender["lag_ms"]["p99"]) <= 50.0, "{sender}");
}

#[test]
fn a_cut_is_the_injects_in_a_rehearsal() {
    for fault in ["partition", "blackhole"] {
        is_not_the_senders(&play(REHEARSAL, &cut(fault), 1).ended(0));
    }
}

#[test]
fn a_cut_is_the_injects_over_sockets() {
    for fault in ["partition", "blackhole"] {
        is_not_the_senders(&play(SOCKETS, &cut(fault), 1).ended(0));
    }
}
