//! Rates that change: what they become, what follows from them, and how their mistakes are told.

use super::*;
use crate::plan::{Detector, Journey, Pace, PerAccount, Recorded, Stretch};
use crate::units::{AccountId, EndpointId, Moment, Rate, Span};

fn rate(text: &str) -> Rate {
    text.parse().expect("a rate")
}

fn with(text: &str) -> Source {
    small_with("rate: 2/s", text)
}

fn journey(text: &str) -> Journey {
    plan(&with(text)).journeys.remove(0)
}

fn ramp(from: &str, to: &str, secs: u64) -> Stretch {
    Stretch { from: rate(from), to: rate(to), length: Span::from_secs(secs) }
}

#[test]
fn rates_can_be_said_in_many_ways() {
    let varied = |stretches: &[Stretch]| Pace::Varied(stretches.to_vec());
    for (text, pace) in [
        ("rate: 30/min", Pace::Steady(rate("30/min"))),
        ("rate: { ramp: { from: 1/s, to: 20/s, over: 5m } }", varied(&[ramp("1/s", "20/s", 300)])),
        // Over the whole drill: 1 + 10 + 20 + 10 minutes.
        ("rate: { ramp: { from: 1/s, to: 20/s } }", varied(&[ramp("1/s", "20/s", 2_460)])),
        (
            "rate: { steps: [{ rate: 1/s, for: 5m }, { rate: 5/s, for: 1m }, { rate: 2/s }] }",
            varied(&[ramp("1/s", "1/s", 300), ramp("5/s", "5/s", 60), ramp("2/s", "2/s", 0)]),
        ),
        (
            "rate: { phases: { baseline: 2/s, fault: { from: 2/s, to: 8/s, over: 5m } } }",
            varied(&[
                ramp("2/s", "2/s", 60),
                ramp("2/s", "2/s", 600),
                ramp("2/s", "8/s", 300),
                ramp("8/s", "8/s", 900),
                ramp("8/s", "8/s", 600),
            ]),
        ),
        (
            "rate: { recorded: src/scenario/tests/moments.txt }",
            Pace::Recorded(Recorded::Moments(
                [0, 500, 1_000, 1_000, 120_000].map(|millis| Moment::ZERO + Span::from_millis(millis)).to_vec(),
            )),
        ),
        (
            "rate: { recorded: { file: src/scenario/tests/counts.txt, every: 5m } }",
            Pace::Recorded(Recorded::Counts { every: Span::from_secs(300), counts: vec![300, 0, 600] }),
        ),
    ] {
        assert_eq!(journey(text).rate, pace, "{text}");
    }
}

#[test]
fn what_follows_from_a_rate_follows_from_its_highest_its_lowest_or_its_mean() {
    let order = journey("rate: { phases: { warmup: 4/s, baseline: 1/s, fault: 10/s } }");
    // 10/s × 5 s × 1.25.
    assert_eq!(order.slots, 63);
    // The baseline has a message a second, and the shortest phase is a minute.
    assert_eq!(order.detector, Detector::derive(Span::from_secs(1), Span::from_secs(60)));
    // 4/s for 1 min, 1/s for 10 and 10/s for 30: 240 + 600 + 18,000 messages in 41 min, and ten times that.
    let over = small_with(
        "rate: 2/s",
        "rate: { phases: { warmup: 4/s, baseline: 1/s, fault: 10/s } }, failover: { by: journey, decide: 1m }",
    );
    let rule = plan(&over).journeys.remove(0).failover.expect("a rule");
    assert!((rule.resend_rate.per_second() - 10.0 * 18_840.0 / 2_460.0).abs() < 1e-9, "{}", rule.resend_rate);
    // Twenty accounts send 3/s each at 60/s, even if it is for one minute; Teams takes 2/s of each.
    let lint = mistake(&with("rate: { steps: [{ rate: 2/s, for: 5m }, { rate: 60/s, for: 1m }, { rate: 2/s }] }"));
    assert!(lint.starts_with("vendor-limit") && lint.contains("send 3 messages a second over `teams`"), "{lint}");
}

