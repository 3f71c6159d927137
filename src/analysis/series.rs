//! A journey over time, for the chart.

use super::message::Told;
use super::{Bucket, Mark, Series};
use crate::plan::Plan;
use crate::units::Span;

/// The widths that people read easily, in seconds: up to a day, which is enough for the longest drill.
const WIDTHS: [u64; 12] = [1, 5, 15, 30, 60, 300, 900, 1_800, 3_600, 10_800, 21_600, 86_400];

/// The most buckets of a chart: at four pixels each, the width of a page.
const BUCKETS: u64 = 240;

/// The bucket a drill of this length is drawn with.
fn width(length: Span) -> Span {
    let fits = |width: &&u64| length.nanos().div_ceil(Span::from_secs(**width).nanos()) <= BUCKETS;
    Span::from_secs(WIDTHS.iter().find(fits).copied().unwrap_or(86_400))
}

/// The chart of a journey with so many routes. Percentiles are exact, by nearest rank.
pub(super) fn series<'a>(plan: &Plan, routes: usize, told: impl Iterator<Item = Told<'a>>) -> Series {
    let width = width(plan.end().since(crate::units::Moment::ZERO));
    let mut buckets: Vec<(Bucket, Vec<Span>)> = Vec::new();
    for message in told {
        let Some(mark) = message.counted() else { continue };
        let index = usize::try_from(message.row.due.nanos() / width.nanos()).unwrap_or(usize::MAX);
        // Nothing is due after the end; what claims to be is drawn at the end.
        let index = index.min(usize::try_from(BUCKETS).unwrap_or(usize::MAX));
        if buckets.len() <= index {
            let empty = Bucket { routes: vec![0; routes], ..Bucket::default() };
            buckets.resize(index + 1, (empty, Vec::new()));
        }
        let (bucket, latencies) = &mut buckets[index];
        bucket.due += 1;
        bucket.good += u64::from(mark == Mark::Good);
        if let Some(at) = message.completed {
            latencies.push(at.since(message.row.due));
            if let Some(carried) = bucket.routes.get_mut(message.carried.index()) {
                *carried += 1;
            }
        }
    }
    let buckets = buckets.into_iter().map(|(bucket, latencies)| finish(bucket, latencies)).collect();
    Series { bucket_s: width.secs_f64(), buckets }
}

fn finish(mut bucket: Bucket, mut latencies: Vec<Span>) -> Bucket {
    latencies.sort_unstable();
    let rank = |hundredths: u64| usize::try_from((bucket.due * hundredths).div_ceil(100)).ok()?.checked_sub(1);
    let at = |rank: Option<usize>| rank.and_then(|rank| latencies.get(rank)).map(|latency| latency.millis_f64());
    (bucket.p50_ms, bucket.p99_ms) = (at(rank(50)), at(rank(99)));
    bucket.max_ms = latencies.last().map(|latency| latency.millis_f64());
    bucket
}

#[cfg(test)]
mod tests {
    use super::width;
    use crate::units::Span;

    #[test]
    fn a_chart_has_at_most_240_buckets() {
        assert_eq!(width(Span::from_secs(240)), Span::from_secs(1));
        assert_eq!(width(Span::from_secs(241)), Span::from_secs(5));
        // Two hours and a minute: 485 buckets of 15 s, 243 of 30 s, 122 of a minute.
        assert_eq!(width(Span::from_secs(7_260)), Span::from_secs(60));
        assert_eq!(width(crate::limits::DRILL), Span::from_secs(21_600));
    }
}
