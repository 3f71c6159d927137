//! Gateways that have texts inspected, and the mistakes that one can make with it.

use super::*;
use crate::plan::{Fails, Inspection};
use crate::units::{EndpointId, Span};

/// A gateway in Hong Kong before Teams, with whoever inspects in Shenzhen.
fn with(keys: &str) -> Source {
    let gateway = format!(
        "  gateway: {{ kind: gateway, region: hk, rules: [{{ to: [teams] }}]{keys} }}\n  guard: {{ kind: dlp, region: shenzhen }}\ngroups:"
    );
    source(&SMALL.replace("routes: [dingtalk, teams]", "routes: [gateway, dingtalk]").replace("groups:", &gateway))
}

fn inspection(keys: &str) -> Option<Inspection> {
    let loaded = load(&with(keys), &Options::default()).unwrap_or_else(|found| panic!("{keys}: {found}"));
    assert_eq!(loaded.lints.to_string().contains("no journey routes to endpoint `guard`"), keys.is_empty());
    loaded.plan.inspection(EndpointId(2))
}

#[test]
fn a_gateway_asks_whom_it_names() {
    assert_eq!(inspection(""), None);
    let (by, timeout) = (EndpointId(3), Inspection::TIMEOUT);
    assert_eq!(inspection(", dlp: guard"), Some(Inspection { by, timeout, fails: Fails::Closed }));
    let keys = ", dlp: guard, when_dlp_fails: open, dlp_timeout: 300ms";
    assert_eq!(inspection(keys), Some(Inspection { by, timeout: Span::from_millis(300), fails: Fails::Open }));
    // It takes no longer to give up than both may take.
    let plan = load(&with(keys), &Options::default()).expect("it loads").plan;
    assert_eq!(plan.sent_on_within(EndpointId(2)), Span::from_millis(2_300));
}

#[test]
fn mistakes_are_told_with_a_hint() {
    for (keys, told) in [
        (", dlp: gard", "there is no endpoint `gard`"),
        (", dlp: teams", "texts are inspected by data loss prevention, and `teams` is Microsoft Teams"),
        (", dlp: guard, when_dlp_fails: shut", "`shut` is no way to fail"),
        (", dlp: guard, dlp_timeout: 0s", "the time for a verdict is longer than nothing"),
        (", when_dlp_fails: open", "`when_dlp_fails` is about inspecting texts, and nobody inspects them here"),
        (", dlp_timeout: 1s", "`dlp_timeout` is about inspecting texts, and nobody inspects them here"),
        (", dlp: guard, url: \"http://localhost:9000\"", "a gateway with a `url` has texts inspected by itself"),
    ] {
        let found = found(&with(keys));
        assert!(found.iter().any(|line| line.contains(told)), "{keys}: {found:#?}");
    }
    let elsewhere = found(&small_with("kind: teams, region: hk", "kind: teams, region: hk, dlp: teams"));
    assert!(elsewhere.iter().any(|line| line.contains("endpoint `teams` has no key `dlp`")), "{elsewhere:#?}");
}

#[test]
fn the_way_to_whoever_inspects_needs_a_link() {
    let far = with(", dlp: guard").text.replace("shenzhen: {} }", "shenzhen: {}, berlin: {} }");
    let found = found(&source(&far.replace("dlp, region: shenzhen", "dlp, region: berlin")));
    let told = "no link joins `hk` and `berlin`, which the connections of `gateway` have to cross";
    assert!(found.iter().any(|line| line.contains(told)), "{found:#?}");
}

/// What is asked is asked in nobody's name.
#[test]
fn faults_at_whoever_inspects_hit_what_a_gateway_asks() {
    let never = |aim: &str| {
        let text = with(", dlp: guard").text.replace("partition: {}", &format!("dlp_down: {{ endpoint: guard{aim} }}"));
        load(&source(&text), &Options::default()).expect("it loads").lints.to_string().contains("can never hit")
    };
    assert!(!never("") && never(", group: purchasing"));
    assert!(!never(", capability: inspect") && never(", capability: chat"));
}

#[test]
fn a_target_that_selects_no_inspection_is_a_lint() {
    let lints = |keys: &str, target: &str| {
        let text = format!("{}targets:\n  t: {{ expr: \"{target}\", level: must }}\n", with(keys).text);
        load(&source(&text), &Options::default()).expect("it loads").lints.to_string()
    };
    let nothing = "target `t` takes inspections, and nothing that it selects is inspected";
    assert!(lints("", "uninspected == 0").contains(nothing));
    for (target, told) in [
        ("uninspected == 0", false),
        ("uninspected{route=gateway, dlp=guard} == 0", false),
        ("uninspected{route=dingtalk} == 0", true),
        ("max(intercept_latency{dlp=teams}) <= 1s", true),
    ] {
        assert_eq!(lints(", dlp: guard", target).contains(nothing), told, "{target}");
    }
    let told = lints(", dlp: guard", "dlp_detection >= 90%");
    assert!(told.contains("and nothing that it selects may not leave"), "{told}");
}

/// Control accounts whose texts are inspected share that with everybody.
#[test]
fn who_inspects_spares_no_control_account() {
    let text = with(", dlp: guard").text.replace("partition: {}", "dlp_down: { endpoint: guard }");
    let text = text.replace("count: 20", "control: 20%, count: 20").replace("count: 10", "control: 20%, count: 10");
    let found = found(&source(&text));
    assert!(found.iter().any(|line| line.contains("whoever inspects does so for everybody")), "{found:#?}");
}
