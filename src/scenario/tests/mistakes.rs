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
        ("uptime <= 5s", "hint: `firedrill explain` lists the figures"),
        ("rto <= 5s", "hint: did you mean `recovery_time`?"),
        ("rpo{journey=order} == 0", "hint: did you mean `lost`?"),
        ("availability >= 0.999", "hint: did you mean `99.9%`?"),
        ("availability >= 99.9", "hint: did you mean `99.9%`?"),
        ("p95 delivery_latency <= 5s", "hint: write `p95(delivery_latency)`"),
        ("p95(delivery_latency) <= 300 ms", "`300 ms` has a space in it; write `300ms`"),
    ] {
        let source = small_and(&format!("targets: {{ t: {{ expr: \"{expr}\" }} }}\n"));
        let found = load(&source, &Options::default()).expect_err("a mistake").to_string();
        assert!(found.contains(said), "{found}");
    }
}

/// The hints of what [`SMALL`] with `to` for `from` is told, and how many mistakes it has.
fn hints(from: &str, to: &str) -> (usize, String) {
    let told = match load(&small_with(from, to), &Options::default()) {
        Ok(loaded) => loaded.lints,
        Err(diagnostics) => diagnostics,
    };
    let lines: Vec<_> = told
        .iter()
        .filter(|one| one.code != Code::NoMustTarget)
        .map(|one| format!("{}:{} {} ({})", one.line, one.column, one.message, one.hint.as_deref().unwrap_or("-")))
        .collect();
    (lines.len(), lines.join("\n"))
}

#[test]
fn a_quantity_is_told_how_it_is_written() {
    for (from, to, said) in [
        ("fault: 20m", "fault: 150 min", "write `150m`"),
        ("fault: 20m", "fault: 2 hours", "write `2h`"),
        ("fault: 20m", "fault: 1 hour 30 minutes", "write `1h30m`"),
        ("rate: 2/s", "rate: 1 per second", "write `1/s`"),
        ("rate: 2/s", "rate: 2/minute", "write `2/min`"),
        ("rate: 2/s", "rate: 2", "(-)"),
    ] {
        let (count, told) = hints(from, to);
        assert!(count == 1 && told.contains(said), "{to}: {told}");
    }
}

/// One slip of the pen is one mistake, and a hint leads into no other.
#[test]
fn one_slip_is_one_mistake() {
    for (from, to, said) in [
        ("deadline: 5s", "deadlin: 5s", "did you mean `deadline`?"),
        ("recovery: 10m", "recover: 10m", "did you mean `recovery`?"),
        ("{ count: 10, region: shenzhen }", "\n    count: 10\n    region: shenzhen, hk", "brackets: `[shenzhen, hk]`"),
        ("name: small", "name: Pearl Q4", "lower-case letters (a–z), digits and hyphens only (write `pearl-q4`)"),
        ("name: small", "name: 采购", "such as `account-freeze`"),
        (
            "[dingtalk, teams]",
            "[dingtalk, teams], failover: { by: journey, decide: 1m, back: no }",
            "write `never`, or `back: { good_for: 5m }` with `probe: { every: 10s }`",
        ),
    ] {
        let (count, told) = hints(from, to);
        assert!(count == 1 && told.contains(said), "{to}: {told}");
    }
    assert_eq!(found(&source(&SMALL.replace("purchasing", "采购"))).len(), 1, "the group is known all the same");
    let hyphen = found(&source(&SMALL.replace("hk", "hong-kong")));
    assert!(hyphen.len() == 1 && hyphen[0].contains("`hong-kong` has a hyphen"), "{hyphen:#?}");
    let (count, told) = hints("partition: {}", "account_freeze: { endpoint: dingtalk, account: purchasing-1 }");
    assert!(count == 1 && told.contains("group of one account"), "{told}");
    let empty = "phases: { warmup: 1m, baseline: 10m, fault: 20m, recovery: 10m }";
    assert!(hints(empty, "phases:").1.contains("13:1 `phases` of the scenario holds nothing"));
}

#[test]
fn a_mistake_of_syntax_is_told_in_plain_words() {
    for (from, to, said) in [
        ("name: small", "name: small\nquestion: Does it work: or not?", "`question: \"Does it work: or not?\"`"),
        ("name: small", "name: small\n  seed: 5", "as many spaces as their neighbours"),
        ("  factory: {", "   factory: {", "as many spaces as their neighbours"),
        ("  factory: {", "\tfactory: {", "line 10 is indented with a tab"),
        (
            "name: small",
            "name: small\nregions： { hk: {} }",
            "line 3 has `：` (U+FF1A), which YAML takes for a letter; write `:`",
        ),
        (
            "count: 20, region: hk }",
            "count: 20， region: hk ｝",
            "line 9 has `，` (U+FF0C), which YAML takes for a letter; write `,`",
        ),
        ("  factory: {", "\u{3000}\u{3000}factory: {", "this line is indented with U+3000; YAML wants spaces"),
        ("count: 20, region: hk }", "count: 20, region: hk", "`{` in line 9 is not closed"),
        ("name: small", "name: small\nquestion: \"isn't {\" # [\nseeds: [1, 2", "`[` in line 4 is not closed"),
        (
            "injects:",
            "targets:\n  t: { expr: lost{journey=order} == 0, level: must }\ninjects:",
            "`expr: \"lost{journey=order} == 0\"`",
        ),
    ] {
        let (count, told) = hints(from, to);
        assert!(count == 1 && told.contains(said), "{to}: {told}");
    }
}

/// Nothing that a hint names is missing from the program.
#[test]
fn what_is_not_built_is_told_with_what_is() {
    let empty = load(&source(""), &Options::default()).expect_err("nothing is there").to_string();
    assert!(empty.contains("scenarios/quickstart.yaml") && !empty.contains("firedrill new"), "{empty}");
    let failover = "routes: [dingtalk, teams], failover: { by: journey, decide: 1m, on: runbook }";
    let (_, told) = hints("routes: [dingtalk, teams]", failover);
    assert!(told.contains("plays no runbook steps, so nobody will switch") && told.contains("`decide:`"), "{told}");
    let (_, told) = hints("name: small", "name: small\nrunbook: {}");
    assert!(told.contains("cannot be played yet (this version plays no runbook steps"), "{told}");
    let (_, told) = hints("name: small", "name: small\ncosts: {}");
    assert!(told.contains("(leave it out: "), "{told}");
}

#[test]
fn one_bad_part_does_not_make_its_name_unknown() {
    let found = found(&small_with("count: 10", "count: ten"));
    assert_eq!(found, ["bad-figure 10:21 the number of accounts is a whole number between 1 and 60000, not `ten`"]);
}
