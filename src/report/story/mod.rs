//! What happened, told in a sentence an inject.

mod action;
mod fault;

use std::collections::{BTreeMap, BTreeSet};

use self::fault::{bit, happened};
use super::Report;
use super::names::Names;
use super::words::{count, list, moment, plain, plural, secs, secs_range};
use crate::analysis::{Deliveries, InjectFigures, JourneyFigures, Meanwhile, Outcome, Recovery};
use crate::journal::Event;
use crate::plan::Inject;
use crate::units::{AccountId, InjectId, RouteId};

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
        format!("No inject explains it: {from}{}; {blame}.", down(report, recovery))
    }));
    sentences.extend(report.observation.journeys.iter().filter_map(never_received));
    sentences
}

/// What of a journey never arrived, which is more than what was lost: of that nobody had taken responsibility for the rest. It is a part
/// of all its deliveries, also of those of which nobody can tell.
fn never_received(journey: &JourneyFigures) -> Option<String> {
    let mut deliveries = Deliveries::default();
    journey.phases.iter().for_each(|slice| deliveries.add(&slice.figures.deliveries));
    let Deliveries { undelivered, lost, owed, pairs, unobserved, .. } = deliveries;
    let was = |n: u64| if n == 1 { "was" } else { "were" };
    (undelivered > 0).then(|| {
        let (n, of) = (count(undelivered), plural(pairs + unobserved, "delivery", "deliveries"));
        let received = format!("{n} of {of} of {} {} never received", plain(&journey.id), was(undelivered));
        let promised = match lost {
            _ if owed == 0 => String::new(),
            0 => "; none was promised by an acknowledgement and lost".to_owned(),
            n => format!("; {} {} promised by an acknowledgement and lost", count(n), was(n)),
        };
        let unseen = match unobserved {
            0 => String::new(),
            n => format!("; of {} more nobody can tell, since their receipts are not observed", count(n)),
        };
        format!("{received}{promised}{unseen}.")
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
    let all: Vec<_> = report.observation.recovery.iter().filter(|recovery| recovery.inject_id == Some(id)).collect();
    let told = |of: &[&Recovery]| match of {
        [one] => match one.outcome {
            Outcome::Tolerated if was_down(report, one, figures) => no_further(one),
            Outcome::Tolerated => bore(report, id, one),
            _ => consequence(report, one, figures.lifted_s),
        },
        several => down_again(report, several, figures.lifted_s),
    };
    let consequences: Vec<_> = all.chunk_by(|one, other| one.journey_id == other.journey_id).map(told).collect();
    if consequences.is_empty() { "no journey was touched".into() } else { consequences.join("; ") }
}

fn consequence(report: &Report<'_>, recovery: &Recovery, lifted: Option<f64>) -> String {
    let text = down(report, recovery);
    match went_on_by(report, recovery) {
        Some(how) if recovery.outcome == Outcome::Recovered => format!("{text} and went on by {how}"),
        Some(_) => text,
        None => format!("{text}{}", changed(report, recovery, lifted)),
    }
}

/// Several outages of one journey by the same inject.
fn down_again(report: &Report<'_>, outages: &[&Recovery], lifted: Option<f64>) -> String {
    let (Some(first), times) = (outages.first(), outages.len()) else { return String::new() };
    let low = outages.iter().map(|outage| outage.lo_s).sum();
    let high: Option<f64> = outages.iter().map(|outage| outage.hi_s).sum();
    let lasted = match high {
        Some(high) => format!("for {} together", secs_range(low, Some(high))),
        None => format!("for at least {} together, and was still down at the end", secs(low)),
    };
    let all =
        outages.iter().filter_map(|outage| meanwhile(report, outage)).fold(Meanwhile::default(), |all, of| Meanwhile {
            good: all.good + of.good,
            late: all.late + of.late,
            missing: all.missing + of.missing,
            spoilt: all.spoilt + of.spoilt,
        });
    let became = became(all).map_or(String::new(), |became| format!(" ({became})"));
    let went_on = outages.iter().rev().find_map(|outage| went_on_by(report, outage)).filter(|_| high.is_some());
    let then = went_on.map_or_else(|| changed(report, first, lifted), |how| format!(" and went on by {how}"));
    format!("{} was down {} times, {lasted}{became}{then}", plain(&first.journey), count(times as u64))
}

/// How many accounts changed their route for themselves from an outage's beginning until the inject was lifted: where each has to meet its
/// own failures and decides by itself, that may come when the outage is long over.
fn changed(report: &Report<'_>, since: &Recovery, lifted: Option<f64>) -> String {
    let (Some(start), until) = (since.start_s, lifted.unwrap_or(f64::INFINITY)) else { return String::new() };
    let mut ways: BTreeMap<RouteId, BTreeSet<AccountId>> = BTreeMap::new();
    for (_, account, _, to) in
        switches(report, since).filter(|(at, _, from, to)| to > from && (start..=until).contains(at))
    {
        if let Some(account) = account {
            ways.entry(to).or_default().insert(account);
        }
    }
    let way = |to| Names(report.plan).route(since.journey_id, to);
    let told = ways
        .iter()
        .map(|(to, of)| format!("; {} changed to {}", plural(of.len() as u64, "account", "accounts"), way(*to)));
    told.collect()
}

/// Without an outage single messages may have failed all the same, or come late: how many, of the phases in which the inject hit. Of what
/// is done outside nobody sees whom it hits, and any of them may be its doing.
fn bore(report: &Report<'_>, id: InjectId, recovery: &Recovery) -> String {
    let name = plain(&recovery.journey);
    let outside = report.plan.injects[id.index()].fault.action().is_some();
    let phases = &report.observation.journeys[recovery.journey_id.index()].phases;
    let hit: Vec<_> =
        phases.iter().zip(&recovery.phase_hits).filter(|(_, hits)| **hits > 0).map(|(slice, _)| slice).collect();
    let bad: u64 = hit.iter().map(|slice| slice.single.injected + if outside { slice.single.system } else { 0 }).sum();
    if bad == 0 {
        return format!("{name} kept working");
    }
    // How many were hit is known of all injects together.
    let together = report.observation.recovery.iter().any(|other| {
        let both = || recovery.phase_hits.iter().zip(&other.phase_hits);
        (other.journey_id, other.inject_id == Some(id)) == (recovery.journey_id, false)
            && both().any(|(own, others)| *own > 0 && *others > 0)
    });
    let of = plural(hit.iter().map(|slice| slice.figures.valid).sum(), "message", "messages");
    let due = list(&hit.iter().map(|slice| plain(&slice.phase)).collect::<Vec<_>>());
    let were = match (bad, outside) {
        (1, true) => "was not good",
        (_, true) => "were not good",
        (1, false) if together => "was hit by this or another inject and not good",
        (_, false) if together => "were hit by this or other injects and not good",
        (1, false) => "was hit and not good",
        (_, false) => "were hit and not good",
    };
    format!("no outage of {name}, but {} of the {of} due in {due} {were}", count(bad))
}

/// For how long a journey was down, and what became of what was due meanwhile: it stopped only if nothing of that came.
fn down(report: &Report<'_>, recovery: &Recovery) -> String {
    let journey = plain(&recovery.journey);
    let meanwhile = meanwhile(report, recovery);
    let nothing_came = meanwhile.is_some_and(|of| of.missing > 0 && of.good + of.late + of.spoilt == 0);
    let verb = if nothing_came { "stopped" } else { "was down" };
    let became = meanwhile.and_then(became).map_or(String::new(), |became| format!(" ({became})"));
    match recovery.outcome {
        Outcome::Tolerated => format!("no outage of {journey}"),
        Outcome::Masked => no_further(recovery),
        Outcome::Recovered => format!("{journey} {verb} for {}{became}", secs_range(recovery.lo_s, recovery.hi_s)),
        Outcome::NotRecovered => {
            let least = Some(recovery.lo_s).filter(|lo| *lo > 0.0).map(|lo| format!(" for at least {}", secs(lo)));
            format!("{journey} {verb}{}{became}, and was still down at the end", least.unwrap_or_default())
        }
    }
}

/// What became of the messages that were due in an outage.
fn meanwhile(report: &Report<'_>, recovery: &Recovery) -> Option<Meanwhile> {
    let outages = &report.observation.journeys[recovery.journey_id.index()].outages;
    let outage = outages.iter().find(|outage| Some(outage.start_s) == recovery.start_s);
    outage.and_then(|outage| outage.meanwhile)
}

/// `64 messages due then: 2 good, 62 late`.
fn became(of: Meanwhile) -> Option<String> {
    let kinds =
        [(of.good, "good"), (of.late, "late"), (of.missing, "missing"), (of.spoilt, "damaged or across a boundary")];
    let all = plural(kinds.iter().map(|(n, _)| n).sum(), "message", "messages");
    let there: Vec<_> = kinds.into_iter().filter(|(n, _)| *n > 0).collect();
    match there[..] {
        [] => None,
        [(1, what)] => Some(format!("{all} due then, {what}")),
        [(_, what)] => Some(format!("{all} due then, all {what}")),
        _ => {
            let parts: Vec<_> = there.iter().map(|(n, what)| format!("{} {what}", count(*n))).collect();
            Some(format!("{all} due then: {}", parts.join(", ")))
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

/// When a recovery's journey, or which of its accounts, changed its route, and from which to which.
fn switches(
    report: &Report<'_>,
    recovery: &Recovery,
) -> impl DoubleEndedIterator<Item = (f64, Option<AccountId>, RouteId, RouteId)> {
    report.observation.controls.iter().filter_map(|control| match control.event {
        Event::Switched { journey, account, from, to } if journey == recovery.journey_id => {
            Some((control.at.secs_f64(), account, from, to))
        }
        _ => None,
    })
}

/// The route to which the journey changed while it was down, and how many accounts went there because of this outage: also those whose
/// next message was due only when it was over, up to the return, the next outage or the drill's end.
fn went_on_by(report: &Report<'_>, recovery: &Recovery) -> Option<String> {
    let (start, end) = (recovery.start_s?, recovery.end_s?);
    let switches = || switches(report, recovery);
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
