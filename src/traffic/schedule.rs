use crate::draw::Seed;
use crate::plan::{Arrival, Journey};
use crate::units::{Moment, Span};

/// The due moments of a journey, one after another: a pure function of plan and seed.
pub(super) struct Schedule<'a> {
    journey: &'a Journey,
    seed: Seed,
    number: u64,
    /// The latest due moment of a Poisson process.
    latest: Moment,
}

impl<'a> Schedule<'a> {
    pub(super) fn new(journey: &'a Journey, seed: Seed) -> Self {
        Self { journey, seed, number: 0, latest: Moment::ZERO }
    }
}

impl Iterator for Schedule<'_> {
    type Item = Moment;

    fn next(&mut self) -> Option<Moment> {
        let due = match self.journey.arrival {
            Arrival::Constant => self.journey.rate.nth(self.number),
            Arrival::Poisson => {
                let draw = self.seed.key("arrival").name(&self.journey.name).draw(self.number);
                self.latest = self.latest + Span::from_secs_f64(draw.exponential() / self.journey.rate.per_second());
                self.latest
            }
        };
        self.number += 1;
        Some(due)
    }
}
