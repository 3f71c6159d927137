//! Gateways, who reads their audit trails and whose tokens they take; and each mistake that one can make with them.

use super::*;
use crate::plan::{Audit, Breaker, Forwarding, Gateway, Verify};
use crate::units::{EndpointId, GroupId, RegionId, Span};

/// [`SMALL`] with a gateway that has these keys besides, by which a journey of class `orders` goes, and a target.
fn with(gateway: &str, more: &str, target: &str) -> Source {
    let endpoints = format!("  hub: {{ kind: gateway, region: hk, {gateway} }}\n{more}groups:\n");
    let text = SMALL.replacen("groups:\n", &endpoints, 1).replacen(
        "routes: [dingtalk, teams]",
        "class: orders, routes: [hub, teams]",
        1,
    );
    source(&format!("{text}targets:\n  kept: {{ expr: \"{target}\", level: must }}\n"))
}

fn gateway(source: &Source) -> Gateway {
    let plan = plan(source);
    Gateway::clone(plan.endpoints[2].gateway().expect("a gateway"))
}

#[test]
fn a_gateway_is_read() {
    let rules = "rules: [{ class: orders, to: [dingtalk, teams] }, { group: factory, to: teams }, { to: [teams] }]";
    let read = gateway(&with(rules, "", "lost == 0"));
    let rule = |classes: &[&str], groups: &[u16], to: &[u16]| Forwarding {
        classes: classes.iter().map(|class| (*class).to_owned()).collect(),
        groups: groups.iter().copied().map(GroupId).collect(),
        to: to.iter().copied().map(EndpointId).collect(),
    };
    assert_eq!(read.rules, [rule(&["orders"], &[], &[0, 1]), rule(&[], &[1], &[1]), rule(&[], &[], &[1])]);
    assert_eq!((read.timeout, read.audit), (Span::from_secs(2), None));
    let more = format!(
        "{rules}, timeout: 1s, breaker: {{ failures: 3, pause: 5s }}, audit: {{ every: 2s, from: shenzhen, keeps: 10 }}"
    );
    let read = gateway(&with(&more, "", "audit_missing == 0"));
    assert_eq!((read.timeout, read.breaker), (Span::from_secs(1), Breaker { failures: 3, pause: Span::from_secs(5) }));
    let Audit { every, from, keeps, address, token } = read.audit.expect("an auditor");
    assert_eq!((every, from, keeps, token), (Span::from_secs(2), RegionId(1), Some(10), None));
    // An address of his own, in his region.
    let plan = plan(&with(&more, "", "audit_missing == 0"));
    assert_eq!(plan.region_of(address), Some(RegionId(1)));
    assert!(address != read.address && plan.accounts.iter().all(|account| account.address != address));
}

#[test]
fn a_gateway_takes_the_tokens_of_a_provider() {
    let rules = "rules: [{ to: [teams] }]";
    let provider = "  idp: { kind: sso, region: hk }\n";
    let read = plan(&with(&format!("{rules}, sso: {{ provider: idp, verify: introspection }}"), provider, "lost == 0"));
    let trust = read.endpoints[2].sso.clone().expect("a provider");
    assert_eq!((trust.provider, trust.verify, trust.issuer), (EndpointId(3), Verify::Introspection, None));
    // Of a provider of one's own it is said what its tokens say.
    let own = "  idp: { kind: sso, region: hk, url: \"http://localhost:9000\" }\n";
    let named = format!("{rules}, sso: {{ provider: idp, issuer: \"https://login.example\", audience: orders }}");
    let trust = plan(&with(&named, own, "lost == 0")).endpoints[2].sso.clone().expect("a provider");
    assert_eq!((trust.issuer.as_deref(), trust.audience.as_deref()), (Some("https://login.example"), Some("orders")));
}

