//! The scenarios that ship do what they say: in full, in every variant, and the short one over sockets as well.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::common::{Place, Played, number, read, say, scenario};
use crate::play;

/// The must-targets that failed.
fn failed(summary: &Value) -> BTreeSet<&str> {
    let targets = summary["targets"].as_array().expect("targets");
    let failed = targets.iter().filter(|target| target["level"] == "must" && target["verdict"] == "fail");
    failed.map(|target| target["id"].as_str().expect("a name")).collect()
}

/// The targets that failed and must hold are these and no others, as the scenario itself says; if there are none, everything else was shown.
#[track_caller]
pub(crate) fn fails_by(played: &Played, names: &[&str]) {
    let code = i32::from(!names.is_empty());
    assert_eq!(played.code, Some(code), "{}", played.told());
    let (summary, names) = (played.summary(), names.iter().copied().collect());
    assert_eq!(failed(&summary), names, "{}", played.told());
    let because = summary["expectation"]["because"].as_array().expect("what is expected");
    let because: BTreeSet<_> = because.iter().filter_map(Value::as_str).collect();
    assert_eq!(because, names, "what the scenario names: {}", played.told());
}

/// A scenario that was played in full and in each of its variants.
struct Shipped {
    whole: Value,
    variants: BTreeMap<String, Played>,
    /// Where the runs lie.
    _place: Place,
}

impl Shipped {
    fn variant(&self, name: &str) -> &Played {
        self.variants.get(name).unwrap_or_else(|| panic!("no variant {name}"))
    }
}

/// The names of a scenario's variants.
fn variants(file: &str) -> Vec<String> {
    let checked = say(["check", "--format", "json", file]);
    let told: Value = serde_json::from_str(&checked.out).expect("JSON");
    serde_json::from_value(told[0]["variants"].clone()).expect("names")
}

/// The report in full.
pub(crate) fn report(played: &Played) -> String {
    String::from_utf8(read(&played.dir, "report.md")).expect("text")
}

/// Where the breaks are that have a place: the first message, the way it took and the moment, of scenario and variant.
const WHERE: [(&str, &str, &str); 8] = [
    ("dlp-outage", "bypass", "quote.50 by lite at 722 s"),
    ("dlp-outage", "fails-open", "quote.1205 by gateway at 602 s"),
    ("hybrid-gateway", "audit-loses", "missing of work-order.597 by mainland at 597 s"),
    ("hybrid-gateway", "gateway-misroutes", "quote.1200 by gateway to mainland in shenzhen at 600 s, steady"),
    ("jurisdiction-dispute", "by-singapore", "request.130 to lite in singapore at 9120 s, flush"),
    ("jurisdiction-dispute", "returns-too-early", "ticket.268 by tool to lite in singapore at 96480 s, failback"),
    ("jurisdiction-dispute", "tool-knows-lite", "ticket.22 by tool to lite in singapore at 7920 s, steady"),
    ("two-track", "plant-moves", "work-order.600 to lite in singapore at 904 s, flush"),
];

/// The first thing of each kind that a summary names with its place.
fn places(summary: &Value) -> Vec<String> {
    let list = |what: &str| summary[what].as_array().cloned().unwrap_or_default();
    let word = |of: &Value, key: &str| of[key].as_str().unwrap_or_default().to_owned();
    let at = |of: &Value| number(&of["at_s"]).floor();
    let crossed = |first: &Value| {
        let via = first["via"].as_str().map_or_else(String::new, |via| format!(" by {via}"));
        let [message, endpoint, region, when] = ["message", "endpoint", "region", "when"].map(|key| word(first, key));
        format!("{message}{via} to {endpoint} in {region} at {} s, {when}", at(first))
    };
    let boundaries = list("boundaries");
    let crossings = boundaries.iter().filter_map(|boundary| boundary["first"].get(0)).map(crossed);
    let leaked = |leak: &Value| format!("{} by {} at {} s", word(leak, "message"), word(leak, "route"), at(leak));
    let audits = list("audits");
    let entry = |first: &Value| {
        format!(
            "{} of {} by {} at {} s",
            word(first, "what"),
            word(first, "message"),
            word(first, "endpoint"),
            at(first)
        )
    };
    let entries = audits.iter().filter_map(|audit| audit["first"].get(0)).map(entry);
    crossings.chain(list("leaks").first().map(leaked)).chain(entries).collect()
}

