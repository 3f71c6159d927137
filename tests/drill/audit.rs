//! Audit trails of gateways, in both worlds: an auditor reads what the gateway did, and the report tells what he did not find there.

use serde_json::Value;

use crate::common::{Place, number, records, say};

in_both!(
    every_message_that_was_sent_on_is_told_of,
    an_auditor_who_is_cut_off_hears_later_and_misses_nothing,
    a_trail_that_forgets_before_the_auditor_comes_is_caught,
    what_a_gateway_refuses_is_told_as_well,
);

#[test]
fn a_plan_says_who_reads_what_a_gateway_did() {
    let place = Place::new();
    let drill = DRILL.replace("AUDIT", "{ every: 500ms, from: london }").replace("FAULT", CUT_OFF);
    let told = say(["plan", &place.file("audit.yaml", &drill)]);
    assert!(told.out.contains("an auditor in london reads the trail of gateway every 500ms"), "{}", told.told());
}

/// 10/s for 6 s, of which the third and fourth are the fault.
const DRILL: &str = "
firedrill: 1
name: audit
regions: { hk: {}, singapore: {}, london: {} }
links: { hk-singapore: { latency: 5ms }, hk-london: { latency: 20ms } }
endpoints:
  gateway:
    kind: gateway
    region: hk
    timeout: 400ms
    breaker: { failures: 1000 }
    rules: [{ to: [lite, teams] }]
    audit: AUDIT
  lite: { kind: dingtalk, edition: lite, region: singapore, limits: off }
  teams: { kind: teams, region: hk, limits: off }
groups: { sales: { count: 2, region: hk } }
journeys:
  quote: { from: sales, to: sales, class: customers, rate: 10/s, deadline: 2s, routes: [gateway] }
