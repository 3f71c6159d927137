//! What breaks while failing over is found over sockets as well: a variant of each scenario about boundaries, within seconds, breaks by exactly the
//! targets that it names, and the report says where: message, way and moment.

use serde_json::Value;

use crate::common::{Place, Played, number, scenario};
use crate::play;
use crate::shipped::{fails_by, report};

/// Plays a variant that breaks within seconds: so much sooner, and with so many more messages, than it ships.
#[track_caller]
fn breaks(name: &str, variant: &str, because: &[&str], sooner: &[&str]) -> (Place, Played) {
    let place = Place::new();
    let mut more = vec!["--variant", variant, "--quiet", "--set", "grace=2s"];
    more.extend(sooner.iter().flat_map(|set| ["--set", set]));
    let played = play(&place, "run", &scenario(name), &more);
    fails_by(&played, because);
    (place, played)
}

/// The first thing that broke, as the summary names it: a message of this journey, by this way, not before this moment; the report names it too.
#[track_caller]
fn is_named(played: &Played, first: &Value, journey: &str, way: &[(&str, &str)], from: f64) {
    let message = first["message"].as_str().unwrap_or_else(|| panic!("nothing is named: {}", played.told()));
    assert!(message.starts_with(&format!("{journey}.")), "{first}");
    for (key, value) in way {
        assert_eq!(first[key], *value, "{key} of {first}");
    }
    let (at, end) = (number(&first["at_s"]), number(&played.summary()["duration_s"]));
    assert!((from..=end).contains(&at), "{first}");
    assert!(report(played).contains(message), "{message} is not in the report");
}

#[test]
fn customers_data_on_the_other_track() {
    let because = ["rto", "apart-after-failover", "apart-from-outboxes"];
    let (_place, played) = breaks(
        "two-track",
        "back-to-mainland",
        &because,
        &[
            "phases={ warmup: 500ms, baseline: 2s, fault: 3s, recovery: 1s }",
            "endpoints.teams.limits=off",
            "journeys.quote.rate=40/s",
            "journeys.quote.deadline=500ms",
            "journeys.quote.failover.decide=500ms",
            "journeys.quote.failover.resend_rate=200/s",
            "journeys.work-order.rate=10/s",
            "journeys.work-order.deadline=500ms",
            "targets.rto.expr=recovery_time{journey=quote} <= 2s",
        ],
    );
    let first = &played.summary()["boundaries"][0]["first"][0];
    is_named(&played, first, "quote", &[("endpoint", "mainland"), ("region", "shenzhen"), ("when", "flush")], 2.5);
}

#[test]
fn a_gateway_that_sends_elsewhere() {
    let (_place, played) = breaks(
        "hybrid-gateway",
        "gateway-misroutes",
        &["apart"],
        &[
            "phases={ warmup: 500ms, baseline: 2s, lite-frozen: { kind: fault, for: 2s }, gateway-down: { kind: fault, for: 2s }, recovery: 1s }",
            "endpoints.gateway.timeout=500ms",
            "endpoints.gateway.breaker={ failures: 5, pause: 1s }",
            "endpoints.gateway.audit.every=500ms",
            "endpoints.lite.limits=off",
            "endpoints.teams.limits=off",
            "journeys.quote.rate=40/s",
            "journeys.quote.deadline=500ms",
            "journeys.quote.failover.decide=300ms",
            "journeys.quote.failover.resend_rate=100/s",
            "journeys.work-order.rate=20/s",
            "journeys.work-order.deadline=500ms",
            "journeys.work-order.failover.decide=300ms",
            "journeys.work-order.failover.resend_rate=50/s",
            "targets.rto.expr=recovery_time{journey=quote, inject=down} <= 2s",
        ],
    );
    let first = &played.summary()["boundaries"][0]["first"][0];
    let way = [("via", "gateway"), ("endpoint", "mainland"), ("region", "shenzhen"), ("when", "steady")];
    is_named(&played, first, "quote", &way, 2.5);
}

