//! Windows that slide over the phases of a target.

use serde::{Deserialize, Serialize};

use super::{DrillWay, Journey, Phase, Plan, Target};
use crate::units::{EndpointId, JourneyId, Moment, Span, WayId};

/// Windows that slide over a target's phases: it has to be kept in each of them.
///
/// Phases that follow one another are slid over as one stretch. The first window begins with the stretch, each next one so much later, and
/// the last one ends with the stretch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sliding {
    /// How long a window is. It holds the messages that are due from its start until before its end.
    pub length: Span,
    /// How long after a window the next one begins: more than nothing, and no longer than a window, so that none is left out.
    pub every: Span,
}

impl Sliding {
    /// Windows of this length of which each but the first half overlaps the one before: no bad half of a window escapes all of them.
    pub fn halfway(length: Span) -> Self {
        let half = Span::from_nanos(length.nanos() / 2);
        Self { length, every: if half.is_zero() { length } else { half } }
    }

    /// How many windows there are in a stretch of time; none if it is shorter than one.
    pub fn count_in(self, stretch: Span) -> u64 {
        if stretch < self.length {
            return 0;
        }
        1 + stretch.saturating_sub(self.length).nanos().div_ceil(self.every.nanos().max(1))
    }

    /// When the windows over some phases begin, in order.
    pub fn starts<'p>(self, phases: impl IntoIterator<Item = &'p Phase>) -> impl Iterator<Item = Moment> {
        stretches(phases).into_iter().flat_map(move |stretch| self.within(stretch))
    }

    fn within(self, (from, to): (Moment, Moment)) -> impl Iterator<Item = Moment> {
        let stretch = to.since(from);
        let last = from + stretch.saturating_sub(self.length);
        (0..self.count_in(stretch)).map(move |number| (from + self.every * number).min(last))
    }
}

/// From when until when phases that follow one another last, in order.
pub fn stretches<'p>(phases: impl IntoIterator<Item = &'p Phase>) -> Vec<(Moment, Moment)> {
    let mut stretches: Vec<(Moment, Moment)> = Vec::new();
    for phase in phases {
        match stretches.last_mut() {
            Some((_, end)) if *end == phase.start => *end = phase.end(),
            _ => stretches.push((phase.start, phase.end())),
        }
    }
    stretches
}

impl Journey {
    /// How many messages are planned from a moment until so long after it.
    pub fn planned_within(&self, start: Moment, length: Span) -> u64 {
        let until = |at: Moment| self.planned(at.since(Moment::ZERO));
        until(start + length) - until(start)
    }

    /// Whether an endpoint is one of its routes; any is, if none is meant.
    pub fn may_come_by(&self, endpoint: Option<EndpointId>) -> bool {
        endpoint.is_none_or(|endpoint| self.routes.iter().any(|route| route.endpoint == endpoint))
    }
}

impl Plan {
    /// When a target's windows over a journey begin, in order: those in which the plan has something due. None if it has no windows, or the
    /// journey cannot come by its route.
    pub fn windows(&self, target: &Target, journey: JourneyId) -> Vec<Moment> {
        let Some(sliding) = target.sliding else { return Vec::new() };
        let journey = &self.journeys[journey.index()];
        if !journey.may_come_by(target.expr.of.route) {
            return Vec::new();
        }
        let phases = target.phases.iter().filter_map(|phase| self.phases.get(phase.index()));
        sliding.starts(phases).filter(|start| journey.planned_within(*start, sliding.length) > 0).collect()
    }

    /// How many windows a target has over all journeys that it selects.
    pub fn windows_of(&self, target: &Target) -> usize {
        if target.expr.metric.is_observed() {
            return self.windows_of_way(target).len() * self.ways_of(target).count();
        }
        let selected = self.journey_ids().filter(|(id, _)| self.selects(&target.expr.of, *id));
        selected.map(|(id, _)| self.windows(target, id).len()).sum()
    }

    /// When a target's windows over a way in begin, in order: all of them, as nobody plans what programs ask. None if it has no windows.
    pub fn windows_of_way(&self, target: &Target) -> Vec<Moment> {
        let Some(sliding) = target.sliding else { return Vec::new() };
        sliding.starts(target.phases.iter().filter_map(|phase| self.phases.get(phase.index()))).collect()
    }

    /// The ways in that a target is about.
    pub fn ways_of<'p>(&'p self, target: &'p Target) -> impl Iterator<Item = (WayId, &'p DrillWay)> {
        self.way_ids().filter(|(id, _)| target.expr.of.way.is_none_or(|of| of == *id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sliding(length: u64, every: u64) -> Sliding {
        Sliding { length: Span::from_secs(length), every: Span::from_secs(every) }
    }

    fn starts(sliding: Sliding, from: u64, to: u64) -> Vec<f64> {
        let at = |secs| Moment::ZERO + Span::from_secs(secs);
        sliding.within((at(from), at(to))).map(Moment::secs_f64).collect()
    }

    #[test]
    fn the_first_begins_with_the_stretch_and_the_last_ends_with_it() {
        assert_eq!(starts(sliding(60, 30), 100, 220), [100.0, 130.0, 160.0]);
        assert_eq!(starts(sliding(60, 30), 100, 221), [100.0, 130.0, 160.0, 161.0]);
        assert_eq!(starts(sliding(60, 60), 0, 60), [0.0]);
        assert_eq!(starts(sliding(60, 60), 0, 59), [0.0; 0]);
        assert_eq!(Sliding::halfway(Span::from_secs(60)), sliding(60, 30));
        assert_eq!(Sliding::halfway(Span::from_nanos(1)).every, Span::from_nanos(1));
    }
}
