//! How long those who were taken away could still send: by the way that was open longest.

use super::evidence::{Evidence, Found, missing};
use crate::analysis::{Observation, Revoked};
use crate::plan::{Plan, Target};
use crate::units::{secs, thousands};

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
    let Some(slowest) = ways.iter().max_by(|a, b| longest(a).total_cmp(&longest(b))) else {
        return Err(missing(0, "nobody who was taken away was let in or turned away there"));
    };
    let low = ways.iter().map(|way| way.lo_s).fold(0.0, f64::max);
    let high = longest(slowest);
    let which = format!("{} by {}", slowest.journey, slowest.route);
    let (taken, last) = (thousands(slowest.taken), secs(slowest.lo_s));
    let basis = if slowest.hi_s.is_some() {
        format!("{which} was open longest, and took {taken} messages")
    } else {
        format!("{which} took {taken} messages, the last after {last}, and refused none after it for who sent it")
    };
    Ok(Evidence {
        observed: Some(high).filter(|high| high.is_finite()),
        low,
        high,
        n,
        basis,
        shown: None,
        window: None,
    })
}