/// Plays it in full and in every variant, all in virtual time, and the short one over sockets as well. The variants named here break it by
/// exactly these targets, and no other variant does.
#[track_caller]
fn does_what_it_says(name: &str, breaking: &[(&str, &[&str])]) -> Shipped {
    let (place, file) = (Place::new(), scenario(name));
    let mut breaking: BTreeMap<_, _> = breaking.iter().copied().collect();
    let mut played = BTreeMap::new();
    for variant in variants(&file) {
        let one = play(&place, "rehearse", &file, &["--variant", &variant, "--quiet"]);
        fails_by(&one, breaking.remove(&*variant).unwrap_or_default());
        let at = WHERE.iter().find(|(of, by, _)| (*of, *by) == (name, &*variant));
        if let Some((.., at)) = at {
            assert_eq!(places(&one.summary()), [*at], "{variant}: {}", one.told());
        }
        played.insert(variant, one);
    }
    assert_eq!(breaking, BTreeMap::new(), "no such variants");
    fails_by(&play(&Place::new(), "run", &file, &["--variant", "short", "--quiet"]), &[]);
    let whole = play(&place, "rehearse", &file, &["--quiet"]);
    fails_by(&whole, &[]);
    Shipped { whole: whole.summary(), variants: played, _place: place }
}

#[test]
fn a_fence_that_notices_a_vpn() {
    let breaking: [(&str, &[&str]); 2] =
        [("nobody-decides", &["rto", "all-invited"]), ("chat-too", &["orders-untouched"])];
    does_what_it_says("geo-fence-vpn", &breaking);
}

/// What an ERP books twice, or sets back, is found by the target that says so; and what is never tried again is missing.
#[test]
fn webhooks_that_take_effect_once() {
    let breaking: [(&str, &[&str]); 3] =
        [("no-keys", &["once"]), ("as-they-come", &["never-set-back"]), ("no-retry", &["all-arrived"])];
    let summary = does_what_it_says("effectively-once", &breaking).whole;
    let book = &summary["books"][0];
    let [entries, applied, repeated, superseded] =
        ["entries", "applied", "repeated", "superseded"].map(|what| book[what].as_u64().expect("a count"));
    assert_eq!(entries, applied + repeated + superseded, "{book}");
    // A fifth of 3,000 answers was lost and as many requests came twice; ten a second for 40 minutes were booked or overtaken.
    assert!((1_000..1_500).contains(&repeated) && applied + superseded == 24_000, "{book}");
}

/// Frames of a service that nobody here knows: where it does not answer, what broke off with a socket is nobody's.
#[test]
fn an_order_feed_whose_sockets_are_dropped() {
    let breaking: [(&str, &[&str]); 2] =
        [("no-answers", &["rto", "promises-kept", "all-arrived"]), ("nobody-decides", &["rto", "all-arrived"])];
    let summary = does_what_it_says("order-feed", &breaking).whole;
    // Half a minute until the alarm, and ten minutes until the switch.
    let recovery = &summary["recovery"][0];
    assert!((600.0..700.0).contains(&number(&recovery["hi_s"])), "{recovery}");
}

