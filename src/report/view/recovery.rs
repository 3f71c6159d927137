use super::table::{Cell, Table, Tone};
use crate::analysis::{Clocked, Late, Outcome, Recovery};
use crate::report::Report;
use crate::report::names::Names;
use crate::report::words::{NONE, count, moment_of, moments_of, plain, secs, secs_exact, secs_range_beside};

/// How each outage was recovered from.
pub(super) fn table(report: &Report<'_>) -> Table {
    let titles = ["Journey", "Inject", "From", "#Certain after", "#Recovered within", "#Objective", "Outcome"];
    let mut table = Table::new(
        "Recovery clocks: from the first bad message, at most from the last good one before it, to the first good one that held",
        &titles,
    );
    let drill = report.observation.at.secs_f64();
    for recovery in &report.observation.recovery {
        let actual = match recovery.outcome {
            Outcome::Tolerated => "0 s".into(),
            Outcome::Masked => NONE.into(),
            _ => secs_range_beside(recovery.lo_s, recovery.hi_s, recovery.objective_s),
        };
        table.rows.push(vec![
            Cell::name(plain(&recovery.journey)),
            cause(recovery).into(),
            recovery.start_s.map_or(NONE.into(), |at| moment_of(drill, at)).into(),
            recovery.detect_s.map_or(NONE.into(), secs).into(),
            actual.into(),
            recovery.objective_s.map_or(NONE.into(), secs_exact).into(),
            Cell::badge(outcome(recovery), tone(recovery)),
        ]);
    }
    table
}

/// Every outage by all four clocks.
pub(super) fn clocks(report: &Report<'_>) -> Table {
    let titles = ["Journey", "Inject", "#Since impact", "#Since injection", "#Since detection", "#Since declaration"];
    let caption = "The same outages by all four clocks: from the first bad message, from the inject's being applied, from when it was \
                   certain that the journey was down, and from the decision to fail over";
    let mut table = Table::new(caption, &titles);
    for recovery in report.observation.recovery.iter().filter(|recovery| recovery.outcome.is_outage()) {
        let mut row = vec![Cell::name(plain(&recovery.journey)), cause(recovery).into()];
        row.extend(recovery.clocks.iter().map(clocked));
        table.rows.push(row);
    }
    table
}

fn clocked(told: &Clocked) -> Cell {
    let Some(lo_s) = told.lo_s else { return "never began".into() };
    let cell = Cell::from(secs_range_beside(lo_s, told.hi_s, told.objective_s));
    match told.objective_s {
        Some(objective) => cell.with(format!("of {}{}", secs_exact(objective), in_time(objective, lo_s, told.hi_s))),
        None => cell,
    }
}

/// What else there is to tell of an outage.
pub(super) fn behind(report: &Report<'_>) -> Table {
    let titles = [
        "Journey",
        "Inject",
        "#Unseen since it was applied",
        "#Unseen since it first hit",
        "#Alert after",
        "#Came back after it seemed over",
        "#Lost (RPA)",
        "#Reaching back (RPA)",
    ];
    let mut table = Table::new(
        "What the clocks do not tell of each outage (RPA is the recovery point actual: what was lost)",
        &titles,
    );
    for recovery in report.observation.recovery.iter().filter(|recovery| recovery.outcome.is_outage()) {
        let or_none = |time: Option<f64>| time.map_or(NONE.into(), secs);
        table.rows.push(vec![
            Cell::name(plain(&recovery.journey)),
            cause(recovery).into(),
            or_none(recovery.masked_s).into(),
            or_none(recovery.masked_since_hit_s).into(),
            or_none(recovery.alerted_s.zip(recovery.start_s).map(|(at, start)| at - start)).into(),
            times(recovery.flaps).into(),
            recovery.rpa_count.map_or(NONE.into(), count).into(),
            or_none(recovery.rpa_time_s).into(),
        ]);
    }
    table
}

fn times(n: u32) -> String {
    match n {
        0 => "never".into(),
        1 => "once".into(),
        n => format!("{} times", count(u64::from(n))),
    }
}

fn cause(recovery: &Recovery) -> String {
    recovery.inject.as_deref().map_or("none: the system's own".into(), plain)
}

fn in_time(objective: f64, lo_s: f64, hi_s: Option<f64>) -> &'static str {
    match () {
        () if lo_s > objective => ", too late",
        () if hi_s.is_some_and(|hi| hi <= objective) => ", in time",
        () => ", perhaps in time",
    }
}

fn outcome(recovery: &Recovery) -> String {
    let within = recovery.objective_s.map(|objective| in_time(objective, recovery.lo_s, recovery.hi_s));
    match recovery.outcome {
        Outcome::Tolerated => "✔ tolerated".into(),
        Outcome::Masked => "? masked by another's outage".into(),
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
        (Outcome::Masked, _) | (Outcome::Recovered, None) => Tone::Quiet,
        (_, Some(objective)) if recovery.lo_s > objective => Tone::Bad,
        (Outcome::Recovered, Some(objective)) if recovery.hi_s.is_some_and(|hi| hi <= objective) => Tone::Good,
        _ => Tone::Warn,
    }
}

/// Every inject, planned and actual.
pub(super) fn injects(report: &Report<'_>) -> Table {
    let titles = ["Inject", "What", "Aimed at", "Planned", "Actual", "#Hits", "First and last hit"];
    let mut table = Table::new("What was injected, when, and how often it bit", &titles);
    let drill = report.observation.at.secs_f64();
    for (index, inject) in report.observation.injects.iter().enumerate() {
        let aim = report.plan.injects.get(index).map_or(NONE.into(), |planned| match planned.fault.action() {
            Some(action) => format!("outside: {}", plain(&action.act.to_string())),
            None => Names(report.plan).aim(planned),
        });
        let [from, to] = inject.planned_s;
        let hits = match (inject.first_hit_s, inject.last_hit_s) {
            (Some(first), Some(last)) => moments_of(drill, first, last),
            _ => NONE.into(),
        };
        table.rows.push(vec![
            Cell::name(plain(&inject.id)),
            inject.fault.replace('_', " ").into(),
            aim.into(),
            moments_of(drill, from, to).into(),
            match report.observation.late(inject) {
                Some(late) => Cell::from(actual(drill, inject.applied_s, inject.lifted_s)).with(lateness(&late)),
                None => actual(drill, inject.applied_s, inject.lifted_s).into(),
            },
            count(inject.hits).into(),
            hits.into(),
        ]);
    }
    table
}

/// `12.0 ms late, since it waited for the steady state; on for 38.0 ms of 50.0 ms`.
fn lateness(late: &Late) -> String {
    let waited = if late.waited { ", since it waited for the steady state" } else { "" };
    let lasted = late.lasted_s.map(|(lasted, planned)| (secs(lasted), secs(planned)));
    // Of a long time nobody misses so little.
    let lasted = lasted.filter(|(lasted, planned)| lasted != planned);
    let lasted = lasted.map(|(lasted, planned)| format!("; on for {lasted} of {planned}"));
    format!("{} late{waited}{}", secs(late.by_s), lasted.unwrap_or_default())
}

fn actual(drill: f64, applied: Option<f64>, lifted: Option<f64>) -> String {
    match (applied, lifted) {
        (Some(from), Some(to)) => moments_of(drill, from, to),
        (Some(from), None) => format!("{}, in force until the end", moment_of(drill, from)),
        (None, _) => "never".into(),
    }
}
