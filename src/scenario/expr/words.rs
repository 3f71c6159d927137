//! What the words of an expression mean, wherever they stand.

use super::Names;
use crate::plan::{Aggregate, Bound, CoverageSet, Measure, Metric, MetricKind, Op, Selector, When};
use crate::scenario::cx::{Cx, short};
use crate::scenario::diagnostic::Code;
use crate::scenario::node::Mark;
use crate::scenario::spell;
use crate::scenario::table::id;
use crate::units::{BoundaryId, EndpointId, InjectId, JourneyId, PhaseId, WayId};

/// Figures that firedrill knows by name and does not judge yet.
const METRICS_LATER: &[&str] = &["cost"];

/// A word with its place.
#[derive(Clone, Copy)]
pub(super) struct Piece<'p> {
    pub(super) text: &'p str,
    pub(super) at: Mark,
}

pub(super) fn metric(cx: &mut Cx<'_>, word: Piece<'_>) -> Option<Metric> {
    // What people call the objective, and not the figure that it bounds.
    let listed = match word.text.to_ascii_lowercase().as_str() {
        "rto" | "rta" => "did you mean `recovery_time`?",
        "rpo" | "rpa" => "did you mean `lost`?",
        _ => "`firedrill explain` lists the figures",
    };
    cx.choose_of(word.text, word.at, "figure", (&Metric::ALL, METRICS_LATER), Some(listed))
}

/// Whether a word asks for one value of a distribution, such as `p95` or `max`.
pub(super) fn is_aggregate(word: &str) -> bool {
    percentile(word).is_some() || Aggregate::WORDS.iter().any(|(name, _)| *name == word)
}

/// The number of what is meant as a percentile, such as `p99.9`.
fn percentile(word: &str) -> Option<&str> {
    word.strip_prefix('p').filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

pub(super) fn aggregate(cx: &mut Cx<'_>, word: Piece<'_>) -> Option<Aggregate> {
    if let Some(number) = percentile(word.text) {
        return match thousandths(number).filter(|value| (1..100_000).contains(value)) {
            Some(value) => Some(Aggregate::Percentile(value)),
            None => cx.error(
                Code::BadExpression,
                word.at,
                format!("`{}` is no percentile such as p95 or p99.9", short(word.text)),
            ),
        };
    }
    let known = Aggregate::WORDS.map(|(name, _)| name);
    if spell::nearest(word.text, known).is_some() {
        return cx.choose(word.text, word.at, "aggregate", &Aggregate::WORDS, &[]);
    }
    let hint = format!("possible here: {PERCENTILES}, {}", known.join(", "));
    cx.hinted(Code::UnknownWord, word.at, format!("`{}` is no aggregate", short(word.text)), hint)
}

const PERCENTILES: &str = "a percentile such as p95 or p99.9";

/// What is asked of a metric has to be there: a value of a distribution has to be named, a single figure has none.
pub(super) fn fits(cx: &mut Cx<'_>, asked: Option<(Aggregate, Piece<'_>)>, metric: Metric, at: Mark) -> Option<()> {
    let name = metric.name();
    match asked {
        None if metric.is_distribution() => {
            let message = format!("`{name}` is a whole distribution: which value of it?");
            cx.hinted(Code::BadExpression, at, message, format!("write `p95({name})`"))
        }
        Some((aggregate, word)) if !aggregate.suits(metric) => {
            let text = short(word.text);
            let words = metric.aggregates().join(", ");
            let (message, hint) = match metric.kind() {
                MetricKind::Share => (
                    format!("`{name}` is a single figure: `{text}` has nothing to choose from"),
                    format!("write `{name}` alone"),
                ),
                MetricKind::Latency => {
                    (format!("`{name}` has no `{text}`"), format!("possible here: {PERCENTILES}, {words}"))
                }
                MetricKind::OutageTime | MetricKind::Count | MetricKind::Access => {
                    (format!("`{name}` has no `{text}`"), format!("possible here: {words}, or `{name}` alone"))
                }
            };
            cx.hinted(Code::BadExpression, word.at, message, hint)
        }
        _ => Some(()),
    }
}

/// Some figures say nothing without their labels.
pub(super) fn names_all(cx: &mut Cx<'_>, metric: Metric, of: Selector, at: Mark) -> Option<()> {
    let named = |label: &str| of.labels().any(|one| one.word() == label);
    if metric.needed_labels().iter().all(|label| named(label)) {
        return Some(());
    }
    let (message, hint) = match metric {
        Metric::ErrorBudget => (
            "`error_budget` is of one promise: of a target for the availability of a month, a quarter or a year",
            "write `error_budget{slo=NAME}` with that target's name",
        ),
        _ => (
            "`coverage` is of one route, and of all functions (`api`) or of common use (`common`)",
            "write `coverage{route=NAME, set=api}`",
        ),
    };
    cx.hinted(Code::BadExpression, at, message, hint.to_owned())
}

