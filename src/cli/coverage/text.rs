//! For people.

use std::fmt::{self, Write};

use super::answers::{Against, Answers, Line};
use super::ask::Found;
use crate::cli::explain::wrapped;
use crate::plan::{CoverageSet, EndpointKind};
use crate::vendor::catalogue::{self, Existence, State, WEIGHTS};

/// The whole report.
pub(super) fn text(answers: &Answers) -> String {
    let mut out = String::new();
    // Writing to a string does not fail.
    let _ = write_shares(&mut out, answers);
    let _ = write_asked(&mut out, answers);
    let _ = write_list(&mut out, &answers.to, "Missing", answers.with(State::Missing));
    let _ = write_list(
        &mut out,
        &answers.to,
        "Degraded: there is something of the kind, and it does less",
        answers.with(State::Degraded),
    );
    out
}

fn write_shares(out: &mut String, answers: &Answers) -> fmt::Result {
    writeln!(out, "What {} keeps of {}\n", answers.to, answers.from)?;
    for (set, what) in [(CoverageSet::Api, "functions"), (CoverageSet::Common, "parts of common use")] {
        let tally = answers.tally(set);
        let range = range(tally.low(), tally.high());
        writeln!(
            out,
            "  {:<7} {range:<16} {} of {} {what} supported, {} degraded",
            set.name(),
            tally.supported,
            tally.all,
            tally.degraded
        )?;
        if let Some(claimed) = answers.claimed(set) {
            writeln!(
                out,
                "  {:<7} claimed: {:.0} %, which {}",
                "",
                claimed * 100.0,
                beside(claimed, tally.low(), tally.high())
            )?;
        }
    }
    let sources: Vec<_> = answers.sources().iter().map(|(source, count)| format!("{count} {source}")).collect();
    let observed = match answers.observed() {
        0 => String::new(),
        count => format!("{count} told by the endpoint, "),
    };
    writeln!(out, "\n  What the {} answers rest on: {observed}{}.", answers.lines.len(), sources.join(", "))?;
    writeln!(out, "  {} of them are assumptions. The use of functions is an estimate.", answers.assumptions())?;
    writeln!(out, "  The upper figures count what is degraded, the lower ones do not. More: docs/coverage.md")
}

fn range(low: f64, high: f64) -> String {
    let (low, high) = (format!("{:.1}", low * 100.0), format!("{:.1}", high * 100.0));
    if low == high { format!("{low} %") } else { format!("{low}–{high} %") }
}

/// How a claim lies beside what was counted, in points of a percentage.
fn beside(claimed: f64, low: f64, high: f64) -> String {
    match () {
        () if claimed < low => format!("is {:.1} points less than the catalogue gives", (low - claimed) * 100.0),
        () if claimed > high => format!("is {:.1} points more than the catalogue gives", (claimed - high) * 100.0),
        () => "lies within".to_owned(),
    }
}

fn write_asked(out: &mut String, answers: &Answers) -> fmt::Result {
    let Some(place) = &answers.place else { return Ok(()) };
    let count =
        |of: fn(&Found) -> bool| answers.lines.iter().filter(|line| line.found.as_ref().is_some_and(of)).count();
    writeln!(out, "\nAsked at {place}")?;
    for (count, what) in [
        (count(|found| matches!(found, Found::Told(Existence::Exists))), "there"),
        (count(|found| matches!(found, Found::Told(Existence::Missing))), "not there"),
        (
            count(|found| matches!(found, Found::Told(Existence::Guarded(_)))),
            "want a credential or a permission first: no telling",
        ),
        (
            count(|found| matches!(found, Found::Told(Existence::Unclear(_)))),
            "answered unclearly or not at all: no telling",
        ),
        (count(|found| matches!(found, Found::Skipped(_))), "not asked for"),
    ] {
        writeln!(out, "  {count:>4} {what}")?;
    }
    write_list(out, &answers.to, "Not there, against the catalogue", answers.against(Against::NotThere))?;
    write_list(out, &answers.to, "There, against the catalogue", answers.against(Against::ThereAfterAll))?;
    let untold = answers.lines.iter().filter_map(|line| Some((line, why(line.found.as_ref()?)?)));
    let untold: Vec<_> = untold.collect();
    if !untold.is_empty() {
        writeln!(out, "\nNo telling ({})", untold.len())?;
        for (line, why) in untold {
            writeln!(out, "  {:<22} {why}", line.operation.id)?;
        }
    }
    Ok(())
}

/// Why asking told nothing.
pub(super) fn why(found: &Found) -> Option<String> {
    match found {
        Found::Told(Existence::Exists | Existence::Missing) => None,
        Found::Told(Existence::Guarded(code)) => Some(format!("asks for a permission first: {code}")),
        Found::Told(Existence::Unclear(what)) => Some(what.clone()),
        Found::Skipped(why) => Some(format!("not asked for: {why}")),
    }
}

fn write_list<'a>(
    out: &mut String,
    to: &EndpointKind,
    title: &str,
    lines: impl Iterator<Item = &'a Line>,
) -> fmt::Result {
    let lines: Vec<_> = lines.collect();
    if lines.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{title} ({})", lines.len())?;
    for line in lines {
        let operation = line.operation;
        let source =
            if line.is_observed() { "told by the endpoint".to_owned() } else { line.listed.source.to_string() };
        writeln!(
            out,
            "  {:<22} {} ({}, {} of {WEIGHTS} calls; {source})",
            operation.id,
            operation.name,
            operation.capability.name(),
            operation.weight
        )?;
        if let Some(remark) = catalogue::remark(to, operation) {
            out.push_str(&wrapped(remark, 25));
        }
    }
    Ok(())
}
