//! Drills into an ERP, in both worlds: what it booked, how often, and in which order, is read from its own ledger.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::common::{Place, number, records};

/// Four senders who keep a document each, 20 states a second for 7 s, two clerks who read the ledger. Something happens from 3 s to 5 s.
const DRILL: &str = "
firedrill: 1
name: erp
regions: { hk: {}, shenzhen: {} }
links: { hk-shenzhen: { latency: 10ms } }
endpoints: { erp: { kind: erp, region: shenzhen, DEDUPE, APPLIES, receipts: { ledger: { every: 200ms } } } }
groups: { buyers: { count: 4, region: hk }, clerks: { count: 2, region: shenzhen } }
journeys:
  order: { from: buyers, to: { all: clerks }, send: webhook, rate: 20/s, deadline: 3s, routes: [erp] }
phases: { baseline: 3s, fault: 2s, recovery: 2s }
injects: { trouble: { during: fault, FAULT } }
grace: 10s
targets:
  once: { expr: \"erp_duplicates{journey=order, route=erp} == 0\", level: must }
  in-order: { expr: \"erp_out_of_order{journey=order} == 0\", level: must }
  arrived: { expr: \"undelivered == 0\", level: must }
";

/// Whoever is not answered tries again: after half a second, and after one and two more.
const RETRY: &str = "timeout: 500ms, retry: { times: 5, after: 500ms, most: 2s }, routes";

/// 20 a second for 7 s, and those due in the 2 s of the fault.
const MESSAGES: u64 = 140;
const IN_FAULT: u64 = 40;

const TWICE: &str = "duplicate: { endpoint: erp, capability: webhook, direction: to-endpoint }";

struct Told {
    code: Option<i32>,
    summary: Value,
    entries: Vec<Value>,
    words: String,
}

fn play(world: &str, dedupe: &str, applies: &str, fault: &str) -> Told {
    play_with(world, "routes", (dedupe, applies), fault)
}

fn play_with(world: &str, routes: &str, (dedupe, applies): (&str, &str), fault: &str) -> Told {
    let text = DRILL
        .replace("routes", routes)
        .replace("DEDUPE", &format!("dedupe: {dedupe}"))
        .replace("APPLIES", &format!("applies: {applies}"))
        .replace("FAULT", fault);
    let place = Place::new();
    let file = place.file("erp.yaml", &text);
    let played = crate::play(&place, world, &file, &["--quiet"]);
    let entries = records(&played.dir).into_iter().filter(|line| line["record"] == "entry").collect();
    Told { code: played.code, summary: played.summary(), words: played.told(), entries }
}

impl Told {
    fn target(&self, name: &str) -> (String, u64) {
        let targets = self.summary["targets"].as_array().expect("targets");
        let target = targets.iter().find(|target| target["id"] == name).expect("the target");
        let observed = number(&target["observed"]).to_string();
        (target["verdict"].as_str().expect("a verdict").to_owned(), observed.parse().expect("a count"))
    }

    fn book(&self, what: &str) -> u64 {
        self.summary["books"][0][what].as_u64().unwrap_or_else(|| panic!("no `{what}`: {}", self.words))
    }

    /// What the path sent twice, but for the trips at either end of the fault.
    fn is_twice(&self, many: u64) {
        assert!((IN_FAULT - 4..=IN_FAULT + 4).contains(&many), "{many} {}", self.words);
    }
}

/// Ten clerks who read every two seconds. What is booked meanwhile is more than one answer may hold.
const MANY: &str = "
firedrill: 1
name: many
regions: { hk: {} }
endpoints: { erp: { kind: erp, region: hk, receipts: { ledger: { every: 2s } } } }
groups: { buyers: { count: 10, region: hk }, clerks: { count: 10, region: hk } }
journeys:
  order: { from: buyers, to: clerks, send: webhook, bytes: 2000B, rate: 300/s, deadline: 10s, routes: [erp] }
phases: { baseline: 4s }
grace: 20s
targets: { arrived: { expr: \"undelivered == 0\", level: must } }
";

/// Each reads at his own moments, and what is his alone.
#[test]
fn many_readers_do_not_read_all_at_once() {
    let place = Place::new();
    let file = place.file("many.yaml", MANY);
    let played = crate::play(&place, "rehearse", &file, &["--quiet"]);
    assert_eq!(played.code, Some(0), "{}", played.told());
    let records = records(&played.dir);
    let mut readers: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for receipt in records.iter().filter(|line| line["record"] == "receipt") {
        readers.entry(receipt["recipient"].to_string()).or_default().insert(receipt["at_s"].to_string());
    }
    assert_eq!(readers.len(), 10);
    let moments = readers.values().map(BTreeSet::len).sum::<usize>();
    assert_eq!(readers.values().flatten().collect::<BTreeSet<_>>().len(), moments, "{readers:?}");
    let entries: Vec<_> = records.iter().filter(|line| line["record"] == "entry").collect();
    assert!(entries.iter().map(|entry| entry["entry"].as_u64().expect("a number")).eq(1..=1_200));
}

/// From 3 s to 5 s no answer comes, and everything is sent a second time, a second later. By then all of it has been received, and nobody waits for
/// anything when the last try is answered.
#[test]
fn what_is_booked_after_the_last_receipt_is_told() {
    let text = DRILL
        .replace("recovery: 2s", "end: { kind: recovery, for: 1ms }")
        .replace("routes", "timeout: 500ms, retry: { times: 1, after: 500ms, most: 2s }, routes")
        .replace("DEDUPE", "dedupe: none")
        .replace("APPLIES", "applies: any_order")
        .replace("FAULT", "drop_reply: { endpoint: erp, capability: webhook }");
    let place = Place::new();
    let played = crate::play(&place, "rehearse", &place.file("late.yaml", &text), &["--quiet"]);
    let records = records(&played.dir);
    let count = |name: &str| records.iter().filter(|line| line["record"] == name).count();
    let (messages, attempts) = (count("message"), count("attempt"));
    assert!(attempts >= messages + 38, "{messages} {attempts}");
    assert_eq!(count("entry"), attempts, "each try was booked: {}", played.told());
    let twice = &played.summary()["books"][0]["twice"];
    assert_eq!(twice.as_u64(), Some((attempts - messages) as u64), "{}", played.told());
}

/// Whoever may not read hears later, and nobody else does: entries are told by the others.
#[test]
fn whoever_may_not_read_leaves_it_to_the_others() {
    let text = DRILL
        .replace("clerks: { count: 2", "clerks: { count: 10")
        .replace("every: 200ms", "every: 400ms")
        .replace("DEDUPE", "dedupe: key")
        .replace("APPLIES", "applies: any_order")
        .replace("FAULT", "account_freeze: { endpoint: erp, group: clerks, share: 80%, mode: whole }");
    let place = Place::new();
    let played = crate::play(&place, "rehearse", &place.file("frozen.yaml", &text), &["--quiet"]);
    let records = records(&played.dir);
    let at = |line: &Value| number(&line["at_s"]);
    let in_fault = |line: &&Value| (3.1..5.0).contains(&at(line));
    let of = |name: &'static str| records.iter().filter(move |line| line["record"] == name);
    let reading: BTreeSet<_> = of("receipt").filter(in_fault).map(|line| line["recipient"].to_string()).collect();
    assert_eq!(reading.len(), 2, "{reading:?}");
    assert_eq!(played.summary()["deliveries"]["delivered"], 10 * MESSAGES, "{}", played.told());
    // Nobody's turn comes later than that of whoever is next.
    let entries: Vec<_> = of("entry").map(at).collect();
    let longest = entries.windows(2).map(|pair| pair[1] - pair[0]).fold(0.0, f64::max);
    assert!(longest < 0.85, "{entries:?}");
}

in_both!(
    an_erp_that_knows_keys_books_once_what_comes_twice,
    one_that_knows_none_books_twice_and_breaks_just_that,
    answers_that_are_lost_are_tried_again_and_booked_once,
    what_comes_late_sets_nothing_back_where_the_latest_counts,
    what_comes_late_sets_documents_back_where_it_is_booked,
    whoever_is_too_fast_comes_again,
    what_is_frozen_is_refused_and_never_booked,
);

mod cases {
    use super::*;

    pub(super) fn an_erp_that_knows_keys_books_once_what_comes_twice(world: &str) {
        let told = play(world, "key", "any_order", TWICE);
        assert_eq!(told.code, Some(0), "{}", told.words);
        assert_eq!((told.book("applied"), told.book("twice")), (MESSAGES, 0), "{}", told.words);
        told.is_twice(told.book("repeated"));
        // Each clerk hears of both deliveries, and the ERP's own de-duplication leaves one.
        let deliveries = &told.summary["deliveries"];
        assert_eq!(deliveries["duplicated"], 2 * told.book("repeated"));
        assert_eq!(
            (&deliveries["duplicated_after_dedup"], &deliveries["delivered"]),
            (&0.into(), &(2 * MESSAGES).into())
        );
        // Whoever hears of an entry first writes it down, and nobody else.
        assert_eq!(told.entries.len() as u64, told.book("entries"));
        let entries: Vec<_> = told.entries.iter().map(|entry| entry["entry"].as_u64().expect("a number")).collect();
        assert!(entries.iter().copied().eq(1..=told.book("entries")), "{entries:?}");
    }

    pub(super) fn one_that_knows_none_books_twice_and_breaks_just_that(world: &str) {
        let told = play(world, "none", "any_order", TWICE);
        assert_eq!(told.code, Some(1), "{}", told.words);
        let (verdict, twice) = told.target("once");
        assert_eq!((verdict.as_str(), told.target("in-order").0.as_str()), ("fail", "pass"), "{}", told.words);
        told.is_twice(twice);
        assert_eq!(told.target("arrived").0, "pass", "{}", told.words);
        // The first of them, with both its entries.
        let first = &told.summary["books"][0]["first"][0];
        assert_eq!((&first["what"], &first["message"]), (&"twice".into(), &first["before"]["message"]), "{first}");
        assert!(first["document"].as_str().is_some_and(|name| name.starts_with("order of buyers-")), "{first}");
        assert_eq!(first["entry"].as_u64(), first["before"]["entry"].as_u64().map(|entry| entry + 1), "{first}");
        // Due in the fault, and heard of within the trip and the time between two questions; a second is left for a busy machine.
        assert!((3.0..6.5).contains(&number(&first["at_s"])), "{first}");
    }

    /// The ERP has booked what was not answered, and knows it again.
    pub(super) fn answers_that_are_lost_are_tried_again_and_booked_once(world: &str) {
        let told = play_with(world, RETRY, ("key", "any_order"), "drop_reply: { endpoint: erp, capability: webhook }");
        assert_eq!(told.target("once").0, "pass", "{}", told.words);
        assert_eq!(told.target("arrived").0, "pass", "{}", told.words);
        assert_eq!((told.book("applied"), told.book("twice")), (MESSAGES, 0), "{}", told.words);
        // Each of the fault's messages came again at least once, those of its first second more than that.
        assert!(told.book("repeated") > IN_FAULT, "{}", told.words);
        assert_eq!(told.summary["messages"]["accepted"], MESSAGES, "{}", told.words);
        // And where keys are not looked at, they are booked again.
        let told = play_with(world, RETRY, ("none", "any_order"), "drop_reply: { endpoint: erp, capability: webhook }");
        assert_eq!((told.code, told.target("once").0.as_str()), (Some(1), "fail"), "{}", told.words);
    }

    /// A second is five of each sender's messages, so that what is held so long is overtaken.
    const OVERTAKEN: &str =
        "reorder: { endpoint: erp, capability: webhook, direction: to-endpoint, by: 1s, chance: 30% }";

    pub(super) fn what_comes_late_sets_nothing_back_where_the_latest_counts(world: &str) {
        let told = play(world, "key", "latest", OVERTAKEN);
        assert_eq!(told.code, Some(0), "{}", told.words);
        let superseded = told.book("superseded");
        assert!(superseded > 0 && told.book("applied") + superseded == MESSAGES, "{}", told.words);
    }

    pub(super) fn what_comes_late_sets_documents_back_where_it_is_booked(world: &str) {
        let told = play(world, "key", "any_order", OVERTAKEN);
        let (verdict, back) = told.target("in-order");
        assert_eq!((told.code, verdict.as_str(), told.target("once").0.as_str()), (Some(1), "fail", "pass"));
        let first = &told.summary["books"][0]["first"][0];
        assert_eq!(first["what"], "out_of_order", "{first}");
        let number = |name: &Value| name.as_str().and_then(|name| name.rsplit_once('.')?.1.parse::<u32>().ok());
        assert!(number(&first["message"]) < number(&first["before"]["message"]), "{first}");
        assert!(back >= 1 && told.book("out_of_order") == back, "{}", told.words);
    }

    pub(super) fn whoever_is_too_fast_comes_again(world: &str) {
        let throttle = "throttle: { endpoint: erp, capability: webhook, retry_after: 2s, chance: 50% }";
        let told = play_with(world, RETRY, ("key", "latest"), throttle);
        assert_eq!(told.code, Some(0), "{}", told.words);
        assert_eq!(told.summary["messages"]["accepted"], MESSAGES, "{}", told.words);
    }

    /// Half of the senders, who take turns.
    pub(super) fn what_is_frozen_is_refused_and_never_booked(world: &str) {
        let freeze = "account_freeze: { endpoint: erp, group: buyers, share: 50%, mode: whole }";
        let told = play(world, "key", "any_order", freeze);
        assert_eq!(told.target("once").0, "pass", "{}", told.words);
        let refused = told.summary["messages"]["refused"].as_u64().expect("a count");
        assert!((IN_FAULT / 2).abs_diff(refused) <= 2, "{refused} {}", told.words);
        assert_eq!(told.book("applied"), MESSAGES - refused, "{}", told.words);
    }
}
