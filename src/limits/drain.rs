//! The drain, and what receivers catch up on.

use crate::units::Span;

/// How often the conductor looks whether the last receipts are in.
pub const DRAIN_STEP: Span = Span::from_millis(10);

/// How much longer than the longest wait that its plan has nothing of the senders begins or ends, before they are stuck: what a machine that
/// holds everything up may take.
pub const STUCK: Span = Span::from_secs(60);

/// The answers of a hundred messages each that whoever asks a homeserver reads back of one room, if more came at once than is listed: what a
/// twin keeps for one user.
pub const SYNC_PAGES: u32 = 1_000;
