//! What may be dialled besides twins and this machine, and how much of it.

use super::cx::{Cx, short};
use super::diagnostic::Code;
use super::fields::Fields;
use super::journeys::positive;
use super::node::{Entry, Mark, Node};
use crate::plan::{Guard, Journey, StopConditions};
use crate::units::Span;

/// The guard, and where its bounds stand.
pub(super) struct Read {
    pub(super) guard: Guard,
    max_duration: Mark,
    max_rate: Mark,
}

/// Reads the guard.
pub(super) fn read(cx: &mut Cx<'_>, entry: &Entry) -> Option<Read> {
    let mut fields = Fields::of(cx, &entry.value, "the guard", entry.at)?;
    let hosts = fields.need(cx, "hosts", "[mock.example]").and_then(|node| hosts(cx, node));
    let longest = fields.need(cx, "max_duration", "2h");
    let fastest = fields.need(cx, "max_rate", "20/s");
    let max_duration = longest.and_then(|node| positive(cx, node, "the longest duration"));
    let max_rate = fastest.and_then(|node| cx.quantity(node, "the rate cap"));
    let stop = fields
        .need(cx, "stop", "none")
        .and_then(|node| cx.choice(node, "stop condition", &[("none", StopConditions::None)], &[]));
    fields.finish(cx);
    let guard = Guard { hosts: hosts?, max_duration: max_duration?, max_rate: max_rate?, stop: stop? };
    Some(Read { guard, max_duration: longest?.at, max_rate: fastest?.at })
}

fn hosts(cx: &mut Cx<'_>, node: &Node) -> Option<Vec<String>> {
    let items = node.items();
    let read: Vec<_> = items.iter().map(|item| host(cx, item)).collect();
    read.into_iter().collect()
}

fn host(cx: &mut Cx<'_>, node: &Node) -> Option<String> {
    let word = cx.word(node, "a host")?;
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '[' | ']');
    if word.is_empty() || !word.chars().all(fits) {
        let hint = "write `host` or `host:port`, without http://".to_owned();
        return cx.hinted(Code::BadName, node.at, format!("`{}` is no host", short(word)), hint);
    }
    Some(word.to_owned())
}

impl Read {
    /// Holds the drill to its guard.
    pub(super) fn check(&self, cx: &mut Cx<'_>, drill: Option<Span>, journeys: &[&Journey]) {
        let Guard { max_duration, max_rate, .. } = &self.guard;
        if let Some(drill) = drill.filter(|drill| drill > max_duration) {
            cx.error::<()>(
                Code::NotGuarded,
                self.max_duration,
                format!("the drill lasts {drill}; the guard allows {max_duration}"),
            );
        }
        let length = drill.unwrap_or(Span::MAX);
        let rate: f64 = journeys.iter().map(|journey| journey.rate.peak(length, Span::from_secs(1))).sum();
        // Rates are exact, their sum in floating point is not: a part in a billion is no excess.
        if rate > max_rate.per_second() * (1.0 + 1e-9) {
            let message =
                format!("the journeys send up to {} messages a second; the guard allows {max_rate}", six(rate));
            cx.error::<()>(Code::NotGuarded, self.max_rate, message);
        }
    }
}

fn six(rate: f64) -> f64 {
    crate::units::six_digits(rate)
}
