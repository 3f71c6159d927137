//! A baseline that is too bad to tell an outage in.

use serde_json::Value;

use crate::{Drill, REHEARSAL, count, play};

/// Twenty messages a second, of which so many are refused from the beginning; what is to be shown begins after ten seconds.
fn background(chance: u32) -> Drill {
    let scenario = format!(
        "firedrill: 1
name: background
regions: {{ hk: {{}} }}
endpoints: {{ dingtalk: {{ kind: dingtalk, edition: mainland, region: hk, limits: off }} }}
groups: {{ office: {{ count: 5, region: hk }}, factory: {{ count: 5, region: hk }} }}
journeys: {{ order: {{ from: office, to: factory, rate: 20/s, deadline: 500ms, routes: [dingtalk] }} }}
phases: {{ baseline: 10s, fault: 10s, recovery: 10s }}
injects:
  background: {{ at: 0s, for: 30s, status: {{ endpoint: dingtalk, capability: chat, code: 503, chance: {chance}% }} }}
  trouble: {{ during: fault, account_freeze: {{ endpoint: dingtalk, group: office, mode: whole }} }}
targets: {{ kept: {{ expr: \"lost == 0\", level: must }} }}
"
    );
    play(REHEARSAL, &scenario, 1)
}

#[test]
fn in_a_background_that_no_outage_can_be_told_from_nothing_is_injected() {
    // Of 600 messages 600 · 0.35ⁿ · 0.65 rows of n are expected: less than a hundredth from 11 on, and more than 10 are too many.
    let drill = background(35).ended(3);
    let summary = &drill.summary;
    assert_eq!((&summary["verdict"], &summary["ended"]), (&"inconclusive".into(), &"not_steady".into()));
    let trouble = &summary["injects"][1];
    assert_eq!((&trouble["applied_s"], count(&trouble["hits"])), (&Value::Null, 0), "{trouble}");
    let decided = drill.records(&["control"]);
    let detector = decided.iter().find(|line| line["decision"] == "detector").expect("it is decided");
    assert!(count(&detector["n_down"]) > 10, "{detector}");
    assert!(!decided.iter().any(|line| line["event"] == "applied" && line["inject"] == "trouble"), "{decided:?}");
    // With 20 % it takes 7 in a row, and the drill goes on.
    let played = background(20);
    let trouble = &played.summary["injects"][1];
    assert!(played.summary["ended"] == "completed" && count(&trouble["hits"]) > 0, "{}", played.summary);
}
