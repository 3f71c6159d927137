//! What gateways had inspected before they sent it on.

use super::figures::quantile;
use super::table::{Cell, Table, Tone};
use crate::analysis::{InspectionFigures, MisruledFigures, Observation, Verdicts, Wrongly};
use crate::report::words::{count, moment, percent, plain};

/// Gateway by gateway; empty if nothing was inspected.
pub(super) fn inspections(observation: &Observation) -> Table {
    let titles = [
        "Gateway",
        "Inspected by",
        "#Asked",
        "#Violations found",
        "#Missed",
        "#Blocked wrongly",
        "#Let through uninspected",
        "#Refused uninspected",
        "#Median",
        "#p99",
        "Held",
    ];
    let mut table = Table::new("Inspections: what was asked, found, missed and let through", &titles);
    for figures in &observation.inspections {
        let InspectionFigures { violations, look_alikes, plain: others, .. } = figures;
        let (clean, all) = (look_alikes.and(*others), look_alikes.and(*others).and(*violations));
        let wrongly = match look_alikes.blocked {
            0 => share(clean),
            look_alikes => share(clean).with(format!("{} of them look-alikes", count(look_alikes))),
        };
        let latency = &figures.latency_ms;
        table.rows.push(vec![
            Cell::name(plain(&figures.gateway)),
            plain(&figures.dlp).into(),
            count(all.asked()).into(),
            share(*violations),
            count(violations.passed).into(),
            wrongly,
            uninspected(figures),
            count(all.failed_closed).into(),
            quantile(latency, latency.p50).into(),
            quantile(latency, latency.p99).into(),
            held(figures, violations),
        ]);
    }
    table
}

/// How many were blocked, and which share of those inspected that is.
fn share(of: Verdicts) -> Cell {
    let blocked = Cell::from(count(of.blocked));
    match of.inspected() {
        0 => blocked,
        n => blocked.with(format!("{} of {}", percent(of.blocked as f64 / n as f64), count(n))),
    }
}

fn uninspected(figures: &InspectionFigures) -> Cell {
    let cell = Cell::from(count(figures.uninspected));
    match figures.uninspected_violations {
        0 => cell,
        violations => cell.with(format!("{} of them violations", count(violations))),
    }
}

fn held(figures: &InspectionFigures, violations: &Verdicts) -> Cell {
    match violations.passed + figures.uninspected_violations {
        0 if figures.uninspected == 0 => Cell::badge("✔ nothing went past it", Tone::Good),
        0 => Cell::badge("was down, and let through", Tone::Warn),
        past => Cell::badge(format!("✘ {} violations went past it", count(past)), Tone::Bad),
    }
}

/// The earliest of each kind, one by one: the message, what was in it, the way it took and the moment; empty if there were none.
pub(super) fn misruled(observation: &Observation) -> Table {
    let caption = "What was not ruled as it should have been: the earliest of each kind";
    let mut table =
        Table::new(caption, &["#At", "Message", "What happened", "What was in it", "Sent by", "Way it took"]);
    for figures in &observation.inspections {
        for one in &figures.first {
            table.rows.push(vec![
                moment(one.at_s).into(),
                Cell::name(plain(&one.message)),
                match one.what {
                    Wrongly::Missed => "missed",
                    Wrongly::Blocked => "blocked wrongly",
                    Wrongly::Uninspected => "let through uninspected",
                }
                .into(),
                content(one).into(),
                plain(&one.account).into(),
                format!("{}, asked {}", plain(&figures.gateway), plain(&figures.dlp)).into(),
            ]);
        }
    }
    table
}

fn content(one: &MisruledFigures) -> String {
    match one.kind {
        Some(kind) if one.violation => kind.name().to_owned(),
        Some(kind) => format!("nothing: looks like {}", kind.name()),
        None => "nothing".to_owned(),
    }
}
