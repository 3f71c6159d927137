//! Deliveries that were lost, declined, doubled and so on: how many, how many in a time, and how many of those that could have been.

use super::evidence::{Evidence, Found, cells, missing};
use super::shown::{self, Shown};
use crate::analysis::{Deliveries, Observation};
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
        Metric::Declined => of(d.declined, d.answered, "deliveries answered for", "nothing was answered"),
        Metric::Duplicated => of(d.duplicated, d.received, "receipts", "nothing was received"),
        Metric::DuplicatedAfterDedup => of(d.duplicated_after_dedup, d.received, "receipts", "nothing was received"),
        Metric::Reordered => of(d.reordered, first_receipts(d), "deliveries received", "nothing was received"),
        Metric::WrongSide => of(d.wrong_side, first_receipts(d), "deliveries received", "nothing was received"),
        Metric::DlpLeaks => {
            let none = match d.violations {
                0 => "nothing was sent that may not leave: give a journey some `content`",
                _ => "no receipt could have told",
            };
            of(d.leaked, d.violations - d.unseen.leaked, "deliveries of what may not leave", none)
        }
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
    let unseen = Unseen::of(metric, &sum, all);
    let told = if some == 0 { "none".to_owned() } else { thousands(some) };
    // Where none had it, it makes no difference of how many more that could not have been said.
    let more = if aggregate == Some(Aggregate::Ratio) && some > 0 { unseen.pairs } else { unseen.counted };
    let basis = format!("{told} of {} {things}{}", thousands(all), Unseen::told(more));
    let found = match aggregate {
        Some(Aggregate::Ratio) => {
            let pairs = shown::alike(plan, observation, target, |all, among| all.had(metric, among));
            let shown = target.expr.is_sampled().then(|| shown::share(target, (some, all), &pairs));
            return Ok(
                unseen.share(some, Evidence { shown, ..Evidence::exactly(some as f64 / all as f64, all, basis) })
            );
        }
        Some(Aggregate::Rate) => {
            let phases = target.phases.iter().filter_map(|phase| plan.phases.get(phase.index()));
            let time: f64 = phases.map(|phase| phase.length.secs_f64()).sum();
            let basis = format!("{basis} in {} s", crate::units::six_digits(time));
            unseen.count(metric, 1.0 / time, Evidence::exactly(some as f64 / time, all, basis))
        }
        _ => unseen.count(metric, 1.0, Evidence::exactly(some as f64, all, basis)),
    };
    Ok(found)
}

/// Deliveries of which no receipt can tell, beside those of which it is known.
struct Unseen {
    /// Any of these may have had what is counted, or none.
    counted: u64,
    /// Any of these may be among what a share is of: they, and others of which it is known that they did not have it.
    pairs: u64,
    of: u64,
}

impl Unseen {
    fn of(metric: Metric, d: &Deliveries, of: u64) -> Self {
        let pairs = d.unseen.pairs;
        let (counted, pairs) = match metric {
            // Acknowledgements say it by themselves.
            Metric::Declined => (0, 0),
            // Of what was rightly blocked nobody asks if it arrived.
            Metric::Undelivered => (d.unobserved, d.unobserved),
            Metric::DlpLeaks => (d.unseen.leaked, d.unseen.leaked),
            Metric::WrongSide => (d.unseen.wrong_side, pairs),
            Metric::Unacknowledged => (d.unseen.unacknowledged, pairs),
            _ => (pairs, pairs),
        };
        Self { counted, pairs, of }
    }

    fn told(more: u64) -> String {
        match more {
            0 => String::new(),
            more => format!("; of {} more no receipt could have told", thousands(more)),
        }
    }

    /// A count, in such a unit. Of receipts beyond the first there is no most.
    fn count(&self, metric: Metric, unit: f64, evidence: Evidence) -> Evidence {
        let doubled = matches!(metric, Metric::Duplicated | Metric::DuplicatedAfterDedup);
        let high = match self.counted {
            0 => evidence.high,
            _ if doubled => f64::INFINITY,
            more => evidence.high + more as f64 * unit,
        };
        Evidence { high, ..evidence }
    }

    /// A share; what so many samples show holds for those of which it is known.
    fn share(&self, some: u64, evidence: Evidence) -> Evidence {
        if self.pairs == 0 {
            return evidence;
        }
        let [of, counted, pairs] = [self.of, self.counted, self.pairs].map(|count| count as f64);
        let (low, high) =
            (|share: f64| share * of / (of + pairs), |share: f64| (share * of + counted) / (of + counted));
        let share = some as f64 / of;
        let shown = evidence.shown.map(|shown| Shown { low: low(shown.low), high: high(shown.high.min(1.0)), ..shown });
        Evidence { low: low(share), high: high(share), shown, ..evidence }
    }
}