/// Reads one label of a metric into the selector.
pub(super) fn label(
    cx: &mut Cx<'_>,
    names: &Names<'_, '_>,
    metric: Metric,
    (label, value): (Piece<'_>, Piece<'_>),
    of: &mut Selector,
) -> Option<()> {
    let (word, at) = (value.text, value.at);
    let labels = metric.labels();
    let twice = match label.text {
        known if !labels.contains(&known) => {
            let message = format!("`{}` has no label `{}`", metric.name(), short(known));
            return cx.hinted(Code::UnknownWord, label.at, message, spell::hint(known, labels));
        }
        "journey" => of.journey.replace(JourneyId(id(names.journeys.find(cx, word, at)?))).is_some(),
        "class" => of.class.replace(names.class(cx, word, at)?).is_some(),
        "phase" => of.phase.replace(PhaseId(id(names.phases.find(cx, word, at)?))).is_some(),
        "route" => of.route.replace(EndpointId(id(names.endpoints.find(cx, word, at)?))).is_some(),
        "inject" => of.inject.replace(InjectId(id(names.injects.find(cx, word, at)?))).is_some(),
        "boundary" => of.boundary.replace(BoundaryId(id(names.boundaries.find(cx, word, at)?))).is_some(),
        "dlp" => of.dlp.replace(EndpointId(id(names.endpoints.find(cx, word, at)?))).is_some(),
        "when" => of.when.replace(cx.choose(word, at, "course of things", &When::ALL, &[])?).is_some(),
        "way" => of.way.replace(WayId(id(names.ways.find(cx, word, at)?))).is_some(),
        "host" => of.host.replace(names.host(cx, word, at)?).is_some(),
        "slo" => of.slo.replace(names.slo(cx, word, at)?).is_some(),
        _ => of.set.replace(cx.choose(word, at, "set of functions", &CoverageSet::ALL, &[])?).is_some(),
    };
    if twice {
        return cx.error(Code::BadExpression, label.at, format!("the label `{}` stands twice", label.text));
    }
    Some(())
}

pub(super) fn op(cx: &mut Cx<'_>, sign: Piece<'_>) -> Option<Op> {
    if let Some((_, op)) = Op::ALL.iter().find(|(known, _)| *known == sign.text) {
        return Some(*op);
    }
    let hint = match sign.text {
        "=<" | "≤" => "did you mean `<=`?",
        "=>" | "≥" => "did you mean `>=`?",
        "=" => "did you mean `==`?",
        _ => "possible here: <=, <, >=, >, ==",
    };
    cx.hinted(Code::BadExpression, sign.at, format!("`{}` is no comparison", short(sign.text)), hint.to_owned())
}

/// A figure of the measure, or a claim's; with the claim's name.
pub(super) fn bound(
    cx: &mut Cx<'_>,
    names: &Names<'_, '_>,
    (measure, metric): (Measure, Metric),
    piece: Piece<'_>,
) -> Option<(Bound, Option<String>)> {
    if let Some(rest) = piece.text.strip_prefix("previous_pass") {
        return previous(cx, Piece { text: rest, ..piece }, measure).map(|bound| (bound, None));
    }
    let Some(claim) = piece.text.strip_prefix("claim(") else {
        return figure(cx, piece, measure, metric).map(|bound| (bound, None));
    };
    let Some(name) = claim.strip_suffix(')') else {
        return cx.error(Code::BadExpression, piece.at, "a claim is written `claim(name)`");
    };
    let position = names.claims.find(cx, name.trim(), piece.at)?;
    let claim = names.claims.get(position)?;
    let bound = figure(cx, Piece { text: &claim.value, ..piece }, measure, metric)?;
    Some((bound, Some(claim.name.clone())))
}

/// Behind `previous_pass`: nothing, or `* 1.1`.
fn previous(cx: &mut Cx<'_>, Piece { text, at }: Piece<'_>, measure: Measure) -> Option<Bound> {
    if measure == Measure::Rate {
        let message = "a rate cannot be compared with that of another run";
        return cx.hinted(Code::BadExpression, at, message, "compare the count or the ratio".to_owned());
    }
    let factor = match text.trim() {
        "" => Some(1_000_000),
        rest => rest.strip_prefix('*').and_then(|factor| millionths(factor.trim())),
    };
    match factor.filter(|factor| *factor > 0) {
        Some(factor) => Some(Bound::Previous(factor)),
        None => cx.hinted(
            Code::BadExpression,
            at,
            "behind `previous_pass` stands nothing, or by what it is multiplied",
            "write for instance `previous_pass * 1.1`".to_owned(),
        ),
    }
}

/// `1.1` in millionths, below a thousand, without floating point.
fn millionths(text: &str) -> Option<u64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let fits = whole.len() <= 3 && fraction.len() <= 6 && digits(whole) && digits(fraction);
    fits.then(|| format!("{whole}{fraction:0<6}").parse().ok()).flatten()
}

fn figure(cx: &mut Cx<'_>, Piece { text, at }: Piece<'_>, measure: Measure, metric: Metric) -> Option<Bound> {
    let what = format!("the bound of `{}`", metric.name());
    match measure {
        Measure::Time => cx.figure(text, at, &what).map(Bound::Time),
        Measure::Share => cx.figure(text, at, &what).map(Bound::Share),
        Measure::Rate => cx.figure(text, at, &what).map(Bound::Rate),
        Measure::Count => match text.parse() {
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
