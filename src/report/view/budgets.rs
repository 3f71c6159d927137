use super::table::{Cell, Table, Tone};
use crate::report::Report;
use crate::report::names::Names;
use crate::report::words::{NONE, count, percent_beside, plain, secs, secs_range, span};
use crate::units::{EndpointId, JourneyId};
use crate::verdict::{Budget, budgets};

/// What the outages of this drill cost of what may be lost in the month and in the quarter in which it started; empty if nothing was promised for so long.
pub(super) fn table(report: &Report<'_>) -> Table {
    let titles = ["Journey", "Promised", "#May be lost", "#Outages", "#Lost by them", "#Of what may be"];
    let mut table = Table::new("What these outages cost of the error budget, if nothing else happens", &titles);
    let calendar = report.plan.calendar.as_ref();
    for budget in budgets(report.plan, report.observation) {
        let Budget { journey, route, promised, window, allowed, outages, low_s, high_s } = budget;
        let lost = if outages == 0 { NONE.into() } else { secs_range(low_s, high_s) };
        let (low, high) = budget.spent();
        let tone = match high {
            Some(high) if high <= 1.0 => Tone::Good,
            _ if low > 1.0 => Tone::Bad,
            _ => Tone::Warn,
        };
        table.rows.push(vec![
            whose(Names(report.plan), journey, route),
            Cell::from(format!("{promised} of a {}", window.kind())).with(plain(&window.told(calendar))),
            secs(allowed.secs_f64()).into(),
            count(outages as u64).into(),
            lost.into(),
            Cell::badge(share(low, high), tone),
        ]);
    }
    table
}

/// The journey, and the route by which something is promised of it.
fn whose(names: Names<'_>, journey: JourneyId, route: Option<EndpointId>) -> Cell {
    let by = route.map_or_else(String::new, |route| format!(" by {}", names.endpoint(route)));
    Cell::name(names.journey(journey) + &by)
}

fn share(low: f64, high: Option<f64>) -> String {
    let percent = |share: f64| {
        let hundredths = libm::round(share * 1e4) / 1e2;
        // What is all of it, or more, is told exactly.
        let exact = (hundredths - 100.0).abs() < f64::EPSILON;
        if exact { percent_beside(share, 1.0) } else { format!("{} %", crate::units::six_digits(hundredths)) }
    };
    match high {
        Some(high) => span(&percent(low), &percent(high)),
        None => format!("at least {}", percent(low)),
    }
}
