//! An expression in one line.

use super::Names;
use super::words::{self, Piece};
use crate::plan::{Expr, Measure, Metric, Selector};
use crate::scenario::cx::{Cx, short};
use crate::scenario::diagnostic::Code;
use crate::scenario::node::{Mark, Node};

/// Reads `text`, which is that of `node`, with the claim that its bound is taken from.
pub(super) fn read(cx: &mut Cx<'_>, text: &str, node: &Node, names: &Names<'_, '_>) -> Option<(Expr, Option<String>)> {
    Parser { text, at: 0, node, names }.expr(cx)
}

struct Parser<'p, 't, 'n> {
    text: &'p str,
    at: usize,
    node: &'p Node,
    names: &'p Names<'t, 'n>,
}

impl<'p> Parser<'p, '_, '_> {
    fn expr(mut self, cx: &mut Cx<'_>) -> Option<(Expr, Option<String>)> {
        let first = self.word(cx, "a figure such as `recovery_time` or `p95(delivery_latency)`")?;
        let (asked, metric) = if self.skip("(") {
            let aggregate = words::aggregate(cx, first)?;
            let word = self.word(cx, "a figure such as `delivery_latency`")?;
            (Some((aggregate, first)), words::metric(cx, word)?)
        } else if words::is_aggregate(first.text) {
            let message = format!("`{}` is asked of a figure, in brackets", first.text);
            return cx.hinted(
                Code::BadExpression,
                first.at,
                message,
                format!("write `{}(delivery_latency)`", first.text),
            );
        } else {
            (None, words::metric(cx, first)?)
        };
        let of = self.selector(cx, metric)?;
        if asked.is_some() {
            self.expect(cx, ")")?;
        }
        words::fits(cx, asked, metric, first.at)?;
        words::names_all(cx, metric, of, first.at)?;
        let op = self.sign(cx).and_then(|sign| words::op(cx, sign))?;
        let aggregate = asked.map(|(aggregate, _)| aggregate);
        let bound = self.rest_of_it(cx)?;
        let (bound, claim) = words::bound(cx, self.names, (Measure::of(aggregate, metric), metric), bound)?;
        Some((Expr { aggregate, metric, of, op, bound }, claim))
    }

    fn rest(&self) -> &'p str {
        &self.text[self.at..]
    }

    fn blank(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    /// The place of so many bytes from `from`.
    fn mark(&self, from: usize, length: usize) -> Mark {
        self.node.inside(from, length.max(1))
    }

    /// Takes the next bytes.
    fn take(&mut self, length: usize) -> Piece<'p> {
        let piece = Piece { text: &self.rest()[..length], at: self.mark(self.at, length) };
        self.at += length;
        piece
    }

    /// Skips `token` if it comes next.
    fn skip(&mut self, token: &str) -> bool {
        self.blank();
        let found = self.rest().starts_with(token);
        if found {
            self.at += token.len();
        }
        found
    }

    fn expected<T>(&mut self, cx: &mut Cx<'_>, what: &str) -> Option<T> {
        self.blank();
        let next = self.rest().chars().next();
        let found = next.map_or("the end".to_owned(), |c| format!("`{c}`"));
        let at = self.mark(self.at, next.map_or(0, char::len_utf8));
        let hint = "a figure, a comparison and a bound: `recovery_time{journey=order} <= 2h`".to_owned();
        cx.hinted(Code::BadExpression, at, format!("expected {what}, found {found}"), hint)
    }

    fn expect(&mut self, cx: &mut Cx<'_>, token: &str) -> Option<()> {
        if self.skip(token) { Some(()) } else { self.expected(cx, &format!("`{token}`")) }
    }

    /// A name or a figure's word: letters, digits, `_`, `-` and `.`.
    fn word(&mut self, cx: &mut Cx<'_>, what: &str) -> Option<Piece<'p>> {
        self.run(cx, what, |c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'))
    }

    /// Whatever may be meant as a comparison.
    fn sign(&mut self, cx: &mut Cx<'_>) -> Option<Piece<'p>> {
        self.run(cx, "a comparison such as `<=`", |c| matches!(c, '<' | '>' | '=' | '!' | '≤' | '≥'))
    }

    /// The longest run of such characters, at least one.
    fn run(&mut self, cx: &mut Cx<'_>, what: &str, belongs: impl Fn(char) -> bool) -> Option<Piece<'p>> {
        self.blank();
        let end = self.rest().find(|c| !belongs(c)).unwrap_or(self.rest().len());
        if end == 0 { self.expected(cx, what) } else { Some(self.take(end)) }
    }

    fn rest_of_it(&mut self, cx: &mut Cx<'_>) -> Option<Piece<'p>> {
        self.blank();
        let length = self.rest().trim_end().len();
        if length == 0 { self.expected(cx, "a bound") } else { Some(self.take(length)) }
    }

    /// The sign of equality behind a label: there is no other, and no pattern.
    fn equals(&mut self, cx: &mut Cx<'_>, label: Piece<'_>) -> Option<()> {
        self.blank();
        let Some(sign) = ["==", "=~", "!=", "!~"].into_iter().find(|sign| self.rest().starts_with(sign)) else {
            return self.expect(cx, "=");
        };
        let piece = self.take(sign.len());
        let hint = format!("write `{}=NAME`, or leave the label out for all", label.text);
        cx.hinted(
            Code::BadExpression,
            piece.at,
            format!("a label is one name: behind it stands `=`, not `{sign}`"),
            hint,
        )
    }

    /// The name that a label is. Prometheus has it in quotes.
    fn name(&mut self, cx: &mut Cx<'_>, label: Piece<'_>) -> Option<Piece<'p>> {
        self.blank();
        let Some(quote) = self.rest().chars().next().filter(|c| matches!(c, '"' | '\'')) else {
            return self.word(cx, "a name");
        };
        let name = self.rest()[1..].split(quote).next().unwrap_or_default();
        let piece = self.take(name.len() + 1);
        let hint = format!("write `{}={}`", label.text, short(name));
        cx.hinted(Code::BadExpression, piece.at, "a name in an expression stands without quotes", hint)
    }

    fn selector(&mut self, cx: &mut Cx<'_>, metric: Metric) -> Option<Selector> {
        let mut of = Selector::default();
        if !self.skip("{") || self.skip("}") {
            return Some(of);
        }
        loop {
            let label = self.word(cx, "a label such as `journey`")?;
            self.equals(cx, label)?;
            let value = self.name(cx, label)?;
            words::label(cx, self.names, metric, (label, value), &mut of)?;
            if self.skip("}") {
                return Some(of);
            }
            if !self.skip(",") {
                return self.expected(cx, "`,` or `}`");
            }
        }
    }
}
