//! The expressions of targets: `agg(metric{label=value, …}) op bound`, for scalars without `agg(…)`.
//!
//! The grammar grows and never changes its meaning. It is read strictly, and every mistake points at its column.

use super::cx::{Cx, short};
use super::diagnostic::Code;
use super::node::{Mark, Node};
use super::spell;
use super::table::{Table, id};
use crate::plan::{Aggregate, Bound, Claim, CoverageSet, Endpoint, Expr, Inject, Journey, Metric, Op, Selector};
use crate::units::{EndpointId, InjectId, JourneyId};

/// Figures that firedrill knows by name and does not judge yet.
const METRICS_LATER: &[&str] = &[
    "boundary_violations",
    "reordered",
    "wrong_side",
    "declined",
    "unacknowledged",
    "detect_time",
    "decide_time",
    "error_budget",
    "cost",
];

/// Aggregates to come.
const AGGREGATES_LATER: &[&str] = &["count", "sum", "rate", "ratio"];

/// What expressions refer to.
pub(super) struct Names<'t, 'n> {
    pub(super) journeys: &'t Table<'n, Journey>,
    pub(super) endpoints: &'t Table<'n, Endpoint>,
    pub(super) injects: &'t Table<'n, Inject>,
    pub(super) claims: &'t Table<'n, Claim>,
}

/// Reads the expression in `node`.
pub(super) fn read(cx: &mut Cx<'_>, node: &Node, names: &Names<'_, '_>) -> Option<Expr> {
    let text = cx.word(node, "the expression")?;
    Parser { text, at: 0, node, names }.expr(cx)
}

/// The claim that the bound of an expression is taken from.
pub(super) fn claimed(text: &str) -> Option<&str> {
    let (_, name) = text.trim_end().strip_suffix(')')?.rsplit_once("claim(")?;
    Some(name.trim())
}

struct Parser<'p, 't, 'n> {
    text: &'p str,
    at: usize,
    node: &'p Node,
    names: &'p Names<'t, 'n>,
}

/// A piece of the text and where it starts.
#[derive(Clone, Copy)]
struct Piece<'p> {
    text: &'p str,
    at: usize,
}

impl<'p> Parser<'p, '_, '_> {
    fn expr(mut self, cx: &mut Cx<'_>) -> Option<Expr> {
        let first = self.word(cx, "a figure such as `recovery_time` or `p95(delivery_latency)`")?;
        let (aggregate, metric) = if self.skip("(") {
            let aggregate = self.aggregate(cx, first)?;
            let word = self.word(cx, "a figure such as `delivery_latency`")?;
            (Some(aggregate), self.metric(cx, word)?)
        } else {
            (None, self.metric(cx, first)?)
        };
        let of = self.selector(cx, metric)?;
        if aggregate.is_some() {
            self.expect(cx, ")")?;
        }
        self.fits(cx, aggregate.is_some(), metric, first)?;
        self.names_all(cx, metric, of, first)?;
        let op = self.op(cx)?;
        let bound = self.bound(cx, metric)?;
        Some(Expr { aggregate, metric, of, op, bound })
    }

