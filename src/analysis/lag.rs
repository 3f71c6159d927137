//! Whether the sender itself kept up.

use std::collections::{BTreeMap, BTreeSet};

use super::patience::Patience;
use super::{Distribution, Lag, Quantile, Slow};
use crate::plan::Plan;
use crate::units::{JourneyId, Moment, Span};

/// The lag of every attempt, and second by second how many were too late.
#[derive(Clone, Debug)]
pub(super) struct Lags {
    all: Distribution,
    /// Journey by journey.
    seconds: Vec<Seconds>,
}

/// The seconds of one journey. Kept are those that attempts may still be told of, and those that were slow.
#[derive(Clone, Debug)]
struct Seconds {
    /// How long after a second attempts may still be told of that could have begun in it.
    patience: Span,
    /// Second → attempts, and those later than a tenth of the deadline.
    open: BTreeMap<u64, (u64, u64)>,
    slow: BTreeSet<u64>,
}

/// Whether the 99th percentile (nearest rank) of so many lags lies above the limit: its rank is ⌈0.99·n⌉, and it is late if fewer than that
/// many were in time.
fn is_slow((all, late): (u64, u64)) -> bool {
    all - late < (all * 99).div_ceil(100)
}

impl Seconds {
    fn record(&mut self, ready: Moment, late: bool) {
        let second = ready.nanos() / 1_000_000_000;
        let known = self.open.len();
        let counts = self.open.entry(second).or_default();
        counts.0 += 1;
        counts.1 += u64::from(late);
        if self.open.len() > known {
            self.forget_before(ready.before(self.patience).nanos() / 1_000_000_000);
        }
    }

    fn forget_before(&mut self, second: u64) {
        while let Some(oldest) = self.open.first_entry().filter(|oldest| *oldest.key() < second) {
            let (second, counts) = oldest.remove_entry();
            if is_slow(counts) {
                self.slow.insert(second);
            }
        }
    }

    fn slow(&self) -> BTreeSet<u64> {
        let open = self.open.iter().filter(|(_, counts)| is_slow(**counts)).map(|(second, _)| *second);
        self.slow.iter().copied().chain(open).collect()
    }
}

impl Lags {
    pub(super) fn new(plan: &Plan) -> Self {
        let seconds = plan.journeys.iter().map(|journey| Seconds {
            patience: Patience::of(plan, journey).after_message + journey.deadline,
            open: BTreeMap::new(),
            slow: BTreeSet::new(),
        });
        Self { all: Distribution::new(Span::ZERO), seconds: seconds.collect() }
    }

    /// Counts an attempt that could have begun at `ready` = max(due, slot free) and began at `sent`.
    pub(super) fn record(&mut self, journey: JourneyId, deadline: Span, ready: Moment, sent: Moment) {
        let lag = sent.since(ready);
        self.all.record(lag);
        self.seconds[journey.index()].record(ready, lag > limit(deadline));
    }

    pub(super) fn figures(&self) -> Lag {
        let millis = |quantile: Quantile| quantile.millis().unwrap_or(0.0);
        Lag { p99: millis(self.all.percentile(99_000)), max: millis(self.all.max()) }
    }

    /// Stretches of seconds whose 99th percentile (nearest rank) lies above the limit. Seconds without attempts end a stretch.
    pub(super) fn slow(&self, plan: &Plan) -> Vec<Slow> {
        let mut slow: Vec<Slow> = Vec::new();
        for ((journey_id, journey), seconds) in plan.journey_ids().zip(&self.seconds) {
            for second in seconds.slow() {
                let from_s = second as f64;
                match slow.last_mut() {
                    Some(last) if last.journey_id == journey_id && last.to_s.total_cmp(&from_s).is_eq() => {
                        last.to_s += 1.0;
                    }
                    _ => slow.push(Slow { journey: journey.name.clone(), journey_id, from_s, to_s: from_s + 1.0 }),
                }
            }
        }
        slow
    }
}

/// How late a sender may be before it is too slow.
pub(super) fn limit(deadline: Span) -> Span {
    Span::from_nanos(deadline.nanos() / 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_slow_seconds_are_kept_for_ever() {
        let (patience, second) = (Span::from_secs(10), |second: u64| Moment::ZERO + Span::from_secs(second));
        let mut seconds = Seconds { patience, open: BTreeMap::new(), slow: BTreeSet::new() };
        for number in 0..100_000 {
            seconds.record(second(number), false);
            // Told of a while later, and in another order.
            seconds.record(second(number.saturating_sub(7)), number == 500 || number == 507 || number == 99_999);
        }
        assert!(seconds.open.len() <= 12, "{}", seconds.open.len());
        assert_eq!(seconds.slow().into_iter().collect::<Vec<_>>(), [493, 500, 99_992]);
        assert_eq!(seconds.slow.len(), 2);
    }
}
