//! How long those who were taken away could still send: by the way that was open longest.

use super::evidence::{Evidence, Found, missing};
use crate::analysis::{ActionFigures, Heard, Observation, Revoked};
use crate::plan::{Plan, Target};
use crate::units::{six_digits, thousands};

/// How many accounts that nobody refused a sentence names.
const OPEN_SAID: usize = 3;

/// What the observation says about the time until access was revoked.
pub(super) fn evidence(plan: &Plan, observation: &Observation, target: &Target) -> Found {
    let of = target.expr.of;
    let selected = |revoked: &&Revoked| {
        plan.selects(&of, revoked.journey_id)
            && of.route.is_none_or(|route| route == revoked.endpoint)
            && of.inject.is_none_or(|inject| inject == revoked.inject_id)
    };
    let ways: Vec<&Revoked> = observation.revoked.iter().filter(selected).collect();
    let n = ways.iter().map(|way| way.taken + way.refused).sum();
    let longest = |way: &Revoked| way.hi_s.unwrap_or(f64::INFINITY);
    let heard = ways.iter().filter(|way| way.accounts > 0);
    let Some(slowest) = heard.max_by(|a, b| longest(a).total_cmp(&longest(b))) else {
        let rehearsed = observation.injects.iter().any(|inject| {
            let is_meant = of.inject.is_none_or(|id| plan.injects[id.index()].name == inject.id);
            is_meant && inject.action.as_ref().is_some_and(ActionFigures::is_rehearsed)
        });
        if rehearsed {
            return Err(missing(0, "what is done outside is not done in a rehearsal, so nobody was taken away"));
        }
        return Err(missing(0, "nobody who was taken away was let in or turned away there"));
    };
    let low = ways.iter().map(|way| way.lo_s).fold(0.0, f64::max);
    let known = longest(slowest);
    // Who was not heard of there may be let in still.
    let unheard = ways.iter().find(|way| way.unheard > 0);
    let high = if unheard.is_some() { f64::INFINITY } else { known };
    let which = format!("{} by {}", slowest.journey, slowest.route);
    let taken = thousands(slowest.taken);
    let mut basis = if slowest.hi_s.is_some() {
        format!("{which} was open longest, and took {taken} messages{}", between(slowest))
    } else {
        format!("{which} took {taken} messages, and {}", never(slowest))
    };
    if let Some(way) = unheard {
        let (unheard, all) = (thousands(way.unheard), thousands(way.unheard + way.accounts));
        basis = format!(
            "{basis}; of {unheard} of the {all} accounts that send {} nothing was heard by {}",
            way.journey, way.route
        );
    }
    Ok(Evidence {
        observed: Some(known).filter(|known| known.is_finite()),
        low,
        high,
        n,
        basis,
        shown: None,
        window: None,
    })
}

/// Between which messages the truth lies.
fn between(way: &Revoked) -> String {
    let last = way.last_taken.as_ref().map_or_else(String::new, |last| format!(", the last {}", named(last)));
    let first =
        way.first_refused.as_ref().map_or_else(String::new, |first| format!("; refused for good was {}", named(first)));
    format!("{last}{first}")
}

/// Whom nobody refused.
pub(super) fn never(way: &Revoked) -> String {
    let told: Vec<String> = way.open_to.iter().take(OPEN_SAID).map(named).collect();
    let others = way.open - told.len() as u64;
    let others = if others == 0 { String::new() } else { format!(" and {} others", thousands(others)) };
    format!("refused no message for who sent it after {}{others}", told.join(", "))
}

/// The message, who sent it, and when.
fn named(heard: &Heard) -> String {
    let Heard { message, attempt, account, at_s, .. } = heard;
    let again = if *attempt > 1 { format!(", attempt {attempt}") } else { String::new() };
    format!("{message} of {account} at {} s{again}", six_digits(*at_s))
}
