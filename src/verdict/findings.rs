//! What a drill shows besides its verdict. Findings are told whatever it is; what they do to it, they do as reasons (`judge`).

use serde::Serialize;

use crate::analysis::{JourneyFigures, Observation, Outcome, Recovery};
use crate::plan::Clock;
use crate::units::six_digits;

/// Something that is worth knowing whatever the targets say.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    /// What kind of thing.
    pub kind: FindingKind,
    /// The journey's name.
    pub journey: String,
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
}

/// Everything worth knowing, by journey and time.
pub(super) fn findings(observation: &Observation) -> Vec<Finding> {
    // An outage that goes on may still be detected, unless nothing more comes.
    let told = |recovery: &&Recovery| match recovery.outcome {
        Outcome::Recovered => true,
        Outcome::NotRecovered => observation.finished,
        Outcome::Tolerated => false,
    };
    observation.recovery.iter().filter(told).filter_map(|recovery| undetected(observation, recovery)).collect()
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
        Some(hi_s) => format!("for {} to {} s", six_digits(recovery.lo_s), six_digits(hi_s)),
        None => format!("for at least {} s, until the end", six_digits(recovery.lo_s)),
    };
    let text = format!(
        "{} was down {lasted}, and nothing noticed: no failover was decided, and {}",
        recovery.journey,
        no_alert(journey)
    );
    Some(Finding { kind: FindingKind::UndetectedOutage, journey: recovery.journey.clone(), at_s, text })
}

fn no_alert(journey: Option<&JourneyFigures>) -> &'static str {
    match journey {
        Some(figures) if !figures.alerts.is_empty() => "no alert on the error budget would have fired",
        _ => "without a target on its availability there is no error budget to alert on",
    }
}
