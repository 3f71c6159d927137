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
    /// A quantile is at least a sample if the samples before it are shown to be too few, and at most one if those up to it are shown to be
    /// enough: the same bounds of a share, of which all counts shrink in proportion, as [`at_most`](super::at_most) and
    /// [`at_least`](super::at_least) tell.
    pub fn of(quantile: f64, n: u64, effective: f64, risk: f64) -> Self {
        let effective = effective.min(n as f64);
        if n == 0 || effective <= 0.0 {
            return Self { at_least: None, at_most: None };
        }
        let counts_for = |samples: u64| samples as f64 * (effective / n as f64);
        // The chance that no more than those before it lie up to the quantile, which rises with the rank …
        let no_more = |rank: u64| {
            let before = counts_for(rank - 1);
            1.0 - incomplete_beta(quantile, before + 1.0, effective - before)
        };
        // … and that it does, with all before it, which falls.
        let reached = |rank: u64| {
            let until = counts_for(rank);
            incomplete_beta(quantile, until, effective - until + 1.0)
        };
        let below = first(1, n + 1, |rank| rank > n || no_more(rank) > risk) - 1;
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
