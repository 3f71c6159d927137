use super::table::{Cell, Table, Tone};
use crate::analysis::{Outcome, Recovery};
use crate::report::Report;
use crate::report::names::Names;
use crate::report::words::{NONE, count, moment, moments, plain, secs, secs_exact, secs_range};

/// How each outage was recovered from.
pub(super) fn table(report: &Report<'_>) -> Table {
    let titles = ["Journey", "Inject", "From", "#Noticed after", "#Recovered within", "#Objective", "Outcome"];
    let mut table = Table::new("Recovery clocks: from the first bad message to the first good one that held", &titles);
    for recovery in &report.observation.recovery {
        let actual = match recovery.outcome {
            Outcome::Tolerated => "0 s".into(),
            _ => secs_range(recovery.lo_s, recovery.hi_s),
        };
        table.rows.push(vec![
            Cell::name(plain(&recovery.journey)),
            recovery.inject.as_deref().map_or("none: the system's own".into(), plain).into(),
            recovery.start_s.map_or(NONE.into(), moment).into(),
            recovery.detect_s.map_or(NONE.into(), secs).into(),
            actual.into(),
            recovery.objective_s.map_or(NONE.into(), secs_exact).into(),
            Cell::badge(outcome(recovery), tone(recovery)),
        ]);
    }
    table
}

fn outcome(recovery: &Recovery) -> String {
    let within = recovery.objective_s.map(|objective| match () {
        () if recovery.lo_s > objective => ", too late",
        () if recovery.hi_s.is_some_and(|hi| hi <= objective) => ", in time",
        () => ", perhaps in time",
    });
    match recovery.outcome {
        Outcome::Tolerated => "✔ tolerated".into(),
        Outcome::Recovered if within == Some(", too late") => "✘ recovered, too late".into(),
        Outcome::Recovered if within == Some(", perhaps in time") => "? recovered, perhaps in time".into(),
        Outcome::Recovered => format!("✔ recovered{}", within.unwrap_or_default()),
        Outcome::NotRecovered => "✘ still down at the end".into(),
    }
}

/// What colour an outage deserves, by its objective.
pub(super) fn tone(recovery: &Recovery) -> Tone {
    match (recovery.outcome, recovery.objective_s) {
        (Outcome::Tolerated, _) => Tone::Good,
        (_, Some(objective)) if recovery.lo_s > objective => Tone::Bad,
        (Outcome::Recovered, Some(objective)) if recovery.hi_s.is_some_and(|hi| hi <= objective) => Tone::Good,
        (Outcome::Recovered, None) => Tone::Quiet,
        _ => Tone::Warn,
    }
}

/// Every inject, planned and actual.
pub(super) fn injects(report: &Report<'_>) -> Table {
    let titles = ["Inject", "What", "Aimed at", "Planned", "Actual", "#Hits", "First and last hit"];
    let mut table = Table::new("What was injected, when, and how often it bit", &titles);
    for (index, inject) in report.observation.injects.iter().enumerate() {
        let aim = report.plan.injects.get(index).map_or(NONE.into(), |planned| Names(report.plan).aim(planned));
        let [from, to] = inject.planned_s;
        let hits = match (inject.first_hit_s, inject.last_hit_s) {
            (Some(first), Some(last)) => moments(first, last),
            _ => NONE.into(),
        };
        table.rows.push(vec![
            Cell::name(plain(&inject.id)),
            inject.fault.replace('_', " ").into(),
            aim.into(),
            moments(from, to).into(),
            actual(inject.applied_s, inject.lifted_s).into(),
            count(inject.hits).into(),
            hits.into(),
        ]);
    }
    table
}

fn actual(applied: Option<f64>, lifted: Option<f64>) -> String {
    match (applied, lifted) {
        (Some(from), Some(to)) => moments(from, to),
        (Some(from), None) => format!("{}, in force until the end", moment(from)),
        (None, _) => "never".into(),
    }
}
