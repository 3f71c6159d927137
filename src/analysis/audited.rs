//! The figures of an audit trail.

use serde::Serialize;

use super::{Distribution, Latency};
use crate::plan::Plan;
use crate::units::{EndpointId, JourneyId, MessageId, Moment, PhaseId, Span};

/// What one gateway's audit trail tells, beside what the gateway did.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AuditFigures {
    /// The gateway's name.
    pub gateway: String,
    /// What it did that has to be in its trail: messages sent on, or, of a gateway whose tries nobody sees, acknowledged.
    pub acts: u64,
    /// The entries that the auditor received.
    pub entries: u64,
    /// Acts of which an entry tells.
    pub told: u64,
    /// Acts of which none does, although the trail was read to its end.
    pub missing: u64,
    /// Acts of which none does, of a trail that was not read whole.
    pub open: u64,
    /// Entries that tell of what never happened.
    pub wrong: u64,
    /// From the end of an act until the auditor had the entry that tells of it.
    pub lag_ms: Latency,
    /// The earliest acts that are missing, and then the earliest entries that are wrong.
    pub first: Vec<UntoldFigures>,
    /// What targets select from.
    #[serde(skip)]
    pub cells: Vec<AuditCell>,
}

/// What is amiss with a trail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Amiss {
    /// No entry tells of an act.
    Missing,
    /// An entry tells of what never happened.
    Wrong,
}

/// One act that no entry tells of, or one entry that tells of none.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct UntoldFigures {
    /// Which of both.
    pub what: Amiss,
    /// The message: its journey and its number in it.
    pub message: String,
    /// The endpoint by which it was sent on, or is said to have been; `None` = that is not known.
    pub endpoint: Option<String>,
    /// When the act was over, or the entry was received.
    pub at_s: f64,
}

/// One gateway's acts for the messages of one journey that were due in one phase, and the entries that are wrong and were received in it.
#[derive(Clone, Debug, PartialEq)]
pub struct AuditCell {
    /// The gateway.
    pub gateway: EndpointId,
    /// The journey.
    pub journey: JourneyId,
    /// The phase.
    pub phase: PhaseId,
    /// Acts.
    pub acts: u64,
    /// Those of which no entry tells.
    pub missing: u64,
    /// Those of which it is not known whether one does.
    pub open: u64,
    /// Those that are not remembered any more: too many were untold.
    pub forgotten: u64,
    /// Entries that tell of what never happened …
    pub wrong: u64,
    /// … and those that may tell of an act that is not remembered.
    pub unsure: u64,
    /// From the end of an act until the auditor had its entry; what is missing never came.
    pub lag: Distribution,
}

impl AuditCell {
    pub(super) fn new(gateway: EndpointId, journey: JourneyId, phase: PhaseId) -> Self {
        let lag = Distribution::new(Span::ZERO);
        Self { gateway, journey, phase, acts: 0, missing: 0, open: 0, forgotten: 0, wrong: 0, unsure: 0, lag }
    }

    /// Counts what is missing among the lags, as longer than any and at least so long.
    pub(super) fn wait(&mut self, least: Span) {
        if self.missing > 0 {
            let mut never = Distribution::new(least);
            (0..self.missing).for_each(|_| never.record_undelivered());
            self.lag.add(&never);
        }
    }
}

impl AuditFigures {
    pub(super) fn of(
        plan: &Plan,
        gateway: EndpointId,
        (entries, first): (u64, Vec<UntoldFigures>),
        cells: Vec<AuditCell>,
    ) -> Self {
        let sum = |of: fn(&AuditCell) -> u64| cells.iter().map(of).sum();
        let mut lag = Distribution::new(Span::ZERO);
        for cell in &cells {
            lag.add(&cell.lag);
        }
        Self {
            gateway: plan.endpoints[gateway.index()].name.clone(),
            acts: sum(|cell| cell.acts),
            entries,
            told: lag.delivered(),
            missing: sum(|cell| cell.missing),
            open: sum(|cell| cell.open + cell.forgotten),
            wrong: sum(|cell| cell.wrong),
            lag_ms: lag.figures(),
            first,
            cells,
        }
    }
}

impl UntoldFigures {
    pub(super) fn of(
        plan: &Plan,
        what: Amiss,
        (at, message, endpoint): (Moment, MessageId, Option<EndpointId>),
    ) -> Self {
        Self {
            what,
            message: format!("{}.{}", plan.journeys[message.journey.index()].name, message.number),
            endpoint: endpoint.and_then(|id| plan.endpoints.get(id.index())).map(|endpoint| endpoint.name.clone()),
            at_s: at.secs_f64(),
        }
    }
}
