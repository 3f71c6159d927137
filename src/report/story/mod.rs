//! What happened, told in a sentence an inject.

mod action;
mod fault;

use std::collections::BTreeSet;

use self::fault::{bit, happened};
use super::Report;
use super::names::Names;
use super::words::{count, moment, plain, plural, secs, secs_range};
use crate::analysis::{Deliveries, InjectFigures, Outcome, Recovery};
use crate::journal::Event;
use crate::plan::Inject;
use crate::units::InjectId;

/// A sentence for every inject, then one for every outage that none of them explains.
pub(super) fn stories(report: &Report<'_>) -> Vec<String> {
    let mut sentences: Vec<_> = report
        .plan
        .inject_ids()
        .zip(&report.observation.injects)
        .map(|((id, inject), figures)| story(report, id, inject, figures))
        .collect();
    let own = report.observation.recovery.iter().filter(|r| r.inject_id.is_none() && r.outcome.is_outage());
    sentences.extend(own.map(|recovery| {
        let from = recovery.start_s.map_or(String::new(), |at| format!("at {} ", moment(at)));
        let blame = if report.observation.was_late_in(recovery) {
            "the sender itself was too slow meanwhile, and whose fault it was is not known"
        } else {
            "blame lies with the system"
        };
        format!("No inject explains it: {from}{}; {blame}.", stopped(recovery))
    }));
    sentences.extend(never_received(&report.observation.deliveries));
    sentences
}

/// What never arrived, which is more than what was lost: of that nobody had taken responsibility for the rest.
fn never_received(deliveries: &Deliveries) -> Option<String> {
    let Deliveries { undelivered, lost, pairs, .. } = *deliveries;
    let was = |n: u64| if n == 1 { "was" } else { "were" };
    (undelivered > 0).then(|| {
        let (n, of, verb) = (count(undelivered), plural(pairs, "delivery", "deliveries"), was(undelivered));
        let promised = if lost == 0 { "none was".to_owned() } else { format!("{} {}", count(lost), was(lost)) };
        format!("{n} of {of} {verb} never received; {promised} promised by an acknowledgement and lost.")
    })
}

fn story(report: &Report<'_>, id: InjectId, inject: &Inject, figures: &InjectFigures) -> String {
    if let Some(action) = inject.fault.action() {
        return action::story(report, id, action, figures);
    }
    let what = happened(Names(report.plan), inject);
    let Some(applied) = figures.applied_s else {
        return format!("{}: {what}.", untold(report, "Planned, but never applied"));
    };
    if figures.hits == 0 {
        return format!("{what} at {}, but nothing came near it: not one hit.", moment(applied));
    }
    let bit = bit(&inject.fault, figures.hits);
    format!("{what} at {}: {bit}; {}.", moment(applied), then(report, id, figures))
}

/// What is said of an inject of which the journal tells nothing: without a seal its end may be missing, and the inject with it.
fn untold<'w>(report: &Report<'_>, never: &'w str) -> &'w str {
    if report.observation.end.is_none() { "Not in what is left of the journal" } else { never }
}

/// What an inject came to, journey by journey.
fn then(report: &Report<'_>, id: InjectId, figures: &InjectFigures) -> String {
    let consequences: Vec<_> = report
        .observation
        .recovery
        .iter()
        .filter(|recovery| recovery.inject_id == Some(id))
        .map(|recovery| match recovery.outcome {
            Outcome::Tolerated if was_down(report, recovery, figures) => no_further(recovery),
            _ => consequence(report, recovery),
        })
        .collect();
    if consequences.is_empty() { "no journey was touched".into() } else { consequences.join("; ") }
}

fn consequence(report: &Report<'_>, recovery: &Recovery) -> String {
    let text = stopped(recovery);
    match went_on_by(report, recovery) {
        Some(how) if recovery.outcome == Outcome::Recovered => format!("{text} and went on by {how}"),
        _ => text,
    }
}

fn stopped(recovery: &Recovery) -> String {
    let journey = plain(&recovery.journey);
    match recovery.outcome {
        Outcome::Tolerated => format!("{journey} kept working"),
        Outcome::Masked => no_further(recovery),
        Outcome::Recovered => format!("{journey} stopped for {}", secs_range(recovery.lo_s, recovery.hi_s)),
        Outcome::NotRecovered => {
            let least = Some(recovery.lo_s).filter(|lo| *lo > 0.0).map(|lo| format!(", for at least {},", secs(lo)));
            format!("{journey} stopped{} and was still down at the end", least.unwrap_or_default())
        }
    }
}

fn no_further(recovery: &Recovery) -> String {
    format!("no further outage of {}", plain(&recovery.journey))
}

/// Whether the journey was down for most of the time that the inject was on, which another inject explains.
fn was_down(report: &Report<'_>, tolerated: &Recovery, inject: &InjectFigures) -> bool {
    let (Some(applied), Some(lifted)) = (inject.applied_s, inject.lifted_s) else { return false };
    let others = report
        .observation
        .recovery
        .iter()
        .filter(|other| other.journey_id == tolerated.journey_id && other.outcome.is_outage());
    let down = others.filter_map(|other| {
        let (from, until) = (other.start_s?.max(applied), other.end_s.unwrap_or(lifted).min(lifted));
        Some((until - from).max(0.0))
    });
    down.sum::<f64>() > (lifted - applied) / 2.0
}

/// The route to which the journey changed while it was down, and how many accounts went there because of this outage: also those whose
/// next message was due only when it was over, up to the return, the next outage or the drill's end.
fn went_on_by(report: &Report<'_>, recovery: &Recovery) -> Option<String> {
    let (start, end) = (recovery.start_s?, recovery.end_s?);
    let switches = || {
        report.observation.controls.iter().filter_map(|control| match control.event {
            Event::Switched { journey, account, from, to } if journey == recovery.journey_id => {
                Some((control.at.secs_f64(), account, from, to))
            }
            _ => None,
        })
    };
    let (_, _, _, way) = switches().rfind(|(at, ..)| (start..=end).contains(at))?;
    let next = report.observation.recovery.iter().filter(|other| other.journey_id == recovery.journey_id);
    let next = next.filter_map(|other| other.start_s).filter(|at| *at > start);
    let back = switches().filter(|(at, _, from, to)| *at > start && to < from).map(|(at, ..)| at);
    let until = next.chain(back).fold(f64::INFINITY, f64::min);
    let accounts: BTreeSet<_> = switches()
        .filter(|(at, _, _, to)| (start..until).contains(at) && *to == way)
        .filter_map(|(_, account, ..)| account)
        .collect();
    let way = Names(report.plan).route(recovery.journey_id, way);
    Some(match accounts.len() as u64 {
        0 => way,
        n => format!("{way} ({} changed to it)", plural(n, "account", "accounts")),
    })
}
