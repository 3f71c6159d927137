use hdrhistogram::Histogram;

use super::Latency;
use crate::confidence::Ranks;
use crate::units::Span;

/// The longest latency that is told apart, in microseconds: 100 h.
const LONGEST_MICROS: u64 = 100 * 3_600 * 1_000_000;

/// Latencies of a population in which some messages never arrived.
///
/// An [HdrHistogram](https://hdrhistogram.org) of microseconds, 1 µs to 100 h with three significant digits, beside the exact smallest,
/// largest and sum. Undelivered messages are only counted: each of them sorts after every delivered one.
#[derive(Clone, Debug, PartialEq)]
pub struct Distribution {
    histogram: Histogram<u64>,
    smallest: Span,
    largest: Span,
    sum_nanos: u128,
    undelivered: u64,
    deadline: Span,
}

/// A value of a distribution.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Quantile {
    /// There is nothing to take it from.
    Empty,
    /// It lies between `low` and `high` seconds: the resolution of the histogram, nothing if it is known exactly.
    Value {
        /// In seconds.
        low: f64,
        /// In seconds.
        high: f64,
    },
    /// It falls among the undelivered: at least this many seconds.
    AtLeast(f64),
}

impl Distribution {
    /// An empty one; `deadline` is the least that an undelivered message counts for.
    pub fn new(deadline: Span) -> Self {
        let mut histogram = Histogram::new(3).unwrap_or_else(|_| unreachable!("three digits are allowed"));
        histogram.auto(true);
        Self { histogram, smallest: Span::MAX, largest: Span::ZERO, sum_nanos: 0, undelivered: 0, deadline }
    }

    /// Counts a latency.
    pub fn record(&mut self, latency: Span) {
        // The histogram grows by itself, and refuses nothing below its largest value.
        let _ = self.histogram.record(latency.micros().min(LONGEST_MICROS));
        self.smallest = self.smallest.min(latency);
        self.largest = self.largest.max(latency);
        self.sum_nanos += u128::from(latency.nanos());
    }

    /// Counts a message that never arrived.
    pub fn record_undelivered(&mut self) {
        self.undelivered += 1;
    }

    /// Adds another population to this one.
    pub fn add(&mut self, other: &Self) {
        let _ = self.histogram.add(&other.histogram);
        self.smallest = self.smallest.min(other.smallest);
        self.largest = self.largest.max(other.largest);
        self.sum_nanos += other.sum_nanos;
        self.undelivered += other.undelivered;
        self.deadline = self.deadline.max(other.deadline);
    }

    /// The population, undelivered messages included.
    pub fn n(&self) -> u64 {
        self.delivered() + self.undelivered
    }

    /// Messages that arrived.
    pub fn delivered(&self) -> u64 {
        self.histogram.len()
    }

    /// Messages that never arrived.
    pub fn undelivered(&self) -> u64 {
        self.undelivered
    }

    /// The percentile by nearest rank, `thousandths` of a percent: 99,900 is p99.9. The rank is exact integer arithmetic.
    pub fn percentile(&self, thousandths: u32) -> Quantile {
        let rank = u128::from(self.n()) * u128::from(thousandths.min(100_000));
        self.at_rank(u64::try_from(rank.div_ceil(100_000)).unwrap_or(u64::MAX).max(1))
    }

    /// How many took at most so long; some that took longer by less than the resolution of the histogram are among them.
    pub fn count_up_to(&self, span: Span) -> u64 {
        if span >= self.largest {
            return self.delivered();
        }
        self.histogram.count_between(0, span.micros().min(LONGEST_MICROS))
    }

    /// The share of the population that took at most so long, to the resolution of the histogram; 0 of nobody.
    pub fn share_up_to(&self, span: Span) -> f64 {
        if self.n() == 0 { 0.0 } else { self.count_up_to(span) as f64 / self.n() as f64 }
    }

    /// What the messages that arrived took together.
    pub fn sum(&self) -> Span {
        Span::from_nanos(u64::try_from(self.sum_nanos).unwrap_or(u64::MAX))
    }

    /// The smallest.
    pub fn min(&self) -> Quantile {
        self.at_rank(1)
    }

