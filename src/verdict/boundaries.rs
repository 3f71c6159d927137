//! What crossed a boundary, of what was carried at all: an exact count, which no number of other messages makes smaller.

use super::evidence::{Evidence, Found, missing};
use crate::analysis::{Flow, Observation};
use crate::plan::{Boundary, Plan, Target, When};
use crate::units::{BoundaryId, thousands};

/// What the observation says about crossings of boundaries.
pub(super) fn evidence(plan: &Plan, observation: &Observation, target: &Target) -> Found {
    let of = target.expr.of;
    let selected = |flow: &&Flow| {
        plan.selects(&of, flow.journey)
            && target.phases.contains(&flow.phase)
            && of.route.is_none_or(|route| route == flow.via.unwrap_or(flow.endpoint))
            && of.when.is_none_or(|when| when == flow.when)
    };
    let boundaries: Vec<(BoundaryId, &Boundary)> =
        plan.boundary_ids().filter(|(id, _)| of.boundary.is_none_or(|boundary| boundary == *id)).collect();
    let (mut carried, mut crossed) = (0, 0);
    for flow in observation.flows.iter().filter(selected) {
        let journey = &plan.journeys[flow.journey.index()];
        let mut concerned = boundaries.iter().filter(|(_, boundary)| boundary.concerns(journey)).peekable();
        carried += if concerned.peek().is_some() { flow.attempts } else { 0 };
        let broken = concerned.any(|(_, boundary)| boundary.is_crossed(flow.endpoint, flow.region));
        crossed += if broken { flow.attempts } else { 0 };
    }
    if observation.astray > 0 {
        let n = thousands(observation.astray);
        return Err(missing(carried, format!("of {n} attempts it is not known any more where their connection led")));
    }
    if carried == 0 {
        return Err(missing(0, nothing(of.when)));
    }
    let told = if crossed == 0 { "nothing".to_owned() } else { thousands(crossed) };
    let basis = format!("{told} of {} attempts that were carried anywhere", thousands(carried));
    Ok(Evidence::exactly(crossed as f64, carried, basis))
}

/// Why nothing can be said if nothing was carried.
fn nothing(when: Option<When>) -> &'static str {
    match when {
        Some(When::Failover) => "nothing that a boundary concerns was sent after a failover",
        Some(When::Flush) => "nothing that a boundary concerns waited for a failover and was sent then",
        Some(When::Failback) => "nothing that a boundary concerns was sent after a return",
        Some(When::Steady) | None => "nothing that a boundary concerns was carried anywhere",
    }
}
