//! Deliveries that were lost, declined, doubled and so on: how many, how many in a time, and how many of those that could have been.

use super::evidence::{Evidence, Found, cells, missing};
use super::shown;
use crate::analysis::{Deliveries, Observation};
use crate::confidence::Pairs;
use crate::plan::{Aggregate, Metric, Plan, Target};
use crate::units::thousands;

/// What is counted, of how many.
struct Counted {
    some: u64,
    all: u64,
    /// What all of them are, in words.
    things: &'static str,
    /// Why nothing can be said if there are none.
    none: &'static str,
}

/// The count itself, among what it is a part of.
fn count(metric: Metric, d: &Deliveries) -> Counted {
    let of = |some, all, things, none| Counted { some, all, things, none };
    match metric {
        Metric::Lost => of(d.lost, d.owed, "owed deliveries", "nothing was owed"),
        Metric::Undelivered => of(d.undelivered, d.pairs, "deliveries", "no receipt could have told"),
        Metric::Declined => of(d.declined, d.owed + d.declined, "deliveries answered for", "nothing was answered"),
        Metric::Duplicated => of(d.duplicated, d.received, "receipts", "nothing was received"),
        Metric::DuplicatedAfterDedup => of(d.duplicated_after_dedup, d.received, "receipts", "nothing was received"),
        Metric::Reordered => of(d.reordered, first_receipts(d), "deliveries received", "nothing was received"),
        Metric::WrongSide => of(d.wrong_side, first_receipts(d), "deliveries received", "nothing was received"),
        Metric::DlpLeaks => of(
            d.leaked,
            d.violations,
            "deliveries of what may not leave",
            "nothing was sent that may not leave: give a journey some `content`",
        ),
        // Unacknowledged; the other metrics are none of counts.
        _ => of(d.unacknowledged, first_receipts(d), "deliveries received", "nothing was received"),
    }
}

/// What a share is of: of deliveries that came, how many came more than once, and not how many receipts were beyond the first.
fn share(metric: Metric, d: &Deliveries) -> Counted {
    let (things, none) = ("deliveries received", "nothing was received");
    match metric {
        Metric::Duplicated => Counted { some: d.replicated, all: first_receipts(d), things, none },
        Metric::DuplicatedAfterDedup => {
            Counted { some: d.replicated_after_dedup, all: first_receipts(d), things, none }
        }
        _ => count(metric, d),
    }
}

fn first_receipts(d: &Deliveries) -> u64 {
    d.delivered + d.unacknowledged
}

/// What the observation says about a count of deliveries, their rate or their share.
pub(super) fn evidence(plan: &Plan, observation: &Observation, target: &Target) -> Found {
    let mut sum = Deliveries::default();
    cells(plan, observation, target).for_each(|cell| sum.add(&cell.deliveries));
    let (metric, aggregate) = (target.expr.metric, target.expr.aggregate);
    let counted = if aggregate == Some(Aggregate::Ratio) { share(metric, &sum) } else { count(metric, &sum) };
    let Counted { some, all, things, none } = counted;
    if all == 0 {
        return Err(missing(0, none));
    }
    let told = if some == 0 { "none".to_owned() } else { thousands(some) };
    let basis = format!("{told} of {} {things}", thousands(all));
    match aggregate {
        Some(Aggregate::Ratio) => {
            let mut pairs = Pairs::default();
            cells(plan, observation, target)
                .for_each(|cell| pairs.add(&cell.neighbours.had(metric).unwrap_or_default()));
            let shown = target.expr.is_sampled().then(|| shown::share(target, (some, all), &pairs));
            Ok(Evidence { shown, ..Evidence::exactly(some as f64 / all as f64, all, basis) })
        }
        Some(Aggregate::Rate) => {
            let phases = target.phases.iter().filter_map(|phase| plan.phases.get(phase.index()));
            let time: f64 = phases.map(|phase| phase.length.secs_f64()).sum();
            let basis = format!("{basis} in {} s", crate::units::six_digits(time));
            Ok(Evidence::exactly(some as f64 / time, all, basis))
        }
        _ => Ok(Evidence::exactly(some as f64, all, basis)),
    }
}
