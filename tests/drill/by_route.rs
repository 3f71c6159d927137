//! What is promised of one route is judged by what went by it, of the journeys that can.

use serde_json::Value;

use crate::common::turns::Turn;
use crate::common::{Place, Played};

/// Two journeys with these routes and failovers.
fn rehearse(routes: [&str; 2], inject: &str, targets: &str) -> (Played, Value) {
    let [first, second] = routes;
    let text = format!(
        "firedrill: 1
name: by-route
regions: {{ hk: {{}} }}
endpoints:
  lite: {{ kind: dingtalk, edition: lite, region: hk, limits: off }}
  teams: {{ kind: teams, region: hk, limits: off }}
groups: {{ office: {{ count: 3, region: hk }}, factory: {{ count: 3, region: hk }} }}
journeys:
  order: {{ from: office, to: factory, rate: 10/s, deadline: 200ms, {first} }}
  quote: {{ from: office, to: factory, rate: 10/s, deadline: 200ms, {second} }}
phases: {{ baseline: 10s, fault: 10s, recovery: 10s }}
injects: {{ inject: {{ during: fault, {inject} }} }}
targets:
{targets}"
    );
    let _turn = Turn::to("rehearse");
    let place = Place::new();
    let played = place.play("rehearse", &place.file("by-route.yaml", &text), &["--quiet"]);
    let summary = played.summary();
    (played, summary)
}

fn target<'s>(summary: &'s Value, id: &str) -> &'s Value {
    let all = summary["targets"].as_array().expect("targets");
    all.iter().find(|one| one["id"] == id).expect("a target")
}

const APART: [&str; 2] = ["routes: [lite]", "routes: [teams]"];
const DOWN: &str = "status: { endpoint: lite, code: 503 }";
/// Nothing is so slow that anybody leaves Lite.
const SLOW: &str = "latency: { endpoint: lite, constant: 20ms }";

#[test]
fn a_budget_of_a_route_is_not_charged_with_outages_of_those_who_do_not_go_by_it() {
    let targets = "  hour: { expr: \"availability{route=teams} >= 99.9%\", window: { rolling: 1h }, level: must }
  spent: { expr: \"error_budget{slo=hour} <= 50%\", level: must }
  other: { expr: \"availability{route=lite} >= 99.9%\", window: { rolling: 1h } }
";
    let (played, summary) = rehearse(APART, DOWN, targets);
    for kept in ["hour", "spent"] {
        assert_eq!(target(&summary, kept)["verdict"], "pass", "{}", played.told());
    }
    // Ten seconds of the 3.6 that may be lost.
    assert_eq!(target(&summary, "other")["verdict"], "fail", "{}", played.told());
    let budgets = summary["budgets"].as_array().expect("budgets");
    let whose: Vec<_> = budgets.iter().map(|one| (&one["journey"], &one["route"], &one["outages"])).collect();
    let of = |journey: &str, route: &str, outages: u64| {
        budgets.iter().any(|one| {
            (&one["journey"], &one["route"], &one["outages"]) == (&journey.into(), &route.into(), &outages.into())
        })
    };
    assert!(of("quote", "teams", 0) && of("order", "lite", 1), "{whose:?}");
    assert!(budgets.iter().all(|one| (one["journey"] == "quote") == (one["route"] == "teams")), "{whose:?}");
}

#[test]
fn a_budget_of_a_route_that_carried_nothing_is_not_known() {
    let failover = "routes: [lite, teams], failover: { by: journey, decide: 30s, after: { failures: 5 } }";
    let targets = "  spent: { expr: \"error_budget{slo=second} <= 50%\", level: must }
  second: { expr: \"availability{route=teams} >= 99.9%\", window: month, level: should }
";
    let (played, summary) = rehearse([failover, failover], SLOW, targets);
    assert_eq!(played.code, Some(3), "{}", played.told());
    assert_eq!(target(&summary, "spent")["verdict"], "inconclusive", "{}", played.told());
}

#[test]
fn windows_over_a_route_are_of_those_who_go_by_it() {
    let targets = "  window: { expr: \"availability{route=teams} >= 60%\", window: 2s, level: must, confidence: point }
  slow: { expr: \"p50(delivery_latency{route=teams}) <= 200ms\", window: 2s, level: must, confidence: point }
";
    let (played, _) = rehearse(APART, SLOW, targets);
    assert_eq!(played.code, Some(0), "{}", played.told());
}

/// The replies to five orders are lost, so that they are in the outbox when they are received in time; ten seconds later all of it is sent where
/// it may not go.
#[test]
fn a_message_that_crosses_a_boundary_late_was_not_good() {
    let text = "firedrill: 1
name: late
regions: { hk: {} }
endpoints:
  lite: { kind: dingtalk, edition: lite, region: hk, limits: off }
  teams: { kind: teams, region: hk, limits: off }
groups: { office: { count: 3, region: hk }, factory: { count: 3, region: hk } }
journeys:
  order: { from: office, to: factory, class: personal, rate: 10/s, deadline: 200ms, routes: [lite, teams], failover: { by: journey, decide: 200ms, after: { failures: 8 } } }
phases: { baseline: 10s, early: { kind: fault, for: 10s }, late: { kind: fault, for: 10s } }
boundaries: { home: { class: personal, never: [teams] } }
injects:
  lost-replies: { during: early, for: 500ms, drop_reply: { endpoint: lite } }
  down: { during: late, status: { endpoint: lite, code: 503 } }
targets:
  kept: { expr: \"availability >= 100%\", phase: early, level: must }
  crossed: { expr: \"boundary_violations{phase=early} == 0\", level: info }
";
    let _turn = Turn::to("rehearse");
    let place = Place::new();
    let played = place.play("rehearse", &place.file("late.yaml", text), &["--quiet"]);
    let summary = played.summary();
    assert_eq!(target(&summary, "crossed")["observed"], 5.0, "{}", played.told());
    assert_eq!(target(&summary, "kept")["verdict"], "fail", "{}", played.told());
    assert_eq!(target(&summary, "kept")["observed"], 0.95, "{}", played.told());
}
