//! What was observed: every figure of the summary and the reports. Field names are those of `summary.json`.
//!
//! Times ending in `_s` are seconds since the drill's start on the drill's clock; `_ms` are milliseconds. Nothing is rounded here.

use serde::Serialize;

use super::{Distribution, Mark, Outage, Outcome};
use crate::journal::{Control, End};
use crate::plan::PhaseKind;
use crate::units::{EndpointId, InjectId, JourneyId, Moment, PhaseId, RouteId};

/// All figures of a drill, final or provisional.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Observation {
    /// How many records of the journal it stands on.
    pub position: u64,
    /// The moment for which it stands: what was undecided then is not judged.
    pub at: Moment,
    /// How the drill ended; `None` if the journal has no seal.
    pub end: Option<End>,
    /// Whether the drill was played and drained to its end, so that nothing is open or pending any more.
    pub finished: bool,
    /// Messages by outcome, over all journeys.
    pub messages: Messages,
    /// Deliveries, over all journeys.
    pub deliveries: Deliveries,
    /// Every sentence is a broken conservation line: a bug in firedrill.
    pub conservation: Vec<String>,
    /// Journey by journey, in the order of the plan.
    pub journeys: Vec<JourneyFigures>,
    /// How each outage was recovered from, and which injects were tolerated.
    pub recovery: Vec<Recovery>,
    /// Inject by inject, in the order of the plan.
    pub injects: Vec<InjectFigures>,
    /// Phase by phase, in the order of the plan.
    pub phases: Vec<PhaseFigures>,
    /// Whether the sender itself kept up.
    pub sender: Sender,
    /// Where records were lost, by time.
    pub gaps: Vec<GapFigures>,
    /// The outcome of the steady-state gate, if it was journalled: held, or why not.
    pub steady: Option<Steady>,
    /// Everything that was switched, decided or noted, by time.
    pub controls: Vec<Control>,
}

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

/// Deliveries: owed = delivered + lost + pending; received = delivered + unacknowledged + duplicated.
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
    /// Never received, whatever became of the message; neither declined nor sender-blamed.
    pub undelivered: u64,
    /// Declined by the acknowledgement, so not owed.
    pub declined: u64,
    /// Received without being owed.
    pub unacknowledged: u64,
    /// Receipts beyond the first of one message and recipient, raw.
    pub duplicated: u64,
    /// The same after the receiver's own de-duplication.
    pub duplicated_after_dedup: u64,
    /// First receipts that overtook an earlier message of their stream's recipient (RFC 4737, type-P-reordered).
    pub reordered: u64,
    /// Received by the wrong side of a boundary.
    pub wrong_side: u64,
    /// First receipts whose text had not the hash that was sent.
    pub damaged: u64,
    /// All receipts.
    pub received: u64,
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
    /// An inject hit one of their attempts, or held their slots.
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
    /// Due to received (or acknowledged, by the journey's basis).
    pub latency_ms: Latency,
    /// Due to acknowledged.
    pub accept_latency_ms: Latency,
    /// First attempt on the receipt's route to received.
    pub service_latency_ms: Latency,
    /// good / valid; `None` without valid messages.
    pub availability: Option<f64>,
    /// Received by every owed recipient within the deadline.
    pub good: u64,
    /// Messages decided, without the sender-blamed unsent ones.
    pub valid: u64,
    /// Whose fault the others are.
    pub blame: Blame,
}

/// One journey.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct JourneyFigures {
    /// The journey's name.
    pub id: String,
    /// Its position in the plan.
    #[serde(skip)]
    pub journey: JourneyId,
    /// What ends its latencies.
    pub basis: Basis,
    /// Its deadline.
    pub deadline_s: f64,
    /// Over the whole drill but warm-up.
    #[serde(flatten)]
    pub figures: Figures,
    /// Phase by phase, in the order of the plan. A message belongs to the phase of its due moment.
    pub phases: Vec<PhaseSlice>,
    /// Route by route, over the whole drill but warm-up. A message belongs to the route that carried it: of its receipt, else of its
    /// last attempt, else in force when it was due.
    pub routes: Vec<RouteSlice>,
    /// Outages, whichever route carried the messages.
    pub outages: Vec<Outage>,
    /// How many bad messages in a row made an outage.
    pub n_down: u32,
    /// The chart: at most 240 buckets over the drill.
    pub series: Series,
    /// What targets select from: one cell for each phase and route that has messages.
    #[serde(skip)]
    pub cells: Vec<Cell>,
}

