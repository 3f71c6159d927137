//! Faults in firedrill's own words: quantities with units, aimed at proxies by name.

use serde::{Deserialize, Serialize};

use super::error::ApiError;
use crate::limits::NAME_BYTES;
use crate::path::Tampering;
use crate::plan::{Delay, Direction, Fault, Latency, Per, Pick, Shape};
use crate::units::{Share, Size, Span, Throughput};

/// A fault that is asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// Its name; there is one native fault of a name.
    pub name: String,
    /// The proxies that it is armed on, also those that are created later; on all of them if it names none.
    #[serde(default)]
    pub proxies: Vec<String>,
    /// The direction.
    #[serde(default)]
    pub direction: Direction,
    /// The share of connections.
    #[serde(default = "all")]
    pub share: Share,
    /// What it does.
    pub fault: Word,
}

fn all() -> Share {
    Share::ALL
}

/// A fault's word with its parameters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Word {
    /// Every chunk comes later.
    Latency {
        /// By this much,
        constant: Span,
        /// more or less up to this, evenly.
        #[serde(default)]
        jitter: Span,
    },
    /// No more bytes a second.
    Bandwidth {
        /// Than this.
        rate: Throughput,
    },
    /// The end of the stream comes later.
    SlowClose {
        /// By this much.
        delay: Span,
    },
    /// Data is swallowed.
    Timeout {
        /// The connection closes when nothing has come for so long.
        #[serde(default)]
        after: Option<Span>,
    },
    /// The connection is reset at its first data.
    Reset {
        /// So much later.
        #[serde(default)]
        after: Span,
    },
    /// Data comes in pieces.
    Slicer {
        /// Of this size,
        size: Size,
        /// more or less up to this,
        #[serde(default = "nothing")]
        variation: Size,
        /// with a pause after each.
        #[serde(default)]
        pause: Span,
    },
    /// The connection closes.
    LimitData {
        /// After this many.
        bytes: Size,
    },
}

fn nothing() -> Size {
    Size(0)
}

impl Input {
    /// Reads one.
    ///
    /// # Errors
    /// If the body is no such thing; the text says where.
    pub fn read(body: &[u8]) -> Result<Self, ApiError> {
        let input: Self = serde_json::from_slice(body).map_err(|error| ApiError::body(error.to_string()))?;
        if input.name.is_empty() || input.name.len() > NAME_BYTES {
            return Err(ApiError::bad(format!("name must have 1 to {NAME_BYTES} bytes")));
        }
        if matches!(input.fault, Word::Slicer { size: Size(0), .. }) {
            return Err(ApiError::bad("size must be 1B or more"));
        }
        Ok(input)
    }

    /// Whether it is aimed at a proxy.
    pub fn hits(&self, proxy: &str) -> bool {
        self.proxies.is_empty() || self.proxies.iter().any(|name| name == proxy)
    }

    /// As a door knows it.
    pub fn fault(&self) -> Tampering {
        let fault = match self.fault {
            Word::Latency { constant, jitter } => {
                Fault::Latency(Latency { delay: Delay::Constant(constant), jitter, correlation: Share::NONE })
            }
            Word::Bandwidth { rate } => Fault::Bandwidth { rate, shared: false },
            Word::SlowClose { delay } => Fault::SlowClose { delay },
            Word::Timeout { after } => Fault::Timeout { after },
            Word::Reset { after } => Fault::Reset { after },
            Word::Slicer { size, variation, pause } => Fault::Slicer { size, variation, pause },
            Word::LimitData { bytes } => Fault::LimitData { bytes },
        };
        Tampering {
            name: armed_as(&self.name),
            fault,
            direction: self.direction,
            chance: self.share,
            per: Per::Connection,
            shape: Shape::default(),
            pick: Pick::default(),
        }
    }
}

/// A native fault's name among a door's faults, which no toxic can have.
pub(super) fn armed_as(name: &str) -> String {
    format!("fault:{name}")
}
