use serde::{Deserialize, Serialize};

use crate::units::{Share, Span};

/// How an availability is counted, in the words of [OpenSLO](https://openslo.com).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Budgeting {
    /// By messages: how many of them were good.
    Occurrences,
    /// By time: how many slices of it were.
    Timeslices {
        /// The length of a slice. Those of a phase begin with it; what is left at its end is a shorter one.
        every: Span,
        /// The share of a slice's messages that makes it a good one.
        good: Share,
    },
}
