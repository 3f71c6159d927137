//! A journey beside its control arm.

use super::table::{Cell, Table};
use crate::analysis::{Contrast, JourneyFigures};
use crate::plan::Measure;
use crate::report::words::{NONE, count, millis, percent, plain};

/// Figure by figure and phase by phase; empty without a control arm.
pub(super) fn table(journey: &JourneyFigures, name: &str) -> Table {
    let titles = [
        "Phase",
        "Figure",
        "#Exposed",
        "#Control",
        "#Difference",
        "#At least (97.5 %)",
        "#At most (97.5 %)",
        "More than chance",
    ];
    let caption = format!("{name}, those whom injects may hit beside the control arm, whom none hits");
    let mut table = Table::new(caption, &titles);
    for arms in &journey.arms {
        table.rows.extend(arms.figures.iter().map(|contrast| row(&arms.phase, contrast)));
    }
    table
}

/// One figure of two sides, one after the other, with how far it differs.
pub(crate) fn row(phase: &str, contrast: &Contrast) -> Vec<Cell> {
    let [exposed, control] = contrast.n;
    let told = |value: Option<f64>, n: u64| {
        Cell::from(value.map_or(NONE.into(), |value| figure(contrast.figure, value))).with(format!("of {}", count(n)))
    };
    let bound = |value: Option<f64>| Cell::from(value.map_or(NONE.into(), |value| signed(contrast.figure, value)));
    vec![
        Cell::name(plain(phase)),
        contrast.figure.into(),
        told(contrast.exposed, exposed),
        told(contrast.control, control),
        bound(contrast.difference),
        bound(contrast.low),
        bound(contrast.high),
        chance(contrast),
    ]
}

/// Whether a difference is more than chance, and if that cannot be told, by what.
fn chance(contrast: &Contrast) -> Cell {
    if contrast.shown {
        return "yes".into();
    }
    if contrast.none {
        return "no failure in either".into();
    }
    let cell = Cell::from("too few to tell");
    let ([one, other], worth) = (contrast.n_effective, contrast.n.iter().zip(contrast.n_effective));
    if worth.clone().any(|(n, effective)| effective < n / 2) {
        // Thousands of messages that failed in one row are one event.
        return cell.with(format!(
            "failures came in a row: they tell as much as {} and {} independent messages",
            count(other),
            count(one)
        ));
    }
    cell
}

fn is_share(figure: &str) -> bool {
    matches!(figure, "availability" | "lost")
}

fn figure(name: &str, value: f64) -> String {
    if is_share(name) { percent(value) } else { millis(value) }
}

/// A difference with its sign: of shares in percentage points.
fn signed(name: &str, value: f64) -> String {
    if is_share(name) {
        return difference(Measure::Share, value);
    }
    // Latencies are milliseconds here.
    difference(Measure::Time, value / 1e3)
}

/// By how much a figure is larger, with the sign: of shares in percentage points.
pub(crate) fn difference(measure: Measure, value: f64) -> String {
    let (sign, size) = (if value < 0.0 { "−" } else { "+" }, value.abs());
    match measure {
        Measure::Share => format!("{sign}{:.2} points", size * 100.0),
        other => format!("{sign}{}", other.figure(size)),
    }
}
