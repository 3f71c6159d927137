//! What is allowed and probably not meant.

use std::collections::BTreeMap;

use super::cx::Cx;
use super::diagnostic::Code;
use super::node::Mark;
use super::reach;
use super::receipts;
use super::scenario::Parts;
use super::table::id;
use super::variants::Expected;
use crate::plan::{Bound, Deciding, Journey, Level, Limits, Metric, Phase, PhaseKind, Verdict};
use crate::units::{EndpointId, GroupId, Moment, Span, six_digits};

/// Looks for everything that a scenario's author may not have meant.
pub(super) fn all(cx: &mut Cx<'_>, parts: &Parts<'_>) {
    vendor_limits(cx, parts);
    inject_phases(cx, parts);
    reach::never_hits(cx, parts);
    receipts::too_late(cx, parts);
    nobody_decides(cx, parts);
    unused(cx, parts);
    no_baseline(cx, parts);
}

/// Only a must-target decides. `at` is where the targets stand, or the scenario if it has none.
pub(super) fn no_must_target(cx: &mut Cx<'_>, parts: &Parts<'_>, at: Mark) {
    let unread = parts.targets.rows.iter().any(|row| row.value.is_none());
    if unread || parts.targets.read().any(|(.., target)| target.level == Level::Must) {
        return;
    }
    let hint = "write `level: must` at a target that decides".to_owned();
    cx.lint(Code::NoMustTarget, at, "no target is marked must, so nothing can fail", hint);
}

fn no_baseline(cx: &mut Cx<'_>, parts: &Parts<'_>) {
    let Some(first) = parts.phases.rows.first() else { return };
    if parts.phases.read().all(|(.., phase)| phase.kind != PhaseKind::Baseline) {
        let hint = "write a phase `baseline` before the first inject".to_owned();
        cx.lint(Code::NoBaseline, first.at, "no phase of kind baseline shows how the system behaves in peace", hint);
    }
}

/// Each account is an application of its own, so the limit holds for each; all its journeys of one kind count together.
fn vendor_limits(cx: &mut Cx<'_>, parts: &Parts<'_>) {
    let mut rates = BTreeMap::new();
    for (_, row, journey) in parts.journeys.read() {
        for route in &journey.routes {
            let sent = rates.entry((journey.from, route.endpoint, journey.send)).or_insert((0.0, row.at));
            *sent = (sent.0 + journey.rate.per_second(), row.at);
        }
    }
    for ((group, endpoint, capability), (total, at)) in rates {
        let (Some(group), Some(endpoint)) = (parts.groups.get(group.index()), parts.endpoints.get(endpoint.index()))
        else {
            continue;
        };
        let (each, most) = (total / f64::from(group.count), endpoint.kind.send_limit(capability));
        // Rates are exact, their quotient is not: a part in a billion is no excess.
        if endpoint.limits == Limits::Off || each <= most * (1.0 + 1e-9) {
            continue;
        }
        let message = format!(
            "each account of `{}` would send {} messages a second over `{}`; {} takes {} from one application",
            group.name,
            six_digits(each),
            endpoint.name,
            endpoint.kind,
            six_digits(most)
        );
        let hint = format!("lower the rate, add accounts, or write `limits: off` at endpoint `{}`", endpoint.name);
        cx.lint(Code::VendorLimit, at, message, hint);
    }
}

fn inject_phases(cx: &mut Cx<'_>, parts: &Parts<'_>) {
    let overlaps = |start: Moment, end: Moment, phase: &Phase| start < phase.end() && phase.start < end;
    for (_, row, inject) in parts.injects.read() {
        let outside = parts
            .phases
            .read()
            .find(|(.., phase)| phase.kind != PhaseKind::Fault && overlaps(inject.start, inject.end, phase));
        if let Some((.., phase)) = outside {
            let message =
                format!("inject `{}` reaches into phase `{}`, which is not of kind fault", row.name, phase.name);
            cx.lint(Code::InjectPhase, row.at, message, None);
        }
    }
    if parts.injects.rows.iter().any(|row| row.value.is_none()) {
        return;
    }
    for (_, row, phase) in parts.phases.read().filter(|(.., phase)| phase.kind == PhaseKind::Fault) {
        if !parts.injects.read().any(|(.., inject)| overlaps(inject.start, inject.end, phase)) {
            let message = format!("nothing is injected in phase `{}`, so the drill can prove nothing", row.name);
            cx.lint(Code::InjectPhase, row.at, message, "add an inject with `during: ".to_owned() + &row.name + "`");
        }
    }
}

fn nobody_decides(cx: &mut Cx<'_>, parts: &Parts<'_>) {
    for (_, row, journey) in parts.journeys.read() {
        if journey.failover.as_ref().is_some_and(|failover| failover.on == Deciding::Runbook) {
            let message =
                format!("journey `{}` waits for a runbook to change its route, and no runbook step does", row.name);
            let on = row.node.get("failover").and_then(|entry| entry.value.get("on"));
            cx.lint(Code::NobodyDecides, on.map_or(row.at, |entry| entry.at), message, None);
        }
    }
}

fn unused(cx: &mut Cx<'_>, parts: &Parts<'_>) {
    if parts.journeys.rows.iter().any(|row| row.value.is_none()) {
        return;
    }
    for (index, row) in parts.endpoints.rows.iter().enumerate() {
        let used = |journey: &Journey| journey.routes.iter().any(|route| route.endpoint == EndpointId(id(index)));
        if !parts.journeys.read().any(|(.., journey)| used(journey)) {
            cx.lint(Code::Unused, row.at, format!("no journey routes to endpoint `{}`", row.name), None);
        }
    }
    for (index, row) in parts.groups.rows.iter().enumerate() {
        let group = GroupId(id(index));
        if !parts.journeys.read().any(|(.., journey)| journey.from == group || journey.recipients() == group) {
            cx.lint(Code::Unused, row.at, format!("no journey sends from or to group `{}`", row.name), None);
        }
    }
}

/// A recovery target that is not shorter than the longest outage the phases allow proves nothing when it passes.
///
/// A play that is expected to fail because of it is wrong; otherwise it is a lint, unless `proven` names it: another variant of the
/// scenario shows how it fails.
pub(super) fn cannot_fail(
    cx: &mut Cx<'_>,
    parts: &Parts<'_>,
    expected: Option<&Expected>,
    proven: &[String],
    drill: Option<Span>,
) {
    let Some(drill) = drill else { return };
    for (_, row, target) in parts.targets.read() {
        let Bound::Time(bound) = target.expr.bound else { continue };
        if target.expr.metric != Metric::RecoveryTime || !target.expr.op.is_upper_bound() {
            continue;
        }
        let selected = |index: usize| target.expr.of.inject.is_none_or(|inject| inject.index() == index);
        let starts = parts.injects.read().filter(|(index, ..)| selected(*index)).map(|(.., inject)| inject.start);
        let longest = (Moment::ZERO + drill).since(starts.min().unwrap_or_default());
        if bound < longest {
            continue;
        }
        let message =
            format!("the longest outage that the phases allow is {longest}, so target `{}` cannot fail", row.name);
        let because = expected.filter(|expected| expected.verdict == Verdict::Fail);
        let named = because.and_then(|expected| expected.because.iter().find(|(name, _)| *name == row.name));
        if let Some((_, at)) = named {
            cx.error::<()>(Code::CannotFail, *at, format!("{message}, and is expected to"));
        } else if !proven.contains(&row.name) {
            cx.lint(Code::CannotFail, row.at, message, "make the phases longer or the bound shorter".to_owned());
        }
    }
}
