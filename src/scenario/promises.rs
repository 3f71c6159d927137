//! Promises that are allowed and probably not meant.

use super::cx::Cx;
use super::diagnostic::Code;
use super::scenario::Parts;
use crate::plan::{Fault, Level, Metric, PhaseKind, Window};
use crate::units::{PhaseId, six_digits};

/// A recovery is told to within a gap at either end: one that is to be told to within some per cent takes so many messages.
const MESSAGES_OF_AN_OBJECTIVE: u64 = 100;

/// Looks for everything that whoever promises may not have meant.
pub(super) fn all(cx: &mut Cx<'_>, parts: &Parts<'_>) {
    missing_window(cx, parts);
    above_budget(cx, parts);
    coarse_gaps(cx, parts);
    unverified_claim(cx, parts);
    nobody_leaves(cx, parts);
}

/// An availability is one of a time.
fn missing_window(cx: &mut Cx<'_>, parts: &Parts<'_>) {
    let judged = |(_, phase): &(PhaseId, PhaseKind)| *phase != PhaseKind::Warmup;
    let kinds = parts.phases.read().map(|(index, _, phase)| (PhaseId(super::table::id(index)), phase.kind));
    let every: Vec<PhaseId> = kinds.filter(judged).map(|(id, _)| id).collect();
    for (_, row, target) in parts.targets.read() {
        let says_which = target.window.is_some() || target.sliding.is_some();
        if target.expr.metric == Metric::Availability && !says_which && target.phases == every {
            let message = format!("target `{}` promises an availability, and does not say of which time", row.name);
            let hint = "write `phase: NAME`, `window: drill` for all of this drill, or `window: month`";
            cx.lint(Code::MissingWindow, row.at, message, hint.to_owned());
        }
    }
}

/// One promise must not allow what another forbids.
fn above_budget(cx: &mut Cx<'_>, parts: &Parts<'_>) {
    for (_, row, target) in parts.targets.read() {
        let Some(rto) = target.objective() else { continue };
        for (_, other, promise) in parts.targets.read() {
            let (mine, its) = (&target.expr.of, &promise.expr.of);
            let same = parts.journeys.read().any(|(of, ..)| parts.selects(mine, of) && parts.selects(its, of));
            let Some((share, window)) = promise.service_level().filter(|_| same) else { continue };
            let Some(allowed) = window.least_allowance(share).filter(|allowed| rto > *allowed) else { continue };
            let times = six_digits(libm::round(rto.secs_f64() / allowed.secs_f64() * 10.0) / 10.0);
            let (name, other) = (&row.name, &other.name);
            let kind = if window == Window::Month { "month of 28 days".to_owned() } else { window.kind() };
            let message = format!(
                "an outage of {rto}, which `{name}` allows, is {times} times the {allowed} that `{other}` lets be lost in a {kind}"
            );
            cx.lint(
                Code::RtoAboveBudget,
                row.at,
                message,
                "promise a shorter recovery, or less availability".to_owned(),
            );
        }
    }
}

/// What is told to within a gap at either end cannot be held to less than many gaps.
fn coarse_gaps(cx: &mut Cx<'_>, parts: &Parts<'_>) {
    for (_, row, target) in parts.targets.read() {
        let Some(rto) = target.objective() else { continue };
        for (index, of, journey) in parts.journeys.read() {
            let selected = parts.selects(&target.expr.of, index);
            let phases = parts.phases.read().map(|(.., phase)| phase);
            let Some(gap) = journey.rate.widest_gap(phases).filter(|_| selected) else { continue };
            if gap.nanos().saturating_mul(MESSAGES_OF_AN_OBJECTIVE) <= rto.nanos() {
                continue;
            }
            let message = format!(
                "`{}` sends every {gap}, too seldom to tell a recovery within {rto} (`{}`) to a hundredth of it",
                of.name, row.name
            );
            let at = row.node.get("expr").map_or(row.at, |entry| entry.at);
            cx.lint(Code::CoarseGaps, at, message, "send more often, or allow more time".to_owned());
        }
    }
}

/// A verdict is worth as much as the figure that it hangs on.
fn unverified_claim(cx: &mut Cx<'_>, parts: &Parts<'_>) {
    for (_, row, target) in parts.targets.read() {
        let Some(name) = target.claim.as_ref().filter(|_| target.level == Level::Must) else { continue };
        let claim = parts.claims.read().find(|(.., claim)| claim.name == *name);
        if claim.is_some_and(|(.., claim)| !claim.verified) {
            let message = format!("target `{}` must hold, and rests on `{name}`, which nobody has verified", row.name);
            let hint = "verify the claim, write a figure of your own, or `level: should`".to_owned();
            let at = row.node.get("level").map_or(row.at, |entry| entry.at);
            cx.lint(Code::UnverifiedClaim, at, message, hint);
        }
    }
}

/// Whom a program or a request outside takes away is not known here.
fn nobody_leaves(cx: &mut Cx<'_>, parts: &Parts<'_>) {
    if parts.injects.rows.iter().any(|row| row.value.is_none()) {
        return;
    }
    for (_, row, target) in parts.targets.read().filter(|(.., target)| target.expr.metric == Metric::TimeToRevoke) {
        let of = target.expr.of.inject;
        let mut injects = parts.injects.read().filter(|(index, ..)| of.is_none_or(|of| of.index() == *index));
        if !injects.any(|(.., inject)| matches!(inject.fault, Fault::Deprovision(_))) {
            let message = format!(
                "target `{}` is told of those whom `deprovision` takes away, and there is none of it",
                row.name
            );
            let hint = "add a `deprovision`; whom an `exec` or an `http` inject takes away outside is not known here, and what it does shows in \
                        `availability` or `undelivered`";
            let at = row.node.get("expr").map_or(row.at, |entry| entry.at);
            cx.lint(Code::NobodyLeaves, at, message, hint.to_owned());
        }
    }
}
