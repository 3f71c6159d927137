//! How much of the catalogue a platform keeps.

use super::{Operation, State};
use crate::plan::{CoverageSet, Edition, EndpointKind};

/// A share with its denominator: of functions, or of use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tally {
    /// What is counted.
    pub set: CoverageSet,
    /// That much is supported …
    pub supported: u32,
    /// … and that much degraded …
    pub degraded: u32,
    /// … of so much.
    pub all: u32,
}

impl Tally {
    /// Counts functions, each with whether it is kept.
    pub fn of<'a>(set: CoverageSet, operations: impl IntoIterator<Item = (&'a Operation, State)>) -> Self {
        let mut tally = Self { set, supported: 0, degraded: 0, all: 0 };
        for (operation, state) in operations {
            let amount = match set {
                CoverageSet::Api => 1,
                CoverageSet::Common => operation.weight,
            };
            tally.all += amount;
            match state {
                State::Supported => tally.supported += amount,
                State::Degraded => tally.degraded += amount,
                State::Missing => {}
            }
        }
        tally
    }

    /// The share that is supported; 0 of nothing.
    pub fn low(self) -> f64 {
        self.share(self.supported)
    }

    /// The same with what is degraded, which does for some and not for others.
    pub fn high(self) -> f64 {
        self.share(self.supported + self.degraded)
    }

    fn share(self, part: u32) -> f64 {
        if self.all == 0 { 0.0 } else { f64::from(part) / f64::from(self.all) }
    }
}

/// What the article claims that a platform keeps of DingTalk's mainland edition; nobody has verified it.
pub fn claimed(kind: &EndpointKind, set: CoverageSet) -> Option<f64> {
    match (kind, set) {
        (EndpointKind::Dingtalk(Edition::Lite), CoverageSet::Api) => Some(0.78),
        (EndpointKind::Dingtalk(Edition::Lite), CoverageSet::Common) => Some(0.9),
        _ => None,
    }
}
