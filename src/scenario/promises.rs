//! Promises that are allowed and probably not meant.

use super::cx::Cx;
use super::diagnostic::Code;
use super::scenario::Parts;
use crate::confidence::{self, RISK};
use crate::plan::{Endpoint, EndpointKind, Journey, Level, Metric, Phase, PhaseKind, Route, Target, Window};
use crate::units::{Moment, PhaseId, six_digits, thousands};

/// A recovery is told to within a gap at either end: one that is to be told to within some per cent takes so many messages.
const MESSAGES_OF_AN_OBJECTIVE: u64 = 100;

/// … and to within a deadline at either end, besides. The truth lies in an interval of two gaps and two deadlines, and if the objective lies in
/// that, the verdict is inconclusive: with more than half of it, only an outage that ends in half of its time is known to have kept it. A tenth
/// would be better, and is not asked: a drill of half a minute has no time for it.
const WIDTHS_OF_AN_OBJECTIVE: u64 = 2;

/// So many bad messages in a row are an outage before the baseline has said anything, and …
const FEW_IN_A_ROW: f64 = 5.0;

/// … no more of them than this may come of the background, in a drill.
const FALSE_OUTAGES: f64 = 0.01;

/// Looks for everything that whoever promises may not have meant.
pub(super) fn all(cx: &mut Cx<'_>, parts: &Parts<'_>) {
    missing_window(cx, parts);
    short_window(cx, parts);
    above_budget(cx, parts);
    coarse_gaps(cx, parts);
    short_baseline(cx, parts);
    unverified_claim(cx, parts);
    nobody_leaves(cx, parts);
    silent_route(cx, parts);
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

/// What outages leave of a window says nothing if they may lie outside of it.
fn short_window(cx: &mut Cx<'_>, parts: &Parts<'_>) {
    for (_, row, target) in parts.targets.read() {
        let Some((window, shortest)) = target.window.and_then(|window| Some((window, window.shortest()?))) else {
            continue;
        };
        let phases = || target.phases.iter().filter_map(|phase| parts.phases.get(phase.index()));
        let Some(begins) = phases().map(|phase| phase.start).min() else { continue };
        let Some(judged) =
            phases().map(Phase::end).max().map(|end| end.since(begins)).filter(|judged| *judged > shortest)
        else {
            continue;
        };
        let kind = if window == Window::Month { "month of 28 days".to_owned() } else { window.kind() };
        let message = format!(
            "target `{}` is judged over {judged}, and promises what is left of a {kind}: what went wrong outside of that would count as well",
            row.name
        );
        let hint = "write a longer `window`, `window: drill`, or `phase: NAME`";
        cx.lint(Code::ShortWindow, row.at, message, hint.to_owned());
    }
}

/// What goes by a route that tells of no receipts may have arrived, or not: a target that rests on receipts cannot pass then.
fn silent_route(cx: &mut Cx<'_>, parts: &Parts<'_>) {
    // What a gateway sends on is received elsewhere.
    let is_silent = |endpoint: &Endpoint, journey: &Journey| {
        !endpoint.receipts.tell_of(journey.send) && !matches!(endpoint.kind, EndpointKind::Gateway(_))
    };
    let silent = |route: &Route, journey: &Journey| {
        let mut endpoints = parts.endpoints.read();
        endpoints.find(|(index, _, of)| *index == route.endpoint.index() && is_silent(of, journey))
    };
    let is_crossed = |route: &Route, endpoint: &Endpoint, journey: &Journey| {
        let mut concern = parts.boundaries.read().filter(|(.., boundary)| boundary.concerns(journey));
        concern.any(|(.., boundary)| boundary.is_crossed(route.endpoint, endpoint.region))
    };
    let resting = |target: &Target| target.expr.metric.needs_receipts() && target.expr.of.route.is_none();
    for (_, row, target) in parts.targets.read().filter(|(.., target)| resting(target)) {
        for (index, of, journey) in parts.journeys.read() {
            let is_told = journey.routes.iter().any(|route| silent(route, journey).is_none());
            let selected = is_told && parts.selects(&target.expr.of, index);
            let counts = |route: &Route, endpoint: &Endpoint| {
                target.expr.metric != Metric::WrongSide || is_crossed(route, endpoint, journey)
            };
            let mut unseen = journey.routes.iter().filter_map(|route| Some((route, silent(route, journey)?)));
            let first = unseen.find(|(route, (.., endpoint))| counts(route, endpoint));
            let Some((_, (_, endpoint, _))) = first.filter(|_| selected) else { continue };
            let message = format!(
                "`{}` may go by `{}`, which tells of no receipts: once it does, `{}` can no longer pass",
                of.name, endpoint.name, row.name
            );
            let hint = format!("write `receipts` at `{}`, or a label `route` at the target", endpoint.name);
            cx.lint(Code::SilentRoute, row.at, message, hint);
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
            let at = row.node.get("expr").map_or(row.at, |entry| entry.at);
            if gap.nanos().saturating_mul(MESSAGES_OF_AN_OBJECTIVE) > rto.nanos() {
                let message = format!(
                    "`{}` sends every {gap}, too seldom to tell a recovery within {rto} (`{}`) to a hundredth of it",
                    of.name, row.name
                );
                cx.lint(Code::CoarseGaps, at, message, "send more often, or allow more time".to_owned());
                continue;
            }
            let width = (gap + journey.deadline) * 2;
            if width.nanos().saturating_mul(WIDTHS_OF_AN_OBJECTIVE) > rto.nanos() {
                let message = format!(
                    "`{}` tells a recovery to within {width}, two gaps and two deadlines, which is more than half of the {rto} that `{}` \
                     allows",
                    of.name, row.name
                );
                cx.lint(Code::CoarseGaps, at, message, "shorten the deadline, or allow more time".to_owned());
            }
        }
    }
}

/// How many bad messages in a row are an outage is told from the share of bad ones in the baseline. Of few messages that share is known to
/// within so much that a background which they cannot exclude would make as many in a row by itself.
fn short_baseline(cx: &mut Cx<'_>, parts: &Parts<'_>) {
    let of_outages = parts.targets.read().filter(|(.., target)| target.expr.metric.is_of_outages());
    let of_outages: Vec<_> = of_outages.map(|(.., target)| &target.expr.of).collect();
    let end = parts.phases.read().map(|(.., phase)| phase.end()).max().unwrap_or(Moment::ZERO);
    for (index, row, journey) in parts.journeys.read() {
        if !of_outages.iter().any(|of| parts.selects(of, index)) {
            continue;
        }
        let baselines = parts.phases.read().map(|(.., phase)| phase).filter(|phase| phase.kind == PhaseKind::Baseline);
        let seen: u64 = baselines.map(|phase| journey.planned_within(phase.start, phase.length)).sum();
        if seen == 0 {
            continue;
        }
        let unseen = confidence::at_most(0.0, seen as f64, RISK);
        let planned = journey.planned(end.since(Moment::ZERO)) as f64;
        if planned * libm::pow(unseen, FEW_IN_A_ROW) * (1.0 - unseen) < FALSE_OUTAGES {
            continue;
        }
        let message = format!(
            "a baseline with {} of `{}` cannot show that less than {} % are bad without any fault, of which some would be told as outages",
            plural(seen),
            row.name,
            six_digits(libm::round(unseen * 1e3) / 10.0)
        );
        let hint = "let the baseline last longer, or send more in it".to_owned();
        cx.lint(Code::ShortBaseline, row.at, message, hint);
    }
}

fn plural(messages: u64) -> String {
    if messages == 1 { "one message".to_owned() } else { format!("{} messages", thousands(messages)) }
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

/// Whom a program or a request outside takes away is known if it is said.
fn nobody_leaves(cx: &mut Cx<'_>, parts: &Parts<'_>) {
    if parts.injects.rows.iter().any(|row| row.value.is_none()) {
        return;
    }
    for (_, row, target) in parts.targets.read().filter(|(.., target)| target.expr.metric == Metric::TimeToRevoke) {
        let of = target.expr.of.inject;
        let mut injects = parts.injects.read().filter(|(index, ..)| of.is_none_or(|of| of.index() == *index));
        if !injects.any(|(.., inject)| inject.takes_away()) {
            let message = format!(
                "target `{}` is told of those whom `deprovision` takes away, or `takes_away` names, and there is neither",
                row.name
            );
            let hint = "add a `deprovision`, or say at the `exec` or `http` inject whom it takes away: `takes_away: { group: … }`";
            let at = row.node.get("expr").map_or(row.at, |entry| entry.at);
            cx.lint(Code::NobodyLeaves, at, message, hint.to_owned());
        }
    }
}
