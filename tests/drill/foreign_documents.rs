//! A store of documents that is not ours, by `url`: what it has lost without a word is found by what is there in the end.

use serde_json::Value;

use crate::counting::{messages, named, play, target};

/// Two people change one document twenty times within ten seconds, each on condition that it is as he has read it. Each is written 0.8 s after it
/// was read, and the next one is read 0.3 s before that.
const DRILL: &str = r#"
firedrill: 1
name: foreign-documents
regions: { hk: {} }
endpoints: { office: { kind: documents, region: hk, url: "http://127.0.0.1:PORT" } }
groups: { staff: { count: 2, region: hk } }
journeys:
  change: { from: staff, send: edit, documents: [q3], think: 800ms, rate: 2/s, deadline: 5s, routes: [office] }
phases: { recovery: 10s }
targets:
  unseen: { expr: "lost_updates == 0", level: must }
  told: { expr: "conflicts == 0" }
"#;

const CHANGES: usize = 20;

/// What is told of its document, and what it has counted itself: both the same. Gives how many changes were lost.
#[track_caller]
fn agrees(wrong: &str) -> usize {
    let (_place, played, counted) = play("documents", &[wrong], DRILL);
    let (summary, words) = (played.summary(), played.told());
    let [written, refused, lost] = ["written", "refused", "lost"].map(|what| messages(&counted, what, "change"));
    assert_eq!(written.len() + refused.len(), CHANGES, "{counted}: {words}");
    let document = &summary["documents"][0];
    let told = ["edits", "refused", "lost_updates"].map(|what| document[what].clone());
    assert_eq!(told, [written.len(), refused.len(), lost.len()].map(Value::from), "{counted}: {words}");
    let verdict = |all: &[String]| if all.is_empty() { "pass" } else { "fail" };
    let observed = |name| (target(&summary, name).0, target(&summary, name).1.to_string());
    assert_eq!(observed("unseen"), (verdict(&lost), lost.len().to_string()), "{counted}: {words}");
    assert_eq!(observed("told"), (verdict(&refused), refused.len().to_string()), "{counted}: {words}");
    assert_eq!(played.code, Some(i32::from(!lost.is_empty())), "{words}");
    // Twenty are named at most, and there are no more.
    assert_eq!(named(document["first"].as_array().expect("a list").iter()), lost, "{counted}: {words}");
    lost.len()
}

#[test]
fn one_that_keeps_what_it_takes_has_lost_nothing() {
    assert_eq!(agrees("never"), 0);
}

/// It says that it has written, and has not.
#[test]
fn what_it_forgets_is_lost() {
    assert!(agrees("forgets") > 0);
}

/// It looks at the condition of every second one alone, as if two had been let in at once.
#[test]
fn what_it_lets_overwrite_is_lost() {
    assert!(agrees("overlooks") > 0);
}
