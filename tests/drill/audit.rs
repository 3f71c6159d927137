//! Audit trails of gateways, in both worlds: an auditor reads what the gateway did, and the report tells what he did not find there.

use serde_json::Value;

use crate::common::{Place, number, records};

in_both!(every_message_that_was_sent_on_is_told_of,);

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
}
