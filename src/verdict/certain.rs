//! Promises that cannot be kept any more, whatever comes: what ends a drill early, if a target says so.
//!
//! A figure of a drill that goes on may still get better, and a verdict on it would be a guess. Here the best is assumed of all that is to
//! come: every message that may still be due is good, takes no time and comes once. Only what is broken even then is broken for certain.

use super::evidence::{cells, evidence};
use super::observed;
use super::target::{blank, decide, disturbed};
use super::{TargetOutcome, TargetVerdict};
use crate::analysis::{Cell, Distribution, Observation};
use crate::plan::{Aggregate, Arrival, Bound, Journey, Measure, Metric, MetricKind, Plan, Target};
use crate::units::{Moment, PhaseId, Span, six_digits, thousands};

/// The first target that ends the drill when it cannot be kept, and cannot be.
pub fn broken(plan: &Plan, observation: &Observation) -> Option<TargetVerdict> {
    let looked_at = plan.targets.iter().filter(|target| {
        let begins = target.phases.iter().map(|phase| plan.phases[phase.index()].start).min();
        target.abort.zip(begins).is_some_and(|(abort, begins)| observation.at >= begins + abort.after)
    });
    let mut undisturbed = looked_at.filter(|target| disturbed(plan, observation, target).is_none());
    undisturbed.find_map(|target| certain(plan, observation, target))
}

/// What can be said of a figure for certain: at best it is between these, in the unit in which it is judged.
pub(super) struct Best {
    pub(super) low: f64,
    pub(super) high: f64,
    pub(super) n: u64,
    pub(super) basis: String,
}

fn certain(plan: &Plan, observation: &Observation, target: &Target) -> Option<TargetVerdict> {
    let (metric, aggregate) = (target.expr.metric, target.expr.aggregate);
    let best = match metric.kind() {
        _ if metric.is_observed() => observed::best(plan, observation, target),
        MetricKind::Latency => latency(plan, observation, target),
        MetricKind::Count => count(plan, observation, target),
        MetricKind::Share if metric == Metric::Availability && target.service_level().is_none() => {
            availability(plan, observation, target)
        }
        // What outages took of a budget, how long they lasted and how many there were only grows.
        MetricKind::Share | MetricKind::OutageTime | MetricKind::Access => {
            let found = evidence(plan, observation, target).ok()?;
            let high = if aggregate == Some(Aggregate::Count) { f64::INFINITY } else { found.high };
            Some(Best { low: found.low, high, n: found.n, basis: found.basis })
        }
    }?;
    let Best { low, high, n, basis } = best;
    if decide(target, (low, high)) != TargetOutcome::Fail {
        return None;
    }
    let why = format!("it could not be kept any more at {} s: {basis}", six_digits(observation.at.secs_f64()));
    let high = Some(high).filter(|high| high.is_finite());
    Some(TargetVerdict { verdict: TargetOutcome::Fail, low: Some(low), high, n, why, ..blank(target) })
}

/// The most messages that a target can be about.
fn most_messages(plan: &Plan, target: &Target, each: impl Fn(&Journey) -> u64) -> u64 {
    let in_phase = |journey: &Journey, phase: &PhaseId| {
        let until = |at: Moment| journey.planned(at.since(Moment::ZERO));
        let phase = &plan.phases[phase.index()];
        until(phase.end()) - until(phase.start)
    };
    let of_journey = |journey: &Journey| {
        let planned: u64 = target.phases.iter().map(|phase| in_phase(journey, phase)).sum();
        let most = match journey.arrival {
            Arrival::Constant => planned,
            Arrival::Poisson => more_than_ever(planned),
        };
        most * each(journey)
    };
    let of = &target.expr.of;
    plan.journey_ids().filter(|(id, _)| plan.selects(of, *id)).map(|(_, journey)| of_journey(journey)).sum()
}

/// Ten standard deviations above the mean of a Poisson process, and ten messages. So many, k where μ are expected, come with a chance of at
/// most e^(k − μ − k·ln(k/μ)) (Chernoff's bound), which for every μ is below e⁻⁴³: once in 10¹⁸ drills.
fn more_than_ever(mean: u64) -> u64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "`as` saturates, and it is not negative"
    )]
    let margin = libm::ceil(10.0 * libm::sqrt(mean as f64)) as u64;
    mean + margin + 10
}

