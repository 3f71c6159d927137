//! Ways in of a drill.

use super::*;
use crate::plan::{Aim, WayKind};
use crate::units::{EndpointId, WayId};

fn with(ways: &str) -> Source {
    small_and(&format!("ways_in:\n  bot: {ways}\n"))
}

#[test]
fn a_way_in_leads_to_twins_and_to_this_machine() {
    let read = plan(&with(
        "{ socks: \"127.0.0.1:0\", allow: [localhost, 127.0.0.0/8], map: { Api.DingTalk.com: teams, b.example:443: \"127.0.0.1:9\" }, limit: 5/s }",
    ));
    let way = &read.ways_in[0];
    assert_eq!((way.way.name.as_str(), way.way.kind, way.way.listen.as_str()), ("bot", WayKind::Socks, "127.0.0.1:0"));
    assert_eq!((way.twins.len(), way.twins[0].endpoint, way.way.map.len()), (1, EndpointId(1), 1));
    assert_eq!(way.limit.per_second().to_bits(), 5.0_f64.to_bits());
    // Blocks are nobody's name.
    assert_eq!(way.hosts, ["api.dingtalk.com", "b.example", "localhost"]);
    let lead = way.twins[0].lead("127.0.0.1:77".parse().expect("an address")).expect("a lead");
    assert_eq!((lead.to.port(), lead.clear), (77, true));
    // It comes back from the journal's plan as it was.
    let json = read.canonical_json();
    assert_eq!(serde_json::from_str::<Plan>(&json).expect("a plan"), read);
}

#[test]
fn its_mistakes_are_told() {
    for (ways, expected) in [
        ("{ allow: [localhost] }", "missing"),
        ("{ forward: \"0.0.0.0:1\" }", "out-of-range"),
        ("{ forward: \"a.example:1\" }", "out-of-range"),
        ("{ forward: \"127.0.0.1:0\", allow: [a.example] }", "not-guarded"),
        ("{ forward: \"127.0.0.1:0\", allow: [10.0.0.0/8] }", "not-guarded"),
        ("{ forward: \"127.0.0.1:0\", map: { a.example: \"10.0.0.1:1\" } }", "not-guarded"),
        ("{ forward: \"127.0.0.1:0\", map: { a.example: nobody } }", "bad-name"),
        ("{ forward: \"127.0.0.1:0\", map: { \"a b\": teams } }", "bad-name"),
        ("{ forward: \"127.0.0.1:0\", limit: 5 }", "bad-figure"),
        ("{ forward: \"127.0.0.1:0\", proxy_protocol_from: [127.0.0.1] }", "conflict"),
        ("{ forward: \"127.0.0.1:0\", alow: [localhost] }", "unknown-key"),
    ] {
        assert_eq!(code(&with(ways)), expected, "{ways}");
    }
    let guard = "guard: { hosts: [a.example], max_duration: 2h, max_rate: 20/s, stop: none }\n";
    // What the guard lacks is one mistake, and not one at each host that it lists.
    let half = guard.replace(", stop: none", "");
    let way = "ways_in:\n  bot: { forward: \"127.0.0.1:0\", allow: [\"a.example:443\"] }\n";
    assert_eq!(found(&small_and(&(half + way))).len(), 1);
    let guarded =
        small_and(&format!("{guard}ways_in:\n  bot: {{ forward: \"127.0.0.1:0\", allow: [\"a.example:443\"] }}\n"));
    assert_eq!(plan(&guarded).hosts(), ["a.example"]);
}

#[test]
fn faults_are_aimed_at_ways_and_users_that_there_are() {
    let ways = "ways_in: { bot: { forward: \"127.0.0.1:0\" }, phone: { socks: \"127.0.0.1:0\" } }\n";
    let aimed = |aim: &str, ways: &str| {
        let text = SMALL.replace("partition: {}", &format!("partition: {{ {aim} }}"));
        source(&(text + ways))
    };
    let Aim { ways: hit, users, .. } = plan(&aimed("ways: [phone], user: bot-7", ways)).injects[0].aim.clone();
    assert_eq!((hit, users), (vec![WayId(1)], vec!["bot-7".to_owned()]));
    assert_eq!(code(&aimed("way: fax", ways)), "unknown-name");
    assert_eq!(code(&aimed("user: bot-7", "")), "bad-inject");
    // Doors are for everyone: what is aimed finer than an address cannot shut them.
    assert!(!plan(&aimed("way: bot", ways)).injects[0].is_of_addresses());
}

#[test]
fn they_have_windows_and_end_the_drill_where_it_is_certain() {
    let ways = "ways_in: { bot: { forward: \"127.0.0.1:0\", allow: [localhost] } }\n";
    let asks = |expr: &str, more: &str| {
        small_and(&format!("{ways}targets: {{ t: {{ expr: \"{expr}\", level: must, confidence: point, {more} }} }}\n"))
    };
    for expr in ["observed_availability >= 99%", "p95(observed_latency) <= 2s", "p50(observed_connect_latency) <= 1s"] {
        assert!(plan(&asks(expr, "window: 10s")).targets[0].sliding.is_some(), "{expr}");
        assert!(plan(&asks(expr, "abort: breached")).targets[0].abort.is_some(), "{expr}");
    }
    for expr in ["observed_failures <= 3", "rate(observed_failures) <= 1/min", "observed_refusals == 0"] {
        assert!(plan(&asks(expr, "abort: breached")).targets[0].abort.is_some(), "{expr}");
        assert!(mistake(&asks(expr, "window: 10s")).contains("is not told of what programs ask one by one"), "{expr}");
    }
    for (expr, said) in [
        ("observed_availability <= 99%", "it may still be kept at the end"),
        ("observed_recovery_time <= 1m", "is known at the end"),
        ("observed_failures >= 3", "it may still be kept at the end"),
        ("ratio(observed_refusals) <= 1%", "nobody knows how much programs will still ask for"),
    ] {
        let told = mistake(&asks(expr, "abort: breached"));
        assert!(told.contains(said), "{expr}: {told}");
    }
}

#[test]
fn figures_are_asked_of_ways_and_hosts_that_are_named() {
    let ways = "ways_in: { bot: { forward: \"127.0.0.1:0\", allow: [localhost] } }\n";
    let asks = |target: &str| small_and(&format!("{ways}targets: {{ t: \"{target}\" }}\n"));
    assert_eq!(code(&asks("observed_failures{way=fax} <= 1")), "unknown-name");
    assert_eq!(code(&asks("observed_failures{host=a.example} <= 1")), "unknown-name");
    assert_eq!(code(&asks("observed_failures{journey=order} <= 1")), "unknown-word");
    assert_eq!(code(&asks("lost{way=bot} == 0")), "unknown-word");
    let read = plan(&asks("observed_failures{way=bot, host=LOCALHOST} <= 1"));
    assert_eq!(read.targets[0].expr.of.host.map(|host| read.hosts()[host.index()]), Some("localhost"));
}
