//! Targets × observation → pass | inconclusive | fail. No data, too few samples, a fault that never bit: inconclusive, with the reason.

mod judgement;

pub use judgement::{Judgement, TargetOutcome, TargetVerdict};
