//! Good messages by slices of time: for promises that count time, and not messages.

use std::collections::BTreeMap;

use super::Mark;
use crate::plan::{Budgeting, Plan};
use crate::units::{JourneyId, Span};

/// The messages of one cell by slices of its phase, for every length of slices that a target asks for. It grows with the time, not with the
/// messages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Slices(Vec<(Span, BTreeMap<u64, Slice>)>);

/// The messages due in one slice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Slice {
    /// Good ones …
    pub good: u64,
    /// … of so many judged.
    pub valid: u64,
}

impl Slices {
    /// None yet, for a journey of a plan.
    pub(super) fn of(plan: &Plan, journey: JourneyId) -> Self {
        let measure = plan.measure(journey);
        let of_it = plan.targets.iter().filter(|target| plan.may_be(&target.expr.of, measure));
        let mut lengths: Vec<Span> = of_it
            .filter_map(|target| match target.budgeting {
                Some(Budgeting::Timeslices { every, .. }) => Some(every),
                _ => None,
            })
            .collect();
        lengths.sort_unstable();
        lengths.dedup();
        Self(lengths.into_iter().map(|every| (every, BTreeMap::new())).collect())
    }

    /// Adds a message that was due so long after its phase began.
    pub(super) fn add(&mut self, since: Span, mark: Mark) {
        for (every, slices) in &mut self.0 {
            let slice = slices.entry(since.nanos() / every.nanos().max(1)).or_default();
            slice.valid += 1;
            slice.good += u64::from(mark == Mark::Good);
        }
    }

    /// The slices of a length, by their numbers from 0; only those with messages.
    pub fn every(&self, length: Span) -> impl Iterator<Item = (u64, Slice)> {
        let of_length = self.0.iter().filter(move |(every, _)| *every == length);
        of_length.flat_map(|(_, slices)| slices.iter().map(|(number, slice)| (*number, *slice)))
    }
}