    fn rest(&self) -> &'p str {
        &self.text[self.at..]
    }

    fn blank(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    fn mark(&self, piece: Piece<'_>) -> Mark {
        self.node.inside(piece.at, piece.text.len().max(1))
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

    /// What stands here, for "found".
    fn here(&mut self) -> Piece<'p> {
        self.blank();
        let length = self.rest().chars().next().map_or(0, char::len_utf8);
        Piece { text: &self.rest()[..length], at: self.at }
    }

    fn expected<T>(&mut self, cx: &mut Cx<'_>, what: &str) -> Option<T> {
        let here = self.here();
        let found = if here.text.is_empty() { "the end".to_owned() } else { format!("`{}`", here.text) };
        cx.error(Code::BadExpression, self.mark(here), format!("expected {what}, found {found}"))
    }

    fn expect(&mut self, cx: &mut Cx<'_>, token: &str) -> Option<()> {
        if self.skip(token) { Some(()) } else { self.expected(cx, &format!("`{token}`")) }
    }

    /// A name or a figure's word: letters, digits, `_`, `-` and `.`.
    fn word(&mut self, cx: &mut Cx<'_>, what: &str) -> Option<Piece<'p>> {
        self.blank();
        let rest = self.rest();
        let end =
            rest.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'))).unwrap_or(rest.len());
        if end == 0 {
            return self.expected(cx, what);
        }
        let piece = Piece { text: &rest[..end], at: self.at };
        self.at += end;
        Some(piece)
    }

    fn metric(&self, cx: &mut Cx<'_>, word: Piece<'_>) -> Option<Metric> {
        cx.choose(word.text, self.mark(word), "figure", &Metric::ALL, METRICS_LATER)
    }

    fn aggregate(&self, cx: &mut Cx<'_>, word: Piece<'_>) -> Option<Aggregate> {
        if let Some(percentile) =
            word.text.strip_prefix('p').filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
        {
            return match thousandths(percentile).filter(|value| (1..100_000).contains(value)) {
                Some(value) => Some(Aggregate::Percentile(value)),
                None => cx.error(
                    Code::BadExpression,
                    self.mark(word),
                    format!("`{}` is no percentile such as p95 or p99.9", short(word.text)),
                ),
            };
        }
        let words = [("mean", Aggregate::Mean), ("min", Aggregate::Min), ("max", Aggregate::Max)];
        if spell::nearest(word.text, words.iter().map(|(name, _)| *name)).is_none()
            && !AGGREGATES_LATER.contains(&word.text)
        {
            let hint = "possible here: a percentile such as p95 or p99.9, mean, min, max".to_owned();
            return cx.hinted(
                Code::UnknownWord,
                self.mark(word),
                format!("`{}` is no aggregate", short(word.text)),
                hint,
            );
        }
        cx.choose(word.text, self.mark(word), "aggregate", &words, AGGREGATES_LATER)
    }

    /// A distribution needs an aggregate, a single figure has none.
    fn fits(&self, cx: &mut Cx<'_>, aggregate: bool, metric: Metric, first: Piece<'_>) -> Option<()> {
        let name = metric.name();
        if aggregate == metric.is_distribution() {
            return Some(());
        }
        let (message, hint) = if aggregate {
            let message = format!("`{name}` is a single figure: `{}` has nothing to choose from", first.text);
            (message, format!("write `{name}` alone"))
        } else {
            (format!("`{name}` is a whole distribution: which value of it?"), format!("write `p95({name})`"))
        };
        cx.hinted(Code::BadExpression, self.mark(first), message, hint)
    }

    /// A coverage is of one platform, and of functions or of use: without either it says nothing.
    fn names_all(&self, cx: &mut Cx<'_>, metric: Metric, of: Selector, first: Piece<'_>) -> Option<()> {
        if metric != Metric::Coverage || (of.route.is_some() && of.set.is_some()) {
            return Some(());
        }
        let message = "`coverage` is of one route, and of all functions (`api`) or of common use (`common`)".to_owned();
        let hint = "write `coverage{route=NAME, set=api}`".to_owned();
        cx.hinted(Code::BadExpression, self.mark(first), message, hint)
    }

    fn selector(&mut self, cx: &mut Cx<'_>, metric: Metric) -> Option<Selector> {
        let mut of = Selector::default();
        if !self.skip("{") || self.skip("}") {
            return Some(of);
        }
        loop {
            self.label(cx, metric, &mut of)?;
            if self.skip("}") {
                return Some(of);
            }
            if !self.skip(",") {
                return self.expected(cx, "`,` or `}`");
            }
        }
    }

    fn label(&mut self, cx: &mut Cx<'_>, metric: Metric, of: &mut Selector) -> Option<()> {
        let label = self.word(cx, "a label such as `journey`")?;
        self.expect(cx, "=")?;
        let value = self.word(cx, "a name")?;
        let at = self.mark(value);
        let labels = metric.labels();
        let twice = match label.text {
            known if !labels.contains(&known) => {
                let message = format!("`{}` has no label `{}`", metric.name(), short(known));
                return cx.hinted(Code::UnknownWord, self.mark(label), message, spell::hint(known, labels));
            }
            "journey" => of.journey.replace(JourneyId(id(self.names.journeys.find(cx, value.text, at)?))).is_some(),
            "route" => of.route.replace(EndpointId(id(self.names.endpoints.find(cx, value.text, at)?))).is_some(),
            "inject" => of.inject.replace(InjectId(id(self.names.injects.find(cx, value.text, at)?))).is_some(),
            _ => of.set.replace(cx.choose(value.text, at, "set of functions", &CoverageSet::ALL, &[])?).is_some(),
        };
        if twice {
            return cx.error(Code::BadExpression, self.mark(label), format!("the label `{}` stands twice", label.text));
        }
        Some(())
    }

    fn op(&mut self, cx: &mut Cx<'_>) -> Option<Op> {
        const OPS: [(&str, Op); 5] = [("<=", Op::Le), ("<", Op::Lt), (">=", Op::Ge), (">", Op::Gt), ("==", Op::Eq)];
        self.blank();
        let rest = self.rest();
        let end = rest.find(|c: char| !matches!(c, '<' | '>' | '=' | '!' | '≤' | '≥')).unwrap_or(rest.len());
        let piece = Piece { text: &rest[..end], at: self.at };
        if piece.text.is_empty() {
            return self.expected(cx, "a comparison such as `<=`");
        }
        self.at += end;
        if let Some((_, op)) = OPS.iter().find(|(word, _)| *word == piece.text) {
            return Some(*op);
        }
        let hint = match piece.text {
            "=<" | "≤" => "did you mean `<=`?",
            "=>" | "≥" => "did you mean `>=`?",
            "=" => "did you mean `==`?",
            _ => "possible here: <=, <, >=, >, ==",
        };
        cx.hinted(Code::BadExpression, self.mark(piece), format!("`{}` is no comparison", piece.text), hint.to_owned())
    }

    /// The rest of the text: a figure of the metric's kind, or a claim's.
    fn bound(&mut self, cx: &mut Cx<'_>, metric: Metric) -> Option<Bound> {
        self.blank();
        let piece = Piece { text: self.rest().trim_end(), at: self.at };
        let at = self.mark(piece);
        if piece.text.is_empty() {
            return self.expected(cx, "a bound");
        }
        let Some(claim) = piece.text.strip_prefix("claim(") else { return figure(cx, piece.text, at, metric) };
        let Some(name) = claim.strip_suffix(')') else {
            return cx.error(Code::BadExpression, at, "a claim is written `claim(name)`");
        };
        let claim = self.names.claims.find(cx, name.trim(), at)?;
        figure(cx, &self.names.claims.get(claim)?.value, at, metric)
    }
}

fn figure(cx: &mut Cx<'_>, text: &str, at: Mark, metric: Metric) -> Option<Bound> {
    let what = format!("the bound of `{}`", metric.name());
    match metric {
        Metric::DeliveryLatency | Metric::AcceptLatency | Metric::ServiceLatency | Metric::RecoveryTime => {
            cx.figure(text, at, &what).map(Bound::Time)
        }
        Metric::Availability | Metric::Coverage => cx.figure(text, at, &what).map(Bound::Share),
        Metric::Lost | Metric::Undelivered | Metric::Duplicated => match text.parse() {
            Ok(count) => Some(Bound::Count(count)),
            Err(_) => {
                cx.error(Code::BadFigure, at, format!("{what} is a whole number such as 0, not `{}`", short(text)))
            }
        },
    }
}

/// `99.9` in thousandths, without floating point.
fn thousandths(text: &str) -> Option<u32> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let fits = (1..=2).contains(&whole.len()) && fraction.len() <= 3 && digits(whole) && digits(fraction);
    let dangling = text.ends_with('.');
    (fits && !dangling).then(|| format!("{whole}{fraction:0<3}").parse().ok()).flatten()
}
