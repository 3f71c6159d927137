use serde::{Deserialize, Serialize};

use crate::units::{Share, Span};

/// How hard a fault bites over its time: a level between nothing and all of it. What has a size (a delay, a rate) is scaled by it; of what
/// has none, such a share of units is hit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shape {
    /// The level rises evenly from nothing to all within this span of the start; at once if it is zero.
    pub ramp: Span,
    /// What it does besides.
    pub wave: Wave,
}

/// How a level goes up and down.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wave {
    /// It does not.
    #[default]
    Steady,
    /// It rises by equal steps, the first at the start, the last reaching all of it.
    Step {
        /// How long each step holds.
        every: Span,
        /// How many there are, at least 1.
        steps: u32,
    },
    /// It swings evenly between `low` and all of it, starting low.
    Sine {
        /// The time of a whole swing.
        period: Span,
        /// The lowest level.
        low: Share,
    },
    /// All of it for a while, then nothing, again and again.
    Burst {
        /// From one burst to the next.
        every: Span,
        /// How long a burst lasts.
        length: Span,
    },
    /// Recorded: each level from its time on, in order; the first level also before its time.
    Trace(Vec<(Span, Share)>),
}

/// Which of the units that a fault could hit it does hit, counted over everyone it is aimed at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pick {
    /// Only so many, then none; all of them if `None`.
    pub first: Option<u64>,
    /// Only every n-th, the n-th first; each if 1 or `None`.
    pub every: Option<u64>,
}

impl Shape {
    /// At once and all the time.
    pub fn is_steady(&self) -> bool {
        self.ramp.is_zero() && self.wave == Wave::Steady
    }

    /// The level, so long after the start.
    pub fn level(&self, since: Span) -> Share {
        let ramp = if since >= self.ramp { 1.0 } else { since.secs_f64() / self.ramp.secs_f64() };
        Share::from_fraction(ramp * self.wave.level(since).fraction())
    }
}

impl Wave {
    fn level(&self, since: Span) -> Share {
        match self {
            Self::Steady => Share::ALL,
            Self::Step { every, steps } => {
                let done = since.nanos().checked_div(every.nanos()).unwrap_or(u64::MAX).saturating_add(1);
                #[expect(clippy::cast_precision_loss, reason = "a handful of steps")]
                Share::from_fraction(done as f64 / f64::from((*steps).max(1)))
            }
            Self::Sine { period, low } => {
                let turns = since.secs_f64() / period.secs_f64().max(1e-9);
                let swing = 0.5 - 0.5 * libm::cos(std::f64::consts::TAU * turns);
                Share::from_fraction(low.fraction() + (1.0 - low.fraction()) * swing)
            }
            Self::Burst { every, length } => {
                let within = since.nanos() % every.nanos().max(1);
                if within < length.nanos() { Share::ALL } else { Share::NONE }
            }
            Self::Trace(points) => {
                let past = points.iter().rev().find(|(at, _)| *at <= since).or(points.first());
                past.map_or(Share::ALL, |(_, level)| *level)
            }
        }
    }
}

impl Pick {
    /// Whether the unit is hit that is the `nth` (from 1) which could be.
    pub fn takes(&self, nth: u64) -> bool {
        let every = self.every.unwrap_or(1).max(1);
        nth.is_multiple_of(every) && self.first.is_none_or(|first| nth / every <= first)
    }

    /// Whether it takes each.
    pub fn is_all(&self) -> bool {
        self.first.is_none() && self.every.is_none_or(|every| every <= 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(shape: &Shape, millis: u64) -> f64 {
        shape.level(Span::from_millis(millis)).fraction()
    }

    fn share(percent: u32) -> Share {
        Share::from_millionths(percent * 10_000).expect("a share")
    }

    #[test]
    fn a_ramp_rises_evenly() {
        let shape = Shape { ramp: Span::from_secs(10), ..Shape::default() };
        for (millis, level) in [(0, 0.0), (2_500, 0.25), (10_000, 1.0), (20_000, 1.0)] {
            assert!((at(&shape, millis) - level).abs() < 1e-6);
        }
    }

    #[test]
    fn waves_are_what_they_say() {
        let wave = |wave| Shape { ramp: Span::ZERO, wave };
        let second = Span::from_secs(1);
        let step = wave(Wave::Step { every: second, steps: 4 });
        let sine = wave(Wave::Sine { period: Span::from_secs(4), low: share(20) });
        let burst = wave(Wave::Burst { every: Span::from_secs(5), length: second });
        let trace = wave(Wave::Trace(vec![(second, share(10)), (Span::from_secs(3), share(50))]));
        let rows: &[(&Shape, u64, f64)] = &[
            (&step, 0, 0.25),
            (&step, 1_000, 0.5),
            (&step, 60_000, 1.0),
            (&sine, 0, 0.2),
            (&sine, 1_000, 0.6),
            (&sine, 2_000, 1.0),
            (&burst, 999, 1.0),
            (&burst, 1_000, 0.0),
            (&burst, 5_000, 1.0),
            (&trace, 0, 0.1),
            (&trace, 2_999, 0.1),
            (&trace, 3_000, 0.5),
        ];
        for (shape, millis, level) in rows {
            assert!((at(shape, *millis) - level).abs() < 1e-6, "{shape:?} at {millis} ms: {}", at(shape, *millis));
        }
    }

    #[test]
    fn a_pick_counts() {
        let takes = |pick: Pick| (1..=9).filter(|nth| pick.takes(*nth)).collect::<Vec<_>>();
        assert_eq!(takes(Pick { first: Some(2), every: None }), [1, 2]);
        assert_eq!(takes(Pick { first: None, every: Some(3) }), [3, 6, 9]);
        assert_eq!(takes(Pick { first: Some(2), every: Some(3) }), [3, 6]);
        assert_eq!(takes(Pick::default()).len(), 9);
    }
}