#[test]
fn a_webhook_that_nobody_takes_away() {
    let (_place, played) = breaks(
        "sso-revocation",
        "webhooks-must",
        &["webhooks-stop"],
        &[
            "phases={ warmup: 500ms, baseline: 1500ms, fault: 4s, recovery: 500ms }",
            "endpoints.idp.token_life=2s",
            "endpoints.teams.limits=off",
            "journeys.last-words.rate=10/s",
            "journeys.last-words.deadline=500ms",
            "journeys.last-orders.rate=10/s",
            "journeys.last-orders.deadline=500ms",
            "journeys.robot.rate=1/s",
            "journeys.work.rate=10/s",
            "journeys.work.deadline=500ms",
            "journeys.ordering.rate=10/s",
            "journeys.ordering.deadline=500ms",
            "injects.taken-away.deprovision.after=1s",
            "targets.chats-stop.expr=time_to_revoke{journey=last-words} <= 2s",
            "targets.orders-stop.expr=time_to_revoke{journey=last-orders} <= 3s",
            "targets.orders-stop-soon.expr=time_to_revoke{journey=last-orders} <= 200ms",
            "targets.webhooks-stop.expr=time_to_revoke{journey=robot} <= 2s",
        ],
    );
    let summary = played.summary();
    let ways = summary["revoked"].as_array().expect("ways");
    let robot = ways.iter().find(|way| way["journey"] == "robot").expect("a way");
    assert_eq!((&robot["route"], &robot["first_refused"]), (&"dingtalk".into(), &Value::Null), "{robot}");
    is_named(&played, &robot["last_taken"], "robot", &[], 4.0);
}

#[test]
fn an_inspection_that_is_down_and_lets_everything_through() {
    let (_place, played) = breaks(
        "dlp-outage",
        "fails-open",
        &["sealed"],
        &[
            "phases={ warmup: 500ms, baseline: 2s, guard-down: { kind: fault, for: 3s }, recovery: 1s }",
            "endpoints.lite.limits=off",
            "journeys.quote.rate=40/s",
            "journeys.quote.deadline=500ms",
            "targets.rto.expr=recovery_time{journey=quote, inject=down} <= 2s",
        ],
    );
    is_named(&played, &played.summary()["leaks"][0], "quote", &[("route", "gateway")], 2.5);
}

/// An outage has no first message, but a first moment, and a way on which everything was refused.
#[test]
fn an_evening_on_which_there_is_no_way_left() {
    let (_place, played) = breaks(
        "friday-evening",
        "fenced-in",
        &["rto", "all-arrived"],
        &[
            "groups.buyers.count=20",
            "phases={ warmup: 500ms, afternoon: { kind: baseline, for: 2s }, evening: { kind: fault, for: 4s }, night: { kind: recovery, for: 1s } }",
            "endpoints.teams.limits=off",
            "journeys.order.rate=40/s",
            "journeys.order.deadline=500ms",
            "journeys.order.failover.decide=300ms",
            "journeys.order.failover.resend_rate=200/s",
            "targets.rto.expr=recovery_time{journey=order} <= 2s",
        ],
    );
    let summary = played.summary();
    let outages = summary["journeys"][0]["outages"].as_array().expect("outages");
    assert!(outages.len() == 1 && (2.4..3.0).contains(&number(&outages[0]["start_s"])), "{outages:?}");
    let report = report(&played);
    for text in ["| **order** | Microsoft Teams | refused | 400 AADSTS53003 |", "order under f"] {
        assert!(report.contains(text), "{text} is not in {report}");
    }
}

#[test]
fn a_tool_that_helps_itself() {
    let (_place, played) = breaks(
        "jurisdiction-dispute",
        "tool-knows-lite",
        &["apart-as-usual"],
        &[
            "phases={ warmup: 500ms, baseline: 2s, fault: 3s, recovery: 2s }",
            "endpoints.teams.limits=off",
            "journeys.request.rate=20/s",
            "journeys.request.deadline=500ms",
            "journeys.request.failover.after=300ms",
            "journeys.request.failover.decide=300ms",
            "journeys.request.failover.resend_rate=100/s",
            "journeys.request.failover.back.good_for=500ms",
            "journeys.request.failover.probe.every=100ms",
            "journeys.ticket.rate=20/s",
            "journeys.ticket.deadline=500ms",
            "journeys.ticket.retry={ times: 3, after: 100ms, most: 300ms }",
            "journeys.ticket.failover.decide=300ms",
            "journeys.ticket.failover.resend_rate=50/s",
            "journeys.ticket.failover.back.good_for=500ms",
            "journeys.ticket.failover.probe.every=100ms",
            "targets.rto.expr=recovery_time{journey=request} <= 2s",
        ],
    );
    let first = &played.summary()["boundaries"][0]["first"][0];
    let way = [("via", "tool"), ("endpoint", "lite"), ("region", "singapore"), ("when", "steady")];
    is_named(&played, first, "ticket", &way, 2.5);
}