/// Where the later version alone stays, changes are gone that were acknowledged; where stores tell each other seldom, people read old figures.
#[test]
fn two_sides_that_change_the_same_statements() {
    let breaking: [(&str, &[&str]); 2] = [("last-writer-wins", &["nothing-unseen"]), ("late-sync", &["up-to-date"])];
    let summary = does_what_it_says("version-confusion", &breaking).whole;
    let documents = summary["documents"].as_array().expect("documents");
    let sum = |what: &str| documents.iter().map(|one| one[what].as_u64().expect("a count")).sum::<u64>();
    // Two a minute at each side, for forty minutes: 160 on average, and one drill in a thousand is off by more than 42.
    assert!((118..=202).contains(&(sum("edits") + sum("refused"))), "{documents:?}");
    // Both sides went on while the line was cut, so that every document has a conflicting copy at least.
    assert!(sum("copies") >= 3 && sum("lost_updates") == 0, "{documents:?}");
}

/// Two faults and two slow decisions, one after the other; the second costs as much as the first.
#[test]
fn a_friday_evening() {
    let breaking: [(&str, &[&str]); 2] = [("nobody-on-call", &["rto"]), ("fenced-in", &["rto", "all-arrived"])];
    let played = does_what_it_says("friday-evening", &breaking);
    // Twice forty minutes, and what noticing and sending again takes.
    let recovery = &played.whole["recovery"][0];
    assert!((4_800.0..5_400.0).contains(&number(&recovery["hi_s"])), "{recovery}");
    let recovery = &played.variant("freeze-alone").summary()["recovery"][0];
    assert!((2_400.0..3_000.0).contains(&number(&recovery["hi_s"])), "{recovery}");
}

/// Where data may not come is told apart by the course of things: as usual, after the failover, out of outboxes and after the return.
#[test]
fn a_dispute_about_jurisdiction() {
    let breaking: [(&str, &[&str]); 4] = [
        ("by-singapore", &["rto", "apart-after-failover", "apart-from-outboxes"]),
        ("nobody-decides", &["rto", "all-arrived"]),
        ("tool-knows-lite", &["apart-as-usual"]),
        ("returns-too-early", &["apart-after-return"]),
    ];
    let summary = does_what_it_says("jurisdiction-dispute", &breaking).whole;
    let boundary = &summary["boundaries"][0];
    let violations = boundary["violations"].as_object().expect("counts");
    assert!(violations.len() == 4 && violations.values().all(|count| count == 0), "{boundary}");
    // Each of the four is a pass for what was carried, and not for want of it.
    let targets = summary["targets"].as_array().expect("targets");
    let apart = targets.iter().filter(|target| target["id"].as_str().is_some_and(|id| id.starts_with("apart-")));
    assert_eq!(apart.filter(|target| target["n"].as_u64() > Some(0)).count(), 4, "{targets:#?}");
}

#[test]
fn a_stall_in_the_firewall() {
    does_what_it_says("seed-stall", &[("nobody-switches", &["beats-the-stall"])]);
}

/// That the gateway sends elsewhere is found by nothing but the boundary: everything arrives, and in time.
#[test]
fn a_gateway_before_everything() {
    let breaking: [(&str, &[&str]); 3] =
        [("gateway-misroutes", &["apart"]), ("audit-loses", &["audited"]), ("no-fallback", &["rto", "all-arrived"])];
    let summary = does_what_it_says("hybrid-gateway", &breaking).whole;
    // The auditor was cut off for ten minutes, and has all of it.
    let audit = &summary["audits"][0];
    assert!(audit["acts"].as_u64() > Some(3_000) && audit["told"] == audit["acts"], "{audit}");
    assert!(audit["lag_ms"]["max"].as_f64().is_some_and(|max| max > 500_000.0), "{audit}");
    // Each quote that was sent on by the gateway touched it and an endpoint beyond it.
    let flows = summary["flows"].as_array().expect("flows");
    let by_gateway = flows.iter().filter(|flow| flow["via"] == "gateway" && flow["journey"] == "quote");
    let mut beyond: Vec<&str> = by_gateway.filter_map(|flow| flow["endpoint"].as_str()).collect();
    beyond.sort_unstable();
    beyond.dedup();
    assert_eq!(beyond, ["lite", "teams"]);
}

