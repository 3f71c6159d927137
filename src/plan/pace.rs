//! How often messages are due: what a scenario says about it, and when each of them therefore is.

mod course;
mod part;

use std::fmt;

use serde::{Deserialize, Serialize};

use super::phase::Phase;
use crate::units::{Moment, Rate, Span};

pub use course::Course;
pub use part::Part;

/// How often a journey's messages are due, from the drill's start on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Pace {
    /// At one rate throughout.
    Steady(Rate),
    /// Stretches one after another, at least one; the rate that the last one ends with goes on.
    Varied(Vec<Stretch>),
    /// As it was recorded, and then never again.
    Recorded(Recorded),
}

/// A stretch in which the rate changes evenly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stretch {
    /// The rate that it begins with.
    pub from: Rate,
    /// The rate that it ends with.
    pub to: Rate,
    /// How long it lasts.
    #[serde(rename = "for")]
    pub length: Span,
}

/// What was recorded, counted from the drill's start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Recorded {
    /// Each due moment, none before the one that it follows.
    Moments(Vec<Moment>),
    /// How many messages were due in each interval, one interval after another: evenly within each.
    Counts {
        /// The length of an interval, above zero.
        every: Span,
        /// The messages of each.
        counts: Vec<u32>,
    },
}

impl Stretch {
    /// A stretch with one rate.
    pub const fn even(rate: Rate, length: Span) -> Self {
        Self { from: rate, to: rate, length }
    }
}

impl Pace {
    /// How many messages are due before `end`: exactly for an even arrival, on average for a Poisson process.
    pub fn count_within(&self, end: Span) -> u64 {
        match self {
            Self::Steady(rate) => rate.count_within(end),
            _ => Course::of(self).count_before(Moment::ZERO + end),
        }
    }

    /// The highest rate of a drill that lasts so long, a second. Recorded moments have the rate of the fullest stretch of `over`, which is above zero.
    pub fn peak(&self, drill: Span, over: Span) -> f64 {
        match self {
            Self::Steady(rate) => rate.per_second(),
            _ => Course::of(self).peak(Moment::ZERO + drill, over),
        }
    }

    /// The mean rate of a drill that lasts so long; `None` if nothing is due in it.
    pub fn mean(&self, drill: Span) -> Option<Rate> {
        match self {
            Self::Steady(rate) => Some(*rate),
            _ => Rate::new(self.count_within(drill), drill),
        }
    }

    /// The mean gap between two due moments of that phase in which it is widest. A phase in which nothing is due has none; `None` if all are
    /// such.
    pub fn widest_gap<'p>(&self, phases: impl Iterator<Item = &'p Phase>) -> Option<Span> {
        if let Self::Steady(rate) = self {
            return Some(rate.gap());
        }
        let course = Course::of(self);
        let gap = |phase: &Phase| {
            let due = course.count_before(phase.end()) - course.count_before(phase.start);
            phase.length.nanos().checked_div(due).map(Span::from_nanos)
        };
        phases.filter_map(gap).max()
    }
}

impl fmt::Display for Pace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Steady(rate) => rate.fmt(f),
            Self::Varied(stretches) => {
                let rates = || stretches.iter().flat_map(|stretch| [stretch.from, stretch.to]);
                let by_speed = |a: &Rate, b: &Rate| a.per_second().total_cmp(&b.per_second());
                match rates().min_by(by_speed).zip(rates().max_by(by_speed)) {
                    Some((least, most)) if least != most => write!(f, "{least} to {most}"),
                    Some((rate, _)) => rate.fmt(f),
                    None => Ok(()),
                }
            }
            Self::Recorded(Recorded::Moments(moments)) => write!(f, "{} recorded moments", moments.len()),
            Self::Recorded(Recorded::Counts { every, counts }) => {
                write!(f, "counts recorded for {} times {every}", counts.len())
            }
        }
    }
}

#[cfg(test)]
mod tests;
