//! Drills with shared documents, in both worlds: what became of every change, and how old what readers got was.

use serde_json::Value;

use crate::common::{Place, number, records};

/// Two people change one document, twenty times within ten seconds. Each change is due half a second after the one before, and is written
/// 0.8 s after it was read: every one is made from the version of the one before the last, 0.2 s old by then, and in between comes another.
const ONE_STORE: &str = "
firedrill: 1
name: one-store
regions: { hk: {} }
endpoints: { office: { kind: documents, region: hk, STORE } }
groups: { staff: { count: 2, region: hk } }
journeys:
  change: { from: staff, send: edit, documents: [q3], LOCK, think: 800ms, rate: 2/s, deadline: 3s, routes: [office] }
phases: { recovery: 10s }
targets:
  unseen: { expr: \"lost_updates{journey=change, route=office} == 0\", level: must }
  told: { expr: \"conflicts == 0\" }
  fresh: { expr: \"stale_reads == 0\" }
  age: { expr: \"max(stale_read_window) <= 10s\" }
";

const CHANGES: u64 = 20;

/// Headquarters and the plant change the same document at 0, 4 and 8 s: headquarters writes 0.2 s after it has read, the plant 0.5 s. The
/// stores tell each other every second, but nothing passes from 3 to 6.5 s. So each time neither knows of the other, and the plant is later.
const TWO_STORES: &str = "
firedrill: 1
name: two-stores
regions: { hk: {}, shenzhen: {} }
links: { hk-shenzhen: { latency: 10ms } }
endpoints:
  hq: { kind: documents, region: hk, syncs_with: plant, every: 1s, on_conflict: POLICY }
  plant: { kind: documents, region: shenzhen, on_conflict: POLICY }
groups: { office: { count: 2, region: hk }, works: { count: 2, region: shenzhen } }
journeys:
  consolidate: { from: office, send: edit, documents: [q3], think: 200ms, class: financial, rate: 15/min, deadline: 3s, routes: [hq] }
  book: { from: works, send: edit, documents: [q3], think: 500ms, rate: 15/min, deadline: 3s, routes: [plant] }
  look: { from: office, send: read, documents: [q3], rate: 30/min, deadline: 1s, routes: [hq] }
phases: { baseline: 3s, fault: 3500ms, recovery: 5500ms }
injects: { cut: { during: fault, partition: { link: hk-shenzhen, direction: both } } }
boundaries: { at-home: { class: financial, within: [hk] } }
targets:
  unseen: { expr: \"lost_updates == 0\", level: must }
  told: { expr: \"conflicts{journey=consolidate} == 0\" }
  fresh: { expr: \"stale_reads{journey=look} == 0\" }
  age: { expr: \"max(stale_read_window{journey=look}) <= 1s\" }
  in-peace: { expr: \"max(stale_read_window) <= 1s\", phase: baseline, level: must }
";

struct Told {
    code: Option<i32>,
    summary: Value,
    shared: Vec<Value>,
    words: String,
}

fn play(world: &str, name: &str, text: &str) -> Told {
    let place = Place::new();
    let file = place.file(name, text);
    let played = crate::play(&place, world, &file, &["--quiet"]);
    let shared = records(&played.dir).into_iter().filter(|line| line["record"] == "shared").collect();
    Told { code: played.code, summary: played.summary(), words: played.told(), shared }
}

fn play_one(world: &str, store: &str, lock: &str) -> Told {
    play(world, "one-store.yaml", &ONE_STORE.replace("STORE", store).replace("LOCK", lock))
}

impl Told {
    fn target(&self, name: &str) -> (&str, f64) {
        let targets = self.summary["targets"].as_array().expect("targets");
        let target = targets.iter().find(|target| target["id"] == name).expect("the target");
        (target["verdict"].as_str().expect("a verdict"), target["observed"].as_f64().unwrap_or(f64::NAN))
    }

    /// What is told of a document.
    fn document(&self, what: &str) -> &Value {
        &self.summary["documents"][0][what]
    }

    fn count(&self, what: &str) -> u64 {
        self.document(what).as_u64().unwrap_or_else(|| panic!("no `{what}`: {}", self.words))
    }
}

in_both!(
    what_two_stores_keep_is_not_lost,
    the_last_writer_takes_it_all,
    what_is_told_after_the_end_counts,
    whoever_does_not_look_overwrites_and_nobody_is_told,
    whoever_looks_is_told,
    a_store_may_want_that_one_looks,
);

mod cases {
    use super::*;

    /// The changes with even numbers are made from each other, and so are those with odd ones. The last is odd: what is even is lost.
    /// Whoever writes an even one has read none of the odd ones: all but the first two of them lack the first, which was there at 1.3 s.
    pub(super) fn whoever_does_not_look_overwrites_and_nobody_is_told(world: &str) {
        let told = play_one(world, "", "lock: none");
        assert_eq!(told.code, Some(1), "{}", told.words);
        assert_eq!(told.target("unseen"), ("fail", 10.0), "{}", told.words);
        assert_eq!((told.target("told"), told.target("fresh")), (("pass", 0.0), ("fail", 8.0)), "{}", told.words);
        assert_eq!((told.count("edits"), told.count("lost_updates")), (CHANGES, 10));
        assert_eq!((told.count("reads"), told.count("stale_reads")), (CHANGES, 8));
        // The last of them asked at 9 s, 7.7 s after the first odd one was there: each of these moments may be late by the other's lateness.
        let age = told.target("age").1;
        assert!((7.4..8.0).contains(&age), "{age}");
        let first = told.document("first").as_array().expect("a list");
        assert_eq!(first.len(), 10);
        assert_eq!((&first[0]["message"], &first[0]["route"]), (&"change.0".into(), &"office".into()));
        assert!((0.8..1.3).contains(&number(&first[0]["at_s"])));
    }

    /// The odd ones meet the even ones before them, and are refused.
    pub(super) fn whoever_looks_is_told(world: &str) {
        let told = play_one(world, "", "lock: optimistic");
        assert_eq!(told.code, Some(0), "{}", told.words);
        assert_eq!(told.target("unseen"), ("pass", 0.0));
        assert_eq!((told.target("told"), told.target("fresh")), (("fail", 10.0), ("pass", 0.0)), "{}", told.words);
        assert_eq!((told.count("edits"), told.count("refused"), told.count("copies")), (10, 10, 0));
        // What everybody had read, and what was there in the end: the last even one.
        let found: Vec<_> = told.shared.iter().filter(|line| line["what"] == "found").collect();
        assert_eq!(found.len() as u64, CHANGES + 1);
        let end = found.iter().find(|line| line["by"].is_null()).expect("the end");
        assert_eq!((&end["writer"], &end["document"]), (&"change.18".into(), &"q3".into()));
    }

    /// The board's look at 6 s lacks what the plant had written at 4.5 s, and no other lacks anything.
    fn is_stale_once(told: &Told) {
        assert_eq!(told.target("fresh"), ("fail", 1.0), "{}", told.words);
        let (verdict, age) = told.target("age");
        assert!(verdict == "fail" && (1.2..1.6).contains(&age), "{age}");
        assert_eq!(told.target("in-peace"), ("pass", 0.0), "{}", told.words);
    }

    pub(super) fn what_two_stores_keep_is_not_lost(world: &str) {
        let told = play(world, "two-stores.yaml", &TWO_STORES.replace("POLICY", "keep_both"));
        assert_eq!(told.code, Some(0), "{}", told.words);
        assert_eq!((told.target("unseen"), told.target("told")), (("pass", 0.0), ("fail", 3.0)), "{}", told.words);
        assert_eq!((told.count("edits"), told.count("refused"), told.count("copies")), (6, 0, 3));
        is_stale_once(&told);
        // What headquarters wrote has been in Shenzhen, and the connections show it.
        let boundary = &told.summary["boundaries"][0];
        assert!(boundary["violations"]["steady"].as_u64().expect("a count") >= 3, "{boundary}");
        assert_eq!((&boundary["first"][0]["via"], &boundary["first"][0]["endpoint"]), (&"hq".into(), &"plant".into()));
        let ended = |ending: &str| {
            told.shared.iter().filter(|line| line["what"] == "synced" && line["ending"] == ending).count()
        };
        assert!(ended("acknowledged") >= 4 && ended("acknowledged") < told.shared.len(), "{:?}", told.shared);
        assert!(told.shared.iter().any(|line| line["what"] == "synced" && line["ending"] != "acknowledged"));
    }

    pub(super) fn the_last_writer_takes_it_all(world: &str) {
        let told = play(world, "two-stores.yaml", &TWO_STORES.replace("POLICY", "last_writer_wins"));
        assert_eq!(told.code, Some(1), "{}", told.words);
        assert_eq!((told.target("unseen"), told.target("told")), (("fail", 3.0), ("pass", 0.0)), "{}", told.words);
        assert_eq!((told.count("edits"), told.count("copies")), (6, 0));
        let lost: Vec<_> =
            told.document("first").as_array().expect("a list").iter().map(|one| &one["message"]).collect();
        assert_eq!(lost, ["consolidate.0", "consolidate.1", "consolidate.2"]);
        is_stale_once(&told);
    }

    /// Nothing passes from 3 s to the end, and both sides have been changed at 4 s and at 8 s: what headquarters wrote goes when the stores
    /// tell each other again. So does what it wrote at 0 s, in peace.
    pub(super) fn what_is_told_after_the_end_counts(world: &str) {
        let text = TWO_STORES.replace("POLICY", "last_writer_wins");
        let told = play(world, "cut-to-the-end.yaml", &text.replace("fault: 3500ms, recovery: 5500ms", "fault: 9s"));
        assert_eq!(told.code, Some(1), "{}", told.words);
        assert_eq!((told.target("unseen"), told.count("edits")), (("fail", 3.0), 6), "{}", told.words);
    }

    /// 428, without a condition: nothing was changed, and so nothing is shown.
    pub(super) fn a_store_may_want_that_one_looks(world: &str) {
        let told = play_one(world, "lock: required", "lock: none");
        assert_eq!(told.code, Some(3), "{}", told.words);
        assert_eq!(told.target("unseen").0, "inconclusive");
        assert_eq!(told.summary["messages"]["refused"], CHANGES);
    }
}
