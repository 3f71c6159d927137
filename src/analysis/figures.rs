//! The figures of any part of a drill. Field names are those of `summary.json`; times are as `observation` says.

use serde::Serialize;

use super::{Distribution, Slices};
use crate::units::{EndpointId, PhaseId, RouteId, Span};

/// Messages by outcome: intended = accepted + refused + indeterminate + unsent + open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Messages {
    /// Due moments.
    pub intended: u64,
    /// Any attempt was acknowledged.
    pub accepted: u64,
    /// Every attempt was refused or never left.
    pub refused: u64,
    /// No attempt was acknowledged and any was unanswered.
    pub indeterminate: u64,
    /// No attempt was begun.
    pub unsent: u64,
    /// Nothing is known yet; only live and in unfinished runs.
    pub open: u64,
}

/// Deliveries: owed = delivered + lost + pending; received = delivered + unacknowledged + duplicated + strayed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Deliveries {
    /// Recipients of accepted messages whom no acknowledgement declined.
    pub owed: u64,
    /// Owed and received, however late.
    pub delivered: u64,
    /// Owed and never received: promises broken.
    pub lost: u64,
    /// Owed and not received yet; only live and in unfinished runs.
    pub pending: u64,
    /// (message, recipient) pairs never received, whatever became of the message, but for sender-blamed ones.
    pub undelivered: u64,
    /// Such pairs that may still be received; only live and in unfinished runs.
    pub awaited: u64,
    /// Declined by the acknowledgement, so not owed.
    pub declined: u64,
    /// Recipients of messages that were acknowledged, on whatever route: declined or not.
    #[serde(skip)]
    pub answered: u64,
    /// Received without being owed.
    pub unacknowledged: u64,
    /// Receipts beyond the first of one message and recipient, raw.
    pub duplicated: u64,
    /// The same after the receiver's own de-duplication.
    pub duplicated_after_dedup: u64,
    /// (message, recipient) pairs received more than once: what RFC 5560 calls replicated.
    pub replicated: u64,
    /// The same after the receiver's own de-duplication.
    pub replicated_after_dedup: u64,
    /// First receipts of messages that a later one of their stream had overtaken (RFC 4737, type-P-reordered).
    pub reordered: u64,
    /// By how many positions at most (its reordering extent).
    pub reordered_extent: u64,
    /// By how much time at most (its late-time offset).
    #[serde(rename = "reordered_late_ms", serialize_with = "millis")]
    pub reordered_late: Span,
    /// Received by the wrong side of a boundary.
    pub wrong_side: u64,
    /// Owed and received, later than the deadline and by another route than the one in force when they were due: late for a failover.
    pub late_after_failover: u64,
    /// (message, recipient) pairs of sent messages with something in them that may not leave.
    #[serde(skip_serializing_if = "is_none")]
    pub violations: u64,
    /// Those of them that were received, or, where nobody tells of receipts, accepted.
    #[serde(skip_serializing_if = "is_none")]
    pub leaked: u64,
    /// First receipts whose text had not the hash that was sent.
    pub damaged: u64,
    /// Receipts of a message that was not for whoever received them, or of none that was sent: changed on their way, or by a service.
    #[serde(skip_serializing_if = "is_none")]
    pub strayed: u64,
    /// All receipts.
    pub received: u64,
    /// All (message, recipient) pairs of which it is known whether they were received, or will be, but for sender-blamed ones.
    pub pairs: u64,
    /// Pairs of which nobody can tell: the message was taken, or may have been, by a route that tells of no receipts.
    #[serde(skip_serializing_if = "is_none")]
    pub unobserved: u64,
    /// What such pairs may have been.
    #[serde(skip)]
    pub unseen: Unseen,
}

/// What the (message, recipient) pairs may have been of which nobody can tell, also those of messages that are left out of what is judged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unseen {
    /// All of them.
    pub pairs: u64,
    /// Those of messages that crossed a boundary: received on the wrong side, if received.
    pub wrong_side: u64,
    /// Those of messages with something in them that may not leave, and that nobody is known to have taken.
    pub leaked: u64,
    /// Those of messages that nobody acknowledged.
    pub unacknowledged: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature is serde's")]
fn is_none(count: &u64) -> bool {
    *count == 0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature is serde's")]
fn millis<S: serde::Serializer>(span: &Span, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(span.secs_f64() * 1e3)
}

/// Which moment ends a latency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Basis {
    /// The receipt by the last recipient.
    Delivery,
    /// The acknowledgement, because there is no receipt.
    Acceptance,
}

