//! A journey over time, for the chart.

use std::collections::BTreeMap;

use super::message::Told;
use super::{Bucket, Mark, Series};
use crate::plan::Plan;
use crate::units::{Moment, Span};

/// The widths that people read easily, in seconds: up to a day, which is enough for the longest drill.
const WIDTHS: [u64; 12] = [1, 5, 15, 30, 60, 300, 900, 1_800, 3_600, 10_800, 21_600, 86_400];

/// The most buckets of a chart: at four pixels each, the width of a page.
const BUCKETS: u64 = 240;

/// The bucket a drill of this length is drawn with.
fn width(length: Span) -> Span {
    let fits = |width: &&u64| length.nanos().div_ceil(Span::from_secs(**width).nanos()) <= BUCKETS;
    Span::from_secs(WIDTHS.iter().find(fits).copied().unwrap_or(86_400))
}

/// So many latencies of a bucket are kept as they are; of more only to within a two-thousandth, which a chart does not show.
const EXACT: usize = 4_096;

/// Bits of a latency's nanoseconds that are kept of more than that.
const BITS: u32 = 10;

/// The chart of a journey, message by message in any order.
#[derive(Clone, Debug)]
pub(super) struct Chart {
    width: Span,
    routes: usize,
    buckets: Vec<Filled>,
}

/// A bucket without its percentiles, and what they are told from.
#[derive(Clone, Debug)]
struct Filled {
    bucket: Bucket,
    latencies: Latencies,
}

/// The latencies of a bucket.
#[derive(Clone, Debug)]
enum Latencies {
    Exact(Vec<Span>),
    /// Those that are alike, with how many they are, and the largest.
    Alike(BTreeMap<Span, u64>, Span),
}

impl Chart {
    /// An empty one of a journey with so many routes.
    pub(super) fn new(plan: &Plan, routes: usize) -> Self {
        Self { width: width(plan.end().since(Moment::ZERO)), routes, buckets: Vec::new() }
    }

    /// Takes in a message.
    pub(super) fn add(&mut self, message: &Told<'_>) {
        let Some(mark) = message.counted() else { return };
        let index = usize::try_from(message.row.due.nanos() / self.width.nanos()).unwrap_or(usize::MAX);
        // Nothing is due after the end; what claims to be is drawn at the end.
        let index = index.min(usize::try_from(BUCKETS).unwrap_or(usize::MAX));
        if self.buckets.len() <= index {
            let bucket = Bucket { routes: vec![0; self.routes], ..Bucket::default() };
            self.buckets.resize(index + 1, Filled { bucket, latencies: Latencies::Exact(Vec::new()) });
        }
        let Filled { bucket, latencies } = &mut self.buckets[index];
        bucket.due += 1;
        bucket.good += u64::from(mark == Mark::Good);
        if let Some(at) = message.completed {
            latencies.add(at.since(message.row.due));
            if let Some(carried) = bucket.routes.get_mut(message.carried.index()) {
                *carried += 1;
            }
        }
    }

    /// The chart. Percentiles are by nearest rank, and exact in buckets of up to 4,096 messages.
    pub(super) fn series(&self) -> Series {
        Series { bucket_s: self.width.secs_f64(), buckets: self.buckets.iter().map(Filled::finish).collect() }
    }
}

impl Filled {
    fn finish(&self) -> Bucket {
        let rank = |hundredths: u64| (self.bucket.due * hundredths).div_ceil(100);
        let [p50_ms, p99_ms] = self.latencies.at([50, 99].map(rank)).map(|latency| latency.map(Span::millis_f64));
        Bucket { p50_ms, p99_ms, max_ms: self.latencies.max().map(Span::millis_f64), ..self.bucket.clone() }
    }
}

impl Latencies {
    fn add(&mut self, latency: Span) {
        match self {
            Self::Exact(exact) if exact.len() < EXACT => exact.push(latency),
            Self::Exact(exact) => {
                let exact = std::mem::take(exact);
                *self = Self::Alike(BTreeMap::new(), Span::ZERO);
                exact.into_iter().chain([latency]).for_each(|latency| self.add(latency));
            }
            Self::Alike(alike, max) => {
                *alike.entry(rounded(latency)).or_default() += 1;
                *max = latency.max(*max);
            }
        }
    }

    /// The latencies at some ranks in ascending order, counted from 1; `None` beyond the last.
    fn at<const N: usize>(&self, ranks: [u64; N]) -> [Option<Span>; N] {
        match self {
            Self::Exact(exact) => {
                let mut sorted = exact.clone();
                sorted.sort_unstable();
                let index = |rank: u64| usize::try_from(rank).ok()?.checked_sub(1);
                ranks.map(|rank| index(rank).and_then(|index| sorted.get(index)).copied())
            }
            Self::Alike(alike, _) => ranks.map(|rank| {
                let mut below = 0;
                let reaches = |(latency, count): (&Span, &u64)| {
                    below += count;
                    (below >= rank).then_some(*latency)
                };
                alike.iter().find_map(reaches)
            }),
        }
    }

    fn max(&self) -> Option<Span> {
        match self {
            Self::Exact(exact) => exact.iter().max().copied(),
            Self::Alike(_, max) => Some(*max),
        }
    }
}

/// A latency by its first bits, the others being half of what they can be.
fn rounded(latency: Span) -> Span {
    let nanos = latency.nanos();
    let dropped = (u64::BITS - nanos.leading_zeros()).saturating_sub(BITS + 1);
    let half = (1_u64 << dropped) >> 1;
    Span::from_nanos((nanos >> dropped << dropped) + half)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_chart_has_at_most_240_buckets() {
        assert_eq!(width(Span::from_secs(240)), Span::from_secs(1));
        assert_eq!(width(Span::from_secs(241)), Span::from_secs(5));
        // Two hours and a minute: 485 buckets of 15 s, 243 of 30 s, 122 of a minute.
        assert_eq!(width(Span::from_secs(7_260)), Span::from_secs(60));
        assert_eq!(width(crate::limits::DRILL), Span::from_secs(21_600));
    }

    proptest! {
        #[test]
        fn more_latencies_than_are_kept_are_told_to_within_a_two_thousandth(
            some in proptest::collection::vec(1_u64..100_000_000_000, 1..50),
            hundredths in 1_u64..=100,
        ) {
            let mut latencies = Latencies::Exact(Vec::new());
            let mut all: Vec<u64> = some.iter().copied().cycle().take(EXACT + 1).collect();
            for nanos in &all {
                latencies.add(Span::from_nanos(*nanos));
            }
            prop_assert!(matches!(latencies, Latencies::Alike(..)));
            all.sort_unstable();
            let rank = (all.len() as u64 * hundredths).div_ceil(100);
            let exact = all[usize::try_from(rank).unwrap() - 1];
            let [told] = latencies.at([rank]).map(|told| told.unwrap().nanos());
            // Eleven bits are kept, so that half of what is dropped is at most a part in 2,048.
            prop_assert!(told.abs_diff(exact) <= exact / 2_048, "{told} {exact}");
            prop_assert_eq!(latencies.max(), all.last().map(|nanos| Span::from_nanos(*nanos)));
        }
    }
}
