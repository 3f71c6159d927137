//! What was not acknowledged: by route and answer.

use super::table::{Cell, Table};
use crate::analysis::FailedAttempts;
use crate::report::Report;
use crate::report::names::Names;
use crate::report::words::{NONE, count, plain};

/// Every answer that acknowledged nothing; empty if every attempt was acknowledged.
pub(super) fn table(report: &Report<'_>) -> Table {
    let titles = ["Journey", "Route", "How it ended", "Code", "#Attempts", "#Last word of"];
    let mut table = Table::new(
        "Attempts that were not acknowledged, by route and answer, and of how many messages, which nobody acknowledged, that was the last \
         word",
        &titles,
    );
    for journey in &report.observation.journeys {
        for failed in &journey.failed {
            let route =
                failed.route.as_ref().map_or_else(|| NONE.to_owned(), |r| Names(report.plan).endpoint_called(r));
            let messages = match failed.last_word {
                0 => NONE.to_owned(),
                1 => "1 message".to_owned(),
                many => format!("{} messages", count(many)),
            };
            table.rows.push(vec![
                Cell::name(plain(&journey.id)),
                route.into(),
                failed.ended().into(),
                code(failed).into(),
                count(failed.attempts).into(),
                messages.into(),
            ]);
        }
    }
    table
}

/// `429 TooManyRequests`.
fn code(failed: &FailedAttempts) -> String {
    let status = (failed.status > 0).then(|| failed.status.to_string());
    let word = Some(plain(&failed.code)).filter(|word| !word.is_empty());
    let both: Vec<String> = status.into_iter().chain(word).collect();
    if both.is_empty() { NONE.to_owned() } else { both.join(" ") }
}
