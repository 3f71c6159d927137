//! A target that says so ends the drill as soon as it cannot be kept any more: in order, failed, and by figures that stand in the journal.

use serde_json::Value;

use crate::common::{Place, Played, number, read, records, say};
use crate::play;

/// Twenty messages a second, all of them refused from 2 s on, for half a minute: 61 bad ones of the fault phase's 600 are more than a tenth.
fn scenario(abort: &str) -> String {
    format!(
        "firedrill: 1
name: aborts
regions: {{ hk: {{}} }}
endpoints: {{ dingtalk: {{ kind: dingtalk, edition: mainland, region: hk, limits: off }} }}
groups: {{ office: {{ count: 5, region: hk }}, factory: {{ count: 5, region: hk }} }}
journeys:
  order: {{ from: office, to: factory, send: chat, rate: 20/s, deadline: 500ms, routes: [dingtalk] }}
phases: {{ baseline: 2s, fault: 30s, recovery: 2s }}
injects:
  closed: {{ during: fault, status: {{ endpoint: dingtalk, capability: chat, code: 503 }} }}
grace: 2s
targets:
  open: {{ expr: \"availability >= 90%\", phase: fault, level: must, confidence: point, abort: {abort} }}
  again: {{ expr: \"availability >= 90%\", phase: recovery, level: must, confidence: point }}
  once: {{ expr: \"duplicated == 0\", level: must }}
"
    )
}

/// The first moment at which it is certain: the 61st is due at 5 s, is bad when its deadline has passed, and that is told a second later.
const CERTAIN: f64 = 2.0 + 60.0 / 20.0 + 0.5 + 1.0;

fn told(run: &std::path::Path, kind: &str) -> Vec<Value> {
    records(run).into_iter().filter(|line| line["decision"] == kind || line["event"] == kind).collect()
}

/// Ended at most `late` seconds after `from`, in order.
fn ended_early(played: &Played, from: f64, late: f64) {
    assert_eq!(played.code, Some(1), "{}", played.told());
    let summary = played.summary();
    assert_eq!((&summary["verdict"], &summary["ended"]), (&"fail".into(), &"aborted".into()), "{}", played.told());
    // What was injected is undone, and nothing new was due.
    let lifted = number(&summary["injects"][0]["lifted_s"]);
    assert!((from..from + late).contains(&lifted), "lifted at {lifted}, certain at {from}");
    let intended = number(&summary["messages"]["intended"]);
    assert!(intended >= 20.0 * (from - 0.5) && intended <= 20.0 * (from + late), "{intended}");
    // Drained: nothing is open, and what was owed was delivered or is lost for good.
    assert_eq!((&summary["messages"]["open"], &summary["deliveries"]["pending"]), (&0.into(), &0.into()));
    let verdicts: Vec<_> = summary["targets"].as_array().expect("targets").iter().map(|t| &t["verdict"]).collect();
    assert_eq!(verdicts, ["fail", "not_evaluated", "inconclusive"], "{summary}");
    let why = summary["targets"][0]["why"].as_str().expect("a sentence");
    assert!(why.starts_with("it could not be kept any more at ") && why.contains(" of at most 600 messages"), "{why}");
    assert!(played.out.contains("it could not be kept any more"), "{}", played.out);
    assert!(String::from_utf8_lossy(&read(&played.dir, "report.md")).contains("open ends the drill: it could not be"));
}

/// Decided once, with its figures, and found by whoever judges again.
fn stands_in_the_journal(played: &Played) {
    let decided = told(&played.dir, "abort");
    assert_eq!(decided.len(), 1, "{decided:?}");
    let summary = played.summary();
    let target = &summary["targets"][0];
    assert_eq!([&decided[0]["high"], &decided[0]["why"]], [&target["high"], &target["why"]]);
    assert!(number(&decided[0]["high"]) < 0.9 && number(&decided[0]["decided_at_position"]) > 100.0, "{decided:?}");
    let run = played.dir.display().to_string();
    let judged = say(["judge", &run, "--format", "json"]);
    assert_eq!(judged.code, Some(1), "{}", judged.told());
    assert_eq!(judged.out.as_bytes(), read(&played.dir, "summary.json"));
}

#[test]
fn a_rehearsal_ends_when_failing_is_certain() {
    let place = Place::new();
    let file = place.file("aborts.yaml", &scenario("breached"));
    let played = play(&place, "rehearse", &file, &["--quiet"]);
    // Looked for once a second, and the conductor wakes once a second.
    ended_early(&played, CERTAIN, 2.0);
    stands_in_the_journal(&played);
}

#[test]
fn a_drill_over_sockets_ends_when_failing_is_certain() {
    let place = Place::new();
    let file = place.file("aborts.yaml", &scenario("{ when: breached }"));
    let played = play(&place, "run", &file, &["--quiet"]);
    // A busy machine may take its time, but not until the fault phase ends at 32 s.
    ended_early(&played, CERTAIN, 15.0);
    stands_in_the_journal(&played);
}

#[test]
fn it_does_not_end_before_its_time() {
    let place = Place::new();
    let file = place.file("aborts.yaml", &scenario("{ after: 20s }"));
    let played = play(&place, "rehearse", &file, &["--quiet"]);
    // Twenty seconds after the fault phase began at 2 s; told for a second ago, looked for once a second.
    ended_early(&played, 23.0, 2.0);
}

#[test]
fn what_may_still_be_kept_ends_nothing() {
    let place = Place::new();
    // Refused for three seconds of thirty: 60 of 600, which leaves just 90 %.
    let kept = scenario("breached").replace("closed: { during: fault,", "closed: { during: fault, for: 3s,");
    let played = play(&place, "rehearse", &place.file("kept.yaml", &kept), &["--quiet"]);
    assert_eq!(played.code, Some(0), "{}", played.told());
    assert_eq!(played.summary()["ended"], "completed");
    // One more is too many, and that is seen though all goes well again.
    let missed = scenario("breached").replace("closed: { during: fault,", "closed: { during: fault, for: 3050ms,");
    let played = play(&place, "rehearse", &place.file("missed.yaml", &missed), &["--quiet"]);
    let summary = played.summary();
    assert_eq!((played.code, &summary["ended"]), (Some(1), &"aborted".into()), "{}", played.told());
    assert_eq!(summary["injects"][0]["lifted_s"], 5.05);
}

#[test]
fn other_targets_are_not_failed_by_what_ended_the_drill() {
    let place = Place::new();
    let played = play(&place, "rehearse", &place.file("aborts.yaml", &scenario("breached")), &["--quiet"]);
    let file = "targets: { half: { expr: \"availability >= 50%\", level: must, confidence: point } }\n";
    let other = place.file("targets.yaml", file);
    let judged = say(["judge", &played.dir.display().to_string(), "--targets", &other, "--format", "json"]);
    let summary: Value = serde_json::from_str(&judged.out).expect("JSON");
    // Of what was sent until then a third was good: that is judged as it is.
    assert_eq!((&summary["targets"][0]["id"], &summary["targets"][0]["verdict"]), (&"half".into(), &"fail".into()));
    let why = summary["targets"][0]["why"].as_str().expect("a sentence");
    assert!(!why.contains("could not be kept any more"), "{why}");
}

/// Who reads an ERP's books is throttled, and learns long after the deadline what they took: the messages are judged by then.
const LATE: &str = "
firedrill: 1
name: late
regions: { hk: {} }
endpoints: { erp: { kind: erp, region: hk } }
groups: { office: { count: 12, region: hk }, factory: { count: 18, region: hk } }
journeys: { order: { from: office, to: factory, send: webhook, rate: 5/s, deadline: 500ms, routes: [erp] } }
phases: { fault: 24s }
injects: { slow: { during: fault, throttle: { group: factory, share: 80% } } }
targets:
  apart: { expr: \"ratio(reordered) <= 1%\", level: info }
  lost: { expr: \"ratio(lost) <= 1%\", level: info }
  some: { expr: \"availability >= 1%\", level: must, confidence: point, abort: breached }
";

/// The drill looks every second, and whoever judges its journal once: what was heard of a message between two looks leaves no trace.
#[test]
fn what_is_heard_late_is_judged_alike_however_often_it_is_looked() {
    let place = Place::new();
    let played = play(&place, "rehearse", &place.file("late.yaml", LATE), &["--quiet"]);
    assert!(played.summary()["deliveries"]["reordered"].as_u64() > Some(0), "{}", played.summary());
    let judged = say(["judge", &played.dir.display().to_string(), "--format", "json"]);
    assert!(judged.out.as_bytes() == read(&played.dir, "summary.json"), "another summary: {}", judged.out);
}