#[test]
fn mistakes_of_gateways_are_told() {
    let rules = "rules: [{ to: [teams] }]";
    let and = |more: &str| format!("{rules}, {more}");
    let url = |more: &str| and(&format!("url: \"http://localhost:9000\", {more}"));
    for (gateway, told) in [
        ("timeout: 1s".to_owned(), "a gateway has `rules`, which say where it sends on to"),
        ("rules: []".to_owned(), "a gateway without a rule sends nothing on"),
        ("rules: teams".to_owned(), "`rules` is a list"),
        ("rules: [{ class: orders }]".to_owned(), "a rule has no `to`"),
        ("rules: [{ to: [] }]".to_owned(), "`to` names no endpoint"),
        ("rules: [{ to: [team] }]".to_owned(), "there is no endpoint `team`"),
        ("rules: [{ to: [hub] }]".to_owned(), "`hub` is a gateway, and gateways do not send on to gateways"),
        ("rules: [{ class: [], to: [teams] }]".to_owned(), "`class` names nothing"),
        ("rules: [{ group: sales, to: [teams] }]".to_owned(), "there is no group `sales`"),
        (
            "rules: [{ class: order, to: [teams] }, { to: [teams] }]".to_owned(),
            "no journey sends data of class `order`",
        ),
        ("rules: [{ class: other, to: [teams] }]".to_owned(), "no rule of `hub` fits the messages of `order`"),
        ("rules: [{ two: [teams] }]".to_owned(), "a rule has no key `two`"),
        (and("timeout: 0s"), "the gateway's timeout is longer than nothing"),
        (and("breaker: { failures: 0 }"), "the number of failures is between 1 and 1000000"),
        (and("breaker: { pause: 0s }"), "the breaker's pause is longer than nothing"),
        (and("breaker: { paus: 1s }"), "`breaker` has no key `paus`"),
        (and("receipts: inbox"), "nobody receives anything at a gateway"),
        (and("audit: {}"), "`audit` has no `every`"),
        (and("audit: { every: 99ms }"), "an auditor asks at most once in 100ms, not every 99ms"),
        (and("audit: { every: 5s, from: london }"), "there is no region `london`"),
        (and("audit: { every: 5s, keeps: 0 }"), "the number of entries that are kept is between 1 and 100000"),
        (and("audit: { every: 5s, keeps: 100001 }"), "the number of entries that are kept is between 1 and 100000"),
        (and("audit: { every: 5s, form: hk }"), "`audit` has no key `form`"),
        (and("audit: { every: 5s, token: \"${T}\" }"), "a twin knows its auditor"),
        (url("audit: { every: 5s, keeps: 5 }"), "how much a gateway keeps that is no twin is its own affair"),
        (
            url("audit: { every: 5s, token: hunter2 }"),
            "the auditor's token stands in the environment and not in a scenario",
        ),
        (and("sso: teams"), "tokens are given by single sign-on, and this is something else"),
        (and("sso: idq"), "there is no endpoint `idq`"),
        (and("sso: { provider: idp, verify: guess }"), "`guess` is no way to look at tokens"),
        (and("sso: { provider: idp, issuer: x }"), "`issuer` is for a provider with a `url`"),
        (and("sso: { provider: idp, audience: x }"), "`audience` is for a provider with a `url`"),
    ] {
        let found = found(&with(&gateway, "  idp: { kind: sso, region: hk }\n", "lost == 0"));
        assert!(found.iter().any(|line| line.contains(told)), "{gateway}: {found:#?}");
        assert!(!found.iter().any(|line| line.contains("hunter2")), "{gateway}: {found:#?}");
    }
}

#[test]
fn whatever_a_gateway_sends_on_has_to_be_sent_there_by_itself() {
    let rules = "rules: [{ to: [other] }]";
    for (other, told) in [
        ("kind: dlp", "has no function for `chat`"),
        (
            "kind: http, send: { path: /m, headers: { authorization: \"Bearer {token}\" }, text: \"{text}\" }, receipts: acceptance, sso: idp",
            "whose tokens only a sender himself gets",
        ),
        ("kind: dingtalk, edition: lite, receipts: read_status", "of which only its own sender can ask who has read"),
    ] {
        let more = format!("  other: {{ {other}, region: hk }}\n  idp: {{ kind: sso, region: hk }}\n");
        let found = found(&with(rules, &more, "lost == 0"));
        assert!(found.iter().any(|line| line.contains(told)), "{other}: {found:#?}");
    }
}

