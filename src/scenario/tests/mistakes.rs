//! What people read when they made a mistake. The snapshots are looked at whenever they change.

use super::*;

const DOZEN: &str = "\
firedrill: 1
name: A Dozen Mistakes
quesion: How many of these mistakes are told at once?
regions: { hk: {}, shenzen: {}, south-china: {} }
links:
  hk-shenzhen: { latency: { normal: { mean: 10, sd: 3ms } } }
endpoints:
  dingtalk: { kind: dingtalk, edition: mainlnd, region: shenzen }
  teams: { kind: teams, region: hk, url: http://graph.microsoft.com:80 }
  mail: { kind: sso, region: hk }
groups:
  purchasing: { count: -3, region: hk }
  factory: { count: 30, region: shenzen }
journeys:
  order:
    from: purchasing
    to: factroy
    rate: 2/sec
    routes: [dingtalk, teams]
    failover: { by: jurney, decide: 12 minutes }
phases: { warmup: 1m, baseline: 10m, fault: 99999999999h, recovery: 10m }
injects:
  freeze: { during: falt, acount_freeze: { endpoint: dingtalk, group: purchasing } }
  loss: { during: fault, loss: { endpoint: dingtalk } }
targets:
  rto: { expr: \"recovery_tme{journey=order} <= 2h\", level: must }
  slow: { expr: \"p95(delivery_latency{journey=order}) <= 800\", phase: basline }
";

#[test]
fn a_dozen_mistakes_at_once() {
    let found = load(&source(DOZEN), &Options::default()).expect_err("a dozen mistakes");
    insta::assert_snapshot!("a_dozen_mistakes", found.to_string());
    assert_eq!(found.summary(), format!("{} errors", found.len()));
}

#[test]
fn the_same_for_programs() {
    let found = load(&small_with("rate: 2/s", "rate: 2"), &Options::default()).expect_err("a mistake");
    let text = serde_json::to_string_pretty(&found.to_json()).expect("JSON");
    insta::assert_snapshot!("as_json", text);
}

#[test]
fn lints_and_syntax_errors_look_alike() {
    let lint = load(&small_with("rate: 2/s", "rate: 41/s"), &Options::default()).expect("it loads").lints;
    let syntax = load(&small_with("rate: 2/s", "rate: [2/s"), &Options::default()).expect_err("no YAML");
    insta::assert_snapshot!("lint_and_syntax", format!("{lint}\n{syntax}"));
}

/// What people write at first, and what to write instead.
#[test]
fn first_mistakes_are_told_what_to_write() {
    let order = "deadline: 5s, routes: [dingtalk, teams]";
    let failover = format!("{order}, failover: {{ by: journey, after: 5, decide: 1m, resend: none, back: never }}");
    let gateway = "dingtalk: { kind: gateway, region: shenzhen, rules: [{ to: [teams] }], audit: true }";
    for (from, to, code, hint) in [
        ("{ latency: 10ms }", "10ms", "wrong-kind", "write `hk-shenzhen: { latency: 10ms }`"),
        (order, &failover, "bad-figure", "write `after: { failures: 5 }`, or a silence such as `after: 5s`"),
        (
            "dingtalk: { kind: dingtalk, edition: mainland, region: shenzhen }",
            gateway,
            "wrong-kind",
            "write `audit: { every: 5s }`",
        ),
    ] {
        let all = load(&small_with(from, to), &Options::default()).expect_err("a mistake");
        let said = all.to_string();
        assert!(said.contains(code) && said.contains(hint), "{said}");
        // And nothing that follows from it alone.
        assert_eq!(all.summary(), "1 error", "{said}");
    }
}

#[test]
fn figures_of_targets_are_told_how_they_are_written() {
    for (expr, said) in [
        ("rto <= 5s", "hint: `firedrill explain` lists the figures"),
        ("p95 delivery_latency <= 5s", "hint: write `p95(delivery_latency)`"),
        (
            "p95(delivery_latency) <= 300 ms",
            "`ms` is no unit of a duration; write a duration such as 40ms, 1.8s or 2h30m, without a space",
        ),
    ] {
        let source = small_and(&format!("targets: {{ t: {{ expr: \"{expr}\" }} }}\n"));
        let found = load(&source, &Options::default()).expect_err("a mistake").to_string();
        assert!(found.contains(said), "{found}");
    }
}

#[test]
fn one_bad_part_does_not_make_its_name_unknown() {
    let found = found(&small_with("count: 10", "count: ten"));
    assert_eq!(found, ["bad-figure 10:21 the number of accounts is a whole number between 1 and 60000, not `ten`"]);
}
