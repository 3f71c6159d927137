//! A control arm beside an inject: nobody of it is hit, it stays on its route, and what befalls the others does not befall it.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::common::number;
use crate::{Drill, REHEARSAL, SOCKETS, count, list, play};

/// Twenty senders and eight recipients, a quarter of them control accounts: the last five and the last two.
fn scenario(rate: u32, inject: &str) -> String {
    format!(
        "firedrill: 1
name: control
regions: {{ hk: {{}}, shenzhen: {{}} }}
links: {{ hk-shenzhen: {{ latency: 5ms }} }}
endpoints:
  dingtalk: {{ kind: dingtalk, edition: mainland, region: shenzhen, limits: off }}
  teams: {{ kind: teams, region: shenzhen, limits: off }}
groups:
  office: {{ count: 20, region: hk, control: 25% }}
  factory: {{ count: 8, region: shenzhen, control: 25% }}
journeys:
  order:
    from: office
    to: factory
    send: chat
    rate: {rate}/s
    deadline: 1s
    routes: [dingtalk, teams]
    failover: {{ by: journey, after: {{ failures: 5 }}, decide: 1s, resend: none }}
phases: {{ baseline: 2s, fault: 4s, recovery: 2s }}
injects:
  trouble: {{ during: fault, {inject} }}
grace: 3s
targets:
  lossless: {{ expr: \"lost == 0\", level: must }}
"
    )
}

/// Everything that is sent to the platform is refused, whoever sends it.
const REFUSED: &str = "status: { endpoint: dingtalk, code: 503 }";

fn journey<'d>(drill: &'d Drill, id: &str) -> &'d Value {
    let named = list(&drill.summary["journeys"]).iter().find(|journey| journey["id"] == id);
    named.unwrap_or_else(|| panic!("no journey {id}: {}", drill.summary["journeys"]))
}

fn is_control(account: &str) -> bool {
    let (group, number) = account.rsplit_once('-').expect("a group and a number");
    number.parse::<u32>().expect("a number") > if group == "office" { 15 } else { 6 }
}

/// The arms share the rate as they share the accounts; the control arm is whole, on the first route, and no hit concerns it.
fn spares_the_control_arm(drill: &Drill, rate: u64) {
    let (order, control) = (journey(drill, "order"), journey(drill, "order-control"));
    assert_eq!(count(&order["messages"]["intended"]), rate * 8 * 3 / 4);
    assert_eq!(count(&control["messages"]["intended"]), rate * 8 / 4);
    assert_eq!((count(&control["valid"]), count(&control["good"])), (rate * 2, rate * 2), "{control}");
    let mut seen = BTreeSet::new();
    for record in drill.records(&["message", "hit", "attempt"]) {
        let account = record["account"].as_str().unwrap_or_default();
        let message = record["message"].as_str().unwrap_or_default();
        match record["record"].as_str() {
            Some("hit") => assert!(!is_control(account), "{record}"),
            Some("message") => {
                let to = record["recipients"][0].as_str().expect("a recipient");
                // Both at either end, or neither.
                assert_eq!(is_control(account), is_control(to), "{record}");
                if is_control(account) {
                    seen.insert(message.to_owned());
                }
            }
            _ if seen.contains(message) => assert_eq!(record["route"], "dingtalk", "{record}"),
            _ => {}
        }
    }
    assert_eq!(seen.len() as u64, rate * 2);
    assert!(drill.hits() > 0);
}

#[test]
fn nobody_of_it_is_hit_in_a_rehearsal() {
    let drill = play(REHEARSAL, &scenario(40, REFUSED), 1).ended(0);
    spares_the_control_arm(&drill, 40);
    // The others are down from the beginning, as if there were nobody else: five failures, of which one comes in 33 ms, a second to decide,
    // and all is well on the second route. Good messages of the control arm in between would have kept five in a row from being reached.
    let order = journey(&drill, "order");
    let outages = list(&order["outages"]);
    assert_eq!(outages.len(), 1, "{order}");
    assert!((1.0 + 4.0 / 30.0..1.0 + 7.0 / 30.0).contains(&number(&outages[0]["hi_s"])), "{}", outages[0]);
    assert!(count(&order["routes"][1]["good"]) > 0, "{order}");
    assert_eq!(journey(&drill, "order-control")["outages"], Value::Array(Vec::new()));
}

#[test]
fn nobody_of_it_is_hit_over_sockets() {
    spares_the_control_arm(&play(SOCKETS, &scenario(40, REFUSED), 1).ended(0), 40);
}

/// A figure of both arms in a phase.
fn contrast<'d>(drill: &'d Drill, phase: &str, figure: &str) -> &'d Value {
    let arms = list(&journey(drill, "order")["arms"]).iter().find(|arms| arms["phase"] == phase).expect("the phase");
    list(&arms["figures"]).iter().find(|contrast| contrast["figure"] == figure).expect("the figure")
}

#[test]
fn what_an_inject_adds_is_the_difference_between_the_arms() {
    let slow = "latency: { endpoint: dingtalk, constant: 100ms, direction: to-endpoint }";
    let drill = play(REHEARSAL, &scenario(100, slow), 1).ended(0);
    // A request is late by 100 ms, and nothing else is. The histogram has three digits: a thousandth of 125 ms.
    let median = contrast(&drill, "fault", "p50");
    assert!((number(&median["difference"]) - 100.0).abs() <= 0.125, "{median}");
    assert!(number(&median["low"]) <= 100.125 && number(&median["high"]) >= 99.875, "{median}");
    assert_eq!((&median["shown"], &median["n"]), (&Value::Bool(true), &serde_json::json!([300, 100])));
    // Before it, both arms wait for the same.
    let before = contrast(&drill, "baseline", "p50");
    assert_eq!((&before["shown"], number(&before["difference"]).abs() < 0.01), (&Value::Bool(false), true), "{before}");
}

#[test]
fn an_inject_that_changes_no_figure_shows_no_difference() {
    let twice = "duplicate: { endpoint: dingtalk, capability: receive, direction: from-endpoint }";
    let drill = play(REHEARSAL, &scenario(100, twice), 1).ended(0);
    assert_eq!(
        drill.deliveries("duplicated"),
        300,
        "every message of the other arm comes twice, and none of the control arm"
    );
    for figure in ["availability", "lost", "p50", "p90"] {
        let told = contrast(&drill, "fault", figure);
        assert_eq!(told["shown"], Value::Bool(false), "{told}");
        assert!(number(&told["low"]) <= 0.0 && number(&told["high"]) >= 0.0, "{told}");
    }
}
