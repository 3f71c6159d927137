//! What can be armed on a door.

use crate::plan::Direction;
use crate::units::Span;

/// A fault on one direction of a door's connections.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// Its name; a door has one fault of a name.
    pub name: String,
    /// What it does.
    pub kind: Kind,
    /// To which direction.
    pub direction: Direction,
    /// To which share of the connections, from 0 to 1; drawn once for each connection.
    pub share: f64,
}

/// What a fault does to a stream of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Every chunk comes later; order is kept.
    Latency {
        /// By this much,
        delay: Span,
        /// more or less up to this, evenly.
        jitter: Span,
    },
    /// No more bytes a second than this.
    Bandwidth {
        /// Bytes a second; with 0 nothing passes.
        rate: u64,
    },
    /// The end of the stream comes later.
    SlowClose {
        /// By this much.
        delay: Span,
    },
    /// Whatever comes is swallowed; lifting it closes the connection, since its bytes are gone.
    Timeout {
        /// The connection closes when nothing has come for so long; never without it.
        after: Option<Span>,
    },
    /// The first data or the end of the stream is answered by a reset.
    Reset {
        /// So much later.
        after: Span,
    },
    /// Data comes in pieces.
    Slicer {
        /// Bytes of a piece, at least 1,
        size: u64,
        /// more or less up to this,
        variation: u64,
        /// with a pause after each.
        pause: Span,
    },
    /// The connection closes when so much has passed.
    LimitData {
        /// Bytes.
        bytes: u64,
    },
}
