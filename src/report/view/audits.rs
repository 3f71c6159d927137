//! What gateways' audit trails tell, beside what the gateways did.

use super::table::{Cell, Table, Tone};
use crate::analysis::{Amiss, AuditFigures, Observation};
use crate::report::words::{NONE, count, moment, plain, secs};

/// Gateway by gateway; empty if no trail is read.
pub(super) fn audits(observation: &Observation) -> Table {
    let titles = [
        "Gateway",
        "#Sent on",
        "#Told",
        "#Missing",
        "#Not known",
        "#Wrong",
        "#Lag, median",
        "#p99",
        "#Longest",
        "Held",
    ];
    let mut table = Table::new("Audit: what was sent on, and what the trail tells of it", &titles);
    for figures in &observation.audits {
        let AuditFigures { gateway, acts, told, missing, open, wrong, lag_ms, .. } = figures;
        let held = match (missing + wrong, *open, *acts) {
            (0, 0, 0) => Cell::badge("– nothing was sent on", Tone::Quiet),
            (0, 0, _) => Cell::badge("✔ all of it", Tone::Good),
            (0, ..) => Cell::badge("? not read whole", Tone::Warn),
            _ => Cell::badge("✘ not all of it", Tone::Bad),
        };
        let counts = [acts, told, missing, open, wrong].map(|n| count(*n).into());
        let lags = [lag_ms.p50, lag_ms.p99, lag_ms.max];
        let lags = lags.map(|lag| lag.map_or(NONE.into(), |millis| secs(millis / 1e3)).into());
        table.rows.push([Cell::name(plain(gateway))].into_iter().chain(counts).chain(lags).chain([held]).collect());
    }
    table
}

/// The earliest messages that no trail tells of, and the earliest entries that are wrong, one by one: the message, the way and the moment.
pub(super) fn untold(observation: &Observation) -> Table {
    let all: u64 = observation.audits.iter().map(|figures| figures.missing + figures.wrong).sum();
    let told: usize = observation.audits.iter().map(|figures| figures.first.len()).sum();
    let caption = if all == told as u64 {
        "What the audit trail does not tell, or tells wrongly".to_owned()
    } else {
        let all = count(all);
        format!("What the audit trail does not tell, or tells wrongly: the first {told} of {all}; the journal has all")
    };
    let mut table = Table::new(caption, &["#At", "Message", "Way it took", "What is amiss"]);
    for figures in &observation.audits {
        for one in &figures.first {
            let gateway = plain(&figures.gateway);
            table.rows.push(vec![
                moment(one.at_s).into(),
                Cell::name(plain(&one.message)),
                one.endpoint.as_ref().map_or(gateway.clone(), |to| format!("{gateway} → {}", plain(to))).into(),
                match one.what {
                    Amiss::Missing => "no entry tells of it",
                    Amiss::Wrong => "an entry tells of it, and it never happened",
                }
                .into(),
            ]);
        }
    }
    table
}
