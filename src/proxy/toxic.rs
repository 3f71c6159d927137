//! Toxics: what they are called, which attributes they have, and which fault each is. The only place that knows both sides.

use super::error::ApiError;
use super::gojson::{Fields, Json};
use crate::path::Tampering;
use crate::plan::{Delay, Direction, Fault, Latency, Per, Pick, Shape};
use crate::units::{Share, Size, Span, Throughput};

/// The types of Toxiproxy 2.12.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// Every chunk comes later.
    Latency,
    /// No more than so many bytes a second.
    Bandwidth,
    /// The end of the stream comes later.
    SlowClose,
    /// Data is swallowed, and the connection closed after a while.
    Timeout,
    /// The connection is reset.
    ResetPeer,
    /// Data comes in pieces.
    Slicer,
    /// The connection closes after so many bytes.
    LimitData,
    /// Nothing at all.
    Noop,
}

/// A fault as Toxiproxy writes it.
#[derive(Clone, Debug, PartialEq)]
pub struct Toxic {
    /// Its name, one of its kind in both directions of a proxy.
    pub name: String,
    /// Its type.
    pub kind: Type,
    /// Its direction, as it was written.
    pub stream: String,
    /// The share of connections that it acts on.
    pub toxicity: f32,
    /// The values of [`Type::attributes`], in their order.
    pub values: [i64; 3],
    /// The lease that it lives as long as.
    pub lease: Option<String>,
}

/// Toxiproxy's unit of bandwidth in bytes.
const KILOBYTE: u64 = 1_000;

impl Type {
    /// Every type.
    pub const ALL: [Self; 8] = [
        Self::Latency,
        Self::Bandwidth,
        Self::SlowClose,
        Self::Timeout,
        Self::ResetPeer,
        Self::Slicer,
        Self::LimitData,
        Self::Noop,
    ];

    /// The word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Latency => "latency",
            Self::Bandwidth => "bandwidth",
            Self::SlowClose => "slow_close",
            Self::Timeout => "timeout",
            Self::ResetPeer => "reset_peer",
            Self::Slicer => "slicer",
            Self::LimitData => "limit_data",
            Self::Noop => "noop",
        }
    }

    /// The names of its attributes, all of them whole numbers.
    pub const fn attributes(self) -> &'static [&'static str] {
        match self {
            Self::Latency => &["latency", "jitter"],
            Self::Bandwidth => &["rate"],
            Self::SlowClose => &["delay"],
            Self::Timeout | Self::ResetPeer => &["timeout"],
            Self::Slicer => &["average_size", "size_variation", "delay"],
            Self::LimitData => &["bytes"],
            Self::Noop => &[],
        }
    }

    /// The type of this name.
    ///
    /// # Errors
    /// If there is none.
    pub fn parse(name: &str) -> Result<Self, ApiError> {
        let found = Self::ALL.into_iter().find(|kind| kind.name() == name);
        found.ok_or_else(|| ApiError::bad("invalid toxic type"))
    }
}

/// The direction that a stream stands for, in any case.
///
/// # Errors
/// If it is neither.
pub(super) fn direction(stream: &str) -> Result<Direction, ApiError> {
    if stream.eq_ignore_ascii_case("downstream") {
        Ok(Direction::FromEndpoint)
    } else if stream.eq_ignore_ascii_case("upstream") {
        Ok(Direction::ToEndpoint)
    } else {
        Err(ApiError::bad("stream was invalid, can be either upstream or downstream"))
    }
}

impl Toxic {
    /// Whether it acts on what flows to the upstream.
    pub fn is_upstream(&self) -> bool {
        self.stream.eq_ignore_ascii_case("upstream")
    }

    /// Sets the attributes that are given; the others keep their value.
    ///
    /// # Errors
    /// If one is no whole number.
    pub fn merge(&mut self, attributes: &Json) -> Result<(), ApiError> {
        let fields = Fields::of(attributes, "toxics.Toxic").map_err(ApiError::body)?;
        for (value, name) in self.values.iter_mut().zip(self.kind.attributes()) {
            fields.integer(name, value).map_err(ApiError::body)?;
        }
        Ok(())
    }

    /// Refuses what would have no meaning. Toxiproxy takes these; the first two end its process.
    ///
    /// # Errors
    /// If a rate is negative, a size is not positive, or the toxicity is no share.
    pub fn check(&self) -> Result<(), ApiError> {
        if self.kind == Type::Bandwidth && self.values[0] < 0 {
            return Err(ApiError::bad(format!("rate must be 0 or more, not {}", self.values[0])));
        }
        if self.kind == Type::Slicer && self.values[0] < 1 {
            return Err(ApiError::bad(format!("average_size must be 1 or more, not {}", self.values[0])));
        }
        if !(0.0..=1.0).contains(&self.toxicity) {
            return Err(ApiError::bad(format!("toxicity must be between 0 and 1, not {}", self.toxicity)));
        }
        Ok(())
    }

    /// The fault that it is; `None` if it does nothing. Attributes below zero count as zero.
    pub fn fault(&self) -> Option<Tampering> {
        let [first, second, third] = self.values.map(|value| u64::try_from(value).unwrap_or(0));
        let millis = Span::from_millis;
        let fault = match self.kind {
            Type::Latency => {
                let (delay, jitter) = (Delay::Constant(millis(first)), millis(second));
                Fault::Latency(Latency { delay, jitter, correlation: Share::NONE })
            }
            // A rate of nothing lets nothing pass.
            Type::Bandwidth => Throughput::new(first.saturating_mul(KILOBYTE))
                .map_or(Fault::Partition, |rate| Fault::Bandwidth { rate, shared: false }),
            Type::SlowClose => Fault::SlowClose { delay: millis(first) },
            Type::Timeout => Fault::Timeout { after: (first > 0).then(|| millis(first)) },
            Type::ResetPeer => Fault::Reset { after: millis(first) },
            Type::Slicer => {
                Fault::Slicer { size: Size(first.max(1)), variation: Size(second), pause: Span::from_micros(third) }
            }
            Type::LimitData => Fault::LimitData { bytes: Size(first) },
            Type::Noop => return None,
        };
        Some(Tampering {
            name: self.armed_as(),
            fault,
            regions: Vec::new(),
            accounts: None,
            capabilities: Vec::new(),
            direction: if self.is_upstream() { Direction::ToEndpoint } else { Direction::FromEndpoint },
            chance: Share::from_fraction(f64::from(self.toxicity)),
            per: Per::Connection,
            shape: Shape::default(),
            pick: Pick::default(),
        })
    }

    /// Its name among a door's faults, which no native fault can have.
    pub fn armed_as(&self) -> String {
        format!("toxic:{}", self.name)
    }
}
