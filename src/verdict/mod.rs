//! Targets × observation → pass | inconclusive | fail. No data, too few samples, a fault that never bit: inconclusive, with the reason.

mod audits;
mod books;
mod boundaries;
mod budget;
mod certain;
mod control;
mod counts;
mod coverage;
mod evidence;
mod expected;
mod findings;
mod inspections;
mod judge;
mod judgement;
mod observed;
mod outages;
mod revoked;
mod runs;
mod shared;
mod shown;
mod slices;
mod steady;
mod target;
mod windows;

#[cfg(test)]
mod tests;

pub use budget::{Budget, budgets};
pub use certain::broken;
pub use expected::Expected;
pub use findings::{Finding, FindingKind};
pub use judge::{exit_code, judge};
pub use judgement::{Judgement, TargetOutcome, TargetVerdict, WorstWindow};
pub use runs::{PlayOutcome, Runs, Spread, TargetRuns};
pub use steady::{detectors, steady};
