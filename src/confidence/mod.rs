//! What a number of samples proves: exact bounds of a share, ranks that hold a percentile, and what autocorrelation takes away.
//!
//! Nothing is assumed of a distribution and nothing is approximated by a normal one: every bound is a tail of the binomial distribution,
//! which the regularized incomplete beta function gives ([`beta`]) for counts that need not be whole. A bound is one-sided and wrong in at
//! most one drill in twenty ([`RISK`]), so that a target which passes and one which fails are each wrong that seldom.
//!
//! The functions here are pure and know no drill. Logarithms and exponentials come from `libm`, so that a figure has the same digits on
//! every machine.

mod beta;
mod difference;
mod enough;
mod pairs;
mod poisson;
mod rank;
mod share;

pub use beta::incomplete_beta;
pub use difference::Estimate;
pub use enough::{enough, fewest};
pub use pairs::{Along, Pairs};
pub use poisson::most_events;
pub use rank::Ranks;
pub use share::{at_least, at_most};

/// How often a bound may be wrong: 5 %, for a confidence of 95 % on one side.
pub const RISK: f64 = 0.05;

#[cfg(test)]
mod tests;
