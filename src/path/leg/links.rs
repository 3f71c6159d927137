//! The links that a connection crosses.

use super::Leg;
use crate::draw::Key;
use crate::path::fate::Stage;
use crate::plan::Delay;
use crate::units::Span;

impl Leg {
    /// How long the links take that a unit crosses.
    pub(in crate::path) fn link_delay(&self, stage: Stage, number: u64) -> Span {
        // The bytes of an exchange have waited with it.
        if stage.direction().is_none() || matches!(stage, Stage::Bytes(_)) {
            return Span::ZERO;
        }
        let one = |(key, delay): &(Key, Delay)| match delay {
            Delay::Constant(span) => *span,
            drawn => drawn.sample(key.part(self.part).part(stage.part()).draw(number)),
        };
        self.delays.iter().map(one).sum()
    }

    /// Whether its links take no time at all.
    pub(in crate::path) fn is_instant(&self) -> bool {
        self.delays.is_empty()
    }
}