#[test]
fn the_file_stands_beside_the_scenario() {
    let here = Source { name: "src/scenario/tests/drill.yaml".into(), ..with("rate: { recorded: moments.txt }") };
    assert_eq!(plan(&here).journeys[0].planned(Span::from_secs(60)), 4);
}

/// The code, and a part of what is said.
const MISTAKES: &[(&str, &str, &str)] = &[
    ("{}", "missing", "has none of `ramp`, `steps`, `phases`, `recorded`"),
    ("{ ramp: { from: 1/s, to: 2/s }, steps: [{ rate: 1/s }] }", "conflict", "`ramp` and `steps`"),
    ("{ rampe: { from: 1/s, to: 2/s }, ramp: { from: 1/s, to: 2/s } }", "unknown-key", "`rampe`"),
    ("{ ramp: { from: 1/s } }", "missing", "has no `to`"),
    ("{ ramp: { from: 0/s, to: 2/s } }", "out-of-range", "a rate is above zero"),
    ("{ ramp: { from: 1/s, to: 2/s, over: 0s } }", "out-of-range", "longer than nothing"),
    ("{ ramp: 5/s }", "wrong-kind", "a map"),
    ("{ steps: [] }", "missing", "at least one"),
    ("{ steps: [{ rate: 1/s }, { rate: 2/s }] }", "missing", "has no `for`"),
    ("{ steps: [{ rate: 1, for: 5m }] }", "bad-figure", "no unit"),
    ("{ phases: {} }", "missing", "at least one"),
    ("{ phases: { baseln: 1/s } }", "unknown-name", "`baseln`"),
    ("{ phases: { fault: { from: 1/s, to: 2/s, over: 21m } } }", "out-of-range", "never ends"),
    ("{ phases: { fault: fast } }", "bad-figure", "`fast`"),
    ("{ recorded: nowhere.txt }", "unreadable", "cannot read `nowhere.txt`"),
    ("{ recorded: src }", "unreadable", "not a file"),
    ("{ recorded: src/scenario/tests/counts.txt }", "bad-figure", "line 2 of"),
    ("{ recorded: { file: src/scenario/tests/moments.txt, every: 1m } }", "bad-figure", "line 1 of"),
    ("{ recorded: { file: src/scenario/tests/counts.txt } }", "missing", "has no `every`"),
    ("{ recorded: { file: src/scenario/tests/counts.txt, every: 0s } }", "out-of-range", "longer than nothing"),
    ("{ recorded: src/scenario/tests/moments.txt }, arrival: poisson", "conflict", "not as a Poisson process"),
];

#[test]
fn mistakes_in_a_rate_are_told() {
    for (text, code, part) in MISTAKES {
        let told = mistake(&with(&format!("rate: {text}")));
        assert!(told.starts_with(code) && told.contains(part), "{text}: {told}");
    }
}

#[test]
fn a_recording_is_in_order_and_within_the_drill_and_not_too_long() {
    let directory = tempfile::tempdir().expect("a directory");
    let told = |lines: &str| {
        std::fs::write(directory.path().join("trace.txt"), lines).expect("it is written");
        let name = directory.path().join("drill.yaml").display().to_string();
        mistake(&Source { name, ..with("rate: { recorded: trace.txt }") })
    };
    let backwards = told("1s\n3s\n\n2s\n");
    assert!(backwards.starts_with("out-of-range") && backwards.contains("line 4 of the recording"), "{backwards}");
    let later = told("3h\n");
    assert!(later.starts_with("out-of-range") && later.contains("no message is due in the 41m"), "{later}");
    assert!(told("").contains("no message is due"));
    let long = told(&"1s\n".repeat(100_001));
    assert!(long.starts_with("too-large") && long.contains("more than 100000 lines"), "{long}");
    let large = told(&"# a remark\n".repeat(400_000));
    assert!(large.starts_with("unreadable") && large.contains("4194304 bytes"), "{large}");
}

