//! Bounds of the twins.

use crate::units::Span;

/// What an entry of a gateway's audit trail says at most of whom a message was for and of what class it was, in bytes: some thousand users.
pub const TWIN_AUDITED_BYTES: usize = 64 * 1024;

/// What all entries of a gateway's audit trail hold together at most, in bytes: a hundred thousand of an ordinary message.
pub const TWIN_TRAIL_BYTES: usize = 64 << 20;

/// Messages, approvals, meetings and the like that a twin remembers of each kind, to be asked about later; older ones are forgotten.
pub const TWIN_RECORDS: usize = 100_000;

/// Users who come to exist at a twin by being named.
pub const TWIN_USERS: usize = 1_000_000;

/// Callers whose latest calls a twin counts against the vendor's limits: an app with each function that it calls is one.
pub const TWIN_CALLERS: usize = 100_000;

/// Tokens that a twin of Teams remembers, of each kind: a drill of a month renews those of a thousand users every hour.
pub const TWIN_TOKENS: usize = 1_000_000;

/// People of whom a twin's directory is told something: a company of the size that this is made for, and 64 KiB each at most.
pub const TWIN_PEOPLE: usize = 10_000;

/// Messages that a twin of Teams keeps for whoever fetches them later: half an hour of fifty a second, of some hundred bytes each.
pub const TWIN_MESSAGES: usize = 100_000;

/// Documents that a store keeps: those of a department, and each is told to other stores as a whole.
pub const DOCUMENTS_KEPT: usize = 10_000;

/// What all documents of a store hold together at most, conflicting copies included, in bytes: ten thousand of six kilobytes.
pub const DOCUMENTS_BYTES: usize = 64 << 20;

/// Conflicting copies that stand beside a document: of an hour in which one comes up every half minute. Of two thousand bytes each they
/// fit into one answer.
pub const DOCUMENT_COPIES: usize = 120;

/// The longest that a store that tells another one what has changed waits for it to say that it has heard: what a sign-in is waited for,
/// twice. It waits no longer than until the next time in any case.
pub const SYNC_PATIENCE: Span = Span::from_secs(10);

/// Meetings and events that a twin keeps.
pub const TWIN_ENTRIES: usize = 100_000;

/// Subscriptions to change notifications at a twin: one for each account of a large drill.
pub const TWIN_SUBSCRIPTIONS: usize = 10_000;

/// Notifications that wait at a twin; more are lost, and their listeners told. With a dead listener four hours of seven messages a second.
pub const TWIN_NOTICES: usize = 100_000;

/// Notifications that a twin sends at once: each holds a connection, for three seconds at most.
pub const TWIN_CALLS: usize = 256;