/// What the inspection rightly blocks is no outage; what leaves uninspected, or past it, is found by what leaked.
#[test]
fn an_inspection_that_goes_down() {
    let breaking: [(&str, &[&str]); 3] = [("fails-open", &["sealed"]), ("bypass", &["sealed"]), ("slow", &["quick"])];
    let summary = does_what_it_says("dlp-outage", &breaking).whole;
    // Each gateway asked its own, and whatever had something in it was found.
    let asked = summary["inspections"].as_array().expect("gateways");
    let by = |index: usize| [&asked[index]["gateway"], &asked[index]["dlp"]].map(|name| name.as_str().expect("a name"));
    assert_eq!((asked.len(), by(0), by(1)), (2, ["gateway", "guard"], ["reserve", "second-guard"]));
    assert!(
        asked.iter().all(|one| one["detection"] == 1.0 && one["false_positives"] == 0.0 && one["uninspected"] == 0)
    );
    // While nobody decided: five failures to notice it, two minutes, and what was due meanwhile.
    let refused = number(&asked[0]["plain"]["failed_closed"]) + number(&asked[0]["look_alikes"]["failed_closed"]);
    assert!((230.0..260.0).contains(&refused), "{refused}");
    let quote = &summary["journeys"][0];
    assert_eq!(quote["blame"]["system"], 0, "{quote}");
    assert!(number(&quote["blocked"]) > 50.0, "{quote}");
}

/// What is missing on Lite is told, though nothing that must hold breaks.
#[test]
fn a_move_to_lite() {
    let breaking: [(&str, &[&str]); 2] =
        [("approvals-must", &["approvals-go-on", "invoices-go-on"]), ("as-claimed", &["api-kept", "common-kept"])];
    let played = does_what_it_says("lite-migration", &breaking);
    let targets = played.whole["targets"].as_array().expect("targets");
    let should: Vec<_> = targets.iter().filter(|target| target["level"] == "should").collect();
    assert_eq!(should.len(), 4);
    assert!(should.iter().all(|target| target["verdict"] == "fail"), "{targets:#?}");
    // Approvals were down already when Lite turned them away.
    let report = report(played.variant("short"));
    assert!(report.contains("70 requests refused; no further outage of approval."), "{report}");
}

/// What crosses a boundary is found by the targets that say so, each message with its way and its moment.
#[test]
fn two_tracks_that_are_kept_apart() {
    let because: &[&str] = &["rto", "apart-after-failover", "apart-from-outboxes"];
    let breaking = [("back-to-mainland", because), ("plant-moves", because)];
    let played = does_what_it_says("two-track", &breaking);
    for boundary in played.whole["boundaries"].as_array().expect("boundaries") {
        let violations = boundary["violations"].as_object().expect("counts");
        assert!(violations.len() == 4 && violations.values().all(|count| count == 0), "{boundary}");
        assert!(boundary["carried"].as_u64() > Some(1_000) && boundary["first"] == serde_json::json!([]), "{boundary}");
    }

    let played = played.variant("back-to-mainland");
    let summary = played.summary();
    let boundary = &summary["boundaries"][0];
    assert_eq!(boundary["id"], "customers-at-home");
    // Two a second from the freeze on for fifty minutes, of which the first five waited in outboxes.
    let (failover, flush) = (&boundary["violations"]["failover"], &boundary["violations"]["flush"]);
    assert_eq!(failover.as_u64().zip(flush.as_u64()).map(|(failover, flush)| failover + flush), Some(6_000));
    assert!((600..=620).contains(&flush.as_u64().expect("a count")), "{boundary}");
    assert_eq!(boundary["violations"]["steady"], 0);
    assert_eq!(summary["deliveries"]["wrong_side"], 6_000);
    // The first of them is the first that failed, on its second attempt, by a connection that led to Shenzhen.
    let first = &boundary["first"][0];
    let told = ["message", "attempt", "endpoint", "region", "when", "class"].map(|key| first[key].clone());
    assert_eq!(
        told.map(|value| value.to_string()).join(" "),
        r#""quote.1200" 2 "mainland" "shenzhen" "flush" "customers""#
    );
    let report = report(played);
    for text in ["✘ crossed 6,000 times", "quote.1200", "Alibaba Cloud in mainland China", "planned, and not used"] {
        assert!(report.contains(text), "{text} is not in {report}");
    }
}

