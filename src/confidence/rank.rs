//! Between which samples a percentile lies.

use super::beta::incomplete_beta;

/// The ranks, counted from 1 in ascending order, of the samples between which a quantile lies.
///
/// The order-statistic interval (H. A. David, H. N. Nagaraja, "Order Statistics", 2003, section 7.1): the number of samples up to the true
/// quantile is binomial whatever the distribution, and ties only make the interval wider than it need be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ranks {
    /// The quantile is at least this sample; `None` = there are too few to tell.
    pub at_least: Option<u64>,
    /// It is at most this sample; `None` = there are too few to tell.
    pub at_most: Option<u64>,
}

impl Ranks {
    /// The ranks for the `quantile`, between 0 and 1, of `n` samples that count for `effective` independent ones; each is wrong with a chance
    /// of at most `risk`.
    ///
    /// Fewer independent samples show no bound that as many as there are would not: where they count for one or two, the interpolated binomial
    /// would let a quantile be at least a sample that is larger than most.
    pub fn of(quantile: f64, n: u64, effective: f64, risk: f64) -> Self {
        let effective = effective.min(n as f64);
        let all = Self::interpolated(quantile, n, n as f64, risk);
        if effective >= n as f64 {
            return all;
        }
        let few = Self::interpolated(quantile, n, effective, risk);
        let (low, high) = (few.at_least.zip(all.at_least), few.at_most.zip(all.at_most));
        Self { at_least: low.map(|(few, all)| few.min(all)), at_most: high.map(|(few, all)| few.max(all)) }
    }

    fn interpolated(quantile: f64, n: u64, effective: f64, risk: f64) -> Self {
        if n == 0 || effective <= 0.0 {
            return Self { at_least: None, at_most: None };
        }
        let counts_for = |rank: u64| rank as f64 * (effective / n as f64);
        // The chance that so many samples or more lie up to the quantile.
        let reached = |rank: u64| {
            let part = counts_for(rank);
            incomplete_beta(quantile, part, effective - part + 1.0)
        };
        // Both chances fall with the rank.
        let below = first(1, n + 1, |rank| rank > n || 1.0 - reached(rank) > risk) - 1;
        let above = first(1, n + 1, |rank| rank > n || reached(rank) <= risk);
        Self { at_least: (below > 0).then_some(below), at_most: (above <= n).then_some(above) }
    }
}

/// The first number from `from` to `to` for which `holds`, which holds for every later one, and for `to`.
fn first(mut from: u64, mut to: u64, holds: impl Fn(u64) -> bool) -> u64 {
    while from < to {
        let middle = from + (to - from) / 2;
        if holds(middle) {
            to = middle;
        } else {
            from = middle + 1;
        }
    }
    from
}
