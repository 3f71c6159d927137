//! How long something takes.

use super::cx::Cx;
use super::diagnostic::Code;
use super::fields::Fields;
use super::node::{Node, Value};
use crate::plan::Delay;
use crate::units::Span;

/// The ways to say how long something takes that this version does not draw yet.
const LATER: &[&str] = &["pareto", "table", "jitter", "correlation", "waveform"];

/// A delay: `10ms`, or a map of one distribution.
pub(super) fn read(cx: &mut Cx<'_>, node: &Node, what: &str) -> Option<Delay> {
    if matches!(node.value, Value::Word(_)) {
        return cx.quantity(node, what).map(Delay::Constant);
    }
    let mut fields = Fields::of(cx, node, what, node.at)?;
    let delay = in_fields(cx, &mut fields, what);
    fields.finish(cx);
    delay
}

/// A delay among the keys of a map that has others beside it.
pub(super) fn in_fields(cx: &mut Cx<'_>, fields: &mut Fields<'_>, what: &str) -> Option<Delay> {
    let later = fields.not_yet(cx, LATER);
    let constant = fields.entry("constant");
    let normal = fields.entry("normal");
    let lognormal = fields.entry("lognormal");
    let given: Vec<_> = [constant, normal, lognormal].into_iter().flatten().collect();
    match given[..] {
        [one] => match one.key.as_str() {
            "constant" => cx.quantity(&one.value, what).map(Delay::Constant),
            "normal" => self::normal(cx, &one.value, one.at),
            _ => self::lognormal(cx, &one.value, one.at),
        },
        [] if later => None,
        [] => {
            let hint =
                "write `constant: 10ms`, `normal: {mean: 10ms, sd: 3ms}` or `lognormal: {mean: 1.8s, sigma: 0.8}`"
                    .to_owned();
            cx.hinted(Code::Missing, fields.at, format!("{what} has no distribution"), hint)
        }
        [_, second, ..] => cx.error(Code::Conflict, second.at, format!("{what} has more than one distribution")),
    }
}

fn normal(cx: &mut Cx<'_>, node: &Node, at: super::node::Mark) -> Option<Delay> {
    let mut fields = Fields::of(cx, node, "a normal delay", at)?;
    let mean = fields.need(cx, "mean", "10ms").and_then(|node| cx.quantity(node, "the mean"));
    let sd = fields.need(cx, "sd", "3ms").and_then(|node| cx.quantity(node, "the standard deviation"));
    fields.finish(cx);
    Some(Delay::Normal { mean: mean?, sd: sd? })
}

fn lognormal(cx: &mut Cx<'_>, node: &Node, at: super::node::Mark) -> Option<Delay> {
    let mut fields = Fields::of(cx, node, "a log-normal delay", at)?;
    let mean = fields.entry("mean");
    let median = fields.entry("median");
    let sigma = fields.need(cx, "sigma", "0.8").and_then(|node| sigma(cx, node));
    let middle: Option<(Span, bool)> = match (mean, median) {
        (Some(mean), None) => cx.quantity(&mean.value, "the mean").map(|span| (span, true)),
        (None, Some(median)) => cx.quantity(&median.value, "the median").map(|span| (span, false)),
        (Some(_), Some(median)) => {
            cx.error(Code::Conflict, median.at, "a log-normal delay has a mean or a median, not both")
        }
        (None, None) => cx.error(Code::Missing, fields.at, "a log-normal delay has neither a mean nor a median"),
    };
    fields.finish(cx);
    let (middle, is_mean) = middle?;
    let sigma_thousandths = sigma?;
    Some(if is_mean {
        Delay::lognormal_by_mean(middle, sigma_thousandths)
    } else {
        Delay::Lognormal { median: middle, sigma_thousandths }
    })
}

/// σ of the logarithm in thousandths, read without floating point.
fn sigma(cx: &mut Cx<'_>, node: &Node) -> Option<u32> {
    let word = cx.word(node, "sigma")?;
    let (whole, fraction) = word.split_once('.').unwrap_or((word, ""));
    let digits =
        !whole.is_empty() && whole.len() <= 9 && word.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let thousandths = (digits && fraction.len() <= 3 && !fraction.contains('.'))
        .then(|| format!("{whole}{fraction:0<3}").parse::<u64>().ok())
        .flatten();
    match thousandths {
        Some(sigma) if sigma <= 5_000 => u32::try_from(sigma).ok(),
        _ => cx.error(
            Code::OutOfRange,
            node.at,
            "sigma is a number between 0 and 5 with at most three decimals, such as 0.8",
        ),
    }
}
