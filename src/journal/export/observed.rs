use std::net::SocketAddr;

use serde::Serialize;

use super::line::Line;
use super::names::Names;
use crate::journal::observed::{Observed, Tried, TriedEnd};
use crate::units::{Moment, six_digits};

/// What is not known is `null`.
pub(super) fn observed(names: Names<'_>, line: Line, observed: &Observed) -> Line {
    let text = |text: &'_ str| (!text.is_empty()).then(|| text.to_owned());
    let line = line
        .field("way", names.way(observed.way))
        .field("connection", observed.connection)
        .field("exchange", observed.exchange)
        .field("source", observed.source)
        .field("user", text(&observed.user))
        .field("account", observed.account.map(|account| names.account(account)))
        .field("host", text(&observed.host))
        .field("address", observed.address)
        .field("method", text(&observed.method))
        .field("capability", observed.capability)
        .field("status", observed.status)
        .field("sent", observed.sent)
        .field("received", observed.received)
        .moment("began_s", observed.began);
    let line = match observed.ready {
        Some(ready) => line.moment("ready_s", ready),
        None => line.field("ready_s", ()),
    };
    let injects: Vec<_> = observed.injects.iter().map(|inject| names.inject(*inject)).collect();
    line.moment("ended_s", observed.ended)
        .field("end", observed.end)
        .field("injects", injects)
        .field("count", observed.count)
        .field("tried", tried(&observed.tried))
}

/// Addresses in the order in which they were dialled.
pub(super) fn tried(tried: &[Tried]) -> impl Serialize {
    tried.iter().map(TriedLine::of).collect::<Vec<_>>()
}

/// An address that was dialled.
#[derive(Serialize)]
struct TriedLine {
    address: SocketAddr,
    end: TriedEnd,
    began_s: f64,
    ended_s: Option<f64>,
}

impl TriedLine {
    fn of(tried: &Tried) -> Self {
        let seconds = |at: Moment| six_digits(at.secs_f64());
        let (began_s, ended_s) = (seconds(tried.began), tried.ended.map(seconds));
        Self { address: tried.address, end: tried.end, began_s, ended_s }
    }
}
