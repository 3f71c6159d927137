//! What programs that are not ours got: judged by what their exchanges show.

use super::evidence::{Evidence, Found, Words, distribution, missing};
use super::shown;
use crate::analysis::{Distribution, Observation, ObservedCell};
use crate::confidence::Pairs;
use crate::plan::{Aggregate, Metric, Plan, Target};
use crate::units::{Span, six_digits, thousands};

/// What the observation says about a figure of programs that are not ours.
pub(super) fn evidence(plan: &Plan, observation: &Observation, target: &Target) -> Found {
    let taken: Vec<&ObservedCell> = cells(observation, target).collect();
    if taken.is_empty() {
        return Err(missing(0, "no program came there by a way in; in a rehearsal none ever does"));
    }
    match target.expr.metric {
        Metric::ObservedAvailability => availability(&taken, target),
        Metric::ObservedLatency => latency(&taken, target, |cell| &cell.latency, "requests"),
        Metric::ObservedConnectLatency => latency(&taken, target, |cell| &cell.connect, "connections"),
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
