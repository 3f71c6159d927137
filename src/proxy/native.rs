//! Faults in firedrill's own words: quantities with units, aimed at proxies by name.

use serde::{Deserialize, Serialize};

use super::doors::{Fault, Kind};
use super::error::ApiError;
use crate::limits::NAME_BYTES;
use crate::plan::Direction;
use crate::units::{Share, Size, Span};

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
        /// Than this many.
        per_second: Size,
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
        /// After this much.
        size: Size,
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
    pub fn fault(&self) -> Fault {
        let kind = match self.fault {
            Word::Latency { constant, jitter } => Kind::Latency { delay: constant, jitter },
            Word::Bandwidth { per_second } => Kind::Bandwidth { rate: per_second.0 },
            Word::SlowClose { delay } => Kind::SlowClose { delay },
            Word::Timeout { after } => Kind::Timeout { after },
            Word::Reset { after } => Kind::Reset { after },
            Word::Slicer { size, variation, pause } => Kind::Slicer { size: size.0, variation: variation.0, pause },
            Word::LimitData { size } => Kind::LimitData { bytes: size.0 },
        };
        let name = armed_as(&self.name);
        Fault { name, kind, direction: self.direction, share: self.share.fraction() }
    }
}

/// A native fault's name among a door's faults, which no toxic can have.
pub(super) fn armed_as(name: &str) -> String {
    format!("fault:{name}")
}