phases: { baseline: 2s, fault: 2s, recovery: 2s }
injects: { trouble: { during: fault, FAULT } }
grace: 5s
targets:
  audited: { expr: \"audit_missing == 0\", level: must }
  honest: { expr: \"audit_wrong{route=gateway} == 0\", level: must }
  soon: { expr: \"max(audit_lag) <= 6s\", level: must }
";

/// Between the auditor and the gateway nothing passes.
const CUT_OFF: &str = "partition: { link: hk-london, direction: both }";

struct Told {
    code: Option<i32>,
    summary: Value,
    lines: Vec<Value>,
    words: String,
}

fn play(world: &str, audit: &str, fault: &str) -> Told {
    let place = Place::new();
    let file = place.file("audit.yaml", &DRILL.replace("AUDIT", audit).replace("FAULT", fault));
    let played = crate::play(&place, world, &file, &["--quiet"]);
    Told { code: played.code, summary: played.summary(), lines: records(&played.dir), words: played.told() }
}

impl Told {
    fn of(&self, record: &str) -> Vec<&Value> {
        self.lines.iter().filter(|line| line["record"] == record).collect()
    }

    fn audit(&self) -> &Value {
        &self.summary["audits"][0]
    }
}

mod cases {
    use super::*;

    pub(super) fn every_message_that_was_sent_on_is_told_of(world: &str) {
        let freeze = "account_freeze: { endpoint: lite, group: sales, mode: send-only }";
        let told = play(world, "{ every: 500ms, from: london }", freeze);
        assert_eq!(told.code, Some(0), "{}", told.words);
        // Each message goes to Lite, and those of the fault to Teams as well: 10/s for 2 s, one more or less at either end.
        let (audit, legs) = (told.audit(), told.of("onward").len() as u64);
        assert!((78..=82).contains(&legs), "{legs}: {}", told.words);
        let counts = ["acts", "entries", "told", "missing", "open", "wrong"].map(|key| audit[key].as_u64());
        assert_eq!(counts, [legs, legs, legs, 0, 0, 0].map(Some), "{audit}");
        // Every entry came on a connection of the auditor's own, from his region, and after it had happened.
        let (hops, legs) = (told.of("hop"), told.of("onward"));
        for entry in told.of("audited") {
            let hop = hops.iter().find(|hop| hop["connection"] == entry["connection"]).expect("a hop");
            assert_eq!((&hop["endpoint"], &hop["from"]), (&"gateway".into(), &"london".into()));
            let same = |leg: &&&Value| leg["message"] == entry["message"] && leg["endpoint"] == entry["endpoint"];
            let leg = legs.iter().find(same).expect("a try");
            assert_eq!((&entry["act"], &entry["word"]), (&"sent_on".into(), &leg["ending"]));
            assert!(number(&entry["at_s"]) >= number(&leg["done_s"]), "{entry} {leg}");
        }
        // The time between two questions, and the way: nobody hears of anything sooner than by the link, and somebody waited.
        let lag = &audit["lag_ms"];
        assert!(number(&lag["max"]) >= 20.0 && number(&lag["p50"]) >= 20.0, "{lag}");
        assert_eq!(lag["n"], audit["acts"]);
    }

    pub(super) fn an_auditor_who_is_cut_off_hears_later_and_misses_nothing(world: &str) {
        let told = play(world, "{ every: 200ms, from: london }", CUT_OFF);
        assert_eq!(told.code, Some(0), "{}", told.words);
        let audit = told.audit();
        assert_eq!((&audit["missing"], &audit["wrong"]), (&0.into(), &0.into()), "{audit}");
        // Nothing came between 2 s, or what was under way then, and 4 s; what happened in the first tenths of it waited nearly all of it.
        let lag = number(&audit["lag_ms"]["max"]);
        assert!(lag >= 1_500.0, "{lag}: {}", told.words);
        let inject = &told.summary["injects"][0];
        assert!(number(&inject["audit_hits"]) >= 1.0 && inject["message_hits"] == 0, "{inject}");
    }

    pub(super) fn a_trail_that_forgets_before_the_auditor_comes_is_caught(world: &str) {
        let told = play(world, "{ every: 200ms, from: london, keeps: 6 }", CUT_OFF);
        assert_eq!(told.code, Some(1), "{}", told.words);
        let (audit, verdicts) = (told.audit(), told.summary["targets"].as_array().expect("targets"));
        // 20 messages while nobody asks, of which the last 6 are kept. What is asked for just before the cut, and just after, is as much as
        // comes in a few tenths of a second.
        let missing = audit["missing"].as_u64().expect("a count");
        assert!((8..=18).contains(&missing), "{missing}: {}", told.words);
        let broken: Vec<_> = verdicts.iter().filter(|one| one["verdict"] == "fail").map(|one| &one["id"]).collect();
        // How late what never came is nobody knows, but that it is later than all else.
        assert_eq!(broken, ["audited"], "{}", told.words);
        // Each of them is named by message, way and moment: it was sent on then, and no entry tells of it.
        let (entries, legs) = (told.of("audited"), told.of("onward"));
        for one in audit["first"].as_array().expect("a list") {
            assert_eq!((&one["what"], &one["endpoint"]), (&"missing".into(), &"lite".into()));
            assert!(entries.iter().all(|entry| entry["message"] != one["message"]), "{one}");
            let leg = legs.iter().find(|leg| leg["message"] == one["message"]).expect("a try");
            assert!((number(&leg["done_s"]) - number(&one["at_s"])).abs() < 1e-3, "{leg} {one}");
            assert!((1.5..4.5).contains(&number(&one["at_s"])), "{one}");
        }
        assert!(told.words.contains("gateway → lite") && told.words.contains("no entry tells of it"), "{}", told.words);
    }

    pub(super) fn what_a_gateway_refuses_is_told_as_well(world: &str) {
        let cut = "status: { endpoint: [lite, teams], code: 503 }";
        let told = play(world, "{ every: 200ms }", cut);
        let refused: Vec<_> = told.of("audited").into_iter().filter(|entry| entry["act"] == "refused").collect();
        // 10/s for 2 s, one more or less at either end; each was tried at both, and nobody took it.
        assert!((18..=22).contains(&refused.len()), "{}: {}", refused.len(), told.words);
        assert!(refused.iter().all(|entry| entry["word"] == "refused" && entry["endpoint"].is_null()));
        let mine = |entry: &&&Value| entry["message"] == refused[0]["message"];
        let acts: Vec<_> = told.of("audited").iter().filter(mine).map(|entry| entry["word"].clone()).collect();
        assert_eq!(acts, ["refused"; 3], "{}", told.words);
        assert_eq!((&told.audit()["missing"], &told.audit()["wrong"]), (&0.into(), &0.into()));
    }
}
