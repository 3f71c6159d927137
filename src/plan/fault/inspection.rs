//! The faults of services that inspect texts.

use serde::{Deserialize, Serialize};

use super::docs::{Doc, Hits};
use super::param::{Kind, Param, or};

/// How a service that inspects is down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Down {
    /// It answers 503.
    Error,
    /// It never answers.
    Hang,
    /// It resets the connection of whoever asks.
    Reset,
}

impl Down {
    /// Every way with its word.
    pub const ALL: [(&'static str, Self); 3] = [("error", Self::Error), ("hang", Self::Hang), ("reset", Self::Reset)];
}

pub(super) const INSPECTION: &[Doc] = &[
    Doc {
        name: "dlp_slow",
        summary: "Services that inspect texts (`kind: dlp`) take longer for each. Whatever else is said to them passes as it is.",
        params: Param::DISTRIBUTIONS,
        hits: Hits::Requests,
        live: "Live connections are hit with their next request.",
        example: "dlp_slow: { lognormal: { median: 150ms, sigma: 0.8 } }",
    },
    Doc {
        name: "dlp_down",
        summary: "Services that inspect texts (`kind: dlp`) inspect none any more.",
        params: &[or(
            "how",
            Kind::Word(&["error", "hang", "reset"]),
            "error",
            "error: 503; hang: no answer at all; reset: the connection of whoever asks is reset",
        )],
        hits: Hits::Requests,
        live: "Live connections are hit with their next request.",
        example: "dlp_down: { how: hang }",
    },
];
