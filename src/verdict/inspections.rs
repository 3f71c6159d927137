//! What gateways had inspected: how much of what may not leave was found, what was found that is none, what was let through without a verdict,
//! and how long it took.

use super::evidence::{Evidence, Found, Words, distribution, missing};
use super::shown;
use crate::analysis::{Distribution, InspectionCell, Observation, Verdicts};
use crate::confidence::Pairs;
use crate::plan::{Aggregate, Metric, Plan, Target};
use crate::units::{Span, six_digits, thousands};

/// What the observation says about a figure of inspections.
pub(super) fn evidence(plan: &Plan, observation: &Observation, target: &Target) -> Found {
    let taken: Vec<&InspectionCell> = cells(plan, observation, target).collect();
    if taken.is_empty() {
        return Err(missing(0, "nothing was inspected there: give a gateway a `dlp`"));
    }
    let sum =
        |of: fn(&InspectionCell) -> Verdicts| taken.iter().fold(Verdicts::default(), |sum, cell| sum.and(of(cell)));
    match target.expr.metric {
        Metric::DlpDetection => {
            let none = "no text was inspected that may not leave: give a journey some `content`";
            share(&taken, target, sum(|cell| cell.violations), ("violations", none))
        }
        Metric::DlpFalsePositives => {
            share(&taken, target, sum(InspectionCell::clean), ("clean texts", "no clean text was inspected"))
        }
        Metric::Uninspected => Ok(uninspected(plan, observation, target, &taken)),
        _ => latency(&taken, target),
    }
}

/// The cells that a target selects.
fn cells<'a>(
    plan: &'a Plan,
    observation: &'a Observation,
    target: &'a Target,
) -> impl Iterator<Item = &'a InspectionCell> {
    let of = &target.expr.of;
    observation.inspected.iter().filter(move |cell| {
        plan.selects(of, cell.journey)
            && target.phases.contains(&cell.phase)
            && of.route.is_none_or(|route| route == cell.gateway)
            && of.dlp.is_none_or(|dlp| dlp == cell.dlp)
    })
}

/// Whether those next to each other were alike in what a target counts.
fn alike(taken: &[&InspectionCell], metric: Metric) -> Pairs {
    let mut pairs = Pairs::default();
    for cell in taken {
        pairs.add(&cell.alike(metric));
    }
    pairs
}

fn share(taken: &[&InspectionCell], target: &Target, of: Verdicts, (things, none): (&str, &str)) -> Found {
    let (blocked, n) = (of.blocked, of.inspected());
    if n == 0 {
        return Err(missing(0, none));
    }
    let told = if blocked == 0 { "none".to_owned() } else { thousands(blocked) };
    let basis = format!("{told} of {} {things} that were inspected were blocked", thousands(n));
    let shown = shown::share(target, (blocked, n), &alike(taken, target.expr.metric));
    Ok(Evidence { shown: Some(shown), ..Evidence::exactly(blocked as f64 / n as f64, n, basis) })
}

/// Messages and not inspections: one that is tried again, or passes another gateway, is let through once, and one that could be handed to nobody
/// is not.
fn uninspected(plan: &Plan, observation: &Observation, target: &Target, taken: &[&InspectionCell]) -> Evidence {
    let of = &target.expr.of;
    let (mut some, mut all) = (0, 0);
    let passed = observation.passed.iter().filter(|passed| plan.selects(of, passed.journey));
    for passed in passed.filter(|passed| target.phases.contains(&passed.phase)) {
        let selected = |gateway, dlp| of.route.is_none_or(|of| of == gateway) && of.dlp.is_none_or(|of| of == dlp);
        let mut unseen = passed.stops.iter().filter(|(gateway, dlp, _)| selected(*gateway, *dlp)).map(|stop| stop.2);
        let Some(first) = unseen.next() else { continue };
        all += passed.messages;
        some += if first || unseen.any(|unseen| unseen) { passed.messages } else { 0 };
    }
    // Whatever was asked about is counted with the last pass over the journal.
    let all = all.max(1);
    let told = if some == 0 { "none".to_owned() } else { thousands(some) };
    let basis = format!("{told} of {} messages were let through without a verdict", thousands(all));
    match target.expr.aggregate {
        Some(Aggregate::Ratio) => {
            let pairs = alike(taken, target.expr.metric);
            let shown = target.expr.is_sampled().then(|| shown::share(target, (some, all), &pairs));
            Evidence { shown, ..Evidence::exactly(some as f64 / all as f64, all, basis) }
        }
        Some(Aggregate::Rate) => {
            let phases = target.phases.iter().filter_map(|phase| plan.phases.get(phase.index()));
            let time: f64 = phases.map(|phase| phase.length.secs_f64()).sum();
            let basis = format!("{basis} in {} s", six_digits(time));
            Evidence::exactly(some as f64 / time, all, basis)
        }
        _ => Evidence::exactly(some as f64, all, basis),
    }
}

fn latency(taken: &[&InspectionCell], target: &Target) -> Found {
    let mut all = Distribution::new(Span::ZERO);
    for cell in taken {
        all.add(&cell.latency);
    }
    let words = Words { things: "inspections", never: "came to no verdict", none: "nothing was inspected there" };
    distribution(&all, target, &words, |bound| {
        let mut pairs = Pairs::default();
        for cell in taken {
            pairs.add(&cell.slower(bound).unwrap_or_default());
        }
        pairs
    })
}
