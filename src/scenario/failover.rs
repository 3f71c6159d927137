//! When and how a journey changes to the next route.

use super::cx::Cx;
use super::diagnostic::Code;
use super::fields::Fields;
use super::journeys::positive;
use super::node::{Entry, Node, Value};
use crate::plan::{After, Back, Deciding, Failover, FailoverBy, Resend};
use crate::units::{Rate, Span};

/// Failures in a row after which nobody doubts.
const AFTER: After = After::Failures(5);

/// The failover of journey `name`. `routes` is how many routes it has, if they could be read.
pub(super) fn read(
    cx: &mut Cx<'_>,
    entry: &Entry,
    name: &str,
    rate: Option<Rate>,
    routes: Option<usize>,
) -> Option<Failover> {
    let mut fields = Fields::of(cx, &entry.value, format!("failover of journey `{name}`"), entry.at)?;
    if routes == Some(1) {
        let hint = format!("add a second route, or leave `failover` out of journey `{name}`");
        cx.hinted::<()>(
            Code::Conflict,
            entry.at,
            format!("journey `{name}` has one route only: there is nothing to change to"),
            hint,
        );
    }
    let bys = [("account", FailoverBy::Account), ("journey", FailoverBy::Journey)];
    let by = fields.need(cx, "by", "journey").and_then(|node| cx.choice(node, "kind of failover", &bys, &[]));
    let after = match fields.take("after") {
        Some(node) => after(cx, node),
        None => Some(AFTER),
    };
    let decide = fields.need(cx, "decide", "12m").and_then(|node| decide(cx, node));
    let resends = [("unconfirmed", Resend::Unconfirmed), ("none", Resend::None)];
    let resend = match fields.take("resend") {
        Some(node) => cx.choice(node, "kind of resending", &resends, &[]),
        None => Some(Resend::default()),
    };
    let resend_rate = match fields.take("resend_rate") {
        Some(node) => cx.quantity(node, "the rate of sending again"),
        None => rate.map(|rate| rate.times(10)),
    };
    let back = match fields.take("back") {
        Some(node) => back(cx, node),
        None => Some(Back::default()),
    };
    let deciding = [("automatic", Deciding::Automatic), ("runbook", Deciding::Runbook)];
    let on = match fields.take("on") {
        Some(node) => cx.choice(node, "kind of decision", &deciding, &[]),
        None => Some(Deciding::default()),
    };
    fields.not_yet(cx, &["probe"]);
    fields.finish(cx);
    Some(Failover {
        by: by?,
        after: after?,
        decide: decide?,
        resend: resend?,
        resend_rate: resend_rate?,
        back: back?,
        on: on?,
    })
}

/// `{failures: 5}`, or for how long nothing was acknowledged: `30s`.
fn after(cx: &mut Cx<'_>, node: &Node) -> Option<After> {
    if matches!(node.value, Value::Word(_)) {
        return positive(cx, node, "the silence before a switch").map(After::Silence);
    }
    let mut fields = Fields::of(cx, node, "`after`", node.at)?;
    let failures = fields.need(cx, "failures", "5");
    fields.finish(cx);
    let node = failures?;
    match &node.value {
        // `failures: 30s` says the same as `after: 30s`.
        Value::Word(word) if word.ends_with(|c: char| c.is_ascii_alphabetic()) => {
            positive(cx, node, "the silence before a switch").map(After::Silence)
        }
        _ => cx
            .count(node, "the number of failures", 1, 1_000_000)
            .and_then(|n| u32::try_from(n).ok())
            .map(After::Failures),
    }
}

fn decide(cx: &mut Cx<'_>, node: &Node) -> Option<Span> {
    match &node.value {
        Value::Word(word) if word == "model" => cx.not_yet(node.at, "`decide: model`"),
        _ => cx.quantity(node, "the time to decide"),
    }
}

fn back(cx: &mut Cx<'_>, node: &Node) -> Option<Back> {
    match &node.value {
        Value::Map(entries) if entries.iter().any(|entry| entry.key == "good_for") => {
            cx.not_yet(node.at, "`back: {good_for}`")
        }
        _ => cx.choice(node, "kind of return", &[("never", Back::Never)], &["good_for"]),
    }
}
