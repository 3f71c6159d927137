//! What endpoints that keep books did with messages.

use super::table::{Cell, Table, Tone};
use crate::analysis::{BookFigures, MishapFigures, Observation, Wrong};
use crate::report::words::{count, moment, plain};

/// Endpoint by endpoint; empty if none keeps books.
pub(super) fn books(observation: &Observation) -> Table {
    let titles = [
        "Endpoint",
        "#Taken",
        "#In effect",
        "#Known already",
        "#Came after a later one",
        "#Booked twice",
        "#Overwrote",
        "Held",
    ];
    let mut table = Table::new("Books: what became of whatever was taken", &titles);
    for figures in &observation.books {
        let BookFigures { endpoint, entries, applied, repeated, superseded, twice, out_of_order, .. } = figures;
        let held = match twice + out_of_order {
            0 => Cell::badge("✔ once, and in order", Tone::Good),
            _ => Cell::badge("✘ not effectively once", Tone::Bad),
        };
        let counts = [entries, applied, repeated, superseded, twice, out_of_order].map(|n| count(*n).into());
        table.rows.push([Cell::name(plain(endpoint))].into_iter().chain(counts).chain([held]).collect());
    }
    table
}

/// The earliest entries that should not have been, one by one: the document, what came when, and with what it does not agree.
pub(super) fn mishaps(observation: &Observation) -> Table {
    let titles = ["Endpoint", "#At", "Message", "Document", "What went wrong", "The entry before"];
    let all: u64 = observation.books.iter().map(|figures| figures.twice + figures.out_of_order).sum();
    let told: usize = observation.books.iter().map(|figures| figures.first.len()).sum();
    let caption = if all == told as u64 {
        "What should not have been booked".to_owned()
    } else {
        format!("What should not have been booked: the first {told} of {}; the journal has all", count(all))
    };
    let mut table = Table::new(caption, &titles);
    for figures in &observation.books {
        for mishap in &figures.first {
            table.rows.push(vec![
                Cell::name(plain(&figures.endpoint)),
                moment(mishap.at_s).into(),
                Cell::from(plain(&mishap.message)).with(format!("entry {}", count(mishap.entry))),
                plain(&mishap.document).into(),
                match mishap.what {
                    Wrong::Twice => "took effect again",
                    Wrong::OutOfOrder => "overwrote a later state",
                }
                .into(),
                before(mishap),
            ]);
        }
    }
    table
}

fn before(mishap: &MishapFigures) -> Cell {
    match &mishap.before {
        Some(before) => Cell::from(plain(&before.message)).with(format!(
            "entry {}, heard of at {}",
            count(before.entry),
            moment(before.at_s)
        )),
        None => "too long ago to be remembered".into(),
    }
}
