//! When failovers were called for, and when their switches came.

use std::collections::{BTreeMap, BTreeSet};

use crate::journal::{Control, Decision, Event};
use crate::units::{AccountId, JourneyId, Moment, RouteId};

/// A failover of a journey, or of one of its accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Failover {
    /// When what it waits for was reached: since then it was being decided.
    pub(super) called: Moment,
    /// When the switch came; `None` = not yet, or never.
    pub(super) switched: Option<Moment>,
}

/// Journey by journey, by time.
pub(super) fn failovers(journeys: usize, controls: &[Control]) -> Vec<Vec<Failover>> {
    type Change = (JourneyId, Option<AccountId>, RouteId, RouteId);
    let mut changes: BTreeMap<Change, BTreeSet<Moment>> = BTreeMap::new();
    for control in controls {
        if let Event::Switched { journey, account, from, to } = control.event {
            changes.entry((journey, account, from, to)).or_default().insert(control.at);
        }
    }
    let mut decided = vec![Vec::new(); journeys];
    for control in controls {
        let Event::Decided { decision: Decision::Failover { journey, account, from, to, .. }, .. } = &control.event
        else {
            continue;
        };
        let Some(of_journey) = decided.get_mut(journey.index()) else { continue };
        let moments = changes.get(&(*journey, *account, *from, *to));
        let switched = moments.and_then(|moments| moments.range(control.at..).next().copied());
        of_journey.push(Failover { called: control.at, switched });
    }
    for of_journey in &mut decided {
        of_journey.sort_unstable();
    }
    decided
}

/// How long the longest of them took until the switch, at least and at most, in seconds; `None` without any. What has not come until `at`
/// took at least as long.
pub(super) fn longest(failovers: &[Failover], at: Moment) -> Option<(f64, Option<f64>)> {
    let took = |until: Moment, one: &Failover| until.since(one.called).secs_f64();
    let low = failovers.iter().map(|one| took(one.switched.unwrap_or(at), one)).reduce(f64::max)?;
    let all_came = failovers.iter().all(|one| one.switched.is_some());
    Some((low, all_came.then_some(low)))
}