    /// The largest.
    pub fn max(&self) -> Quantile {
        self.at_rank(self.n())
    }

    /// The mean. Undelivered messages count for at least what `at_least` says.
    pub fn mean(&self) -> Quantile {
        let n = self.n();
        if n == 0 {
            return Quantile::Empty;
        }
        let delivered = self.sum_nanos as f64 / 1e9;
        if self.undelivered == 0 {
            let mean = delivered / n as f64;
            return Quantile::Value { low: mean, high: mean };
        }
        Quantile::AtLeast((delivered + self.undelivered as f64 * self.at_least()) / n as f64)
    }

    /// max(deadline, largest delivered), in seconds: what an undelivered message counts for at least.
    pub fn at_least(&self) -> f64 {
        self.deadline.max(self.largest).secs_f64()
    }

    /// The value at a rank in ascending order, counted from 1.
    pub fn at_rank(&self, rank: u64) -> Quantile {
        let delivered = self.delivered();
        if self.n() == 0 {
            return Quantile::Empty;
        }
        if rank > delivered {
            return Quantile::AtLeast(self.at_least());
        }
        if rank == delivered {
            return Quantile::exactly(self.largest);
        }
        if rank == 1 {
            return Quantile::exactly(self.smallest);
        }
        let mut below = 0;
        let value = self.histogram.iter_recorded().find_map(|step| {
            below += step.count_since_last_iteration();
            (below >= rank).then(|| step.value_iterated_to())
        });
        let micros = value.unwrap_or_else(|| self.histogram.max());
        let low = Span::from_micros(self.histogram.lowest_equivalent(micros)).max(self.smallest);
        // Latencies are cut to whole microseconds, so the cell reaches to the next one.
        let high = Span::from_micros(self.histogram.highest_equivalent(micros) + 1).min(self.largest);
        Quantile::Value { low: low.secs_f64(), high: high.secs_f64() }
    }

    /// The fewest samples of which a percentile is more than just the largest, `thousandths` of a percent being less than all.
    pub fn fewest(thousandths: u32) -> u64 {
        100_000_u64.div_ceil(u64::from(100_000_u32.saturating_sub(thousandths)).max(1))
    }

    /// Between what the true percentile lies, in seconds, if its samples are worth so many independent ones: each of the two is wrong with a
    /// chance of at most `risk`. Where they are too few to tell it is 0, or `f64::INFINITY`.
    pub fn between(&self, thousandths: u32, effective: f64, risk: f64) -> (f64, f64) {
        let ranks = Ranks::of(f64::from(thousandths) / 1e5, self.n(), effective, risk);
        let low = match ranks.at_least.map(|rank| self.at_rank(rank)) {
            Some(Quantile::Value { low, .. } | Quantile::AtLeast(low)) => low,
            Some(Quantile::Empty) | None => 0.0,
        };
        let high = match ranks.at_most.map(|rank| self.at_rank(rank)) {
            Some(Quantile::Value { high, .. }) => high,
            Some(Quantile::AtLeast(_) | Quantile::Empty) | None => f64::INFINITY,
        };
        (low, high)
    }

    /// The usual figures.
    pub fn figures(&self) -> Latency {
        let percentile = |thousandths| self.percentile(thousandths).millis();
        Latency {
            p50: percentile(50_000),
            p90: percentile(90_000),
            p95: percentile(95_000),
            p99: percentile(99_000),
            p999: percentile(99_900),
            max: self.max().millis(),
            mean: (self.delivered() > 0).then(|| self.sum_nanos as f64 / 1e6 / self.delivered() as f64),
            n: self.n(),
            undelivered: self.undelivered,
            at_least: (self.undelivered > 0).then(|| self.at_least() * 1e3),
        }
    }
}

impl Quantile {
    fn exactly(value: Span) -> Self {
        Self::Value { low: value.secs_f64(), high: value.secs_f64() }
    }

    /// The middle of its cell in milliseconds; `None` if there is nothing, or it falls among the undelivered.
    pub fn millis(self) -> Option<f64> {
        match self {
            Self::Value { low, high } => Some(f64::midpoint(low, high) * 1e3),
            Self::Empty | Self::AtLeast(_) => None,
        }
    }
}
