//! When and how a journey changes to the next route.

use super::cx::{Cx, short};
use super::diagnostic::Code;
use super::fields::Fields;
use super::journeys::positive;
use super::node::{Entry, Node, Value};
use super::table::{Table, id};
use crate::plan::{After, Back, Deciding, Failover, FailoverBy, Group, Resend};
use crate::units::{GroupId, Rate, Span};

/// Failures in a row after which nobody doubts.
const AFTER: After = After::Failures(5);

/// What a failover is of.
pub(super) struct Of<'a, 'n> {
    /// The journey's name.
    pub(super) name: &'a str,
    /// Its mean rate.
    pub(super) rate: Option<Rate>,
    /// How many routes it has, if they could be read.
    pub(super) routes: Option<usize>,
    /// Who sends and receives, if they could be read.
    pub(super) parties: Option<[GroupId; 2]>,
    pub(super) groups: &'a Table<'n, Group>,
}

/// The failover of a journey.
pub(super) fn read(cx: &mut Cx<'_>, entry: &Entry, of: &Of<'_, '_>) -> Option<Failover> {
    let &Of { name, rate, routes, .. } = of;
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
    let back = back(cx, &mut fields, by, of);
    let deciding = [("automatic", Deciding::Automatic), ("runbook", Deciding::Runbook)];
    let on = match fields.take("on") {
        Some(node) => cx.choice(node, "kind of decision", &deciding, &[]),
        None => Some(Deciding::default()),
    };
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
    if let Value::Word(word) = &node.value {
        if word.bytes().all(|byte| byte.is_ascii_digit()) {
            let message = format!("`after: {}` is neither a silence nor a number of failures", short(word));
            let hint = format!("write `after: {{ failures: {0} }}`, or a silence such as `after: {0}s`", short(word));
            return cx.hinted(Code::BadFigure, node.at, message, hint);
        }
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
        Value::Word(word) if word == "model" => {
            cx.not_yet_but(node.at, "`decide: model`", "write how long people take, such as `decide: 15m`")
        }
        _ => cx.quantity(node, "the time to decide"),
    }
}

/// Whether it returns, and how it asks whether it can.
fn back(cx: &mut Cx<'_>, fields: &mut Fields<'_>, by: Option<FailoverBy>, of: &Of<'_, '_>) -> Option<Back> {
    let back = fields.entry("back");
    let probe = fields.entry("probe");
    let good_for = match back.map(|entry| &entry.value) {
        Some(node) if matches!(node.value, Value::Map(_)) => {
            let mut fields = Fields::of(cx, node, "`back`", node.at)?;
            let good_for = fields.need(cx, "good_for", "5m");
            fields.finish(cx);
            Some(positive(cx, good_for?, "how long the first route has to be good")?)
        }
        Some(node) => {
            never(cx, node)?;
            None
        }
        None => None,
    };
    match (good_for, probe) {
        (None, None) => Some(Back::Never),
        (None, Some(probe)) => {
            let hint = "write `back: { good_for: 5m }`, or leave `probe` out".to_owned();
            cx.hinted(Code::Conflict, probe.at, "probes ask whether it can return, and it never does", hint)
        }
        (Some(_), None) => {
            let at = back.map_or(fields.at, |entry| entry.at);
            let hint = "write `probe: { every: 10s }`".to_owned();
            cx.hinted(Code::Missing, at, "nothing asks whether the first route is good again", hint)
        }
        (Some(good_for), Some(probe)) => {
            let (every, from) = self::probe(cx, probe, by, of)?;
            Some(Back::When { good_for, every, from })
        }
    }
}

fn never(cx: &mut Cx<'_>, node: &Node) -> Option<()> {
    let word = cx.word(node, "`back`")?;
    let hint = "write `never`, or `back: { good_for: 5m }` with `probe: { every: 10s }` beside it".to_owned();
    let wrong = format!("`{}` is no kind of return", short(word));
    if word == "never" { Some(()) } else { cx.hinted(Code::UnknownWord, node.at, wrong, hint) }
}

/// How often it is asked, and by whose accounts: by default those that send.
fn probe(cx: &mut Cx<'_>, entry: &Entry, by: Option<FailoverBy>, of: &Of<'_, '_>) -> Option<(Span, GroupId)> {
    let mut fields = Fields::of(cx, &entry.value, "`probe`", entry.at)?;
    let every = fields.need(cx, "every", "10s").and_then(|node| positive(cx, node, "the time between probes"));
    let from = fields.entry("from");
    fields.finish(cx);
    let parties = of.parties?;
    let Some(from) = from else { return Some((every?, parties[0])) };
    if by == Some(FailoverBy::Account) {
        let message = "an account that changes by itself asks by itself, so `from` says nothing";
        return cx.hinted(Code::Conflict, from.at, message, "leave `from` out".to_owned());
    }
    let group = GroupId(id(of.groups.named(cx, &from.value)?));
    if !parties.contains(&group) {
        let message = format!("probes of journey `{}` come from a group that sends or receives its messages", of.name);
        return cx.hinted(Code::Conflict, from.value.at, message, "leave `from` out for those that send".to_owned());
    }
    Some((every?, group))
}
