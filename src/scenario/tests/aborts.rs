//! Targets that end the drill.

use super::*;
use crate::plan::{Abort, Target};
use crate::units::Span;

fn with(target: &str) -> Source {
    small_and(&format!("targets: {{ kept: {{ {target} }} }}\n"))
}

fn abort(target: &str) -> Option<Abort> {
    let targets: Vec<Target> = plan(&with(target)).targets;
    targets[0].abort
}

#[test]
fn it_is_said_in_a_word_or_with_a_time() {
    let must = "expr: \"recovery_time <= 10m\", level: must";
    let after = |secs| Some(Abort { after: Span::from_secs(secs) });
    assert_eq!(abort(must), None);
    assert_eq!(abort(&format!("{must}, abort: breached")), after(0));
    assert_eq!(abort(&format!("{must}, abort: {{ when: breached }}")), after(0));
    assert_eq!(abort(&format!("{must}, abort: {{ when: breached, after: 5m }}")), after(300));
    for expr in [
        "max(delivery_latency) <= 5s",
        "mean(accept_latency) < 1s",
        "p99(service_latency) <= 1s\", confidence: \"point",
        "availability >= 99%\", phase: fault, confidence: \"point",
        "availability >= 99%\", window: \"month",
        "count(recovery_time) <= 2",
        "sum(recovery_time) <= 10m",
        "detect_time <= 5m",
        "decide_time <= 5m",
        "undelivered == 0",
        "duplicated <= 3",
        "duplicated_after_dedup == 0",
        "reordered <= 3",
        "rate(duplicated) <= 3/min",
        "ratio(reordered) <= 1%\", confidence: \"point",
    ] {
        let target = format!("expr: \"{expr}\", level: must, abort: breached");
        assert_eq!(abort(&target), after(0), "{expr}");
    }
}

#[test]
fn what_is_known_only_at_the_end_ends_nothing() {
    for (target, expected, said) in [
        ("expr: \"recovery_time <= 10m\", abort: breached", "conflict", "decides nothing does not end the drill"),
        ("expr: \"lost == 0\", level: must, abort: breached", "conflict", "known only when the drill has drained"),
        ("expr: \"unacknowledged == 0\", level: must, abort: breached", "conflict", "when the drill has drained"),
        ("expr: \"ratio(declined) <= 1%\", level: must, abort: breached", "conflict", "write `confidence: point`"),
        ("expr: \"ratio(lost) == 0%\", level: must, abort: breached", "conflict", "when the drill has drained"),
        ("expr: \"availability >= 99%\", level: must, abort: breached", "conflict", "more samples"),
        (
            "expr: \"availability >= 99%\", window: drill, confidence: lower95, level: must, abort: breached",
            "conflict",
            "more samples",
        ),
        (
            "expr: \"availability <= 99%\", phase: fault, confidence: point, level: must, abort: breached",
            "conflict",
            "may still be kept",
        ),
        ("expr: \"recovery_time >= 1s\", level: must, abort: breached", "conflict", "may still be kept"),
        ("expr: \"min(delivery_latency) <= 1s\", level: must, abort: breached", "conflict", "may still be kept"),
        ("expr: \"duplicated{route=teams} == 0\", level: must, abort: breached", "conflict", "when it has arrived"),
        (
            "expr: \"duplicated == 0\", phase: baseline, level: must, abort: breached",
            "conflict",
            "the baseline decides",
        ),
        ("expr: \"duplicated == 0\", level: must, abort: broken", "unknown-word", "`broken` is no reason to abort"),
        ("expr: \"duplicated == 0\", level: must, abort: { when: never }", "unknown-word", "`never` is no reason"),
        ("expr: \"duplicated == 0\", level: must, abort: { after: 5 }", "bad-figure", "`5` has no unit"),
        ("expr: \"duplicated == 0\", level: must, abort: { before: 5s }", "unknown-key", "has no key `before`"),
        ("expr: \"duplicated == 0\", level: must, abort: { after: 40m }", "out-of-range", "the drill is over"),
        ("expr: \"duplicated == 0\", phase: recovery, level: must, abort: { after: 10m }", "out-of-range", "is over"),
    ] {
        let told = mistake(&with(target));
        assert!(told.starts_with(expected) && told.contains(said), "{target}: {told}");
    }
}

#[test]
fn a_budget_of_slices_or_of_a_route_ends_nothing_and_other_budgets_do() {
    let of = |route: &str, budgeting: &str| {
        small_and(&format!(
            "targets:
  month: {{ expr: \"availability{route} >= 99.9%\", window: month{budgeting} }}
  spent: {{ expr: \"error_budget{{slo=month}} <= 2%\", level: must, abort: breached }}
"
        ))
    };
    let budgets = |budgeting: &str| of("", budgeting);
    for counted in ["", ", budgeting: occurrences"] {
        assert!(plan(&budgets(counted)).targets[1].abort.is_some(), "{counted}");
        // Its share of what is sent grows, and with it what may be lost by it.
        let told = mistake(&of("{route=dingtalk}", counted));
        assert!(told.starts_with("conflict") && told.contains("which route carries a message"), "{counted}: {told}");
    }
    let told = mistake(&budgets(", budgeting: timeslices"));
    assert!(told.starts_with("conflict") && told.contains("slices are told when they are over"), "{told}");
}
