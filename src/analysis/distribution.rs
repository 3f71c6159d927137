use hdrhistogram::Histogram;

use crate::units::Span;

/// Latencies of a population in which some messages never arrived.
#[derive(Clone, Debug, PartialEq)]
pub struct Distribution {
    histogram: Histogram<u64>,
    missing: u64,
    deadline: Span,
}

/// A value of a distribution.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Quantile {
    /// There is nothing to take it from.
    Empty,
    /// It lies between `low` and `high` seconds, the resolution of the histogram.
    Value {
        /// In seconds.
        low: f64,
        /// In seconds.
        high: f64,
    },
    /// It falls among the undelivered: at least this many seconds.
    AtLeast(f64),
}
