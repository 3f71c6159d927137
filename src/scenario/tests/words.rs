//! Every word of the language: what it becomes, and how its mistakes are told.

use super::*;
use crate::plan::{
    After, Aggregate, Back, Bound, Clock, CoverageSet, Delay, Fault, Level, Metric, PhaseKind, Recipients,
};
use crate::units::{EndpointId, GroupId, InjectId, Share, Span};

#[test]
fn the_example_of_every_fault_loads() {
    for doc in Fault::DOCS {
        let text = SMALL.replace("partition: {}", doc.example);
        let plan = plan(&source(&text));
        assert_eq!(plan.injects[0].fault.name(), doc.name);
    }
}

#[test]
fn faults_of_later_versions_are_told_from_unknown_ones() {
    assert!(mistake(&small_with("partition", "toxiproxy")).starts_with("not-yet 15:29"));
    assert!(mistake(&small_with("partition", "partitoin")).starts_with("unknown-word 15:29"));
    assert_eq!(code(&small_with("partition: {}", "partition: {}, status: {code: 500}")), "conflict");
    assert_eq!(code(&small_with(", partition: {}", "")), "missing");
}

#[test]
fn delays_can_be_said_in_many_ways() {
    let ms = Span::from_millis;
    for (text, delay) in [
        ("10ms", Delay::Constant(ms(10))),
        ("{ constant: 10ms }", Delay::Constant(ms(10))),
        ("{ normal: { mean: 10ms, sd: 3ms } }", Delay::Normal { mean: ms(10), sd: ms(3) }),
        ("{ lognormal: { median: 1s, sigma: 0.8 } }", Delay::Lognormal { median: ms(1_000), sigma_thousandths: 800 }),
        ("{ lognormal: { mean: 1s, sigma: 0.5 } }", Delay::lognormal_by_mean(ms(1_000), 500)),
        ("{ pareto: { least: 5ms, shape: 1.5 } }", Delay::Pareto { least: ms(5), shape_thousandths: 1_500 }),
        ("{ table: [1ms, 2ms, 2ms, 90ms] }", Delay::Table(vec![ms(1), ms(2), ms(2), ms(90)])),
    ] {
        assert_eq!(plan(&small_with("latency: 10ms", &format!("latency: {text}"))).links[0].latency, delay, "{text}");
    }
    assert_eq!(code(&small_with("latency: 10ms", "latency: { pareto: { least: 5ms, shape: 1 } }")), "out-of-range");
    assert_eq!(code(&small_with("latency: 10ms", "latency: { constant: 5ms, jitter: 1ms }")), "unknown-key");
    assert_eq!(code(&small_with("latency: 10ms", "latency: { lognormal: { mean: 1s, sigma: 7 } }")), "out-of-range");
    assert_eq!(code(&small_with("latency: 10ms", "latency: {}")), "missing");
}

#[test]
fn a_link_that_is_missing_names_the_pair() {
    let message = mistake(&small_with("links: { hk-shenzhen: { latency: 10ms } }\n", ""));
    assert!(message.starts_with("missing-link 11:") && message.contains("`hk` and `shenzhen`"), "{message}");
    let over_an_exit =
        small_with("region: hk }\n  factory", "region: hk, via: { exit: shenzhen, kind: vpn } }\n  factory");
    let plan = plan(&over_an_exit);
    assert_eq!(plan.accounts[0].address.to_string(), "127.20.0.1");
    assert_eq!(plan.accounts[20].address.to_string(), "127.20.0.21", "counted over both groups of the region");
}

#[test]
fn endpoints_say_what_they_are() {
    let endpoint = "kind: teams, region: hk";
    for (text, expected) in [
        ("kind: sso, region: hk", "bad-route"),
        ("kind: slack, region: hk", "unknown-word"),
        ("kind: teams, region: hk, url: \"https://graph.example\"", "not-guarded"),
        ("kind: teams, region: hk, url: \"https://:1\"", "bad-figure"),
        ("kind: teams, region: hk, url: \"https://[::1\"", "bad-figure"),
        ("kind: teams, region: hk, url: \"http://127.0.0.1:1\", ca: ca.pem", "conflict"),
        ("kind: teams, region: hk, ca: ca.pem", "conflict"),
        ("kind: teams, region: hk, credentials: { office: { user: \"${A}\" } }", "conflict"),
        ("kind: teams, region: hk, url: \"http://127.0.0.1\"", "bad-figure"),
        ("kind: teams, region: hk, url: \"http://graph.example:80\"", "not-guarded"),
        ("kind: teams, region: hk, app_key: x", "unknown-key"),
        ("kind: teams, region: hk, edition: lite", "unknown-key"),
        ("kind: dingtalk, region: hk", "missing"),
    ] {
        assert_eq!(code(&small_with(endpoint, text)), expected, "{text}");
    }
    let real = small_with(endpoint, "kind: teams, region: hk, url: \"http://localhost:8080/\"");
    let shown = |source: &Source| plan(source).endpoints[1].url.as_ref().map(ToString::to_string);
    assert_eq!(shown(&real).as_deref(), Some("localhost:8080"));
    for (url, seen) in [
        ("https://localhost", "https://localhost:443"),
        ("https://127.0.0.1:8443/", "https://127.0.0.1:8443"),
        ("https://[::1]", "https://[::1]:443"),
        ("https://[::1]:8443", "https://[::1]:8443"),
    ] {
        let real = small_with(endpoint, &format!("kind: teams, region: hk, url: \"{url}\""));
        assert_eq!(shown(&real).as_deref(), Some(seen));
    }
}

