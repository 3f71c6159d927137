use super::figures::quantile;
use super::table::{Cell, Table};
use crate::analysis::{ObservedFigures, WayFigures};
use crate::report::Report;
use crate::report::words::{NONE, count, moments, percent, plain};

/// What programs that are not ours asked for, way by way and host by host; empty without ways in.
pub(super) fn table(report: &Report<'_>) -> Table {
    let titles = [
        "Way in",
        "Host",
        "#Asked for",
        "#Got",
        "#Availability",
        "#p50",
        "#p90",
        "#p99",
        "#Largest",
        "#Refused by the way in",
        "#Hit by faults",
        "Longest without any",
    ];
    let caption = "Programs that are not ours, over the whole drill but warm-up: requests that were read, and connections that were not";
    let mut table = Table::new(caption, &titles);
    for way in &report.observation.observed {
        table.rows.push(row(way, "all", &way.figures));
        // Of a single host the sum says it all.
        for of in way.hosts.iter().filter(|_| way.hosts.len() > 1) {
            let host = of.host.as_deref().map_or_else(|| "others".to_owned(), plain);
            table.rows.push(row(way, &host, &of.figures));
        }
    }
    table
}

fn row(way: &WayFigures, host: &str, figures: &ObservedFigures) -> Vec<Cell> {
    // Where nothing is read, how long it took until connections stood is all that can be told.
    let latency = if figures.requests > 0 { &figures.latency_ms } else { &figures.connect_ms };
    let refused = figures.ends.refused_here();
    vec![
        Cell::name(plain(&way.id)),
        host.to_owned().into(),
        count(figures.asked).into(),
        count(figures.good).into(),
        figures.availability.map_or_else(|| NONE.to_owned(), percent).into(),
        quantile(latency, latency.p50).into(),
        quantile(latency, latency.p90).into(),
        quantile(latency, latency.p99).into(),
        quantile(latency, latency.max).into(),
        if refused == 0 { NONE.to_owned() } else { count(refused) }.into(),
        if figures.hit == 0 { NONE.to_owned() } else { count(figures.hit) }.into(),
        figures.longest_failing_s.map_or_else(|| NONE.to_owned(), |[from, to]| moments(from, to)).into(),
    ]
}
