//! The windows in each of which a target has to be kept.

use crate::limits::{WAY_WINDOWS, WINDOWS, WINDOWS_AT_ONCE};
use crate::plan::{Expr, Metric, Op, Phase, Sliding, Target, stretches};
use crate::scenario::cx::Cx;
use crate::scenario::diagnostic::Code;
use crate::scenario::fields::Fields;
use crate::scenario::node::{Entry, Mark, Node, Value};
use crate::scenario::table::Table;
use crate::units::{Span, thousands};

/// Whether it says how long a window is, and not for which period an availability is promised.
pub(super) fn is_one(node: &Node) -> bool {
    match &node.value {
        Value::Word(word) => word.starts_with(|c: char| c.is_ascii_digit()),
        Value::Map(entries) => entries.iter().all(|entry| entry.key != "rolling"),
        Value::Null | Value::List(_) => false,
    }
}

/// `1m`, or `{ length: 1m, every: 10s }`.
pub(super) fn read(cx: &mut Cx<'_>, entry: &Entry, expr: Option<&Expr>) -> Option<Sliding> {
    let sliding = match &entry.value.value {
        Value::Map(_) => parts(cx, entry)?,
        _ => Sliding::halfway(longer(cx, &entry.value, "a window")?),
    };
    let Expr { metric, op, .. } = *expr?;
    let of_messages =
        [Metric::Availability, Metric::ObservedAvailability].contains(&metric) || metric.is_distribution();
    let elsewhere = metric.is_of_audits() || metric.is_of_inspections() || metric.is_of_documents();
    if !of_messages || elsewhere {
        let what = if metric.is_observed() { "what programs ask" } else { "its messages" };
        let message = format!("whether `{}` is kept in a window is not told of {what} one by one", metric.name());
        return cx.hinted(Code::Conflict, entry.at, message, "leave `window` out".to_owned());
    }
    if op == Op::Eq {
        let message = "a figure that is to be exactly so much in every window is one that never changes";
        return cx.hinted(Code::Conflict, entry.at, message, "compare with `<=` or `>=`".to_owned());
    }
    if sliding.every > sliding.length {
        let message = "between windows that begin so seldom there is time in which nothing has to be kept";
        return cx.hinted(
            Code::OutOfRange,
            entry.at,
            message,
            format!("write an `every` of at most {}", sliding.length),
        );
    }
    let at_once = sliding.length.nanos().div_ceil(sliding.every.nanos().max(1));
    if at_once > WINDOWS_AT_ONCE {
        let message = format!("each moment would lie in {} windows", thousands(at_once));
        let least = Span::from_nanos(sliding.length.nanos().div_ceil(WINDOWS_AT_ONCE));
        return cx.hinted(Code::OutOfRange, entry.at, message, format!("write an `every` of at least {least}"));
    }
    Some(sliding)
}

fn parts(cx: &mut Cx<'_>, entry: &Entry) -> Option<Sliding> {
    let mut fields = Fields::of(cx, &entry.value, "`window`", entry.at)?;
    let length = fields.need(cx, "length", "1m");
    let length = length.and_then(|node| longer(cx, node, "a window"));
    let every = match fields.take("every") {
        Some(node) => longer(cx, node, "what lies between two windows").map(Some),
        None => Some(None),
    };
    fields.finish(cx);
    let halfway = Sliding::halfway(length?);
    Some(Sliding { every: every?.unwrap_or(halfway.every), ..halfway })
}

fn longer(cx: &mut Cx<'_>, node: &Node, what: &str) -> Option<Span> {
    match cx.quantity(node, what)? {
        Span::ZERO => cx.error(Code::OutOfRange, node.at, format!("{what} is longer than nothing")),
        span => Some(span),
    }
}

/// Each stretch of a target's phases has a window, and together they are not too many to look at.
pub(super) fn fit(cx: &mut Cx<'_>, at: Mark, target: &Target, phases: &Table<'_, Phase>) -> Option<()> {
    let Some(sliding) = target.sliding else { return Some(()) };
    let selected = target.phases.iter().filter_map(|phase| phases.get(phase.index()));
    let lengths: Vec<Span> = stretches(selected).into_iter().map(|(from, to)| to.since(from)).collect();
    if let Some(short) = lengths.iter().find(|length| **length < sliding.length) {
        let message = format!(
            "target `{}` would judge nothing of the {short} that its phases last in a row: a window is {}",
            target.name, sliding.length
        );
        let shorter = "write a shorter `window`, or other phases";
        let hint = match target.expr.metric {
            Metric::Availability => {
                let longer = format!("`window: {{ rolling: {} }}`", sliding.length);
                format!("{shorter}; what is promised for longer than the drill is {longer}, or `month`")
            }
            _ => shorter.to_owned(),
        };
        return cx.hinted(Code::Conflict, at, message, hint);
    }
    let all = lengths.iter().map(|length| sliding.count_in(*length)).fold(0, u64::saturating_add);
    let most = if target.expr.metric.is_observed() { WAY_WINDOWS } else { WINDOWS };
    if all > most {
        let message = format!(
            "target `{}` would have {} windows, and {} are the most",
            target.name,
            thousands(all),
            thousands(most)
        );
        return cx.hinted(Code::OutOfRange, at, message, "write longer windows, or a longer `every`".to_owned());
    }
    Some(())
}