#[test]
fn a_guard_holds_the_drill_to_its_bounds() {
    let guard = |text: &str| small_and(&format!("guard: {{ {text} }}\n"));
    assert!(plan(&guard("hosts: [], max_duration: 1h, max_rate: 2/s, stop: none")).guard.is_some());
    assert_eq!(code(&guard("hosts: [], max_duration: 40m, max_rate: 2/s, stop: none")), "not-guarded");
    assert_eq!(code(&guard("hosts: [], max_duration: 1h, max_rate: 1/s, stop: none")), "not-guarded");
    assert_eq!(code(&guard("hosts: [], max_duration: 1h, max_rate: 2/s")), "missing");
    let listed = SMALL.replace("kind: teams, region: hk", "kind: teams, region: hk, url: \"http://graph.example:80\"");
    let listed = format!("{listed}guard: {{ hosts: [graph.example], max_duration: 1h, max_rate: 2/s, stop: none }}\n");
    assert_eq!(code(&source(&listed)), "missing", "it is allowed, and nobody has credentials there");
    // This machine needs no list, whatever else is on one.
    for (url, barred) in [("http://127.0.0.1:1", false), ("http://localhost:1", false), ("http://10.0.0.1:1", true)] {
        let found = found(&source(&listed.replace("http://graph.example:80", url)));
        assert_eq!(found.iter().any(|one| one.starts_with("not-guarded")), barred, "{url}: {found:?}");
    }
}

#[test]
fn recipients_fit_into_one_request() {
    let both = small_with("to: factory", "to: { all: factory }");
    assert!(mistake(&both).contains("names at most 1"));
    let text =
        both.text.replace("[dingtalk, teams]", "[dingtalk]").replace("  teams: { kind: teams, region: hk }\n", "");
    assert_eq!(plan(&source(&text)).journeys[0].to, Recipients::All(GroupId(1)));
}

#[test]
fn failover_is_read_and_bounded() {
    let journey = "routes: [dingtalk, teams] }";
    let failover = |text: &str| small_with(journey, &format!("routes: [dingtalk, teams], failover: {{ {text} }} }}"));
    let after = |text: &str| plan(&failover(text)).journeys[0].failover.as_ref().map(|failover| failover.after);
    assert_eq!(after("by: journey, decide: 1m"), Some(After::Failures(5)));
    assert_eq!(after("by: account, after: { failures: 3 }, decide: 1m"), Some(After::Failures(3)));
    assert_eq!(after("by: account, after: 30s, decide: 1m"), Some(After::Silence(Span::from_secs(30))));
    assert_eq!(code(&failover("by: journey, decide: model")), "not-yet");
    let back = |text: &str| plan(&failover(text)).journeys[0].failover.as_ref().map(|failover| failover.back);
    let (good_for, every) = (Span::from_secs(300), Span::from_secs(10));
    for (by, from, group) in [("account", "", 0), ("journey", "", 0), ("journey", ", from: factory", 1)] {
        let text = format!("by: {by}, decide: 1m, back: {{ good_for: 5m }}, probe: {{ every: 10s{from} }}");
        assert_eq!(back(&text), Some(Back::When { good_for, every, from: GroupId(group) }), "{text}");
    }
    for (text, expected) in [
        ("back: { good_for: 5m }", "missing"),
        ("back: never, probe: { every: 10s }", "conflict"),
        ("probe: { every: 10s }", "conflict"),
        ("back: soon", "unknown-word"),
        ("back: no", "unknown-word"),
        ("back: { good_for: 0s }, probe: { every: 10s }", "out-of-range"),
        ("back: { good_for: 5m }, probe: { every: 10s, from: nobody }", "unknown-name"),
    ] {
        assert_eq!(code(&failover(&format!("by: journey, decide: 1m, {text}"))), expected, "{text}");
    }
    let own = "by: account, decide: 1m, back: { good_for: 5m }, probe: { every: 10s, from: factory }";
    assert_eq!(code(&failover(own)), "conflict");
    assert_eq!(code(&failover("by: journey, decide: 1m, on: runbook")), "nobody-decides");
    assert_eq!(code(&failover("by: journey, decide: 1m, after: 5")), "bad-figure");
    let alone = small_with(journey, "routes: [dingtalk], failover: { by: journey, decide: 1m } }");
    assert_eq!(found(&alone).len(), 1, "an error, and so no lint about teams");
}

