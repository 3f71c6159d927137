//! What a figure is, and how it is written.

use super::{Aggregate, Metric, MetricKind};
use crate::units::{
    percent, percent_beside, percent_exact, rate, rate_beside, secs, secs_beside, secs_exact, tally, tally_beside,
};

/// What a figure is, and so what it can be compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// A length of time.
    Time,
    /// A share.
    Share,
    /// A count.
    Count,
    /// So many in a time.
    Rate,
}

impl Measure {
    /// What an aggregate of a metric is; `None` = the metric itself.
    pub fn of(aggregate: Option<Aggregate>, metric: Metric) -> Self {
        match (aggregate, metric.kind()) {
            (Some(Aggregate::Count), _) => Self::Count,
            (Some(Aggregate::Rate), _) => Self::Rate,
            (Some(Aggregate::Ratio), _) | (_, MetricKind::Share) => Self::Share,
            (_, MetricKind::Latency | MetricKind::OutageTime | MetricKind::Access) => Self::Time,
            (_, MetricKind::Count) => Self::Count,
        }
    }

    /// The unit in which figures are judged and written to files.
    pub fn unit(self) -> &'static str {
        match self {
            Self::Time => "seconds",
            Self::Share => "share of 1",
            Self::Count => "count",
            Self::Rate => "per second",
        }
    }

    /// A measured figure of it in its unit, rounded to what a person reads.
    pub fn figure(self, value: f64) -> String {
        match self {
            Self::Time => secs(value),
            Self::Share => percent(value),
            Self::Count => tally(value),
            Self::Rate => rate(value),
        }
    }

    /// A measured figure beside its bound: with as many digits as it takes to be read on the side of it on which it lies.
    pub fn beside(self, value: f64, bound: f64) -> String {
        match self {
            Self::Time => secs_beside(value, bound),
            Self::Share => percent_beside(value, bound),
            Self::Count => tally_beside(value, bound),
            Self::Rate => rate_beside(value, bound),
        }
    }

    /// A figure of it that somebody wrote, without the zeros of a measurement.
    pub fn written(self, value: f64) -> String {
        match self {
            Self::Time => secs_exact(value),
            Self::Share => percent_exact(value),
            Self::Count | Self::Rate => self.figure(value),
        }
    }
}
