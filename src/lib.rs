//! firedrill rehearses the day a company's collaboration platform locks it out.

pub mod draw;
pub mod limits;
pub mod plan;
pub mod scenario;
pub mod units;
