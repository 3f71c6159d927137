//! How long something takes.

use super::cx::Cx;
use super::diagnostic::Code;
use super::fields::Fields;
use super::node::{Entry, Node, Value};
use super::params::{self, Params};
use crate::plan::{Delay, Param, ParamKind};
use crate::units::Span;

/// A delay: `10ms`, or a map of one distribution.
pub(super) fn read(cx: &mut Cx<'_>, node: &Node, what: &str) -> Option<Delay> {
    if matches!(node.value, Value::Word(_)) {
        return cx.quantity(node, what).map(Delay::Constant);
    }
    let mut fields = Fields::of(cx, node, what, node.at)?;
    let delay = one(cx, &mut Params::of(&mut fields, Param::DISTRIBUTIONS), what);
    fields.finish(cx);
    delay.map(|(delay, _)| delay)
}

/// The one distribution among the keys of a map that has others beside it, with its place.
pub(super) fn one<'n>(cx: &mut Cx<'_>, params: &mut Params<'_, 'n>, what: &str) -> Option<(Delay, &'n Node)> {
    let (entry, param) = params.one_of(cx, what)?;
    let delay = match param.kind {
        ParamKind::Map(table) => drawn(cx, entry, table),
        ParamKind::Durations => recorded(cx, &entry.value),
        _ => params::span(cx, &entry.value, param).map(Delay::Constant),
    };
    Some((delay?, &entry.value))
}

/// A distribution with parameters of its own.
fn drawn(cx: &mut Cx<'_>, entry: &Entry, table: &'static [Param]) -> Option<Delay> {
    let what = format!("`{}`", entry.key);
    let mut fields = Fields::of(cx, &entry.value, what.as_str(), entry.at)?;
    let params = &mut Params::of(&mut fields, table);
    let delay = match entry.key.as_str() {
        "normal" => {
            let mean = params.read(cx, "mean", params::span);
            let sd = params.read(cx, "sd", params::span);
            mean.zip(sd).map(|(mean, sd)| Delay::Normal { mean, sd })
        }
        "pareto" => {
            let least = params.read(cx, "least", params::span);
            let shape = params.read(cx, "shape", params::decimal);
            least.zip(shape).map(|(least, shape_thousandths)| Delay::Pareto { least, shape_thousandths })
        }
        _ => {
            let middle = params.one_of(cx, &what);
            let middle = middle.and_then(|(entry, param)| Some((params::span(cx, &entry.value, param)?, param.name)));
            let sigma = params.read(cx, "sigma", params::decimal);
            middle.zip(sigma).map(|((middle, name), sigma_thousandths)| match name {
                "mean" => Delay::lognormal_by_mean(middle, sigma_thousandths),
                _ => Delay::Lognormal { median: middle, sigma_thousandths },
            })
        }
    };
    fields.finish(cx);
    delay
}

fn recorded(cx: &mut Cx<'_>, node: &Node) -> Option<Delay> {
    let items = node.items();
    if items.is_empty() {
        return cx.error(Code::Missing, node.at, "a table of delays has at least one");
    }
    let read: Vec<Option<Span>> = items.iter().map(|item| cx.quantity(item, "a delay of the table")).collect();
    read.into_iter().collect::<Option<_>>().map(Delay::Table)
}
