//! Targets that are compared with the last run that passed.

use serde_json::Value;

use crate::common::{Place, Played, TINY, number, say};

const TARGET: &str =
    "  as-before: { expr: \"p50(delivery_latency) <= previous_pass * 1.1\", phase: fault, level: should }\n";

fn played(place: &Place, how: &str, by: &str) -> (Played, Value) {
    let freeze = "account_freeze: { endpoint: dingtalk, group: office }";
    assert!(TINY.contains(freeze), "{TINY}");
    let slow = TINY.replace(freeze, &format!("latency: {{ endpoint: dingtalk, constant: {by} }}"));
    let file = place.file("slow.yaml", &(slow + TARGET));
    let played = place.play(how, &file, &["--quiet"]);
    assert_eq!(played.code, Some(0), "{}", played.told());
    let target = played.summary()["targets"][1].clone();
    assert_eq!(target["id"], "as-before");
    (played, target)
}

#[test]
fn a_target_is_compared_with_the_last_run_that_passed() {
    let place = Place::new();
    let (_, first) = played(&place, "rehearse", "20ms");
    assert_eq!(first["verdict"], "not_evaluated", "{first:#}");
    assert!(first["why"].as_str().is_some_and(|why| why.contains("no earlier run")), "{first:#}");
    // Twice as slow as a tenth more would be, and then as slow as that.
    let (slow, second) = played(&place, "rehearse", "60ms");
    assert_eq!(second["verdict"], "fail", "{second:#}");
    assert!(number(&second["observed"]) > 1.1 * number(&first["observed"]), "{first:#}, {second:#}");
    assert_eq!(
        played(&place, "rehearse", "60ms").1["verdict"],
        "pass",
        "the last one passed all that must hold, however slow"
    );
    // Judged again it is compared with the run that was the last one then.
    let again = say(["judge", &slow.dir.display().to_string(), "--format", "json"]);
    let again: Value = serde_json::from_str(&again.out).expect("JSON");
    assert_eq!(again["targets"][1], second);
}

#[test]
fn a_run_is_compared_with_runs_and_not_with_rehearsals() {
    let place = Place::new();
    played(&place, "rehearse", "20ms");
    let (_, first) = played(&place, "run", "20ms");
    assert_eq!(first["verdict"], "not_evaluated", "a rehearsal is none: {first:#}");
    // Half of the messages take 50 ms and what the machine adds, then 410 ms: more by a tenth unless it added 320 ms to most of the first.
    let (_, second) = played(&place, "run", "200ms");
    assert_eq!(second["verdict"], "fail", "{first:#}, {second:#}");
}
