//! What became of shared documents.

use super::table::{Cell, Table, Tone};
use crate::analysis::Observation;
use crate::report::words::{count, moment, plain, secs};

/// Document by document; empty without any.
pub(super) fn documents(observation: &Observation) -> Table {
    let titles = [
        "Document",
        "#Changed",
        "#Lost",
        "#Refused",
        "#Conflicting copies",
        "#Read",
        "#Stale reads",
        "#Stale by (p95)",
        "#At most",
        "Held",
    ];
    let mut table = Table::new("Shared documents: what became of changes, and how old what was read was", &titles);
    for figures in &observation.shared.documents {
        let held = match figures.lost_updates {
            None => Cell::badge("? not known", Tone::Warn),
            Some(0) if figures.edits == 0 => Cell::badge("– nothing was changed", Tone::Warn),
            Some(0) => Cell::badge("✔ nothing overwritten unseen", Tone::Good),
            Some(_) => Cell::badge("✘ overwritten unseen", Tone::Bad),
        };
        let ages = figures.stale_read_window_ms.as_ref();
        let known = |n: Option<u64>| n.map_or_else(|| "–".into(), |n| count(n).into());
        table.rows.push(vec![
            Cell::name(plain(&figures.document)),
            count(figures.edits).into(),
            known(figures.lost_updates),
            count(figures.refused).into(),
            known(figures.copies),
            count(figures.reads).into(),
            known(figures.stale_reads),
            seconds(ages.and_then(|ages| ages.p95)),
            seconds(ages.and_then(|ages| ages.max)),
            held,
        ]);
    }
    table
}

fn seconds(millis: Option<f64>) -> Cell {
    millis.map_or_else(|| "–".into(), |millis| secs(millis / 1e3).into())
}

/// The earliest changes of each document that were lost, one by one.
pub(super) fn lost(observation: &Observation) -> Table {
    let documents = &observation.shared.documents;
    let all: u64 = documents.iter().filter_map(|figures| figures.lost_updates).sum();
    let listed: usize = documents.iter().map(|figures| figures.first.len()).sum();
    let caption = if all == listed as u64 {
        "Changes that were taken, and overwritten by somebody who did not know of them".to_owned()
    } else {
        format!(
            "Changes that were taken and overwritten unseen: the first {listed} of {}; the journal has all",
            count(all)
        )
    };
    let mut table = Table::new(caption, &["Document", "#Taken at", "Message", "Written by", "Taken by"]);
    for figures in documents {
        for one in &figures.first {
            table.rows.push(vec![
                Cell::name(plain(&figures.document)),
                moment(one.at_s).into(),
                plain(&one.message).into(),
                plain(&one.account).into(),
                plain(&one.route).into(),
            ]);
        }
    }
    table
}
