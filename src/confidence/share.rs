//! Bounds of a share.

use super::beta::incomplete_beta;

/// The true share is at least this, when `hits` of `n` samples had it: the lower Clopper–Pearson bound, one-sided, wrong with a chance of at
/// most `risk`.
///
/// It is the share of which so many hits or more would come with a chance of exactly `risk` (C. J. Clopper, E. S. Pearson, "The use of
/// confidence or fiducial limits illustrated in the case of the binomial", Biometrika 1934). Neither number need be whole: autocorrelated
/// samples count for fewer, and their hits in proportion (E. L. Korn, B. I. Graubard, "Confidence intervals for proportions with small
/// expected number of positive counts", Survey Methodology 1998). Without samples, or hits, it is 0.
pub fn at_least(hits: f64, n: f64, risk: f64) -> f64 {
    if hits <= 0.0 {
        return 0.0;
    }
    if hits >= n {
        return libm::pow(risk, 1.0 / n);
    }
    // So many hits or more have a chance that grows with the share.
    let (low, _) = crossing(|share| incomplete_beta(share, hits, n - hits + 1.0) <= risk);
    low
}

/// The true share is at most this, when `hits` of `n` samples had it: the upper bound, as [`at_least`]. Without samples it is 1.
pub fn at_most(hits: f64, n: f64, risk: f64) -> f64 {
    1.0 - at_least(n - hits, n, risk)
}

/// Whether so many hits show that the share is at least `bound`: whether [`at_least`] reaches it, for the price of one evaluation.
pub(super) fn shows_at_least(bound: f64, hits: f64, n: f64, risk: f64) -> bool {
    bound <= 0.0 || (hits > 0.0 && incomplete_beta(bound, hits, n - hits + 1.0) <= risk)
}

/// The two neighbouring fractions between which `below` ceases to hold, by bisection.
fn crossing(below: impl Fn(f64) -> bool) -> (f64, f64) {
    let (mut low, mut high) = (0.0, 1.0);
    loop {
        let middle = f64::midpoint(low, high);
        if middle <= low || middle >= high {
            return (low, high);
        }
        *(if below(middle) { &mut low } else { &mut high }) = middle;
    }
}
