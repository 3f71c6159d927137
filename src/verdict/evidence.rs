//! What an observation says about a figure: an interval that holds the truth, or why there is none.

use super::shown::Shown;
use super::{budget, coverage, shown};
use crate::analysis::{Cell, Deliveries, Distribution, Observation, Outcome, Quantile, Recovery};
use crate::plan::{Aggregate, Clock, Confidence, Metric, Plan, Selector, Target, Window};
use crate::units::{PhaseId, Span};

/// An interval that holds the truth, in the unit in which figures are judged.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Evidence {
    /// The figure to show; `None` if only a bound is known.
    pub(super) observed: Option<f64>,
    pub(super) low: f64,
    /// `f64::INFINITY` = no bound.
    pub(super) high: f64,
    /// Messages, deliveries or outages that it stands on.
    pub(super) n: u64,
    /// What it stands on, for people: `1069 of 1200 messages were good`.
    pub(super) basis: String,
    /// What so many samples show beyond themselves, if the figure is of that kind.
    pub(super) shown: Option<Shown>,
}

/// Why there is no interval.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Missing {
    pub(super) n: u64,
    pub(super) why: String,
}

pub(super) type Found = Result<Evidence, Missing>;

impl Evidence {
    pub(super) fn exactly(value: f64, n: u64, basis: String) -> Self {
        Self { observed: Some(value), low: value, high: value, n, basis, shown: None }
    }
}

pub(super) fn missing(n: u64, why: impl Into<String>) -> Missing {
    Missing { n, why: why.into() }
}

/// The cells that a target selects.
pub(super) fn cells<'a>(observation: &'a Observation, target: &'a Target) -> impl Iterator<Item = &'a Cell> {
    let Selector { journey, route, .. } = target.expr.of;
    let journeys = observation.journeys.iter().filter(move |figures| journey.is_none_or(|of| of == figures.journey));
    let cells = journeys.flat_map(|figures| &figures.cells);
    cells.filter(move |cell| target.phases.contains(&cell.phase) && route.is_none_or(|of| of == cell.endpoint))
}

/// What the observation says about a target's figure.
pub(super) fn evidence(plan: &Plan, observation: &Observation, target: &Target) -> Found {
    let valid: u64 = cells(observation, target).map(|cell| cell.valid).sum();
    if valid == 0 && target.expr.metric != Metric::Coverage {
        return Err(missing(0, "no message was judged there"));
    }
    match target.expr.metric {
        Metric::DeliveryLatency => latency(observation, target, |cell| &cell.delivery),
        Metric::AcceptLatency => latency(observation, target, |cell| &cell.accept),
        Metric::ServiceLatency => latency(observation, target, |cell| &cell.service),
        Metric::Availability => match target.window.and_then(Window::length) {
            Some(window) => budget::evidence(plan, observation, target, window),
            None => Ok(shown::availability(observation, target)),
        },
        Metric::RecoveryTime => recovery(plan, observation, target),
        Metric::Lost => count(observation, target, ["nothing was owed", "owed deliveries"], |d| (d.lost, d.owed)),
        Metric::Undelivered => {
            count(observation, target, ["no receipt could have told", "deliveries"], |d| (d.undelivered, d.pairs))
        }
        Metric::Duplicated => {
            count(observation, target, ["nothing was received", "receipts"], |d| (d.duplicated, d.received))
        }
        Metric::Coverage => coverage::evidence(plan, observation, target),
    }
}

fn latency(observation: &Observation, target: &Target, of: fn(&Cell) -> &Distribution) -> Found {
    let mut all = Distribution::new(Span::ZERO);
    cells(observation, target).for_each(|cell| all.add(of(cell)));
    let n = all.n();
    let quantile = match target.expr.aggregate {
        None => return Err(missing(n, "no value of the distribution is named")),
        Some(Aggregate::Mean) => all.mean(),
        Some(Aggregate::Min) => all.min(),
        Some(Aggregate::Max) => all.max(),
        Some(Aggregate::Percentile(thousandths)) => {
            // Among fewer than 1/(1−q) samples the q-quantile is just the largest. A bound says by itself when they are too few.
            let point = target.confidence == Confidence::Point;
            let enough = 100_000_u64.div_ceil(u64::from(100_000_u32.saturating_sub(thousandths)).max(1));
            if point && thousandths < 100_000 && n > 0 && n < enough {
                return Err(missing(n, format!("{n} samples are too few, {enough} would do")));
            }
            all.percentile(thousandths)
        }
    };
    let shown = match target.expr.aggregate {
        Some(Aggregate::Percentile(thousandths)) => shown::percentile(observation, target, of, &all, thousandths),
        _ => None,
    };
    match quantile {
        Quantile::Empty => Err(missing(0, "there is no receipt to measure it by: accept_latency may be meant")),
        Quantile::Value { low, high } => {
            let basis = format!("over {n} messages");
            Ok(Evidence { observed: Some(f64::midpoint(low, high)), low, high, n, basis, shown })
        }
        Quantile::AtLeast(low) => {
            let basis = format!("over {n} messages it falls among those that never arrived");
            Ok(Evidence { observed: None, low, high: f64::INFINITY, n, basis, shown })
        }
    }
}

