//! Drills through a gateway, in both worlds: it sends on in its users' names, and what happens to it on the way onward is told as if it had
//! happened to the message.

use serde_json::Value;

use crate::common::{Place, number, records};

in_both!(
    messages_go_by_the_rules_and_are_received_where_they_lead,
    a_freeze_beyond_the_gateway_is_to_blame_for_what_it_sent_on,
    a_gateway_that_sends_elsewhere_is_caught,
);

/// 10/s of each journey for 6 s, of which the third and fourth are the fault.
const DRILL: &str = "
firedrill: 1
name: gateway
regions: { hk: {}, shenzhen: {}, singapore: {} }
links: { hk-shenzhen: { latency: 5ms }, hk-singapore: { latency: 5ms } }
endpoints:
  gateway:
    kind: gateway
    region: hk
    timeout: 400ms
    breaker: { failures: 1000 }
    rules: [RULES]
  lite: { kind: dingtalk, edition: lite, region: singapore, limits: off }
  mainland: { kind: dingtalk, edition: mainland, region: shenzhen, limits: off }
groups: { sales: { count: 2, region: hk }, plant: { count: 2, region: hk } }
journeys:
  quote: { from: sales, to: sales, class: customers, rate: 10/s, deadline: 2s, routes: [gateway] }
  batch: { from: plant, to: plant, class: batches, rate: 10/s, deadline: 2s, routes: [gateway] }
phases: { baseline: 2s, fault: 2s, recovery: 2s }
injects: { trouble: { during: fault, FAULT } }
boundaries: { at-home: { class: customers, never: [shenzhen] } }
grace: 5s
targets:
  apart: { expr: \"boundary_violations == 0\", level: must }
  arrived: \"undelivered == 0\"
";

const APART: &str = "{ class: customers, to: [lite] }, { group: plant, to: [mainland] }";

struct Told {
    code: Option<i32>,
    summary: Value,
    lines: Vec<Value>,
    words: String,
}

fn play(world: &str, rules: &str, fault: &str) -> Told {
    let place = Place::new();
    let file = place.file("gateway.yaml", &DRILL.replace("RULES", rules).replace("FAULT", fault));
    let played = crate::play(&place, world, &file, &["--quiet"]);
    Told { code: played.code, summary: played.summary(), lines: records(&played.dir), words: played.told() }
}

impl Told {
    fn of(&self, record: &str) -> impl Iterator<Item = &Value> {
        self.lines.iter().filter(move |line| line["record"] == record)
    }

    /// The endpoints that a journey's messages were sent on to, each once.
    fn sent_on(&self, journey: &str) -> Vec<&str> {
        let mine =
            self.of("onward").filter(|line| line["message"].as_str().is_some_and(|name| name.starts_with(journey)));
        let mut to: Vec<&str> = mine.filter_map(|line| line["endpoint"].as_str()).collect();
        to.sort_unstable();
        to.dedup();
        to
    }

    fn journey(&self, name: &str) -> &Value {
        let all = self.summary["journeys"].as_array().expect("journeys");
        all.iter().find(|journey| journey["id"] == name).expect("a journey")
    }
}

mod cases {
    use super::*;

    pub(super) fn messages_go_by_the_rules_and_are_received_where_they_lead(world: &str) {
        let told = play(world, APART, "latency: { endpoint: lite, constant: 50ms }");
        assert_eq!(told.code, Some(0), "{}", told.words);
        assert_eq!((told.sent_on("quote"), told.sent_on("batch")), (vec!["lite"], vec!["mainland"]));
        let deliveries = &told.summary["deliveries"];
        assert_eq!((&deliveries["delivered"], &deliveries["duplicated"]), (&120.into(), &0.into()), "{}", told.words);
        // Each leg is joined with the connection that the gateway made, from its region to where that led.
        let hops: Vec<&Value> = told.of("hop").collect();
        for leg in told.of("onward") {
            let hop = hops.iter().find(|hop| hop["connection"] == leg["connection"]).expect("a hop");
            assert_eq!((&hop["endpoint"], &hop["from"]), (&leg["endpoint"], &"hk".into()));
            assert_eq!((&leg["ending"], &leg["gateway"]), (&"acknowledged".into(), &"gateway".into()));
        }
        // What is received came by the route that was sent by.
        assert!(told.of("receipt").all(|receipt| receipt["route"] == "gateway"));
        // The latency is on the way onward: a hit there concerns the message.
        let hit = &told.summary["injects"][0];
        assert!(number(&hit["message_hits"]) >= 20.0, "{hit}");
    }

    pub(super) fn a_freeze_beyond_the_gateway_is_to_blame_for_what_it_sent_on(world: &str) {
        let told = play(world, APART, "account_freeze: { endpoint: lite, group: sales, mode: send-only }");
        assert_eq!(told.code, Some(0), "{}", told.words);
        let refused = told.of("onward").filter(|line| line["ending"] == "refused").count();
        // 10/s for 2 s, one more or less at either end.
        assert!((18..=22).contains(&refused), "{refused}: {}", told.words);
        let quote = told.journey("quote");
        assert_eq!((&quote["blame"]["system"], &quote["blame"]["injected"]), (&Value::from(0), &Value::from(refused)));
        assert_eq!(told.journey("batch")["good"], told.journey("batch")["valid"], "{}", told.words);
        // The gateway says so: nobody has the message.
        let said = told.of("attempt").filter(|line| line["code"] == "refused" && line["status"] == 503).count();
        assert_eq!(said, refused, "{}", told.words);
    }

    pub(super) fn a_gateway_that_sends_elsewhere_is_caught(world: &str) {
        let rules = "{ class: customers, to: [lite, mainland] }, { to: [mainland] }";
        let told = play(world, rules, "account_freeze: { endpoint: lite, group: sales, mode: send-only }");
        assert_eq!(told.code, Some(1), "{}", told.words);
        let crossing = &told.summary["boundaries"][0]["first"][0];
        let way = ["endpoint", "region", "via", "when"].map(|key| crossing[key].as_str().unwrap_or_default());
        assert_eq!(way, ["mainland", "shenzhen", "gateway", "steady"], "{crossing}");
        assert!(told.words.contains("by gateway, connection "), "{}", told.words);
        // All of them arrived, and those that crossed are not good, whose plan says that they go to Lite.
        assert_eq!(told.summary["deliveries"]["delivered"], 120, "{}", told.words);
        let wrong = told.summary["deliveries"]["wrong_side"].as_u64().expect("a count");
        assert!((18..=22).contains(&wrong), "{wrong}: {}", told.words);
        assert_eq!(told.journey("quote")["good"], 60 - wrong, "{}", told.words);
    }
}
