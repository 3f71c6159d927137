//! What became of changes of shared documents, and how old what readers got was.

use super::evidence::{Evidence, Found, Words, distribution, missing};
use crate::analysis::{Distribution, Observation, SharedCell};
use crate::confidence::Pairs;
use crate::plan::{Aggregate, Metric, Plan, Target};
use crate::units::{Span, thousands};

/// What the observation says about shared documents.
pub(super) fn evidence(plan: &Plan, observation: &Observation, target: &Target) -> Found {
    let of = target.expr.of;
    let selected = |cell: &&SharedCell| {
        plan.selects(&of, cell.journey)
            && of.route.is_none_or(|route| route == cell.endpoint)
            && target.phases.contains(&cell.phase)
    };
    let cells: Vec<&SharedCell> = observation.shared.cells.iter().filter(selected).collect();
    let sum = |of: fn(&SharedCell) -> u64| cells.iter().map(|cell| of(cell)).sum::<u64>();
    let (some, all, things, none) = match target.expr.metric {
        Metric::LostUpdates => (sum(|cell| cell.lost), sum(|cell| cell.edits), "acknowledged changes", NO_CHANGE),
        Metric::Conflicts => (sum(|cell| cell.conflicts), sum(|cell| cell.edits + cell.refused), "changes", NO_CHANGE),
        _ => (sum(|cell| cell.stale), sum(|cell| cell.ages.n()), "reads", NO_READ),
    };
    if all == 0 {
        return Err(missing(0, none));
    }
    let journeys = plan.journey_ids().filter(|(id, _)| plan.selects(&of, *id));
    let mut documents = journeys.flat_map(|(_, journey)| journey.editing.iter().flat_map(|editing| &editing.documents));
    if let Some(why) = documents.find_map(|document| observation.shared.unknown.get(document)) {
        return Err(missing(all, why.clone()));
    }
    if target.expr.metric == Metric::StaleReadWindow {
        let mut ages = Distribution::new(Span::ZERO);
        for cell in cells {
            ages.add(&cell.ages);
        }
        let words = Words { things, never: "never came", none };
        return distribution(&ages, target, &words, |_| Pairs::default());
    }
    let told = if some == 0 { "none".to_owned() } else { thousands(some) };
    let basis = format!("{told} of {} {things}", thousands(all));
    Ok(match target.expr.aggregate {
        Some(Aggregate::Ratio) => Evidence::exactly(some as f64 / all as f64, all, basis),
        _ => Evidence::exactly(some as f64, all, basis),
    })
}

const NO_CHANGE: &str = "no document was changed: a journey with `send: edit` does that";
const NO_READ: &str = "no document was read: journeys with `send: read` and `send: edit` do that";