#[test]
fn an_auditor_has_a_way_and_somebody_to_read_for() {
    // Nobody reads what a target is about.
    let unread = found(&with("rules: [{ to: [teams] }]", "", "audit_missing == 0"));
    assert!(
        unread.iter().any(|line| line.contains("target `kept` is about audit trails, and nobody reads any")),
        "{unread:#?}"
    );
    let audit = "rules: [{ to: [teams] }], audit: { every: 5s, from: singapore }";
    let source = with(audit, "", "audit_lag{route=hub} == 0");
    let regions = Source { text: source.text.replacen("shenzhen: {} }", "shenzhen: {}, singapore: {} }", 1), ..source };
    let far = found(&regions);
    let link = "no link joins `singapore` and `hk`, which the auditor of `hub` has to cross";
    assert!(far.iter().any(|line| line.contains(link)), "{far:#?}");
    // Beyond this machine he needs a token.
    let url = "url: \"https://gateway.example\", credentials: { purchasing: { token: \"${A}\" }, factory: { user: \"${B}\" } }";
    let source = with(&format!("rules: [{{ to: [teams] }}], {url}, audit: {{ every: 5s }}"), "", "audit_missing == 0");
    let guarded = Source {
        text: source.text + "guard: { hosts: [gateway.example], max_duration: 1h, max_rate: 20/s, stop: none }\n",
        ..source
    };
    let found = found(&guarded);
    let told = "the auditor of `hub`, a service beyond this machine, has no token there";
    assert!(found.iter().any(|line| line.contains(told)), "{found:#?}");
}

#[test]
fn what_can_be_asked_of_audit_trails() {
    let audited = "rules: [{ to: [teams] }], audit: { every: 5s }";
    for expr in [
        "audit_missing{route=hub, journey=order} == 0",
        "count(audit_wrong) == 0",
        "p99(audit_lag{phase=fault}) <= 10s",
    ] {
        load(&with(audited, "", expr), &Options::default()).unwrap_or_else(|found| panic!("{expr}: {found}"));
    }
    for (expr, told) in [
        ("audit_lag <= 10s", "distribution"),
        ("ratio(audit_missing) <= 1%", "ratio"),
        ("audit_missing{boundary=x} == 0", "boundary"),
    ] {
        let found = found(&with(audited, "", expr));
        assert!(found.iter().any(|line| line.contains(told)), "{expr}: {found:#?}");
    }
    // How late one entry is says how late its neighbours are: it has no bounds, and is not told of windows.
    for (more, told) in [
        ("confidence: upper95", "has no bounds"),
        ("window: 1m", "is not told of its messages one by one"),
        ("abort: breached", "read to their end only when the drill has drained"),
    ] {
        let source = with(audited, "", "p99(audit_lag) <= 10s");
        let source = Source { text: source.text.replacen("level: must", &format!("level: must, {more}"), 1), ..source };
        let found = found(&source);
        assert!(found.iter().any(|line| line.contains(told)), "{more}: {found:#?}");
    }
}

#[test]
fn a_target_that_selects_no_audit_trail_is_a_lint() {
    let rules = "rules: [{ to: [teams] }]";
    let audited = format!("{rules}, audit: {{ every: 2s }}");
    // Without any there is nothing to promise.
    let spare = format!("  spare: {{ kind: gateway, region: hk, {audited} }}\n");
    for (keys, target, told) in [
        (&audited[..], "audit_missing == 0", false),
        (&audited, "audit_wrong{route=hub} == 0", false),
        (&audited, "audit_missing{route=teams} == 0", true),
        (rules, "audit_missing == 0", true),
        (rules, "max(audit_lag{route=hub}) <= 5s", true),
        (rules, "lost == 0", false),
    ] {
        let lints = load(&with(keys, &spare, target), &Options::default()).expect("it loads").lints.to_string();
        let nothing = "target `kept` is about audit trails, and nothing that it selects goes by a gateway";
        assert_eq!(lints.contains(nothing), told, "{keys} {target}: {lints}");
    }
}

/// Nobody else goes from Berlin to Shenzhen: senders sign in from Hong Kong.
#[test]
fn the_way_to_the_provider_needs_a_link_and_can_be_hit() {
    let provider = "  idp: { kind: sso, region: shenzhen }\n";
    let text = with("rules: [{ to: [teams] }], sso: idp", provider, "lost == 0").text;
    let far = text
        .replace("shenzhen: {} }", "shenzhen: {}, berlin: {} }")
        .replace("kind: gateway, region: hk", "kind: gateway, region: berlin");
    let told = "no link joins `berlin` and `shenzhen`, which the connections of `hub` have to cross";
    let found = found(&source(&far));
    assert!(found.iter().any(|line| line.contains(told)), "{found:#?}");
    let links = "links: { hk-berlin: { latency: 90ms }, berlin-shenzhen: { latency: 90ms }, ";
    let linked = far.replace("links: { ", links).replace("partition: {}", "partition: { link: berlin-shenzhen }");
    assert!(linked.contains(links) && linked.contains("{ link: berlin-shenzhen }"), "{linked}");
    let said = load(&source(&linked), &Options::default()).expect("it loads").lints.to_string();
    assert!(!said.contains("can never hit"), "{said}");
}
