//! What was observed: every figure of the summary and the reports. Field names are those of `summary.json`.
//!
//! Times ending in `_s` are seconds since the drill's start on the drill's clock; `_ms` are milliseconds. Nothing is rounded here.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{
    ActionFigures, Alert, Arms, AuditFigures, Basis, Blame, BookFigures, BoundaryFigures, Cell, Clocked, Degraded,
    Deliveries, FailedAttempts, Figures, Flow, InForce, InspectionCell, InspectionFigures, JourneyBasis, Lag,
    LeakFigures, Messages, Misbooked, MisdeliveredFigures, Neighbours, Outage, Outcome, Passed, Revoked, Series,
    SharedTold, Stalled, Tried, WayFigures, Windows,
};
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
    /// What programs that are not ours asked for, way in by way in, in the order of the plan.
    pub observed: Vec<WayFigures>,
    /// How each outage was recovered from, and which injects were tolerated.
    pub recovery: Vec<Recovery>,
    /// Boundary by boundary, in the order of the plan.
    pub boundaries: Vec<BoundaryFigures>,
    /// What left and may not: the earliest messages of each journey.
    pub leaks: Vec<LeakFigures>,
    /// What services delivered to somebody for whom it was not, journey by journey.
    #[serde(skip)]
    pub misdelivered: Vec<MisdeliveredFigures>,
    /// What gateways had inspected, gateway by gateway.
    pub inspections: Vec<InspectionFigures>,
    /// The same, part by part.
    #[serde(skip)]
    pub inspected: Vec<InspectionCell>,
    /// The messages that they were about, by where.
    #[serde(skip)]
    pub passed: Vec<Passed>,
    /// What was carried where.
    #[serde(skip)]
    pub flows: Vec<Flow>,
    /// Attempts of which it is not known where they went: more connections were made than are remembered.
    #[serde(skip)]
    pub astray: u64,
    /// What became of shared documents.
    #[serde(skip)]
    pub shared: SharedTold,
    /// What endpoints that keep books did with messages, endpoint by endpoint.
    pub books: Vec<BookFigures>,
    /// How many entries there took effect, by the journeys of their messages and the phases in which these were due.
    #[serde(skip)]
    pub applied: BTreeMap<(EndpointId, JourneyId, PhaseId), u64>,
    /// The entries that should not have been …
    #[serde(skip)]
    pub misbooked: Vec<Misbooked>,
    /// … and how many more there were.
    #[serde(skip)]
    pub unlisted: u64,
    /// What gateways' audit trails tell, gateway by gateway.
    pub audits: Vec<AuditFigures>,
    /// How long those who were taken away could still send, way by way.
    pub revoked: Vec<Revoked>,
    /// Inject by inject, in the order of the plan.
    pub injects: Vec<InjectFigures>,
    /// Phase by phase, in the order of the plan.
    pub phases: Vec<PhaseFigures>,
    /// Whether the sender itself kept up.
    pub sender: Sender,
    /// Records that came when their message was over, and that no other figure counts: of a receipt it was not known whether it is the
    /// first. It takes a platform that delivers what it refused, or ten minutes after whatever could have held it was over.
    pub overdue: u64,
    /// Where records were lost, by time.
    pub gaps: Vec<GapFigures>,
    /// The outcome of the steady-state gate, if it was journalled: held, or why not.
    pub steady: Option<Steady>,
    /// Everything that was switched, decided or noted, by time.
    pub controls: Vec<Control>,
}

/// One journey.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct JourneyFigures {
    /// The journey's name.
    pub id: String,
    /// Its position in the plan.
    #[serde(skip)]
    pub journey: JourneyId,
    /// The journey whose control arm it is, by name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub control_of: Option<String>,
    /// What ends its latencies.
    pub basis: JourneyBasis,
    /// Its deadline.
    pub deadline_s: f64,
    /// Over the whole drill but warm-up.
    #[serde(flatten)]
    pub figures: Figures,
    /// Phase by phase, in the order of the plan. A message belongs to the phase of its due moment.
    pub phases: Vec<PhaseSlice>,
    /// Route by route but for warm-up. A message belongs to that of its receipt, else of its last attempt, else in force when due.
    pub routes: Vec<RouteSlice>,
    /// Outages, whichever route carried the messages.
    pub outages: Vec<Outage>,
    /// How many bad messages in a row made an outage.
    pub n_down: u32,
    /// For how long it was not down and yet not as good as its targets promise; `None` = none promises that, or too few messages tell.
    pub degraded: Option<Degraded>,
    /// Its figures beside those of its control arm, phase by phase; none without one.
    pub arms: Vec<Arms>,
    /// The alerts that people would have on its error budget; none without a target on its availability.
    pub alerts: Vec<Alert>,
    /// The chart: at most 240 buckets over the drill.
    pub series: Series,
    /// What targets select from: one cell for each phase and route that has messages.
    #[serde(skip)]
    pub cells: Vec<Cell>,
    /// Whether its messages due one after the other fared alike.
    #[serde(skip)]
    pub neighbours: Neighbours,
    /// What the sliding windows of targets show of it, target by target.
    #[serde(skip)]
    pub windows: Vec<Windows>,
    /// How attempts ended, by the phase in which their message was due and by route.
    #[serde(skip)]
    pub tried: BTreeMap<(PhaseId, RouteId), Tried>,
    /// The attempts that were not acknowledged, by route and answer, over the whole drill.
    pub failed: Vec<FailedAttempts>,
}

/// A journey in one phase.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PhaseSlice {
    /// The phase's name.
    pub phase: String,
    /// Its figures.
    #[serde(flatten)]
    pub figures: Figures,
    /// Those of its messages that were not good and lie in no outage, by blame.
    #[serde(skip)]
    pub single: Blame,
}

