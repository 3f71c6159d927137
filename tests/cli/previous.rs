//! Targets that are compared with the last run that passed.

use serde_json::Value;

use crate::common::{Place, Played, TINY, number, say};

const TARGET: &str = "  as-before: { expr: \"max(delivery_latency) <= previous_pass * 1.1\", level: should }\n";

fn played(place: &Place, by: &str) -> (Played, Value) {
    let freeze = "account_freeze: { endpoint: dingtalk, group: office }";
    assert!(TINY.contains(freeze), "{TINY}");
    let slow = TINY.replace(freeze, &format!("latency: {{ endpoint: dingtalk, constant: {by} }}"));
    let file = place.file("slow.yaml", &(slow + TARGET));
    let played = place.play("rehearse", &file, &["--quiet"]);
    assert_eq!(played.code, Some(0), "{}", played.told());
    let target = played.summary()["targets"][1].clone();
    assert_eq!(target["id"], "as-before");
    (played, target)
}

#[test]
fn a_target_is_compared_with_the_last_run_that_passed() {
    let place = Place::new();
    let (_, first) = played(&place, "20ms");
    assert_eq!(first["verdict"], "not_evaluated", "{first:#}");
    assert!(first["why"].as_str().is_some_and(|why| why.contains("no earlier run")), "{first:#}");
    // Twice as slow as a tenth more would be, and then as slow as that.
    let (slow, second) = played(&place, "60ms");
    assert_eq!(second["verdict"], "fail", "{second:#}");
    assert!(number(&second["observed"]) > 1.1 * number(&first["observed"]), "{first:#}, {second:#}");
    assert_eq!(played(&place, "60ms").1["verdict"], "pass", "the last one passed all that must hold, however slow");
    // Judged again it is compared with the run that was the last one then.
    let again = say(["judge", &slow.dir.display().to_string(), "--format", "json"]);
    let again: Value = serde_json::from_str(&again.out).expect("JSON");
    assert_eq!(again["targets"][1], second);
}
