//! What programs that are not ours got: judged by what their exchanges show.

mod recovery;

use super::certain::{Best, Timed};
use super::evidence::{Evidence, Found, Words, distribution, missing};
use super::{shown, windows};
use crate::analysis::{Distribution, Observation, ObservedCell};
use crate::confidence::Pairs;
use crate::plan::{Aggregate, Bound, DrillWay, Measure, Metric, MetricKind, Plan, Target, stretches};
use crate::units::{Moment, Span, six_digits, thousands};

/// What the observation says about a figure of programs that are not ours.
pub(super) fn evidence(plan: &Plan, observation: &Observation, target: &Target) -> Found {
    let taken: Vec<&ObservedCell> = cells(observation, target).collect();
    if taken.is_empty() {
        return Err(missing(0, "no program came there by a way in; in a rehearsal none ever does"));
    }
    if let Some(sliding) = target.sliding {
        return windows::evidence(plan, observation, target, sliding);
    }
    match target.expr.metric {
        Metric::ObservedAvailability => availability(&taken, target),
        Metric::ObservedLatency => latency(&taken, target, |cell| &cell.latency, "requests"),
        Metric::ObservedConnectLatency => latency(&taken, target, |cell| &cell.connect, "connections"),
        Metric::ObservedRecoveryTime => recovery::evidence(plan, observation, target, &taken),
        Metric::ObservedRefusals => {
            let refused = taken.iter().map(|cell| cell.ends.refused_here()).sum();
            let asked = taken.iter().map(|cell| cell.ends.asked()).sum();
            count(plan, target, (refused, asked), "times that was asked", &[])
        }
        _ => {
            let (good, valid) = goods(&taken);
            count(plan, target, (valid - good, valid), "exchanges and connections", &taken)
        }
    }
}

/// The cells that a target selects.
fn cells<'a>(observation: &'a Observation, target: &'a Target) -> impl Iterator<Item = &'a ObservedCell> {
    let (way, host) = (target.expr.of.way, target.expr.of.host);
    let cells = observation.observed.iter().flat_map(|way| &way.cells);
    cells.filter(move |cell| {
        target.phases.contains(&cell.phase)
            && way.is_none_or(|way| way == cell.way)
            && (host.is_none() || host == cell.host)
    })
}

fn goods(taken: &[&ObservedCell]) -> (u64, u64) {
    taken.iter().fold((0, 0), |(good, valid), cell| (good + cell.good, valid + cell.ends.valid()))
}

/// Whether those next to each other failed alike.
fn failed_alike(taken: &[&ObservedCell]) -> Pairs {
    let mut pairs = Pairs::default();
    for cell in taken {
        pairs.add(&cell.failed.pairs());
    }
    pairs
}

fn availability(taken: &[&ObservedCell], target: &Target) -> Found {
    let (good, n) = goods(taken);
    if n == 0 {
        return Err(missing(0, "nothing that was asked for there has ended"));
    }
    let basis = format!("{} of {} exchanges and connections were good", thousands(good), thousands(n));
    let shown = shown::share(target, (good, n), &failed_alike(taken));
    Ok(Evidence { shown: Some(shown), ..Evidence::exactly(good as f64 / n as f64, n, basis) })
}

fn latency(
    taken: &[&ObservedCell],
    target: &Target,
    of: fn(&ObservedCell) -> &Distribution,
    things: &'static str,
) -> Found {
    let mut all = Distribution::new(Span::ZERO);
    for cell in taken {
        all.add(of(cell));
    }
    let none = "nothing of the kind was asked for there: what is not read is a connection, what is read are requests";
    let words = Words { things, never: "were never answered", none };
    distribution(&all, target, &words, |bound| {
        let mut pairs = Pairs::default();
        for cell in taken {
            pairs.add(&cell.slower(target.expr.metric, bound).unwrap_or_else(|| cell.failed.pairs()));
        }
        pairs
    })
}

