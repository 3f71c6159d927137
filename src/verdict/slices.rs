//! Availability by time: how many slices of it were good, and what the others cost of a month.

use std::collections::BTreeMap;

use super::evidence::{Evidence, Found, missing};
use super::shown;
use crate::analysis::{Cell, FEWEST_FOR_RATIO, JourneyFigures, Observation, Slice};
use crate::confidence::Pairs;
use crate::plan::{Budgeting, Plan, Target};
use crate::units::{EndpointId, JourneyId, PhaseId, Share, Span, thousands};

/// What became of the slices that a target is about.
#[derive(Default)]
struct Told {
    good: u64,
    bad: u64,
    /// Slices with too few messages to tell.
    unknown: u64,
    /// Good and bad slices that were shorter, since their phase ended.
    short: u64,
    /// How long the bad ones were together, and those with too few messages.
    bad_for: Span,
    unknown_for: Span,
    pairs: Pairs,
}

/// What the observation says about an availability in slices of time.
pub(super) fn evidence(plan: &Plan, observation: &Observation, target: &Target) -> Found {
    let Some(Budgeting::Timeslices { every, good }) = target.budgeting else {
        return Err(missing(0, "no length of slices is named"));
    };
    let told = told(plan, observation, target, (every, good));
    let n = told.good + told.bad;
    if n == 0 {
        return Err(missing(0, format!("no slice of {every} had {FEWEST_FOR_RATIO} messages, which it takes to tell")));
    }
    let unknown = match told.unknown {
        0 => String::new(),
        few => format!("; {} more had too few messages to tell", thousands(few)),
    };
    let short = match told.short {
        0 => String::new(),
        short => format!(" ({} shorter, at the end of a phase)", thousands(short)),
    };
    let basis = format!(
        "{} of {} slices of {every}{short} were good: at least {good} of their messages were{unknown}",
        thousands(told.good),
        thousands(n)
    );
    if let Some((_, window)) = target.longer_window(plan) {
        // What was not told may have been lost.
        let left = |lost: Span| (1.0 - lost.secs_f64() / window.secs_f64()).max(0.0);
        let (low, high) = (left(told.bad_for + told.unknown_for), left(told.bad_for));
        return Ok(Evidence { observed: Some(high), low, high, n, basis, shown: None, window: None });
    }
    let shown = shown::share(target, (told.good, n), &told.pairs);
    Ok(Evidence { shown: Some(shown), ..Evidence::exactly(told.good as f64 / n as f64, n, basis) })
}

fn told(plan: &Plan, observation: &Observation, target: &Target, (every, good): (Span, Share)) -> Told {
    let mut told = Told::default();
    for ((_, phase), slices) in slices(plan, observation, target, every) {
        let length = plan.phases[phase.index()].length;
        let mut before = None;
        // What is left of a phase after its last whole slice is one as well: no moment is left out.
        for number in 0..length.nanos().div_ceil(every.nanos().max(1)) {
            let slice = slices.get(&number).copied().unwrap_or_default();
            let lasted = every.min(length.saturating_sub(every * number));
            if slice.valid < FEWEST_FOR_RATIO as u64 {
                (told.unknown, told.unknown_for) = (told.unknown + 1, told.unknown_for + lasted);
                before = None;
                continue;
            }
            let is_good = slice.good as f64 >= good.fraction() * slice.valid as f64;
            told.short += u64::from(lasted < every);
            if is_good {
                told.good += 1;
            } else {
                (told.bad, told.bad_for) = (told.bad + 1, told.bad_for + lasted);
            }
            if let Some(before) = before.replace(is_good) {
                told.pairs.record(before, is_good);
            }
        }
    }
    told
}

/// The slices of each journey in each phase, whichever route carried its messages.
fn slices(
    plan: &Plan,
    observation: &Observation,
    target: &Target,
    every: Span,
) -> BTreeMap<(JourneyId, PhaseId), BTreeMap<u64, Slice>> {
    let of = target.expr.of;
    let mut all: BTreeMap<_, BTreeMap<u64, Slice>> = BTreeMap::new();
    for figures in observation.journeys.iter().filter(|figures| plan.selects(&of, figures.journey)) {
        let selected = figures.cells.iter().filter(|cell| target.phases.contains(&cell.phase));
        for cell in selected.filter(|cell| of.route.is_none_or(|of| of == cell.endpoint)) {
            let slices = all.entry((figures.journey, cell.phase)).or_default();
            for (number, slice) in cell.slices.every(every) {
                let sum = slices.entry(number).or_default();
                *sum = Slice { good: sum.good + slice.good, valid: sum.valid + slice.valid };
            }
        }
    }
    all
}

/// What the bad messages of this drill leave of a window's, if it brings as many in the mean, as large a part of them by the route that is meant, and
/// no other is bad.
pub(super) fn by_messages(
    plan: &Plan,
    observation: &Observation,
    target: &Target,
    (taken, window): (&[&Cell], Span),
) -> Evidence {
    let length = plan.end().since(crate::units::Moment::ZERO);
    let of = &target.expr.of;
    let selected = observation.journeys.iter().filter(|figures| plan.selects(of, figures.journey));
    let expected: f64 = selected
        .filter_map(|figures| {
            let rate = plan.journeys[figures.journey.index()].rate.mean(length)?;
            Some(rate.per_second() * window.secs_f64() * carried(figures, of.route))
        })
        .sum();
    let (bad, n) = taken.iter().fold((0, 0), |(bad, n), cell| (bad + cell.valid - cell.good, n + cell.valid));
    let share = (1.0 - bad as f64 / expected).max(0.0);
    let basis = format!(
        "{} of {} messages were bad, which leaves so much of the window's, if it brings as many as this drill and no other is bad",
        thousands(bad),
        thousands(n)
    );
    Evidence::exactly(share, n, basis)
}

/// Which share of a journey's messages came by the route that is meant, over the whole drill.
fn carried(figures: &JourneyFigures, route: Option<EndpointId>) -> f64 {
    let Some(route) = route else { return 1.0 };
    let (by_it, all) = figures.cells.iter().fold((0, 0), |(by_it, all), cell| {
        (by_it + if cell.endpoint == route { cell.valid } else { 0 }, all + cell.valid)
    });
    if all == 0 { 0.0 } else { by_it as f64 / all as f64 }
}
