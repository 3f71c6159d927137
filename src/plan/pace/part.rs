//! A part of a pace, as some of those who take turns have it.

use super::{Pace, Recorded, Stretch};
use crate::units::Moment;

/// Those from `from` up to `to` of `of` who take turns; at least one, and the first or the last of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// The first of them, counted from 0.
    pub from: u32,
    /// Whoever comes after the last of them.
    pub to: u32,
    /// All who take turns.
    pub of: u32,
}

impl Part {
    fn count(self) -> u32 {
        self.to - self.from
    }

    /// How many of so many turns are theirs.
    fn among(self, turns: u64) -> u64 {
        let until = |end: u32| turns * u64::from(end) / u64::from(self.of);
        until(self.to) - until(self.from)
    }
}

impl Pace {
    /// The part of some. The parts of all are together the whole: rates exactly, recorded moments one by one, recorded counts as whole
    /// messages. `None` if nothing is left.
    pub fn part(&self, part: Part) -> Option<Self> {
        Some(match self {
            Self::Steady(rate) => Self::Steady(rate.part(part.count(), part.of)?),
            Self::Varied(stretches) => {
                let less = |stretch: &Stretch| {
                    let [from, to] = [stretch.from, stretch.to].map(|rate| rate.part(part.count(), part.of));
                    Some(Stretch { from: from?, to: to?, ..*stretch })
                };
                Self::Varied(stretches.iter().map(less).collect::<Option<_>>()?)
            }
            Self::Recorded(Recorded::Moments(moments)) => {
                let theirs = |turn: u32| (part.from..part.to).contains(&(turn % part.of));
                let moments: Vec<Moment> =
                    (0..).zip(moments).filter(|(turn, _)| theirs(*turn)).map(|(_, due)| *due).collect();
                Self::Recorded(Recorded::Moments(moments))
            }
            Self::Recorded(Recorded::Counts { every, counts }) => {
                let mut before = 0;
                let less = |count: &u32| {
                    let theirs = part.among(before + u64::from(*count)) - part.among(before);
                    before += u64::from(*count);
                    u32::try_from(theirs).unwrap_or(*count)
                };
                Self::Recorded(Recorded::Counts { every: *every, counts: counts.iter().map(less).collect() })
            }
        })
    }
}
