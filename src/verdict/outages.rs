//! Times that are told of outages: how long they lasted, how long until they were certain, how long deciding took.

use super::evidence::{Evidence, Found, missing};
use crate::analysis::{Observation, Outcome, Recovery};
use crate::plan::{Aggregate, Clock, Metric, Plan, Target};
use crate::units::PhaseId;

/// Over the outages selected: the worst, all together, or how many. Without any: 0 if an inject hit and was tolerated, else nothing is
/// known. Of an inject that another's outage masks, a target that names it knows no upper bound.
pub(super) fn evidence(plan: &Plan, observation: &Observation, target: &Target) -> Found {
    let of = target.expr.of;
    let selected = || {
        observation.recovery.iter().filter(move |recovery| {
            plan.selects(&of, recovery.journey_id) && of.inject.is_none_or(|of| Some(of) == recovery.inject_id)
        })
    };
    let outages: Vec<&Recovery> = selected().filter(|recovery| suffered_in(plan, target, recovery)).collect();
    let n = outages.len() as u64;
    let masked = selected().find(|one| of.inject.is_some() && one.outcome == Outcome::Masked && hit_in(target, one));
    let masked = masked.map(masked_by);
    if n == 0 {
        if let Some(why) = masked {
            return Err(missing(0, why));
        }
        if !selected().any(|recovery| tolerated_in(target, recovery)) {
            return Err(missing(0, "there was no outage, and no inject hit that could have caused one"));
        }
        return Ok(Evidence::exactly(0.0, 0, "tolerated: an inject hit, and no outage followed".to_owned()));
    }
    if target.expr.aggregate == Some(Aggregate::Count) {
        let basis = if n == 1 { "one outage".to_owned() } else { format!("{n} outages") };
        return Ok(and_perhaps_more(Evidence::exactly(n as f64, n, basis), masked));
    }
    let (metric, clock) = (target.expr.metric, target.clock);
    let lows = outages.iter().map(|outage| outage.time(metric, clock).map_or(0.0, |(low, _)| low));
    let highs = outages.iter().map(|outage| longest(outage, metric, clock));
    let together = target.expr.aggregate == Some(Aggregate::Sum);
    let (low, high) = if together { (lows.sum(), highs.sum()) } else { (most(lows), most(highs)) };
    let worst = outages.iter().max_by(|a, b| longest(a, metric, clock).total_cmp(&longest(b, metric, clock)));
    let basis = match worst {
        Some(worst) if !together || n == 1 => format!("{}{}", which(n), name(worst, metric, clock)),
        Some(worst) => {
            format!("{n} outages together, the longest: {}", name(worst, metric, clock).trim_start_matches(": "))
        }
        None => String::new(),
    };
    let observed = Some(high).filter(|high| high.is_finite());
    Ok(and_perhaps_more(Evidence { observed, low, high, n, basis, shown: None, window: None }, masked))
}

/// What is known stays a lower bound, and what did not show has none above.
fn and_perhaps_more(evidence: Evidence, masked: Option<String>) -> Evidence {
    match masked {
        Some(why) => {
            Evidence { observed: None, high: f64::INFINITY, basis: format!("{}; {why}", evidence.basis), ..evidence }
        }
        None => evidence,
    }
}

/// Why an inject shows nothing of a journey.
fn masked_by(masked: &Recovery) -> String {
    let inject = masked.inject.as_deref().unwrap_or_default();
    format!(
        "{inject} hit {} only in an outage put down to another, so that what it does alone does not show",
        masked.journey
    )
}

pub(super) fn most(values: impl Iterator<Item = f64>) -> f64 {
    values.fold(0.0, f64::max)
}

/// The longest that it can have been, in seconds. What never began may have been any time.
fn longest(recovery: &Recovery, metric: Metric, clock: Clock) -> f64 {
    recovery.time(metric, clock).and_then(|(_, high)| high).unwrap_or(f64::INFINITY)
}

pub(super) fn which(n: u64) -> String {
    if n == 1 { "the only outage".to_owned() } else { format!("the worst of {n} outages") }
}

/// The outage that decides, in words.
fn name(worst: &Recovery, metric: Metric, clock: Clock) -> String {
    let down = if worst.outcome == Outcome::NotRecovered { ", still down at the end" } else { "" };
    let told = worst.time(metric, clock);
    let from = match (metric, clock) {
        (Metric::DecideTime, _) if told.is_none() => ", and no failover was ever decided".to_owned(),
        (Metric::DecideTime, _) if worst.decide_s.is_none() => ", and the switch did not come".to_owned(),
        (Metric::RecoveryTime, Clock::Declaration) if told.is_none() => {
            ", and no failover was ever decided, from which it could count".to_owned()
        }
        (Metric::RecoveryTime, Clock::Impact) => String::new(),
        (Metric::RecoveryTime, _) if told.is_some() => format!(", counted from {}", clock.name()),
        (Metric::RecoveryTime, _) => format!(", and there is no {} from which it could count", clock.name()),
        _ => String::new(),
    };
    match &worst.inject {
        Some(inject) => format!(": {} under {inject}{from}{down}", worst.journey),
        None => format!(": {}, which no inject explains{from}{down}", worst.journey),
    }
}

/// Whether it is an inject that hit in the target's phases and was tolerated. One that caused an outage in another phase was not.
fn tolerated_in(target: &Target, recovery: &Recovery) -> bool {
    recovery.outcome == Outcome::Tolerated && hit_in(target, recovery)
}

fn hit_in(target: &Target, recovery: &Recovery) -> bool {
    let hits = |phase: &PhaseId| recovery.phase_hits.get(phase.index()).copied().unwrap_or(0);
    target.phases.iter().any(|phase| hits(phase) > 0)
}

/// Whether it is an outage some of which lies in the target's phases.
fn suffered_in(plan: &Plan, target: &Target, recovery: &Recovery) -> bool {
    let Some(start) = recovery.start_s.filter(|_| recovery.outcome.is_outage()) else { return false };
    target.concerns(plan, start, recovery.end_s)
}
