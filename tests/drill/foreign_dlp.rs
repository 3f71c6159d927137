//! An inspection that is not ours, by `url`, and not perfect: what is told of it is what it has counted itself. It finds what is in a text by
//! patterns of its own, so that it also says whether the corpus is what it claims to be.

use serde_json::Value;

use crate::common::second_reader::reread;
use crate::common::{number, records};
use crate::counting::{messages, named, play, target};

/// 40/s for 6 s. Three tenths of the messages have something in them that may not leave, of all kinds, and as many look so.
const DRILL: &str = r#"
firedrill: 1
name: foreign-dlp
regions: { hk: {} }
endpoints:
  gateway: { kind: gateway, region: hk, rules: [{ to: [lite] }], dlp: guard, dlp_timeout: 5s }
  guard: { kind: dlp, region: hk, url: "http://127.0.0.1:PORT" }
  lite: { kind: dingtalk, edition: lite, region: hk, limits: off }
groups: { sales: { count: 4, region: hk } }
journeys:
  quote: { from: sales, to: sales, rate: 40/s, deadline: 6s, bytes: 400B, content: { violations: 30%, look_alikes: 30% }, routes: [gateway] }
phases: { recovery: 6s }
grace: 10s
targets:
  found: { expr: "dlp_detection == 100%", confidence: point }
  spared: { expr: "dlp_false_positives == 0%", confidence: point }
  none-unseen: { expr: "uninspected == 0", level: must }
  sealed: { expr: "dlp_leaks == 0" }
"#;

const MESSAGES: usize = 240;

struct Told {
    summary: Value,
    lines: Vec<Value>,
    counted: Value,
    /// What another reader makes of the journal.
    read: Value,
    words: String,
}

/// It lets every so-many-th of what it finds pass, and blocks every so-many-th of the rest; 0 is never.
fn inspected(misses: &str, flags: &str) -> Told {
    let (_place, played, counted) = play("dlp", &[misses, flags], DRILL);
    let (lines, read) = (records(&played.dir), reread(&played.dir));
    Told { summary: played.summary(), lines, counted, read, words: played.told() }
}

impl Told {
    fn count(&self, what: &str) -> usize {
        self.counted[what].as_array().unwrap_or_else(|| panic!("no {what}: {}", self.counted)).len()
    }

    /// The share that it has counted.
    #[expect(clippy::cast_precision_loss, reason = "hundreds")]
    fn share(&self, part: &str, whole: &str) -> f64 {
        self.count(part) as f64 / self.count(whole) as f64
    }

    /// The messages that were ruled so.
    fn ruled(&self, ruling: &str) -> Vec<String> {
        named(self.lines.iter().filter(|line| line["record"] == "inspected" && line["ruling"] == ruling))
    }

    /// What is told is what it has counted, share by share and message by message.
    #[track_caller]
    fn agrees(&self) {
        assert_eq!(self.count("found") + self.count("clean"), MESSAGES, "{}", self.words);
        assert_eq!(target(&self.summary, "none-unseen"), ("pass", 0.0), "{}", self.words);
        let [detection, wronged] = [1.0 - self.share("missed", "found"), self.share("flagged", "clean")];
        let figures = &self.summary["inspections"][0];
        let told = [&figures["detection"], &figures["false_positives"]].map(number);
        let read = ["dlp_detection", "dlp_false_positives"].map(|share| number(&self.read["inspections"][0][share]));
        for ((told, read), counted) in told.into_iter().zip(read).zip([detection, wronged]) {
            // Six digits are told.
            assert!((told - counted).abs() <= 0.5e-6, "{told} told, {counted} counted: {}", self.words);
            assert!((read - counted).abs() <= 1e-12, "{read} read from the journal, {counted} counted: {}", self.words);
        }
        let mut blocked: Vec<String> = messages(&self.counted, "found", "quote");
        let missed = messages(&self.counted, "missed", "quote");
        blocked.retain(|name| !missed.contains(name));
        blocked.extend(messages(&self.counted, "flagged", "quote"));
        let mut ruled = self.ruled("block");
        blocked.sort_unstable();
        ruled.sort_unstable();
        assert_eq!(ruled, blocked, "{}", self.words);
        assert_eq!(self.ruled("pass").len(), MESSAGES - blocked.len(), "{}", self.words);
        // What it has missed has left, and nothing else that may not.
        assert_eq!(target(&self.summary, "sealed").1.to_string(), missed.len().to_string(), "{}", self.words);
    }
}

/// By two ways to tell what is in a text, which know nothing of each other.
#[test]
fn one_that_makes_no_mistake_finds_the_whole_corpus_and_nothing_else() {
    let told = inspected("0", "0");
    told.agrees();
    // 72 are expected of each; which they are is the same in every play.
    assert!((48..=96).contains(&told.count("found")), "{}", told.counted);
    for name in ["found", "spared", "sealed"] {
        assert_eq!(target(&told.summary, name).0, "pass", "{name}: {}", told.words);
    }
}

#[test]
fn what_it_misses_and_takes_for_something_is_what_it_has_counted() {
    let told = inspected("4", "7");
    told.agrees();
    assert!(told.count("missed") >= 12 && told.count("flagged") >= 20, "{}", told.counted);
    for name in ["found", "spared", "sealed"] {
        assert_eq!(target(&told.summary, name).0, "fail", "{name}: {}", told.words);
    }
    // The earliest of both kinds are named, twenty of each at most.
    let first = told.summary["inspections"][0]["first"].as_array().expect("a list").clone();
    for (what, counted) in [("missed", "missed"), ("blocked", "flagged")] {
        let counted = messages(&told.counted, counted, "quote");
        let names = named(first.iter().filter(|one| one["what"] == what));
        assert_eq!(names.len(), counted.len().min(20), "{first:?}");
        assert!(names.iter().all(|name| counted.contains(name)), "{what}: {names:?} {counted:?}");
    }
}
