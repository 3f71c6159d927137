//! Whether the sender itself kept up.

use std::collections::BTreeMap;

use super::{Distribution, Lag, Quantile, Slow};
use crate::plan::Plan;
use crate::units::{JourneyId, Moment, Span};

/// The lag of every attempt, and second by second how many were too late.
#[derive(Clone, Debug)]
pub(super) struct Lags {
    all: Distribution,
    /// Journey by journey: second → attempts, and those later than a tenth of the deadline.
    seconds: Vec<BTreeMap<u64, (u64, u64)>>,
}

impl Lags {
    pub(super) fn new(journeys: usize) -> Self {
        Self { all: Distribution::new(Span::ZERO), seconds: vec![BTreeMap::new(); journeys] }
    }

    /// Counts an attempt that could have begun at `ready` = max(due, slot free) and began at `sent`.
    pub(super) fn record(&mut self, journey: JourneyId, deadline: Span, ready: Moment, sent: Moment) {
        let lag = sent.since(ready);
        self.all.record(lag);
        let second = self.seconds[journey.index()].entry(ready.nanos() / 1_000_000_000).or_default();
        second.0 += 1;
        second.1 += u64::from(lag > limit(deadline));
    }

    pub(super) fn figures(&self) -> Lag {
        let millis = |quantile: Quantile| quantile.millis().unwrap_or(0.0);
        Lag { p99: millis(self.all.percentile(99_000)), max: millis(self.all.max()) }
    }

    /// Stretches of seconds whose 99th percentile (nearest rank) lies above the limit. Seconds without attempts end a stretch.
    pub(super) fn slow(&self, plan: &Plan) -> Vec<Slow> {
        let mut slow: Vec<Slow> = Vec::new();
        for ((journey_id, journey), seconds) in plan.journey_ids().zip(&self.seconds) {
            for (second, (all, late)) in seconds {
                // The rank of p99 is ⌈0.99·n⌉; it is late if fewer than that many were in time.
                if all - late >= (all * 99).div_ceil(100) {
                    continue;
                }
                let from_s = *second as f64;
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