#[test]
fn phases_take_their_kind_from_their_name_or_say_it() {
    let text = SMALL.replace("fault: 20m", "cut: { kind: fault, for: 20m }").replace("during: fault", "during: cut");
    let plan = plan(&source(&text));
    assert_eq!((plan.phases[2].kind, plan.phases[2].length), (PhaseKind::Fault, Span::from_secs(1_200)));
    assert!(found(&small_with("fault: 20m", "cut: 20m"))[0].contains("what kind of phase is `cut`?"));
    assert_eq!(code(&small_with("warmup: 1m", "warmup: 0s")), "out-of-range");
}

#[test]
fn injects_lie_within_the_drill() {
    let inject = "during: fault, partition: {}";
    for (text, expected) in [
        ("at: 40m, for: 2m, partition: {}", "bad-inject"),
        ("during: fault, after: 20m, partition: {}", "bad-inject"),
        ("during: fault, for: 0s, partition: {}", "out-of-range"),
        ("at: 12m, partition: {}", "missing"),
        ("at: 12m, during: fault, for: 1m, partition: {}", "conflict"),
        ("during: fault, partition: { share: 40% }", "bad-inject"),
        ("during: fault, partition: { chance: 0% }", "bad-inject"),
        ("during: fault, partition: { endpoint: [] }", "bad-inject"),
        ("during: fault, geo_fence: { endpoint: dingtalk }", "bad-inject"),
        ("during: fault, account_freeze: { endpoint: dingtalk }", "bad-inject"),
        ("during: fault, geo_fence: { endpoint: teams, region: hk, actions: { chat: lock } }", "bad-inject"),
    ] {
        assert_eq!(code(&small_with(inject, text)), expected, "{text}");
    }
    let unrouted =
        SMALL.replace("[dingtalk, teams]", "[dingtalk]").replace("partition: {}", "partition: { endpoint: teams }");
    assert!(found(&source(&unrouted))[0].starts_with("bad-inject 15:"));
}

#[test]
fn expressions_are_read_strictly() {
    let target = |expr: &str| small_and(&format!("targets:\n  t: \"{expr}\"\n"));
    let read = |expr: &str| plan(&target(expr)).targets[0].clone();
    let p999 = read("p99.9( delivery_latency {journey=order, route = dingtalk} )<=1.8s").expr;
    assert_eq!(p999.aggregate, Some(Aggregate::Percentile(99_900)));
    assert_eq!((p999.metric, p999.bound), (Metric::DeliveryLatency, Bound::Time(Span::from_millis(1_800))));
    assert_eq!(read("lost == 0").expr.bound, Bound::Count(0));
    assert_eq!(read("lost == 0").level, Level::Should);
    for (expr, expected) in [
        ("p95(delivery_latencies) <= 1s", "unknown-word 17:11"),
        ("p95(delivery_latency{jurney=order}) <= 1s", "unknown-word 17:28"),
        ("p95(delivery_latency{journey=ordr}) <= 1s", "unknown-name 17:36"),
        ("p95(delivery_latency) <= 1", "bad-figure 17:32"),
        ("p95(delivery_latency) <= 40%", "bad-figure 17:32"),
        ("p95(delivery_latency <= 1s", "bad-expression 17:28"),
        ("p0(delivery_latency) <= 1s", "bad-expression 17:7"),
        ("p95(lost) == 0", "bad-expression 17:7"),
        ("delivery_latency <= 1s", "bad-expression 17:7"),
        ("lost =< 0", "bad-expression 17:12"),
        ("lost == 0 apples", "bad-figure 17:15"),
        ("cost == 0", "not-yet 17:7"),
        ("recovery_time{route=dingtalk} <= 1m", "unknown-word 17:21"),
        ("recovery_time <= claim(nothing)", "unknown-name 17:24"),
    ] {
        assert!(mistake(&target(expr)).starts_with(expected), "{expr}: {}", mistake(&target(expr)));
    }
    let claimed =
        "claims:\n  c: { value: 5m, kind: standard, source: us }\ntargets: { t: \"recovery_time <= claim(c)\" }\n";
    assert_eq!(plan(&small_and(claimed)).targets[0].expr.bound, Bound::Time(Span::from_secs(300)));
}

