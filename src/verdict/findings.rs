//! What a drill shows besides its verdict. Findings are told whatever it is; what they do to it, they do as reasons (`judge`).

use serde::Serialize;

use super::revoked;
use crate::analysis::{
    ActionFigures, InjectFigures, JourneyFigures, MisdeliveredFigures, Observation, Outcome, Recovery, Revoked,
};
use crate::journal::{Decision, Event};
use crate::plan::{Clock, Half};
use crate::units::{secs, secs_range, six_digits, thousands};

/// Something that is worth knowing whatever the targets say.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    /// What kind of thing.
    pub kind: FindingKind,
    /// The journey's name, if it is about one.
    pub journey: Option<String>,
    /// The inject's name, if it is about one that acts outside.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inject: Option<String>,
    /// When it began.
    pub at_s: f64,
    /// What it is, in a sentence without a full stop.
    pub text: String,
}

/// What kinds of findings there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingKind {
    /// An outage during which nothing was decided and no alert would have fired.
    UndetectedOutage,
    /// A control arm, which no inject can hit, was not well: what befell the arm beside it may have come from elsewhere.
    ControlInTrouble,
    /// Who was taken away at the directory could send until the end.
    NeverRevoked,
    /// A service delivered a message to somebody for whom it was not.
    Misdelivered,
    /// What was done outside was not undone: it is still there.
    LeftBehind,
    /// What is done outside was not done, because it was a rehearsal.
    NotRehearsed,
    /// What was to be injected was applied so late that it had a good part less of its time.
    AppliedLate,
}

/// Everything worth knowing: of what was done outside, then by journey and time.
pub(super) fn findings(observation: &Observation) -> Vec<Finding> {
    // An outage that goes on may still be detected, unless nothing more comes.
    let told = |recovery: &&Recovery| match recovery.outcome {
        Outcome::Recovered => true,
        Outcome::NotRecovered => observation.finished,
        Outcome::Tolerated | Outcome::Masked => false,
    };
    let undetected = observation.recovery.iter().filter(told).filter_map(|recovery| undetected(observation, recovery));
    let open = observation.revoked.iter().filter(|way| observation.finished && way.open > 0).map(never_revoked);
    observation
        .injects
        .iter()
        .filter_map(|inject| of_action(observation, inject))
        .chain(observation.injects.iter().filter_map(|inject| applied_late(observation, inject)))
        .chain(undetected)
        .chain(open)
        .chain(observation.misdelivered.iter().map(misdelivered))
        .collect()
}

/// A way that stayed open to those who were taken away.
fn never_revoked(way: &Revoked) -> Finding {
    let Revoked { inject, journey, route, capability, taken, open, accounts, unheard, lo_s, .. } = way;
    let (last, open, all) = (secs(*lo_s), thousands(*open), thousands(accounts + unheard));
    let silent = match unheard {
        0 => String::new(),
        some => format!(", and of {} nothing was heard there", thousands(*some)),
    };
    let text = format!(
        "{open} of {all} accounts that {inject} took away could send by {route} until the end{silent}: {taken} messages of {journey} \
         ({capability}) were taken, the last {last} after it, and it {}",
        revoked::never(way)
    );
    Finding {
        kind: FindingKind::NeverRevoked,
        journey: Some(journey.clone()),
        inject: Some(inject.clone()),
        at_s: way.last_taken.as_ref().or(way.open_to.first()).map_or(0.0, |last| last.at_s),
        text,
    }
}

/// A service gave somebody what was for others.
fn misdelivered(told: &MisdeliveredFigures) -> Finding {
    let MisdeliveredFigures { journey, receipts, message, recipient, route, at } = told;
    let (first, times) = match receipts {
        1 => ("", "a message".to_owned()),
        more => (" first", format!("{} times a message", thousands(*more))),
    };
    let text = format!(
        "{times} of {journey} was received by somebody for whom it was not: {message} by {recipient} over {route} at {} s{first}; \
         either the service delivers to others, or accounts share an inbox there",
        six_digits(at.secs_f64())
    );
    Finding { kind: FindingKind::Misdelivered, journey: Some(journey.clone()), inject: None, at_s: at.secs_f64(), text }
}

