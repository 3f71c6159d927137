//! What is allowed and probably not meant.

use std::collections::BTreeMap;

use super::audits;
use super::boundaries;
use super::cx::Cx;
use super::diagnostic::Code;
use super::documents;
use super::gateways;
use super::inspections;
use super::node::Mark;
use super::promises;
use super::reach;
use super::receipts;
use super::scenario::Parts;
use super::sso;
use super::table::id;
use super::variants::Expected;
use crate::plan::{
    Aggregate, Back, Budgeting, Capability, Deciding, Endpoint, Failover, FailoverBy, Journey, Level, Limits, Metric,
    Phase, PhaseKind, Resend, Route, Verdict,
};
use crate::units::{EndpointId, GroupId, Moment, Span, six_digits, thousands};

/// Looks for everything that a scenario's author may not have meant.
pub(super) fn all(cx: &mut Cx<'_>, parts: &Parts<'_>, drill: Option<Span>) {
    vendor_limits(cx, parts, drill.unwrap_or(Span::MAX));
    inject_phases(cx, parts);
    reach::never_hits(cx, parts);
    receipts::too_late(cx, parts);
    nobody_decides(cx, parts);
    unused(cx, parts);
    no_baseline(cx, parts);
    too_few_messages(cx, parts);
    promises::all(cx, parts);
    boundaries::unpromised(cx, parts);
    inspections::unasked(cx, parts);
    sso::outlived(cx, parts, drill);
    audits::unread(cx, parts);
    documents::never_written(cx, parts);
    documents::unasked(cx, parts);
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

/// A bound takes a number of messages or deliveries, however well they fare.
fn too_few_messages(cx: &mut Cx<'_>, parts: &Parts<'_>) {
    if parts.journeys.rows.iter().any(|row| row.value.is_none()) {
        return;
    }
    // How much programs that are not ours will ask for, nobody knows.
    for (_, row, target) in parts.targets.read().filter(|(.., target)| !target.expr.metric.is_observed()) {
        let deliveries = target.expr.aggregate == Some(Aggregate::Ratio);
        let messages = target.expr.metric == Metric::Availability || target.expr.metric.is_distribution();
        let Some(fewest) = target.fewest_samples().filter(|_| messages || deliveries) else { continue };
        let selected = |index: usize| parts.selects(&target.expr.of, index);
        let journeys = || parts.journeys.read().filter(|(index, ..)| selected(*index)).map(|(.., journey)| journey);
        let count = |journey: &Journey| parts.groups.get(journey.recipients().index()).map_or(0, |of| of.count);
        let each = |journey: &Journey| if deliveries { u64::from(journey.addressees(count(journey))) } else { 1 };
        let phases = || target.phases.iter().filter_map(|phase| parts.phases.get(phase.index()));
        let sent = |one: &Journey, from: Moment, length: Span| one.planned_within(from, length) * each(one);
        let planned: u64 = match (target.budgeting, target.sliding) {
            (_, Some(sliding)) => {
                let of_one = |one: &Journey| sliding.starts(phases()).map(|at| sent(one, at, sliding.length)).collect();
                // In a window in which nothing is due nothing has to be kept.
                journeys().flat_map(|one| -> Vec<u64> { of_one(one) }).filter(|sent| *sent > 0).min().unwrap_or(0)
            }
            (Some(Budgeting::Timeslices { every, .. }), None) => {
                let slices = |phase: &Phase| phase.length.nanos().div_ceil(every.nanos().max(1));
                phases().map(slices).sum::<u64>() * journeys().count() as u64
            }
            _ => phases().flat_map(|of| journeys().map(move |one| sent(one, of.start, of.length))).sum(),
        };
        if planned < fewest {
            let (fewest, planned) = (thousands(fewest), thousands(planned));
            let what = match (target.budgeting, target.sliding) {
                (_, Some(_)) => "messages in every window, and in one the plan sends",
                (Some(Budgeting::Timeslices { .. }), None) => "slices of time, and the plan has",
                _ if deliveries => "deliveries, and the plan sends",
                _ => "messages, and the plan sends",
            };
            let message = format!("target `{}` takes at least {fewest} {what} {planned} there", row.name);
            let hint = "send more, or for longer, promise less, or write `confidence: point` to judge this play alone";
            cx.lint(Code::TooFewMessages, row.at, message, hint.to_owned());
        }
    }
}

/// What a group sends over an endpoint in a second: all its journeys of one kind count together.
struct Sent<'p> {
    due: f64,
    /// The last journey that sends so much …
    at: Mark,
    /// … and, where what failed elsewhere is sent again, how much that adds, of all accounts together where a journey changes its route at
    /// once …
    again: f64,
    /// … and of a single one where each changes for itself: the first that does sends alone, and as fast as all would.
    alone: f64,
    /// The last journey that does, its rule, and where it says so.
    resends: Option<(&'p str, &'p Failover, Mark)>,
}

