//! Drills into an ERP, in both worlds: what it booked, how often, and in which order, is read from its own ledger.

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
    let text = DRILL
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
    fn target(&self, name: &str) -> (String, f64) {
        let targets = self.summary["targets"].as_array().expect("targets");
        let target = targets.iter().find(|target| target["id"] == name).expect("the target");
        (target["verdict"].as_str().expect("a verdict").to_owned(), number(&target["observed"]))
    }

    fn book(&self, what: &str) -> u64 {
        self.summary["books"][0][what].as_u64().unwrap_or_else(|| panic!("no `{what}`: {}", self.words))
    }

    /// What the path sent twice, but for the trips at either end of the fault.
    fn is_twice(&self, many: u64) {
        assert!((IN_FAULT - 4..=IN_FAULT + 4).contains(&many), "{many} {}", self.words);
    }
}

in_both!(
    an_erp_that_knows_keys_books_once_what_comes_twice,
    one_that_knows_none_books_twice_and_breaks_just_that,
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
        assert_eq!(number(&deliveries["duplicated"]) as u64, 2 * told.book("repeated"));
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
        told.is_twice(twice as u64);
        assert_eq!(told.target("arrived").0, "pass", "{}", told.words);
        // The first of them, with both its entries.
        let first = &told.summary["books"][0]["first"][0];
        assert_eq!((&first["what"], &first["message"]), (&"twice".into(), &first["before"]["message"]), "{first}");
        assert!(first["document"].as_str().is_some_and(|name| name.starts_with("order of buyers-")), "{first}");
        assert_eq!(number(&first["entry"]), number(&first["before"]["entry"]) + 1.0, "{first}");
        // Due in the fault, and heard of within the trip and the time between two questions; a second is left for a busy machine.
        assert!((3.0..6.5).contains(&number(&first["at_s"])), "{first}");
    }

    /// Half of the senders, who take turns.
    pub(super) fn what_is_frozen_is_refused_and_never_booked(world: &str) {
        let freeze = "account_freeze: { endpoint: erp, group: buyers, share: 50%, mode: whole }";
        let told = play(world, "key", "any_order", freeze);
        assert_eq!(told.target("once").0, "pass", "{}", told.words);
        let refused = number(&told.summary["messages"]["refused"]) as u64;
        assert!((IN_FAULT / 2).abs_diff(refused) <= 2, "{refused} {}", told.words);
        assert_eq!(told.book("applied"), MESSAGES - refused, "{}", told.words);
    }
}
