//! What may be dialled besides twins and this machine, and how much of it.

use super::cx::{Cx, short};
use super::diagnostic::Code;
use super::fields::Fields;
use super::journeys::positive;
use super::node::{Entry, Mark, Node};
use crate::plan::{Guard, Journey, StopConditions};
use crate::units::{Rate, Span};

/// The guard, and where its bounds stand.
pub(super) struct Read {
    pub(super) guard: Guard,
    max_duration: Mark,
    max_rate: Mark,
}

/// Reads the guard.
pub(super) fn read(cx: &mut Cx<'_>, entry: &Entry) -> Option<Read> {
    let mut fields = Fields::of(cx, &entry.value, "the guard", entry.at)?;
    let hosts = fields.need(cx, "hosts", "[mock.example]").map(|node| hosts(cx, node));
    let longest = fields.need(cx, "max_duration", "2h");
    let fastest = fields.need(cx, "max_rate", "20/s");
    let max_duration = longest.and_then(|node| positive(cx, node, "the longest duration"));
    let max_rate = fastest.and_then(|node| cx.quantity(node, "the rate cap"));
    let stop = fields
        .need(cx, "stop", "none")
        .and_then(|node| cx.choice(node, "stop condition", &[("none", StopConditions::None)], &[]));
    fields.finish(cx);
    // Whatever is wrong was told, and no plan comes of it. The hosts count meanwhile: each that leads to one would be told as a mistake, too.
    let guard = Guard {
        hosts: hosts.unwrap_or_default(),
        max_duration: max_duration.unwrap_or(Span::MAX),
        max_rate: max_rate.unwrap_or(Rate::a_second(u32::MAX)),
        stop: stop.unwrap_or(StopConditions::None),
    };
    let at = |node: Option<&Node>| node.map_or(entry.at, |node| node.at);
    Some(Read { guard, max_duration: at(longest), max_rate: at(fastest) })
}

/// Those that are hosts.
fn hosts(cx: &mut Cx<'_>, node: &Node) -> Vec<String> {
    node.items().iter().filter_map(|item| host(cx, item)).collect()
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