/// A count among others: `none` says why there is nothing to count, `things` what is counted.
fn count(
    observation: &Observation,
    target: &Target,
    [none, things]: [&str; 2],
    of: fn(&Deliveries) -> (u64, u64),
) -> Found {
    let (mut count, mut n) = (0, 0);
    for cell in cells(observation, target) {
        let (some, all) = of(&cell.deliveries);
        (count, n) = (count + some, n + all);
    }
    if n == 0 {
        return Err(missing(0, none));
    }
    let some = if count == 0 { "none".to_owned() } else { count.to_string() };
    Ok(Evidence::exactly(count as f64, n, format!("{some} of {n} {things}")))
}

/// The worst over the outages selected. Without any: 0 if an inject hit and was tolerated, else nothing is known.
fn recovery(plan: &Plan, observation: &Observation, target: &Target) -> Found {
    let Selector { journey, inject, .. } = target.expr.of;
    let selected = || {
        observation.recovery.iter().filter(move |recovery| {
            journey.is_none_or(|of| of == recovery.journey_id) && inject.is_none_or(|of| Some(of) == recovery.inject_id)
        })
    };
    let outages = || selected().filter(|recovery| suffered_in(plan, target, recovery));
    let n = outages().count() as u64;
    if n == 0 {
        if !selected().any(|recovery| tolerated_in(target, recovery)) {
            return Err(missing(0, "there was no outage, and no inject hit that could have caused one"));
        }
        return Ok(Evidence::exactly(0.0, 0, "tolerated: an inject hit, and no outage followed".to_owned()));
    }
    let clock = target.clock;
    let low = outages().filter_map(|recovery| recovery.within(clock)).map(|(low, _)| low).fold(0.0, f64::max);
    let high = outages().map(|recovery| longest(recovery, clock)).fold(0.0, f64::max);
    let worst = outages().max_by(|a, b| longest(a, clock).total_cmp(&longest(b, clock)));
    let basis = worst.map(|worst| name(worst, n, clock)).unwrap_or_default();
    Ok(Evidence { observed: Some(high).filter(|high| high.is_finite()), low, high, n, basis, shown: None })
}

/// The longest that an outage can have been by a clock, in seconds. By one that never began it may have been any time.
fn longest(recovery: &Recovery, clock: Clock) -> f64 {
    recovery.within(clock).and_then(|(_, high)| high).unwrap_or(f64::INFINITY)
}

/// Which outage of `n` decides, in words.
fn name(worst: &Recovery, n: u64, clock: Clock) -> String {
    let which = if n == 1 { "the only outage".to_owned() } else { format!("the worst of {n} outages") };
    let down = if worst.outcome == Outcome::NotRecovered { ", still down at the end" } else { "" };
    let from = match (clock, worst.within(clock)) {
        (Clock::Impact, _) => String::new(),
        (_, Some(_)) => format!(", counted from {}", clock.name()),
        (Clock::Declaration, None) => ", and no failover was ever decided, from which it could count".to_owned(),
        (_, None) => format!(", and there is no {} from which it could count", clock.name()),
    };
    match &worst.inject {
        Some(inject) => format!("{which}: {} under {inject}{from}{down}", worst.journey),
        None => format!("{which}: {}, which no inject explains{from}{down}", worst.journey),
    }
}

/// Whether it is an inject that hit in the target's phases and was tolerated. One that caused an outage in another phase was not.
fn tolerated_in(target: &Target, recovery: &Recovery) -> bool {
    let hits = |phase: &PhaseId| recovery.phase_hits.get(phase.index()).copied().unwrap_or(0);
    recovery.outcome == Outcome::Tolerated && target.phases.iter().any(|phase| hits(phase) > 0)
}

/// Whether it is an outage some of which lies in the target's phases.
fn suffered_in(plan: &Plan, target: &Target, recovery: &Recovery) -> bool {
    let Some(start) = recovery.start_s.filter(|_| recovery.outcome != Outcome::Tolerated) else { return false };
    let end = recovery.end_s.unwrap_or(f64::INFINITY);
    target.phases.iter().map(|phase| &plan.phases[phase.index()]).any(|phase| {
        // What begins after the last phase belongs to the last phase.
        let until = if phase.end() >= plan.end() { f64::INFINITY } else { phase.end().secs_f64() };
        start < until && end > phase.start.secs_f64()
    })
}
