//! What left a company and may not.

use super::table::{Cell, Table};
use crate::analysis::Observation;
use crate::report::words::{count, moment, plain};

/// The earliest leaks of each journey, one by one: the message, the way it took and the moment; empty if there were none.
pub(super) fn leaks(observation: &Observation) -> Table {
    let deliveries = &observation.deliveries;
    let unseen = match deliveries.unseen.leaked {
        0 => String::new(),
        more => format!(" (of {} of them nobody can tell)", count(more)),
    };
    let caption = format!(
        "What left and may not: {} of {} deliveries that ought to have been stopped{unseen}, the earliest messages of each journey",
        count(deliveries.leaked),
        count(deliveries.violations)
    );
    let mut table = Table::new(caption, &["#At", "Message", "What was in it", "Sent by", "Way it took"]);
    for leak in &observation.leaks {
        table.rows.push(vec![
            moment(leak.at_s).into(),
            Cell::name(plain(&leak.message)),
            leak.kind.name().into(),
            plain(&leak.account).into(),
            plain(&leak.route).into(),
        ]);
    }
    table
}