/// So many of so many, how many in a time, or which share of them; `sampled` are the cells whose neighbours tell what that share shows.
fn count(plan: &Plan, target: &Target, (some, all): (u64, u64), things: &str, sampled: &[&ObservedCell]) -> Found {
    if all == 0 {
        return Err(missing(0, "nothing that was asked for there has ended"));
    }
    let told = if some == 0 { "none".to_owned() } else { thousands(some) };
    let basis = format!("{told} of {} {things}", thousands(all));
    match target.expr.aggregate {
        Some(Aggregate::Ratio) => {
            let shown = target.expr.is_sampled().then(|| shown::share(target, (some, all), &failed_alike(sampled)));
            Ok(Evidence { shown, ..Evidence::exactly(some as f64 / all as f64, all, basis) })
        }
        Some(Aggregate::Rate) => {
            let phases = target.phases.iter().filter_map(|phase| plan.phases.get(phase.index()));
            let time: f64 = phases.map(|phase| phase.length.secs_f64()).sum();
            let basis = format!("{basis} in {} s", six_digits(time));
            Ok(Evidence::exactly(some as f64 / time, all, basis))
        }
        _ => Ok(Evidence::exactly(some as f64, all, basis)),
    }
}

/// What can be said for certain of a figure while the drill goes on. What programs will still ask for nobody knows, but it is no more than
/// their ways in take: all of that is assumed to be good, and to take no time.
pub(super) fn best(plan: &Plan, observation: &Observation, target: &Target) -> Option<Best> {
    let taken: Vec<&ObservedCell> = cells(observation, target).collect();
    let most = most(plan, target);
    let (good, valid) = goods(&taken);
    let bad = valid - good;
    let told = format!("{} of at most {} exchanges and connections were not good", thousands(bad), thousands(most));
    match (target.expr.metric, target.expr.metric.kind()) {
        (Metric::ObservedAvailability, _) => {
            let high = most.saturating_sub(bad) as f64 / most as f64;
            (most > 0).then_some(Best { low: 0.0, high, n: most, basis: told })
        }
        (_, MetricKind::Latency) => slow(&taken, target, most),
        (Metric::ObservedFailures, _) if target.expr.measure() == Measure::Share => {
            let low = bad as f64 / most as f64;
            (most > 0).then_some(Best { low, high: f64::INFINITY, n: most, basis: told })
        }
        _ => {
            let found = evidence(plan, observation, target).ok()?;
            Some(Best { low: found.observed?, high: f64::INFINITY, n: found.n, basis: found.basis })
        }
    }
}

/// The most that the ways in of a target can take in its phases: a second's worth comes at once, with each beginning of a row of phases.
fn most(plan: &Plan, target: &Target) -> u64 {
    let rows = stretches(target.phases.iter().filter_map(|phase| plan.phases.get(phase.index())));
    let of_way = |(_, way): (_, &DrillWay)| {
        let row = |(from, to): &(Moment, Moment)| {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates")]
            let taken = libm::ceil(way.limit.per_second() * (to.since(*from).secs_f64() + 1.0)) as u64;
            taken.saturating_add(1)
        };
        rows.iter().map(row).fold(0, u64::saturating_add)
    };
    plan.ways_of(target).map(of_way).fold(0, u64::saturating_add)
}

/// What took too long, or was never answered, stays so.
fn slow(taken: &[&ObservedCell], target: &Target, most: u64) -> Option<Best> {
    let Bound::Time(bound) = target.expr.bound else { return None };
    let connects = target.expr.metric == Metric::ObservedConnectLatency;
    let mut all = Distribution::new(Span::ZERO);
    for cell in taken {
        all.add(if connects { &cell.connect } else { &cell.latency });
    }
    let longer = all.n() - all.count_up_to(bound);
    let things = if connects { "connections" } else { "requests" };
    Timed { all: &all, things, most, come: "taken" }.best(target.expr.aggregate?, bound, longer)
}
