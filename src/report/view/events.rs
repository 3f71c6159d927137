use super::table::Table;
use crate::journal::{CallEnd, Called, Decision, End, Ending, Event};
use crate::plan::Half;
use crate::report::Report;
use crate::report::names::Names;
use crate::report::words::{NONE, count, moment, moment_of, plain, secs};
use crate::units::Moment;

/// What was switched, decided and noted, by time.
pub(super) fn table(report: &Report<'_>) -> Table {
    let mut table = Table::new("Timeline of the drill", &["#At", "#Clock (UTC)", "What", "Event"]);
    let started: Option<jiff::Timestamp> = report.start.started.parse().ok();
    for control in &report.observation.controls {
        let (kind, text) = words(Names(report.plan), &control.event);
        table.rows.push(vec![
            moment_of(report.observation.at.secs_f64(), control.at.secs_f64()).into(),
            clock(started, control.at).into(),
            kind.into(),
            text.into(),
        ]);
    }
    table
}

/// The wall time of a moment: the drill's start, which is the one wall time in the journal, and the drill's clock.
fn clock(started: Option<jiff::Timestamp>, at: Moment) -> String {
    let since = i64::try_from(at.nanos()).ok().map(jiff::SignedDuration::from_nanos);
    let clock = started.zip(since).and_then(|(started, since)| started.checked_add(since).ok());
    clock.map_or(NONE.into(), |clock| format!("{clock:.2}").replace('T', " ").replace('Z', ""))
}

fn words(names: Names<'_>, event: &Event) -> (&'static str, String) {
    match event {
        Event::Phase(id) => ("phase", format!("{} began", names.phase(*id))),
        Event::Drain => ("phase", "nothing new was due any more; receipts were awaited".into()),
        Event::Applied(id) => ("inject", format!("{} was switched on", names.inject(*id))),
        Event::Lifted(id) => ("inject", format!("{} was switched off", names.inject(*id))),
        Event::Calling(inject, half) => ("action", format!("{}: {} begins", names.inject(*inject), half_word(*half))),
        Event::Called(called) => ("action", called_words(names, called)),
        Event::Lease { inject, state } => ("lease", format!("{}: {}", names.inject(*inject), plain(state))),
        Event::Switched { journey, account, from, to } => {
            let who = account.map_or_else(|| names.journey(*journey), |account| names.account(account));
            let (from, to) = (names.route(*journey, *from), names.route(*journey, *to));
            ("switch", format!("{who} changed from {from} to {to}"))
        }
        Event::Decided { position, decision } => {
            ("decision", format!("{} (on {} records)", decided(names, decision), count(*position)))
        }
        Event::AuditEnded { gateway, until, whole } => {
            let read = if *whole { "was read to its end" } else { "could not be read whole" };
            let until = moment(until.secs_f64());
            ("audit", format!("the trail of {} {read}, with what happened until {until}", names.endpoint(*gateway)))
        }
        Event::Probed { journey, account, route, ending, .. } => {
            let took = if *ending == Ending::Acknowledged { "took" } else { "did not take" };
            ("probe", format!("{} {took} a probe of {}", names.route(*journey, *route), names.account(*account)))
        }
        Event::Step { step, state } => ("runbook", format!("{}: {}", plain(step), plain(state))),
        Event::Note(note) => ("note", plain(note)),
    }
}

fn half_word(half: Half) -> &'static str {
    match half {
        Half::Act => "what is done outside",
        Half::Undo => "its undo",
    }
}

/// What came of a call, with the first line of what was said if it did not do.
fn called_words(names: Names<'_>, called: &Called) -> String {
    let (inject, what, came) = (names.inject(called.inject), half_word(called.half), &called.came);
    let why = if came.why.is_empty() { String::new() } else { format!(": {}", plain(&came.why)) };
    let took = match came.end {
        CallEnd::Rehearsed => ", since a rehearsal calls nobody".to_owned(),
        _ => format!(" after {}", secs(called.took().secs_f64())),
    };
    format!("{inject}: {what} was {}{took}{why}", came.end)
}

fn decided(names: Names<'_>, decision: &Decision) -> String {
    match decision {
        Decision::Failover { journey, account, from, to, failures, switch_at } => {
            let who = account.map_or_else(|| names.journey(*journey), |account| names.account(account));
            let (from, to) = (names.route(*journey, *from), names.route(*journey, *to));
            let at = moment(switch_at.secs_f64());
            format!("{failures} attempts in a row failed: {who} leaves {from} for {to} at {at}")
        }
        Decision::Return { journey, account, from, to, good_since } => {
            let who = account.map_or_else(|| names.journey(*journey), |account| names.account(account));
            let (from, to) = (names.route(*journey, *from), names.route(*journey, *to));
            format!("{to} has taken every probe since {}: {who} returns from {from}", moment(good_since.secs_f64()))
        }
        Decision::Detector { journey, n_down, bad, all, .. } => {
            let journey = names.journey(*journey);
            let (bad, all) = (count(*bad), count(*all));
            format!("{n_down} bad messages in a row make an outage of {journey}: {bad} of {all} were bad before")
        }
        Decision::Steady { held: true, .. } => "the steady state holds".into(),
        Decision::Steady { held: false, why } => format!("the steady state does not hold: {}", plain(why)),
        Decision::Abort { target, why, .. } => format!("{} ends the drill: {}", plain(target), plain(why)),
        Decision::Stop { end, why } => format!("{}: {}", ended(*end), plain(why)),
    }
}

/// How a drill ended.
pub(super) fn ended(end: End) -> &'static str {
    match end {
        End::Completed => "played to its end",
        End::NotSteady => "ended before anything was injected, since the steady state did not hold",
        End::Aborted => "ended early, since a target that must hold could not be kept any more",
        End::Interrupted => "interrupted by a person",
        End::Stopped => "stopped by a condition of its guard",
        End::Failed => "ended because the environment failed",
        End::Bug => "ended because of a bug in firedrill",
    }
}