#[test]
fn what_an_account_can_do_is_read_and_bounded() {
    let of = |text: &str| journey(&format!("rate: 2/s, per_account: {{ {text} }}")).per_account;
    let per_account = |in_flight, connections, think| PerAccount { in_flight, connections, think };
    assert_eq!(of(""), per_account(None, None, Span::ZERO));
    assert_eq!(of("in_flight: 3, connections: 2"), per_account(Some(3), Some(2), Span::ZERO));
    // Who thinks does one thing at a time, unless it is said otherwise.
    assert_eq!(of("think: 2s"), per_account(Some(1), None, Span::from_secs(2)));
    assert_eq!(of("think: 2s, in_flight: 2"), per_account(Some(2), None, Span::from_secs(2)));
    for (text, code) in [
        ("in_flight: 0", "out-of-range"),
        ("connections: many", "bad-figure"),
        ("think: 0s", "out-of-range"),
        ("in_fligth: 1", "unknown-key"),
    ] {
        let told = mistake(&with(&format!("rate: 2/s, per_account: {{ {text} }}")));
        assert!(told.starts_with(code), "{text}: {told}");
    }
}

#[test]
fn an_account_holds_the_fewest_connections_that_a_journey_of_its_allows() {
    let journeys = "per_account: { connections: 3 }, rate: 2/s, deadline: 5s, routes: [dingtalk] }\n  \
                    other: { from: purchasing, to: factory, per_account: { connections: 2 }, rate: 2/s";
    let plan = plan(&with(journeys));
    // `other` goes by both ways, and factory sends nothing.
    let held = |account: u32, endpoint: u16| plan.connections(AccountId(account), EndpointId(endpoint));
    assert_eq!([held(0, 0), held(0, 1), held(20, 0)], [Some(2), Some(2), None]);
}

/// Twenty accounts: Teams takes 40 messages a second from them.
#[test]
fn sending_again_counts_against_the_vendors_limit() {
    let told_by = |by: &str, rate: &str, failover: &str, routes: &str| {
        let order =
            format!("rate: {rate}/s, deadline: 5s, routes: [{routes}], failover: {{ by: {by}, decide: 1m{failover} }}");
        let source = small_with("rate: 2/s, deadline: 5s, routes: [dingtalk, teams]", &order);
        let lints = load(&source, &Options::default()).expect("it can be played").lints;
        let told = |one: &Diagnostic| format!("{} ({})", one.message, one.hint.as_deref().unwrap_or_default());
        lints.iter().filter(|one| one.code == Code::VendorLimit).map(told).collect::<Vec<_>>()
    };
    let told = |rate: &str, failover: &str, routes: &str| told_by("journey", rate, failover, routes);
    let again = told("4", "", "dingtalk, teams");
    assert_eq!(
        again,
        [
            "while unconfirmed messages are sent again, each account of `purchasing` would send 2.2 messages a second over `teams`; \
          Microsoft Teams takes 2 from one application (write a `resend_rate` of at most 36/s in the `failover` of journey `order`, add accounts, or \
          write `limits: off` at endpoint `teams`)"
        ]
    );
    assert_eq!(told("4", ", resend_rate: 36.1/s", "dingtalk, teams").len(), 1);
    assert!(told("39.5", "", "dingtalk, teams")[0].contains("at most 30/min"));
    assert!(told("40", "", "dingtalk, teams")[0].contains("lower the `resend_rate`"));
    assert!(told("41", "", "dingtalk, teams")[0].contains("(lower the rate, "), "that is wrong before anything fails");
    let none: [String; 0] = [];
    assert_eq!(told("4", ", resend_rate: 36/s", "dingtalk, teams"), none);
    assert_eq!(told("4", ", resend: none", "dingtalk, teams"), none);
    assert_eq!(told("4", "", "teams, dingtalk"), none, "nothing goes back to the first route");
    let alone = &told_by("account", "4", ", resend_rate: 2/s", "dingtalk, teams")[0];
    assert!(
        alone.contains("a single account of `purchasing` would send 2.2 ") && alone.contains("at most 1/s "),
        "{alone}"
    );
}