/// A journey on one route.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RouteSlice {
    /// The route's endpoint, by name.
    pub route: String,
    /// What ends a latency on it.
    pub basis: Basis,
    /// Of the messages that it carried, or that were last tried on it.
    #[serde(flatten)]
    pub figures: Figures,
    /// Of the messages that were due while it was in force, whichever route carried them.
    pub in_force: InForce,
    /// Outages of the route alone: over the messages attempted on it, good if they are good and came by it.
    pub outages: Vec<Outage>,
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
    /// From when the times of this entry count; always `impact`, the first bad message. `clocks` has the others.
    pub clock: &'static str,
    /// When the outage began; `None` if the inject was tolerated.
    pub start_s: Option<f64>,
    /// When it ended; `None` if tolerated or still down.
    pub end_s: Option<f64>,
    /// The truth is at least this.
    pub lo_s: f64,
    /// The truth is at most this; `None` = no bound, still down.
    pub hi_s: Option<f64>,
    /// The tightest objective of a recovery target by this clock that selects it.
    pub objective_s: Option<f64>,
    /// DOWN declared − start.
    pub detect_s: Option<f64>,
    /// Between what that lies, since the start is known only between two messages and a deadline.
    #[serde(skip)]
    pub detected_s: Option<(f64, f64)>,
    /// From a failover's being called for, because what it waits for was reached, to the switch: the longest, if there were several.
    /// `None` = there was none, or the switch did not come.
    pub decide_s: Option<f64>,
    /// The same, at least and at most.
    #[serde(skip)]
    pub decided_s: Option<(f64, Option<f64>)>,
    /// What became of it.
    pub outcome: Outcome,
    /// Hits of the inject that concern the journey's messages; 0 if unattributed.
    pub hits: u64,
    /// By each of the four clocks; empty if the inject was tolerated.
    pub clocks: Vec<Clocked>,
    /// For how long nobody saw anything of it: from the inject's being applied to the first bad message. 0 if messages that were under
    /// way already were the first.
    pub masked_s: Option<f64>,
    /// The same from the inject's first hit that concerns the journey.
    pub masked_since_hit_s: Option<f64>,
    /// How often it seemed to be over and came back, before it was.
    pub flaps: u32,
    /// When an alert on the journey's error budget would first have been firing meanwhile; `None` = never.
    pub alerted_s: Option<f64>,
    /// Recovery point actual by count: deliveries that were acknowledged and are missing at the end, of what was due after the outage
    /// before and until the end of this one. `None` = not known, since the drill is not over or nobody would have told of receipts.
    pub rpa_count: Option<u64>,
    /// Recovery point actual by time: from the due moment of the last message up to which a sender's stream is whole to the first bad
    /// message, for the sender who lost most.
    pub rpa_time_s: Option<f64>,
    /// The hits, phase by phase; of what is done outside, 1 where it was in force.
    #[serde(skip)]
    pub phase_hits: Vec<u64>,
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
    /// How many of them concern a message: without one the inject proved nothing.
    pub message_hits: u64,
    /// How many exchanges and connections of programs that are not ours it hit.
    #[serde(skip_serializing_if = "is_none")]
    pub observed_hits: u64,
    /// How many of its hits fell on an auditor's connections.
    #[serde(skip_serializing_if = "is_none")]
    pub audit_hits: u64,
    /// How many of its hits fell on questions to a provider of single sign-on for which no message waited.
    #[serde(skip_serializing_if = "is_none")]
    pub background_hits: u64,
    /// What became of its calls, if it acts outside of firedrill.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action: Option<ActionFigures>,
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
    /// How many of them concern a message.
    pub message_hits: u64,
    /// How many exchanges and connections of programs that are not ours, which began inside it, some inject hit.
    #[serde(skip_serializing_if = "is_none")]
    pub observed_hits: u64,
    /// How many of the hits inside it fell on an auditor's connections.
    #[serde(skip_serializing_if = "is_none")]
    pub audit_hits: u64,
    /// How many of the hits inside it fell on questions to a provider of single sign-on for which no message waited.
    #[serde(skip_serializing_if = "is_none")]
    pub background_hits: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature is serde's")]
fn is_none(count: &u64) -> bool {
    *count == 0
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
    /// … because its account was busy with other messages.
    pub unsent_turn: u64,
    /// … because the sender was late.
    pub unsent_lag: u64,
    /// … because the drill was stopped.
    pub unsent_stopped: u64,
    /// Seconds in which the 99th percentile of a journey's lag exceeded a tenth of its deadline.
    pub slow: Vec<Slow>,
    /// When firedrill stood still for longer than that, while messages of a journey were under way.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stalled: Vec<Stalled>,
}

impl Observation {
    /// Whether the sender itself was too slow, or stood still, for any part of an outage: then it is not known whose fault it was.
    pub fn was_late_in(&self, outage: &Recovery) -> bool {
        let Some(start_s) = outage.start_s else { return false };
        // Its end is part of it.
        let end_s = outage.end_s.unwrap_or(f64::INFINITY).next_up();
        let Sender { slow, stalled, .. } = &self.sender;
        slow.iter().any(|one| one.journey_id == outage.journey_id && one.meets(start_s, end_s))
            || stalled.iter().any(|one| one.journey_id == outage.journey_id && one.meets(start_s, end_s))
    }
}

impl Slow {
    /// Whether any of it lies between two moments.
    pub fn meets(&self, from_s: f64, until_s: f64) -> bool {
        self.from_s < until_s && self.to_s > from_s
    }
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