/// An inject that lost a tenth of its time or more since it came late.
fn applied_late(observation: &Observation, inject: &InjectFigures) -> Option<Finding> {
    let late = observation.late(inject)?;
    let (lasted_s, planned_s) = late.lasted_s?;
    if late.by_s < planned_s / 10.0 {
        return None;
    }
    let why = if late.waited { ", since it was not known before whether the state was steady" } else { "" };
    let (by, lasted, planned) = (secs(late.by_s), secs(lasted_s), secs(planned_s));
    let text = format!("{} was applied {by} late{why}, and so was on for {lasted} of {planned}", inject.id);
    let at_s = inject.applied_s.unwrap_or(inject.planned_s[0]);
    Some(Finding { kind: FindingKind::AppliedLate, journey: None, inject: Some(inject.id.clone()), at_s, text })
}

/// What became of what is done outside, where somebody has to know.
fn of_action(observation: &Observation, inject: &InjectFigures) -> Option<Finding> {
    let action = inject.action.as_ref()?;
    let first_s = action.calls.first().map_or(inject.planned_s[0], |call| call.began_s);
    let (kind, text) = if action.is_rehearsed() {
        let text = "acts outside of firedrill, which a rehearsal does not: it was taken as done, and changed nothing";
        (FindingKind::NotRehearsed, text.to_owned())
    } else if action.left && observation.end.is_some() {
        (FindingKind::LeftBehind, left_behind(action))
    } else {
        return None;
    };
    let text = format!("{} {text}", inject.id);
    Some(Finding { kind, journey: None, inject: Some(inject.id.clone()), at_s: first_s, text })
}

fn left_behind(action: &ActionFigures) -> String {
    let tried = action.calls.iter().rfind(|call| call.half == Half::Undo);
    let why = tried.map_or("nothing undid it".to_owned(), |call| {
        let why = if call.why.is_empty() { call.end.to_string() } else { call.why.clone() };
        format!("its undo: {why}")
    });
    format!(
        "is still in force outside ({why}); undo.jsonl in the run's directory says how it is undone, and `firedrill clean` does it"
    )
}

/// An outage that only those who waited for the messages knew of.
fn undetected(observation: &Observation, recovery: &Recovery) -> Option<Finding> {
    let decided = recovery.within(Clock::Declaration).is_some();
    if decided || recovery.alerted_s.is_some() {
        return None;
    }
    let at_s = recovery.start_s?;
    let journey = observation.journeys.iter().find(|figures| figures.journey == recovery.journey_id);
    // A control arm has nobody who would change its route; what is wrong with it is told otherwise.
    if journey.is_some_and(|figures| figures.control_of.is_some()) {
        return None;
    }
    let lasted = match recovery.hi_s {
        Some(hi_s) => format!("for {}", secs_range(recovery.lo_s, Some(hi_s))),
        None => format!("for at least {}, until the end", secs(recovery.lo_s)),
    };
    let late = if observation.was_late_in(recovery) { "; the sender itself was too slow meanwhile" } else { "" };
    let text = format!(
        "{} was down {lasted}, and nothing noticed: {}, and {}{late}",
        recovery.journey,
        no_failover(observation, recovery),
        no_alert(journey)
    );
    Some(Finding {
        kind: FindingKind::UndetectedOutage,
        journey: Some(recovery.journey.clone()),
        inject: None,
        at_s,
        text,
    })
}

/// What of it led to a decision later, a failover of single accounts may tell: they are not always fast enough to see it while it lasts.
fn no_failover(observation: &Observation, recovery: &Recovery) -> String {
    let start = recovery.start_s.unwrap_or_default();
    let decided = observation.controls.iter().filter_map(|control| match &control.event {
        Event::Decided { decision: Decision::Failover { journey, .. }, .. } if *journey == recovery.journey_id => {
            Some(control.at.secs_f64() - start)
        }
        _ => None,
    });
    match decided.filter(|after| *after > 0.0).reduce(f64::min) {
        Some(after) => format!("the next failover was decided {} after it had begun", secs(after)),
        None => "no failover was decided".to_owned(),
    }
}

fn no_alert(journey: Option<&JourneyFigures>) -> &'static str {
    match journey {
        Some(figures) if !figures.alerts.is_empty() => "no alert on the error budget would have fired",
        _ => "without a target on its availability there is no error budget to alert on",
    }
}
