//! A consumer of webhooks that is not ours, by `url`, whose books are wrong: what is told of them is what it has counted itself.

use serde_json::Value;

use crate::counting::{messages, named, play, target};

/// Four senders who keep a document each, 20 states a second for 6 s. From 2 s to 4 s the path sends everything twice.
const DRILL: &str = r#"
firedrill: 1
name: foreign-erp
regions: { hk: {} }
endpoints:
  erp: { kind: erp, region: hk, url: "http://127.0.0.1:PORT", receipts: { ledger: { every: 200ms } } }
groups: { buyers: { count: 4, region: hk }, clerks: { count: 1, region: hk } }
journeys:
  order: { from: buyers, to: clerks, send: webhook, rate: 20/s, deadline: 5s, routes: [erp] }
phases: { baseline: 2s, fault: 2s, recovery: 2s }
injects: { twice: { during: fault, duplicate: { endpoint: erp, capability: webhook, direction: to-endpoint } } }
grace: 10s
targets:
  once: { expr: "erp_duplicates == 0" }
  never-set-back: { expr: "erp_out_of_order == 0" }
"#;

const MESSAGES: u64 = 120;

struct Told {
    summary: Value,
    counted: Value,
    words: String,
}

/// It books every so-many-th webhook twice, and of each document every so-many-th after the one that follows it.
fn booked(doubles: &str, holds: &str) -> Told {
    let (_place, played, counted) = play("erp", &[doubles, holds], DRILL);
    let told = Told { summary: played.summary(), counted, words: played.told() };
    assert_eq!((told.own("keys"), told.own("turned_away")), (MESSAGES, 0), "{}: {}", told.counted, told.words);
    // What the path sends twice it knows by its key: 40, but for one or two at either end of the fault.
    assert!((36..=44).contains(&told.own("repeated")), "{}: {}", told.counted, told.words);
    assert_eq!((told.book("repeated"), told.book("entries")), (told.own("repeated"), told.own("entries")));
    told
}

impl Told {
    fn own(&self, what: &str) -> u64 {
        self.counted[what].as_u64().unwrap_or_else(|| panic!("no {what}: {}", self.counted))
    }

    fn book(&self, what: &str) -> u64 {
        self.summary["books"][0][what].as_u64().unwrap_or_else(|| panic!("no {what}: {}", self.words))
    }

    /// A target and the books count what it has counted, and name each of its messages if there are not too many.
    #[track_caller]
    fn agrees(&self, name: &str, (book, what): (&str, &str), own: &str) {
        let own = messages(&self.counted, own, "order");
        assert_eq!(self.book(book), own.len() as u64, "{}: {}", self.counted, self.words);
        let verdict = if own.is_empty() { "pass" } else { "fail" };
        let (told, observed) = target(&self.summary, name);
        assert_eq!((told, observed.to_string()), (verdict, own.len().to_string()), "{}", self.words);
        let first = self.summary["books"][0]["first"].as_array().expect("a list");
        assert_eq!(named(first.iter().filter(|one| one["what"] == what)), own, "{first:?}");
    }

    #[track_caller]
    fn agree(&self) {
        self.agrees("once", ("twice", "twice"), "twice");
        self.agrees("never-set-back", ("out_of_order", "out_of_order"), "set_back");
    }
}

#[test]
fn books_without_fault_are_told_so() {
    let told = booked("0", "0");
    told.agree();
    assert_eq!(told.book("applied"), MESSAGES, "{}", told.words);
}

#[test]
fn what_it_books_twice_is_what_it_has_counted() {
    let told = booked("9", "0");
    told.agree();
    // Every ninth of 120.
    assert_eq!((told.book("twice"), told.book("applied")), (13, MESSAGES + 13), "{}", told.words);
}

#[test]
fn what_it_sets_back_is_what_it_has_counted() {
    let told = booked("0", "8");
    told.agree();
    // Of thirty of each document the 8th, the 16th and the 24th, and whatever this machine has let others overtake.
    assert!(told.book("out_of_order") >= 12 && told.own("held") == 0, "{}", told.words);
}
