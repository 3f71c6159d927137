//! Drills through a gateway that has texts inspected before it sends them on, in both worlds: what it asks goes by the path, and what comes of
//! it is told message by message.

use serde_json::Value;

use crate::common::{Place, number, records};

in_both!(
    what_may_not_leave_is_blocked_and_is_no_outage,
    a_gateway_that_fails_closed_refuses_while_nobody_inspects,
    a_gateway_that_fails_open_lets_through_and_says_so,
    what_is_waited_for_is_told,
    a_verdict_that_comes_too_late_is_none,
    nothing_is_let_through_while_verdicts_come_too_late,
    an_inspection_abroad_crosses_a_boundary,
);

/// 20/s for 6 s, of which the third and fourth are the fault. A tenth of the messages has something in it that may not leave, and as many
/// look so; which they are is a function of the scenario.
const DRILL: &str = "
firedrill: 1
name: inspected
regions: { hk: {}, singapore: {}, berlin: {} }
links: { hk-singapore: { latency: 5ms } }
endpoints:
  gateway: { kind: gateway, region: hk, rules: [{ to: [lite] }], dlp: guard, dlp_timeout: 400ms, breaker: { failures: 1000 }, MORE }
  guard: { kind: dlp, region: singapore }
  lite: { kind: dingtalk, edition: lite, region: singapore, limits: off }
groups: { sales: { count: 4, region: hk } }
journeys:
  quote:
    from: sales
    to: sales
    class: customers
    rate: 20/s
    deadline: 2s
    bytes: 400B
    content: { violations: 10%, look_alikes: 10% }
    routes: [gateway]
