//! The wall clock of a twin's world. One moment decides what it shows: signatures, sessions, quotas and expiries all go by it.

use crate::units::{Moment, Span};

/// Beijing's time is eight hours ahead of UTC, all year.
const BEIJING: Span = Span::from_secs(8 * 3_600);
const DAY: Span = Span::from_secs(86_400);

/// A wall clock.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wall {
    began: Span,
}

impl Wall {
    /// A clock that shows `began`, counted from 1970, at the world's beginning.
    pub(super) fn new(began: Span) -> Self {
        Self { began }
    }

    /// What it shows then, since 1970.
    pub(super) fn at(self, at: Moment) -> Span {
        self.began + at.since(Moment::ZERO)
    }

    /// The same in whole milliseconds.
    pub(super) fn millis(self, at: Moment) -> u64 {
        self.at(at).nanos() / 1_000_000
    }

    /// Which day it is then in Beijing, counted from 1970.
    pub(super) fn day_in_beijing(self, at: Moment) -> u64 {
        (self.at(at) + BEIJING).nanos() / DAY.nanos()
    }

    /// When it shows this; the world's beginning for whatever was before.
    pub(super) fn moment(self, since_1970: Span) -> Moment {
        Moment::ZERO + (since_1970 - self.began)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vendor::wall;

    #[test]
    fn a_moment_has_one_wall_time() {
        let (wall, later) = (Wall::new(wall::DRILL), Moment::ZERO + Span::from_millis(1_500));
        assert_eq!(wall.at(later), wall::DRILL + Span::from_millis(1_500));
        assert_eq!(wall.millis(later), 1_767_225_601_500);
        assert_eq!(wall.moment(wall.at(later)), later);
        assert_eq!(wall.moment(Span::ZERO), Moment::ZERO, "that was long before");
    }

    #[test]
    fn a_day_ends_when_it_does_in_beijing() {
        // The drill begins at 08:00 there.
        let (wall, after) = (Wall::new(wall::DRILL), |secs| Moment::ZERO + Span::from_secs(secs));
        let first = wall.day_in_beijing(Moment::ZERO);
        assert_eq!(wall.day_in_beijing(after(16 * 3_600 - 1)), first);
        assert_eq!(wall.day_in_beijing(after(16 * 3_600)), first + 1);
    }
}