/// Which moments end the latencies of a journey, by whichever route its messages go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum JourneyBasis {
    /// Receipts, on every route.
    Delivery,
    /// Acknowledgements, on every route.
    Acceptance,
    /// Either, as each route has it.
    Mixed,
}

impl JourneyBasis {
    /// Of a journey whose routes have these.
    pub(super) fn of(bases: &[Basis]) -> Self {
        match (bases.contains(&Basis::Delivery), bases.contains(&Basis::Acceptance)) {
            (true, true) => Self::Mixed,
            (false, true) => Self::Acceptance,
            (_, false) => Self::Delivery,
        }
    }
}

/// The usual figures of a latency, in milliseconds, over a population.
///
/// A percentile that falls among undelivered messages is `None`, and `at_least` says what it exceeds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Latency {
    /// The median.
    pub p50: Option<f64>,
    /// The 90th percentile.
    pub p90: Option<f64>,
    /// The 95th percentile.
    pub p95: Option<f64>,
    /// The 99th percentile.
    pub p99: Option<f64>,
    /// The 99.9th percentile.
    #[serde(rename = "p99.9")]
    pub p999: Option<f64>,
    /// The largest; `None` if any message is undelivered.
    pub max: Option<f64>,
    /// The mean of the delivered ones.
    pub mean: Option<f64>,
    /// The population, undelivered messages included.
    pub n: u64,
    /// How many of them are undelivered.
    pub undelivered: u64,
    /// max(deadline, largest delivered), if any message is undelivered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_least: Option<f64>,
}

/// Whose fault it is that messages were not good.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Blame {
    /// No inject touched them.
    pub system: u64,
    /// An inject hit one of their attempts or, on their way, a connection of their recipient; or held their slots.
    pub injected: u64,
    /// The sender itself: unsent for lag or because the drill was stopped.
    pub sender: u64,
}

/// The figures of a journey, or of one phase or route of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Figures {
    /// Messages by outcome.
    pub messages: Messages,
    /// Deliveries.
    pub deliveries: Deliveries,
    /// Due to received (or acknowledged, by the basis of the route).
    pub latency_ms: Latency,
    /// Due to acknowledged.
    pub accept_latency_ms: Latency,
    /// First attempt on the receipt's route to received.
    pub service_latency_ms: Latency,
    /// good / valid; `None` without valid messages.
    pub availability: Option<f64>,
    /// Received by every owed recipient within the deadline.
    pub good: u64,
    /// Messages decided, without the sender-blamed unsent ones and those that were rightly blocked.
    pub valid: u64,
    /// Whose fault the others are.
    pub blame: Blame,
    /// Messages with something in them that may not leave, and that an inspection blocked: they are left out of all that is judged.
    #[serde(skip_serializing_if = "is_none")]
    pub blocked: u64,
}

/// The figures of one journey in one phase by one route, from which those of any selection are added up.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    /// The phase of the due moments.
    pub phase: PhaseId,
    /// The route that carried them.
    pub route: RouteId,
    /// The route's endpoint.
    pub endpoint: EndpointId,
    /// What ends a latency on this route.
    pub basis: Basis,
    /// Messages by outcome.
    pub messages: Messages,
    /// Deliveries.
    pub deliveries: Deliveries,
    /// Good messages …
    pub good: u64,
    /// … of so many decided.
    pub valid: u64,
    /// Whose fault the others are.
    pub blame: Blame,
    /// Messages with something in them that may not leave, and that an inspection blocked.
    pub blocked: u64,
    /// Due to last receipt.
    pub delivery: Distribution,
    /// Due to acknowledgement.
    pub accept: Distribution,
    /// First attempt on the receipt's route to last receipt.
    pub service: Distribution,
    /// Good messages by slices of time.
    pub slices: Slices,
}

/// A journey over time.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Series {
    /// The width of a bucket in seconds; bucket i starts at i × width.
    pub bucket_s: f64,
    /// The buckets, without the empty ones at the end.
    pub buckets: Vec<Bucket>,
}

/// One bucket of a chart: the messages due in it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Bucket {
    /// Messages due, without the sender-blamed unsent ones.
    pub due: u64,
    /// Good ones.
    pub good: u64,
    /// Median latency; `None` if it falls among undelivered ones or there are none.
    pub p50_ms: Option<f64>,
    /// 99th percentile of latency, likewise.
    pub p99_ms: Option<f64>,
    /// Largest latency of the delivered ones.
    pub max_ms: Option<f64>,
    /// How many messages each route carried, in the order of the journey's routes.
    pub routes: Vec<u64>,
}

/// Sender lag, in milliseconds; 0 without attempts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Lag {
    /// The 99th percentile.
    pub p99: f64,
    /// The largest.
    pub max: f64,
}