/// A journey in one phase.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PhaseSlice {
    /// The phase's name.
    pub phase: String,
    /// Its figures.
    #[serde(flatten)]
    pub figures: Figures,
}

/// A journey on one route.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RouteSlice {
    /// The route's endpoint, by name.
    pub route: String,
    /// Its figures.
    #[serde(flatten)]
    pub figures: Figures,
    /// Outages of the route alone: over the messages attempted on it, good if they are good and came by it.
    pub outages: Vec<Outage>,
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
    /// Due to last receipt.
    pub delivery: Distribution,
    /// Due to acknowledgement.
    pub accept: Distribution,
    /// First attempt on the receipt's route to last receipt.
    pub service: Distribution,
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

/// How an outage was recovered from, or an inject tolerated.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Recovery {
    /// The journey's name.
    pub journey: String,
    /// Its position in the plan.
    #[serde(skip)]
    pub journey_id: JourneyId,
    /// The inject's name; `None` = unattributed, blame system.
    pub inject: Option<String>,
    /// Its position in the plan.
    #[serde(skip)]
    pub inject_id: Option<InjectId>,
    /// From when the time counts; always `impact`, the first bad message.
    pub clock: &'static str,
    /// When the outage began; `None` if the inject was tolerated.
    pub start_s: Option<f64>,
    /// When it ended; `None` if tolerated or still down.
    pub end_s: Option<f64>,
    /// The truth is at least this.
    pub lo_s: f64,
    /// The truth is at most this; `None` = no bound, still down.
    pub hi_s: Option<f64>,
    /// The tightest objective of a recovery target that selects it.
    pub objective_s: Option<f64>,
    /// DOWN declared − start.
    pub detect_s: Option<f64>,
    /// What became of it.
    pub outcome: Outcome,
    /// Hits of the inject that concern the journey; 0 if unattributed.
    pub hits: u64,
}

/// One inject.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct InjectFigures {
    /// The inject's name.
    pub id: String,
    /// The word for its fault.
    pub fault: &'static str,
    /// From when to when it was planned.
    pub planned_s: [f64; 2],
    /// When it was switched on.
    pub applied_s: Option<f64>,
    /// When it was switched off.
    pub lifted_s: Option<f64>,
    /// When it first bit.
    pub first_hit_s: Option<f64>,
    /// When it last bit.
    pub last_hit_s: Option<f64>,
    /// How many units it hit.
    pub hits: u64,
}

/// One phase.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PhaseFigures {
    /// The phase's name.
    pub phase: String,
    /// What it is for.
    pub kind: PhaseKind,
    /// When it starts …
    pub start_s: f64,
    /// … and ends.
    pub end_s: f64,
    /// Units hit by any inject inside it.
    pub hits: u64,
}

/// Whether the sender itself kept up.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Sender {
    /// sent − max(due, slot free), over all attempts.
    pub lag_ms: Lag,
    /// Unsent messages, whatever the cause.
    pub unsent: u64,
    /// … because all slots were held.
    pub unsent_slots: u64,
    /// … because the sender was late.
    pub unsent_lag: u64,
    /// … because the drill was stopped.
    pub unsent_stopped: u64,
    /// Seconds in which the 99th percentile of a journey's lag exceeded a tenth of its deadline.
    pub slow: Vec<Slow>,
}

/// Sender lag, in milliseconds; 0 without attempts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Lag {
    /// The 99th percentile.
    pub p99: f64,
    /// The largest.
    pub max: f64,
}

/// A stretch of seconds in which a journey's sender was too slow.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Slow {
    /// The journey's name.
    pub journey: String,
    /// Its position in the plan.
    #[serde(skip)]
    pub journey_id: JourneyId,
    /// From when …
    pub from_s: f64,
    /// … until when.
    pub to_s: f64,
}

/// Records were lost.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct GapFigures {
    /// From when …
    pub from_s: f64,
    /// … until when.
    pub to_s: f64,
    /// How many.
    pub lost: u64,
}

/// The outcome of the steady-state gate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Steady {
    /// Whether it held.
    pub held: bool,
    /// Why not.
    pub why: String,
}

impl Mark {
    /// Whether the message counts as good.
    pub fn is_good(self) -> bool {
        self == Self::Good
    }
}
