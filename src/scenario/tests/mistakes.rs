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

#[test]
fn one_bad_part_does_not_make_its_name_unknown() {
    let found = found(&small_with("count: 10", "count: ten"));
    assert_eq!(found, ["bad-figure 10:21 the number of accounts is a whole number between 1 and 60000, not `ten`"]);
}
