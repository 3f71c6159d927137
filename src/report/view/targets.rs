use super::table::{Cell, Table, Tone};
use crate::plan::{Level, Target};
use crate::report::Report;
use crate::report::names::{Names, bound_of, figure, level, whose};
use crate::report::words::{NONE, plain, span};
use crate::verdict::{TargetOutcome, TargetVerdict};

/// Every target: what was promised, what was observed, and what follows.
pub(super) fn table(report: &Report<'_>) -> Table {
    let mut table =
        Table::new("What was promised and what was observed", &["Target", "Promised", "#Observed", "Verdict", "Why"]);
    for target in &report.judgement.targets {
        let planned = report.plan.targets.iter().find(|t| t.name == target.name && t.text == target.expr);
        let promised = planned.map_or_else(|| Cell::code(plain(&target.expr)), |planned| promised(report, planned));
        table.rows.push(vec![
            Cell::name(plain(&target.name)).with(level(target.level)),
            promised,
            observed(target, bound_of(report.plan, &target.name)),
            Cell::badge(badge(target.verdict), tone(target)),
            plain(&target.why).into(),
        ]);
    }
    table
}

/// What is promised, and below it whose figure that is.
fn promised(report: &Report<'_>, target: &Target) -> Cell {
    let promise = Cell::from(Names(report.plan).promise(target));
    let whose = whose(report.plan, target);
    if whose.is_empty() { promise } else { promise.with(plain(&whose.join("; "))) }
}

/// The figure, and below it between what the truth lies: of this play, or with which confidence of more than it.
fn observed(target: &TargetVerdict, bound: Option<f64>) -> Cell {
    let show = |value: f64| figure(target.measure, value, bound);
    let shown = shown(target, bound).unwrap_or_else(|| NONE.into());
    let bounds = match (target.low, target.high) {
        (Some(low), Some(high)) if show(low) != show(high) => Some(span(&show(low), &show(high))),
        (Some(low), None) if target.observed.is_some() => Some(format!("at least {}", show(low))),
        _ => None,
    };
    let confidence = match target.confidence {
        "point" => "",
        "interval95" => ", 95 % confidence",
        _ => ", 95 % confidence on each side",
    };
    match bounds {
        Some(bounds) => Cell::from(shown).with(bounds + confidence),
        None => shown.into(),
    }
}

/// The figure alone, if anything is known of it.
pub(crate) fn shown(target: &TargetVerdict, bound: Option<f64>) -> Option<String> {
    let show = |value: f64| figure(target.measure, value, bound);
    match (target.observed, target.low, target.high) {
        (Some(observed), _, _) => Some(show(observed)),
        (None, Some(low), None) => Some(format!("at least {}", show(low))),
        _ => None,
    }
}

/// A verdict with a sign, so that colour is never alone.
pub(crate) fn badge(verdict: TargetOutcome) -> &'static str {
    match verdict {
        TargetOutcome::Pass => "✔ pass",
        TargetOutcome::Fail => "✘ fail",
        TargetOutcome::Inconclusive => "? inconclusive",
        TargetOutcome::NotEvaluated => "– not evaluated",
    }
}

/// A target that decides nothing is never red.
fn tone(target: &TargetVerdict) -> Tone {
    match (target.verdict, target.level) {
        (TargetOutcome::Pass, _) => Tone::Good,
        (TargetOutcome::Fail, Level::Must) => Tone::Bad,
        (TargetOutcome::NotEvaluated, Level::Should | Level::Info) => Tone::Quiet,
        _ => Tone::Warn,
    }
}