/// Each account is an application of its own, so the limit holds for each.
fn vendor_limits(cx: &mut Cx<'_>, parts: &Parts<'_>, drill: Span) {
    for ((group, endpoint, capability), sent) in all_sent(parts, drill) {
        let (Some(group), Some(endpoint)) = (parts.groups.get(group.index()), parts.endpoints.get(endpoint.index()))
        else {
            continue;
        };
        let (count, most) = (f64::from(group.exposed()), endpoint.kind.send_limit(capability));
        // Rates are exact, their quotient is not: a part in a billion is no excess.
        let exceeds = |each: f64| endpoint.limits != Limits::Off && each > most * (1.0 + 1e-9);
        let would = |who: &str, each: f64| {
            format!(
                "{who} account of `{}` would send {} messages a second over `{}`; {} takes {} from one application",
                group.name,
                six_digits(each),
                endpoint.name,
                endpoint.kind,
                six_digits(most)
            )
        };
        let off = format!("add accounts, or write `limits: off` at endpoint `{}`", endpoint.name);
        let (due, again) = (sent.due / count, sent.again / count + sent.alone);
        if exceeds(due) {
            cx.lint(Code::VendorLimit, sent.at, would("each", due), format!("lower the rate, {off}"));
        } else if let Some((journey, rule, at)) = sent.resends.filter(|_| exceeds(due + again)) {
            let who = if sent.alone > 0.0 { "a single" } else { "each" };
            let message = format!("while unconfirmed messages are sent again, {}", would(who, due + again));
            let own = rule.resend_rate.per_second();
            let (room, others) = match rule.by {
                FailoverBy::Account => (most - due - sent.again / count, sent.alone - own),
                FailoverBy::Journey => ((most - sent.alone) * count - sent.due, sent.again - own),
            };
            let hint = match at_most(room - others) {
                Some(rate) => {
                    format!("write a `resend_rate` of at most {rate} in the `failover` of journey `{journey}`, {off}")
                }
                None => format!("lower the `resend_rate` of journey `{journey}` and of others, {off}"),
            };
            cx.lint(Code::VendorLimit, at, message, hint);
        }
    }
}

/// Who sends how much over which endpoint.
fn all_sent<'p>(parts: &'p Parts<'_>, drill: Span) -> BTreeMap<(GroupId, EndpointId, Capability), Sent<'p>> {
    let mut all = BTreeMap::new();
    for (_, row, journey) in parts.journeys.read() {
        let rule = journey.failover.as_ref().filter(|rule| rule.resend == Resend::Unconfirmed);
        // Limits are a vendor's for each second.
        let due = journey.rate.peak(drill, Span::from_secs(1));
        for (index, route) in journey.routes.iter().enumerate() {
            // What a gateway sends on it sends by the sender's own application.
            let at = gateways::first_beyond(parts, journey, route.endpoint).unwrap_or(route.endpoint);
            let key = (journey.from, at, journey.send);
            let sent = all.entry(key).or_insert(Sent { due: 0.0, at: row.at, again: 0.0, alone: 0.0, resends: None });
            (sent.due, sent.at) = (sent.due + due, row.at);
            // Without a way back nothing is sent again over the first route.
            if let Some(rule) = rule.filter(|rule| index > 0 || rule.back != Back::Never) {
                let own = rule.resend_rate.per_second();
                let failover = row.node.get("failover");
                let stated = failover.and_then(|entry| entry.value.get("resend_rate"));
                let at = stated.or(failover).map_or(row.at, |entry| entry.at);
                *if rule.by == FailoverBy::Account { &mut sent.alone } else { &mut sent.again } += own;
                sent.resends = Some((row.name.as_str(), rule, at));
            }
        }
    }
    all
}

/// A rate as a scenario states it, rounded down; `None` below one in a minute.
fn at_most(per_second: f64) -> Option<String> {
    let whole = |count: f64, unit: &str| (count >= 1.0).then(|| format!("{count}/{unit}"));
    whole(per_second.floor(), "s").or_else(|| whole((per_second * 60.0).floor(), "min"))
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
            let hint = "this version plays no runbook steps, so nobody will switch: leave `on` out, and state with `decide:` how long people take";
            cx.lint(Code::NobodyDecides, on.map_or(row.at, |entry| entry.at), message, hint.to_owned());
        }
    }
}

fn unused(cx: &mut Cx<'_>, parts: &Parts<'_>) {
    if parts.journeys.rows.iter().any(|row| row.value.is_none()) {
        return;
    }
    for (index, row) in parts.endpoints.rows.iter().enumerate() {
        let here = EndpointId(id(index));
        let leads = |route: &Route| {
            let inspects = parts.endpoints.get(route.endpoint.index()).and_then(Endpoint::inspected_by) == Some(here);
            route.endpoint == here || inspects || gateways::beyond(parts, route.endpoint).contains(&here)
        };
        let used = |journey: &Journey| journey.routes.iter().any(leads);
        // Whoever shows a provider's tokens signs in there.
        let trusts = |endpoint: &Endpoint| endpoint.sso.as_ref().is_some_and(|trust| trust.provider == here);
        let trusted = parts.endpoints.read().any(|(.., endpoint)| trusts(endpoint));
        if !trusted && !parts.journeys.read().any(|(.., journey)| used(journey)) {
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
        let of_programs = || target.allows(Metric::ObservedRecoveryTime);
        let Some(bound) = target.objective().or_else(of_programs) else { continue };
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
