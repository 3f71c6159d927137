use crate::draw::{Key, Seed};
use crate::plan::{Arrival, Course, Journey, Pace};
use crate::units::Moment;

/// The due moments of a journey, one after another, none before the one that it follows: a pure function of plan and seed.
pub(super) struct Schedule<'a> {
    course: Course<'a>,
    arrival: Arrival,
    draws: Key,
    number: u64,
    /// Where a Poisson process of rate 1 stands.
    counted: f64,
    latest: Moment,
}

impl<'a> Schedule<'a> {
    pub(super) fn new(journey: &'a Journey, seed: Seed) -> Self {
        Self { arrival: journey.arrival, ..Self::of(&journey.rate, seed.key("arrival").name(&journey.name)) }
    }

    /// An even one.
    fn of(pace: &'a Pace, draws: Key) -> Self {
        Self {
            course: Course::of(pace),
            arrival: Arrival::Constant,
            draws,
            number: 0,
            counted: 0.0,
            latest: Moment::ZERO,
        }
    }
}

impl Iterator for Schedule<'_> {
    type Item = Moment;

    fn next(&mut self) -> Option<Moment> {
        let due = match self.arrival {
            Arrival::Constant => self.course.nth(self.number)?,
            Arrival::Poisson => {
                self.counted += self.draws.draw(self.number).exponential();
                self.course.when(self.counted)?
            }
        };
        self.number += 1;
        // Two draws may lie less than a nanosecond apart, which rounding could turn round.
        self.latest = self.latest.max(due);
        Some(self.latest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Stretch;
    use crate::units::Span;
    use proptest::prelude::*;

    fn due(pace: &Pace, arrival: Arrival, seed: u64) -> Vec<Moment> {
        Schedule { arrival, ..Schedule::of(pace, Seed(seed).key("arrival")) }.take(200).collect()
    }

    proptest! {
        #[test]
        fn the_same_seed_gives_the_same_moments_and_none_goes_back(
            seed in any::<u64>(),
            poisson in any::<bool>(),
            from in 1_u64..1_000_000,
            to in 1_u64..1_000_000,
        ) {
            let rate = |per_minute| crate::units::Rate::new(per_minute, Span::from_secs(60)).expect("above zero");
            let arrival = if poisson { Arrival::Poisson } else { Arrival::Constant };
            let stretch = Stretch { from: rate(from), to: rate(to), length: Span::from_millis(500) };
            for pace in [Pace::Steady(rate(from)), Pace::Varied(vec![stretch])] {
                let first = due(&pace, arrival, seed);
                prop_assert!(first.is_sorted() && first.len() == 200);
                prop_assert_eq!(&first, &due(&pace, arrival, seed));
                // Another seed gives others, if anything is drawn.
                prop_assert_eq!(first != due(&pace, arrival, seed ^ 1), poisson);
            }
        }
    }
}