#[test]
fn what_is_probably_not_meant_is_a_lint() {
    assert_eq!(code(&small_with("rate: 2/s", "rate: 41/s")), "vendor-limit");
    assert_eq!(code(&small_with("[dingtalk, teams]", "[dingtalk]")), "unused");
    assert_eq!(code(&small_with("during: fault", "at: 12m, for: 20m")), "inject-phase");
    assert_eq!(code(&small_with("injects:\n  trouble: { during: fault, partition: {} }\n", "")), "inject-phase");
    assert_eq!(code(&small_with("baseline: 10m, ", "")), "no-baseline");
    assert_eq!(code(&small_and("targets: { rto: \"recovery_time <= 2h\" }\n")), "cannot-fail");
    let expected = "targets: { rto: \"recovery_time <= 2h\" }\nexpect: fail\nbecause: [rto]\n";
    assert!(load(&small_and(expected), &Options::default()).is_err());
    assert_eq!(code(&small_and(expected)), "cannot-fail");
}

#[test]
fn a_scenario_in_which_nothing_must_hold() {
    let told = |source: &Source| {
        let lints = load(source, &Options::default()).expect("it can be played").lints;
        let of = |one: &Diagnostic| (one.line, one.column, one.message.clone());
        lints.iter().filter(|one| one.code == Code::NoMustTarget).map(of).collect::<Vec<_>>()
    };
    let message = "no target is marked must, so nothing can fail".to_owned();
    assert_eq!(told(&source(SMALL)), [(1, 1, message.clone())]);
    let rto = |level: &str| format!("targets:\n  rto: {{ expr: \"recovery_time <= 10m\"{level} }}\n");
    assert_eq!(told(&small_and(&rto(""))), [(16, 1, message.clone())]);
    assert_eq!(told(&small_and("targets: {}\n")), [(16, 1, message)]);
    assert_eq!(told(&small_and(&rto(", level: must"))), []);
}

#[test]
fn an_inject_that_nothing_can_meet_is_a_lint() {
    let away = "kind: teams, region: hk, url: \"http://localhost:80\"";
    let foreign = SMALL.replace("[dingtalk, teams]", "[teams]").replace("kind: teams, region: hk", away);
    let foreign = foreign.replace("  dingtalk: { kind: dingtalk, edition: mainland, region: shenzhen }\n", "");
    for (fault, hits) in [
        ("status: { code: 503 }", true),
        ("silent_loss: {}", false),
        ("push_delay: { constant: 1s }", false),
        ("websocket_drop: {}", false),
        ("partition: { capability: receive }", false),
        ("partition: { region: shenzhen }", false),
        ("partition: { link: hk-shenzhen }", false),
        ("partition: { group: factory }", false),
        ("partition: { region: hk, group: purchasing, capability: login }", true),
    ] {
        let found = found(&source(&foreign.replace("partition: {}", fault)));
        let never = |line: &String| line.starts_with("never-hits 14:3 inject `trouble`");
        assert_eq!(found.iter().any(never), !hits, "{fault}: {found:#?}");
        assert_eq!(found.len(), usize::from(!hits), "{found:#?}");
    }
    for fault in ["silent_loss: {}", "partition: { region: shenzhen }", "partition: { link: hk-shenzhen }"] {
        assert_eq!(found(&small_with("partition: {}", fault)), [""; 0], "twins push");
    }
    let silent = small_with("partition: {}", "account_freeze: { endpoint: teams, group: factory, mode: send-only }");
    assert_eq!(code(&silent), "never-hits");
}

#[test]
fn a_recovery_target_may_choose_its_clock() {
    let target = |expr: &str, clock: &str| {
        small_and(&format!("targets: {{ rto: {{ expr: \"{expr}\", level: must{clock} }} }}\n"))
    };
    let rto = "recovery_time <= 10m";
    assert_eq!(plan(&target(rto, "")).targets[0].clock, Clock::Impact);
    for (word, clock) in Clock::ALL {
        assert_eq!(plan(&target(rto, &format!(", clock: {word}"))).targets[0].clock, clock);
    }
    assert_eq!(code(&target(rto, ", clock: noon")), "unknown-word");
    let message = mistake(&target("lost == 0", ", clock: injection"));
    assert!(message.starts_with("conflict") && message.contains("lost is none"), "{message}");
    // Programs that are not ours have all but the last.
    let ways = "ways_in: { bot: { forward: \"127.0.0.1:0\" } }\n";
    for (word, clock) in Clock::ALL {
        let rto =
            format!("expr: \"observed_recovery_time{{way=bot, inject=trouble}} <= 5m\", level: must, clock: {word}");
        let source = small_and(&format!("{ways}targets: {{ rto: {{ {rto} }} }}\n"));
        if clock == Clock::Declaration {
            let message = mistake(&source);
            assert!(message.starts_with("conflict") && message.contains("have no declaration"), "{message}");
        } else {
            let target = plan(&source).targets.remove(0);
            assert_eq!((target.clock, target.expr.of.inject), (clock, Some(InjectId(0))));
        }
    }
}

