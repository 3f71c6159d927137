use serde::{Deserialize, Serialize};

use crate::units::{Rate, Span};

/// What a drill may do to services that are neither twins nor on this machine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Guard {
    /// The hosts that may be dialled, `host` or `host:port`.
    pub hosts: Vec<String>,
    /// The longest drill.
    pub max_duration: Span,
    /// The most messages, over all journeys.
    pub max_rate: Rate,
    /// When to stop early; `none` must be written.
    pub stop: StopConditions,
}

/// When to stop early.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StopConditions {
    /// Never, stated as such.
    None,
}
