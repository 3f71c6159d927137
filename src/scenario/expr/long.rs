//! An expression in parts: `{ metric: recovery_time, labels: { journey: order }, op: "<=", value: 2h }`.

use super::Names;
use super::words::{self, Piece};
use crate::plan::{Expr, Measure, Metric, Selector};
use crate::scenario::cx::Cx;
use crate::scenario::diagnostic::Code;
use crate::scenario::fields::Fields;
use crate::scenario::node::{Entry, Mark, Node};

/// The keys of an expression in parts, as far as they stand there.
pub(super) struct Parts<'n> {
    metric: Option<&'n Entry>,
    agg: Option<&'n Entry>,
    labels: Option<&'n Entry>,
    op: Option<&'n Entry>,
    value: Option<&'n Entry>,
}

impl<'n> Parts<'n> {
    pub(super) fn of(fields: &mut Fields<'n>) -> Self {
        Self {
            metric: fields.entry("metric"),
            agg: fields.entry("agg"),
            labels: fields.entry("labels"),
            op: fields.entry("op"),
            value: fields.entry("value"),
        }
    }

    /// Where the first of them stands.
    pub(super) fn first(&self) -> Option<Mark> {
        let all = [self.metric, self.agg, self.labels, self.op, self.value];
        all.into_iter().flatten().map(|entry| entry.at).min()
    }

    /// Reads the expression, with the claim that its bound is taken from. `at` is where to point if a part is missing.
    pub(super) fn read(&self, cx: &mut Cx<'_>, at: Mark, names: &Names<'_, '_>) -> Option<(Expr, Option<String>)> {
        let metric = needed(cx, self.metric, at, ("metric", "recovery_time")).and_then(|node| {
            let word = piece(cx, node, "the figure")?;
            words::metric(cx, word)
        });
        let op = needed(cx, self.op, at, ("op", "\"<=\"")).and_then(|node| {
            let sign = piece(cx, node, "the comparison")?;
            words::op(cx, sign)
        });
        let value = needed(cx, self.value, at, ("value", "2h"));
        let asked = match self.agg {
            Some(entry) => {
                let word = piece(cx, &entry.value, "the aggregate")?;
                Some((words::aggregate(cx, word)?, word))
            }
            None => None,
        };
        let metric = metric?;
        let place = self.metric.map_or(at, |entry| entry.value.at);
        words::fits(cx, asked, metric, place)?;
        let of = self.selector(cx, metric, names)?;
        words::names_all(cx, metric, of, place)?;
        let aggregate = asked.map(|(aggregate, _)| aggregate);
        let value = piece(cx, value?, "the value")?;
        let (bound, claim) = words::bound(cx, names, (Measure::of(aggregate, metric), metric), value)?;
        Some((Expr { aggregate, metric, of, op: op?, bound }, claim))
    }

    fn selector(&self, cx: &mut Cx<'_>, metric: Metric, names: &Names<'_, '_>) -> Option<Selector> {
        let mut of = Selector::default();
        let Some(labels) = self.labels else { return Some(of) };
        for entry in cx.map(&labels.value, "`labels`")? {
            let value = piece(cx, &entry.value, "a name")?;
            words::label(cx, names, metric, (Piece { text: &entry.key, at: entry.at }, value), &mut of)?;
        }
        Some(of)
    }
}

/// A part without which there is no expression.
fn needed<'n>(cx: &mut Cx<'_>, entry: Option<&'n Entry>, at: Mark, (key, such_as): (&str, &str)) -> Option<&'n Node> {
    if let Some(entry) = entry {
        return Some(&entry.value);
    }
    let hint = format!("write for instance `{key}: {such_as}`");
    cx.hinted(Code::Missing, at, format!("an expression in parts has no `{key}`"), hint)
}

fn piece<'n>(cx: &mut Cx<'_>, node: &'n Node, what: &str) -> Option<Piece<'n>> {
    Some(Piece { text: cx.word(node, what)?.trim(), at: node.at })
}
