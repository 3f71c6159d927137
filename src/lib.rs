//! firedrill rehearses the day a company's collaboration platform locks it out.

pub mod analysis;
pub mod draw;
pub mod journal;
pub mod limits;
pub mod plan;
pub mod report;
pub mod units;
pub mod verdict;