phases: { baseline: 2s, fault: 2s, recovery: 2s }
injects: { trouble: { during: fault, FAULT } }
boundaries: { anywhere: { class: customers, never: [NOWHERE] } }
grace: 5s
targets:
  open: { expr: \"uninspected == 0\", level: must }
  quick: { expr: \"max(intercept_latency{route=gateway, dlp=guard}) <= 300ms\" }
  sealed: { expr: \"dlp_leaks == 0\" }
  found: { expr: \"dlp_detection{journey=quote} >= 100%\" }
  spared: { expr: \"dlp_false_positives <= 0%\" }
  there: { expr: \"availability >= 100%\", phase: baseline }
";

struct Told {
    code: Option<i32>,
    summary: Value,
    lines: Vec<Value>,
    words: String,
}

fn play(world: &str, more: &str, fault: &str) -> Told {
    within(world, "berlin", more, fault)
}

fn within(world: &str, never: &str, more: &str, fault: &str) -> Told {
    let place = Place::new();
    let text = DRILL.replace("MORE", more).replace("FAULT", fault).replace("NOWHERE", never);
    let played = crate::play(&place, world, &place.file("inspected.yaml", &text), &["--quiet"]);
    Told { code: played.code, summary: played.summary(), lines: records(&played.dir), words: played.told() }
}

impl Told {
    fn of(&self, record: &str) -> impl Iterator<Item = &Value> {
        self.lines.iter().filter(move |line| line["record"] == record)
    }

    fn ruled(&self, ruling: &str) -> usize {
        self.of("inspected").filter(|line| line["ruling"] == ruling).count()
    }

    fn verdict(&self, target: &str) -> &str {
        let all = self.summary["targets"].as_array().expect("targets");
        let found = all.iter().find(|one| one["id"] == target).expect("a target");
        found["verdict"].as_str().expect("a verdict")
    }

    fn sum(&self, ruling: &str) -> u64 {
        let figures = &self.summary["inspections"][0];
        ["violations", "look_alikes", "plain"].iter().map(|of| figures[*of][ruling].as_u64().expect("a count")).sum()
    }
}

/// The fault is felt by whatever is asked in its two seconds, 20 in each, one or two more or less at either end.
const FELT: std::ops::RangeInclusive<usize> = 36..=44;

/// Of the 40, those that were asked so late that they are answered when the fault is lifted, within the 400 ms that are waited, are not felt.
const LATE: std::ops::RangeInclusive<usize> = 28..=44;

mod cases {
    use super::*;

    pub(super) fn what_may_not_leave_is_blocked_and_is_no_outage(world: &str) {
        let told = play(world, "", "latency: { endpoint: lite, constant: 20ms }");
        assert_eq!(told.code, Some(0), "{}", told.words);
        assert_eq!(told.of("inspected").count(), 120, "each message once: {}", told.words);
        let blocked = told.ruled("block");
        // 120 of which a tenth is expected; which they are is the same in every play.
        assert!((3..=30).contains(&blocked) && told.ruled("pass") == 120 - blocked, "{blocked}: {}", told.words);
        for target in ["quick", "sealed", "found", "spared", "there"] {
            assert_eq!(told.verdict(target), "pass", "{target}: {}", told.words);
        }
        let said = told.of("attempt").filter(|line| line["code"] == "blocked" && line["status"] == 403).count();
        assert_eq!(said, blocked, "{}", told.words);
        // They are neither good nor bad, and every line balances.
        let quote = &told.summary["journeys"][0];
        assert_eq!((&quote["blocked"], &quote["valid"]), (&blocked.into(), &(120 - blocked).into()), "{quote}");
        assert_eq!((&quote["good"], &quote["availability"]), (&quote["valid"], &1.0.into()), "{quote}");
        assert_eq!(quote["outages"].as_array().map(Vec::len), Some(0), "{quote}");
        let (messages, deliveries) = (&told.summary["messages"], &told.summary["deliveries"]);
        assert_eq!((&messages["refused"], &deliveries["undelivered"]), (&blocked.into(), &0.into()), "{}", told.words);
        assert_eq!((told.sum("blocked"), told.sum("passed")), (blocked as u64, (120 - blocked) as u64));
        // What was asked went by connections of the gateway's own, which the path has seen.
        let hops: Vec<&Value> = told.of("hop").collect();
        for asked in told.of("inspected") {
            let hop = hops.iter().find(|hop| hop["connection"] == asked["connection"]).expect("a hop");
            assert_eq!(
                (&hop["endpoint"], &hop["from"], &hop["to"]),
                (&"guard".into(), &"hk".into(), &"singapore".into())
            );
        }
        let flows = told.summary["flows"].as_array().expect("flows");
        let touched = |flow: &&Value| flow["endpoint"] == "guard" && flow["via"] == "gateway";
        let touched: f64 = flows.iter().filter(touched).map(|flow| number(&flow["attempts"])).sum();
        assert!((touched - 120.0).abs() < 0.5, "{flows:?}");
    }

    pub(super) fn a_gateway_that_fails_closed_refuses_while_nobody_inspects(world: &str) {
        let told = play(world, "", "dlp_down: { endpoint: guard }");
        assert_eq!(told.code, Some(0), "{}", told.words);
        let refused = told.ruled("failed_closed");
        assert!(FELT.contains(&refused), "{refused}: {}", told.words);
        let said = told.of("attempt").filter(|line| line["code"] == "not_inspected" && line["status"] == 503).count();
        assert_eq!(said, refused, "{}", told.words);
        // That is an outage, and the inject's.
        let quote = &told.summary["journeys"][0];
        assert_eq!((&quote["blame"]["system"], &quote["blame"]["injected"]), (&0.into(), &refused.into()), "{quote}");
        assert_eq!(quote["outages"].as_array().map(Vec::len), Some(1), "{quote}");
        assert_eq!(told.verdict("sealed"), "pass", "{}", told.words);
        // An error at once is no quick verdict: none came within the 400 ms that are waited.
        assert_eq!(told.verdict("quick"), "fail", "{}", told.words);
        let latency = &told.summary["inspections"][0]["latency_ms"];
        assert_eq!((&latency["undelivered"], number(&latency["at_least"])), (&refused.into(), 400.0), "{latency}");
    }

    pub(super) fn a_gateway_that_fails_open_lets_through_and_says_so(world: &str) {
        let told = play(world, "when_dlp_fails: open", "dlp_down: { endpoint: guard, how: reset }");
        assert_eq!(told.code, Some(1), "{}", told.words);
        let through = told.ruled("failed_open");
        assert!(FELT.contains(&through), "{through}: {}", told.words);
        assert_eq!((told.verdict("open"), told.verdict("found")), ("fail", "pass"), "{}", told.words);
        // What was let through and may not leave has left, and nothing else.
        let figures = &told.summary["inspections"][0];
        assert_eq!(figures["uninspected"], through, "{figures}");
        assert_eq!(figures["violations"]["failed_open"], told.summary["deliveries"]["leaked"], "{}", told.words);
        let first = figures["first"].as_array().expect("a list");
        assert_eq!(first.len(), 20, "the earliest are named: {first:?}");
        for one in first {
            assert_eq!(one["what"], "uninspected", "{one}");
            assert!(one["message"].as_str().is_some_and(|name| name.starts_with("quote.")), "{one}");
            assert!((2.0..4.5).contains(&number(&one["at_s"])), "{one}");
        }
        assert!(told.words.contains("Inspections: what was asked, found, missed and let through"), "{}", told.words);
    }

    /// A verdict that comes after 300 ms comes before it is given up, and each message waits for it.
    pub(super) fn what_is_waited_for_is_told(world: &str) {
        let told = play(world, "", "dlp_slow: { endpoint: guard, constant: 310ms }");
        assert_eq!(told.code, Some(0), "{}", told.words);
        assert_eq!((told.verdict("quick"), told.ruled("failed_closed")), ("fail", 0), "{}", told.words);
        let slow = |line: &&Value| number(&line["done_s"]) - number(&line["asked_s"]) >= 0.31;
        let slow = told.of("inspected").filter(slow).count();
        // What waits when the fault is lifted waits no longer: some six of the last 310 ms.
        assert!((30..=44).contains(&slow), "{slow}: {}", told.words);
        // The hits on what was asked concern messages.
        assert!(number(&told.summary["injects"][0]["message_hits"]) >= 36.0, "{}", told.summary["injects"][0]);
    }

    /// Whether it says nothing or says it later than is waited for, a message goes on without it, and whatever is said then is of no other.
    pub(super) fn a_verdict_that_comes_too_late_is_none(world: &str) {
        for fault in ["dlp_slow: { endpoint: guard, constant: 700ms }", "dlp_down: { endpoint: guard, how: hang }"] {
            let told = play(world, "when_dlp_fails: open", fault);
            assert_eq!(told.code, Some(1), "{fault}: {}", told.words);
            let through = told.ruled("failed_open");
            assert!(LATE.contains(&through), "{fault}: {through}: {}", told.words);
            assert_eq!((told.verdict("open"), told.verdict("found")), ("fail", "pass"), "{fault}: {}", told.words);
            assert_eq!((told.verdict("spared"), told.verdict("there")), ("pass", "pass"), "{fault}: {}", told.words);
            let figures = &told.summary["inspections"][0];
            assert_eq!(figures["uninspected"], through, "{fault}: {figures}");
            assert_eq!(figures["violations"]["failed_open"], told.summary["deliveries"]["leaked"], "{}", told.words);
        }
    }

    pub(super) fn nothing_is_let_through_while_verdicts_come_too_late(world: &str) {
        for fault in ["dlp_slow: { endpoint: guard, constant: 700ms }", "dlp_down: { endpoint: guard, how: hang }"] {
            let told = play(world, "", fault);
            assert_eq!(told.code, Some(0), "{fault}: {}", told.words);
            let refused = told.ruled("failed_closed");
            assert!(LATE.contains(&refused), "{fault}: {refused}: {}", told.words);
            assert_eq!((told.verdict("open"), told.verdict("sealed")), ("pass", "pass"), "{fault}: {}", told.words);
            assert_eq!(told.verdict("quick"), "fail", "{fault}: {}", told.words);
            let blame = &told.summary["journeys"][0]["blame"];
            assert_eq!((&blame["system"], &blame["injected"]), (&0.into(), &refused.into()), "{fault}: {blame}");
        }
    }

    pub(super) fn an_inspection_abroad_crosses_a_boundary(world: &str) {
        let told = within(world, "guard", "", "latency: { endpoint: lite, constant: 20ms }");
        let boundary = &told.summary["boundaries"][0];
        // Nothing is good that has crossed, so that the baseline is not steady and all that there is.
        let asked = told.of("inspected").count();
        assert!(asked >= 38 && boundary["violations"]["steady"] == asked, "{asked}: {boundary}");
        let crossing = &boundary["first"][0];
        let way = ["endpoint", "region", "via", "when"].map(|key| crossing[key].as_str().unwrap_or_default());
        assert_eq!(way, ["guard", "singapore", "gateway", "steady"], "{crossing}");
        assert!(told.words.contains("inspected"), "{}", told.words);
    }
}