/// What nobody can take away is a finding, with the way that stays open.
#[test]
fn who_leaves_and_what_stays_open() {
    let breaking: [(&str, &[&str]); 5] = [
        ("tokens-live-on", &["chats-stop"]),
        ("directory-is-slow", &["chats-stop"]),
        ("webhooks-must", &["webhooks-stop"]),
        ("orders-at-once", &["orders-stop-soon"]),
        ("idp-down", &["others-order"]),
    ];
    let summary = does_what_it_says("sso-revocation", &breaking).whole;
    let way = |journey: &str| {
        let ways = summary["revoked"].as_array().expect("ways");
        ways.iter().find(|way| way["journey"] == journey).expect("a way").clone()
    };
    // The platform hears of it after ten minutes; chats are five seconds apart, and those of either ten.
    let chats = way("last-words");
    let (lo, hi) = (number(&chats["lo_s"]), number(&chats["hi_s"]));
    assert!((594.9..=600.0).contains(&lo) && (600.0..=605.1).contains(&hi), "{chats}");
    assert_eq!((&chats["accounts"], &chats["unheard"], &chats["open"]), (&2.into(), &0.into(), &0.into()), "{chats}");
    // The last that was taken, and the first of the same account that was refused.
    let (last, first) = (&chats["last_taken"], &chats["first_refused"]);
    assert_eq!((last["at_s"].as_f64(), &last["account"]), (Some(600.0 + lo), &first["account"]), "{chats}");
    // Tokens of an hour, which both got with their first messages within ten seconds of the beginning; the fault begins after ten minutes.
    let orders = way("last-orders");
    let (lo, hi) = (number(&orders["lo_s"]), number(&orders["hi_s"]));
    assert!(lo >= 2_990.0 && hi <= 3_020.0 && orders["taken"].as_u64() > Some(500), "{orders}");
    let robot = way("robot");
    assert!(robot["hi_s"].is_null() && robot["refused"] == 0 && robot["taken"].as_u64() > Some(500), "{robot}");
    let findings = summary["findings"].as_array().expect("findings");
    let open: Vec<_> = findings.iter().filter(|finding| finding["kind"] == "never_revoked").collect();
    assert_eq!((open.len(), &open[0]["journey"]), (1, &"robot".into()), "{findings:#?}");
}

/// Three days, in which nobody asks all the time whether they are over.
#[test]
fn a_freeze_of_three_days() {
    let breaking: [(&str, &[&str]); 1] = [("nobody-decides", &["rto", "all-arrived"])];
    let played = does_what_it_says("tenant-freeze-72h", &breaking);
    let phases = played.variant("read-status").summary()["journeys"][0]["phases"].clone();
    let baseline = phases.as_array().expect("phases").iter().find(|of| of["phase"] == "baseline").expect("a baseline");
    // The message's way there and back, half a minute, and the question's way there and back: 10 ms each on average.
    let p50 = number(&baseline["latency_ms"]["p50"]);
    assert!((30_000.0..30_100.0).contains(&p50), "{p50}");
    let hits = played.whole["injects"][0]["hits"].as_u64().expect("a count");
    // Four receivers, each once a minute for 72 hours, are 17,280. Before their waits have grown to a minute, by an eighth of all the
    // time so far with each, they ask some fifty times more; and a few orders are refused before they go another way.
    assert!((10_000..18_000).contains(&hits), "{hits}");
}