#[test]
fn a_coverage_names_its_route_and_its_denominator() {
    let expr = |text: &str| small_and(&format!("targets: {{ kept: {{ expr: \"{text}\", level: must }} }}\n"));
    let read = plan(&expr("coverage{route=dingtalk, set=common} >= 90%")).targets[0].expr.clone();
    assert_eq!((read.metric, read.of.set), (Metric::Coverage, Some(CoverageSet::Common)));
    assert_eq!(
        (read.of.route, read.bound),
        (Some(EndpointId(0)), Bound::Share(Share::from_millionths(900_000).unwrap()))
    );
    for (text, expected) in [
        ("coverage >= 90%", "is of one route"),
        ("coverage{route=dingtalk} >= 90%", "of common use (`common`)"),
        ("coverage{set=api} >= 90%", "is of one route"),
        ("coverage{route=dingtalk, set=all} >= 90%", "no set of functions"),
        ("coverage{route=dingtalk, set=api, journey=order} >= 90%", "has no label `journey`"),
        ("coverage{route=dingtalk, set=api, set=api} >= 90%", "stands twice"),
        ("coverage{route=dingtalk, set=api} >= 90", "the bound of `coverage`"),
        ("p95(coverage{route=dingtalk, set=api}) >= 90%", "is a single figure"),
        ("availability{set=api} >= 90%", "has no label `set`"),
    ] {
        let told = mistake(&expr(text));
        assert!(told.contains(expected), "{text}: {told}");
    }
    let Err(diagnostics) = load(&expr("coverage >= 90%"), &Options::default()) else { panic!("it names nothing") };
    assert!(diagnostics.to_string().contains("write `coverage{route=NAME, set=api}`"), "{diagnostics}");
}

#[test]
fn receipts_are_of_their_platform() {
    use crate::plan::Receipts;
    let endpoint = |receipts: &str, more: &str| {
        small_with(
            "edition: mainland, region: shenzhen",
            &format!("edition: mainland, region: shenzhen, receipts: {receipts}{more}"),
        )
    };
    let status = |every: u64| Receipts::ReadStatus { every: Span::from_secs(every) };
    for (written, read) in [
        ("stream", Receipts::Stream),
        ("acceptance", Receipts::Acceptance),
        ("{ read_status: { every: 2s } }", status(2)),
    ] {
        assert_eq!(plan(&endpoint(written, "")).endpoints[0].receipts, read, "{written}");
    }
    let patient = endpoint("read_status", "");
    assert_eq!(load(&patient, &Options::default()).expect("playable").plan.endpoints[0].receipts, status(30));
    assert_eq!(code(&patient), "late-receipts", "asked for every 30 s, due within 5 s");
    for (written, more, expected) in [
        ("notification", "", "DingTalk has no change notifications"),
        ("{ read_status: { every: 10ms } }", "", "at most once a second, not every 10ms"),
        ("{ read_status: {} }", "", "`read_status` has no `every`"),
        ("inbox", ", url: \"http://127.0.0.1:80\"", "only a twin has an inbox"),
    ] {
        let found = found(&endpoint(written, more));
        assert!(found.iter().any(|line| line.contains(expected)), "{written}: {found:#?}");
    }
    let teams = |receipts: &str| small_with("kind: teams, region: hk", &format!("kind: teams, region: hk, {receipts}"));
    assert_eq!(plan(&teams("receipts: notification")).endpoints[1].receipts, Receipts::Notification);
    for (written, expected) in [
        ("receipts: stream", "only DingTalk has a Stream mode"),
        ("receipts: read_status", "only DingTalk says who has read a message"),
        ("url: \"http://127.0.0.1:80\", receipts: notification", "at a public address, which a drill has not"),
    ] {
        let found = found(&teams(written));
        assert!(found.iter().any(|line| line.contains(expected)), "{written}: {found:#?}");
    }
}