/// Bad messages stay bad.
fn availability(plan: &Plan, observation: &Observation, target: &Target) -> Option<Best> {
    let bad: u64 = cells(plan, observation, target).map(|cell| cell.valid - cell.good).sum();
    let most = most_messages(plan, target, |_| 1);
    let best = most.saturating_sub(bad) as f64 / most as f64;
    let basis = format!("{} of at most {} messages were bad", thousands(bad), thousands(most));
    (most > 0).then_some(Best { low: 0.0, high: best, n: most, basis })
}

/// What took long stays so. A percentile cannot be kept any more when too many did; a mean, when they took too much together.
fn latency(plan: &Plan, observation: &Observation, target: &Target) -> Option<Best> {
    let (metric, Bound::Time(bound)) = (target.expr.metric, target.expr.bound) else { return None };
    let of: fn(&Cell) -> &Distribution = match metric {
        Metric::AcceptLatency => |cell| &cell.accept,
        Metric::ServiceLatency => |cell| &cell.service,
        _ => |cell| &cell.delivery,
    };
    let mut all = Distribution::new(Span::ZERO);
    cells(plan, observation, target).for_each(|cell| all.add(of(cell)));
    // Whoever still waits when the deadline has passed waits for longer; service time begins later than that.
    let deadline = deadline(plan, target);
    let waiting = if metric != Metric::ServiceLatency && bound <= deadline { all.undelivered() } else { 0 };
    let longer = all.delivered() - all.count_up_to(bound) + waiting;
    let most = most_messages(plan, target, |_| 1);
    Timed { all: &all, things: "messages", most, come: "due" }.best(target.expr.aggregate?, bound, longer)
}

/// What was timed so far, of at most so many that come.
pub(super) struct Timed<'a> {
    pub(super) all: &'a Distribution,
    pub(super) things: &'a str,
    pub(super) most: u64,
    /// Why there are not more.
    pub(super) come: &'a str,
}

impl Timed<'_> {
    /// The best that can still be said, of which so many took longer than the bound.
    pub(super) fn best(&self, aggregate: Aggregate, bound: Span, longer: u64) -> Option<Best> {
        let Self { all, things, most, come } = *self;
        let rank = match aggregate {
            Aggregate::Percentile(thousandths) => (u128::from(most) * u128::from(thousandths)).div_ceil(100_000),
            Aggregate::Max => u128::from(most),
            Aggregate::Mean => {
                let low = all.sum().secs_f64() / most as f64;
                let (n, sum) = (thousands(all.delivered()), all.sum());
                let basis = format!("{n} {things} took {sum} together, and at most {} are {come}", thousands(most));
                return (most > 0).then_some(Best { low, high: f64::INFINITY, n: most, basis });
            }
            _ => return None,
        };
        let basis = format!("{} of at most {} {things} took longer", thousands(longer), thousands(most));
        let lost = most > 0 && u128::from(most.saturating_sub(longer)) < rank;
        // It takes longer than the bound; by how much is not known.
        lost.then(|| Best { low: bound.secs_f64().next_up(), high: f64::INFINITY, n: most, basis })
    }
}

/// The shortest deadline of the journeys that a target selects.
fn deadline(plan: &Plan, target: &Target) -> Span {
    let of = &target.expr.of;
    let selected = plan.journey_ids().filter(|(id, _)| plan.selects(of, *id));
    selected.map(|(_, journey)| journey.deadline).min().unwrap_or_default()
}

/// So many are counted already; of a share, among as many as there can be.
fn count(plan: &Plan, observation: &Observation, target: &Target) -> Option<Best> {
    let found = evidence(plan, observation, target).ok()?;
    let so_far = found.observed?;
    if target.expr.measure() != Measure::Share {
        return Some(Best { low: so_far, high: f64::INFINITY, n: found.n, basis: found.basis });
    }
    let each = |journey: &Journey| u64::from(journey.addressees(plan.groups[journey.recipients().index()].count));
    let most = most_messages(plan, target, each);
    let some = so_far * found.n as f64;
    let basis = format!("{}, and at most {} can come", found.basis, thousands(most));
    (most > 0).then_some(Best { low: some / most as f64, high: f64::INFINITY, n: most, basis })
}
