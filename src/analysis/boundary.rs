//! What crossed which boundary.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Crossing, Flow};
use crate::plan::{Plan, When};

/// What came of one boundary.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BoundaryFigures {
    /// The boundary's name.
    pub id: String,
    /// Attempts that were carried anywhere, of the messages that it concerns.
    pub carried: u64,
    /// Those that crossed it, by the course of things: steady, failover, flush and failback.
    pub violations: BTreeMap<&'static str, u64>,
    /// The earliest of each course of things, by time.
    pub first: Vec<CrossingFigures>,
}

/// One attempt that carried a message across a boundary.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CrossingFigures {
    /// The message: its journey and its number in it, as in the journal's export.
    pub message: String,
    /// The class of its data.
    pub class: Option<String>,
    /// Which of its attempts, or of its gateway's.
    pub attempt: u16,
    /// Who sent it.
    pub account: String,
    /// The connection that carried it.
    pub connection: u64,
    /// Where that led: the endpoint …
    pub endpoint: String,
    /// … and its region.
    pub region: String,
    /// The gateway that sent it there, if one did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub via: Option<String>,
    /// When the attempt began.
    pub at_s: f64,
    /// In which course of things.
    pub when: When,
}

/// Boundary by boundary, in the order of the plan.
pub(super) fn figures(plan: &Plan, flows: &[Flow], crossings: &[Crossing]) -> Vec<BoundaryFigures> {
    let figures = plan.boundary_ids().map(|(id, boundary)| {
        let concerned = || flows.iter().filter(|flow| boundary.concerns(&plan.journeys[flow.journey.index()]));
        let mut violations: BTreeMap<&'static str, u64> = When::ALL.iter().map(|(name, _)| (*name, 0)).collect();
        for flow in concerned().filter(|flow| boundary.is_crossed(flow.endpoint, flow.region)) {
            *violations.entry(flow.when.name()).or_default() += flow.attempts;
        }
        let mut first: Vec<&Crossing> = crossings.iter().filter(|crossing| crossing.boundary == id).collect();
        first.sort_unstable();
        BoundaryFigures {
            id: boundary.name.clone(),
            carried: concerned().map(|flow| flow.attempts).sum(),
            violations,
            first: first.into_iter().map(|crossing| told(plan, crossing)).collect(),
        }
    });
    figures.collect()
}

fn told(plan: &Plan, crossing: &Crossing) -> CrossingFigures {
    let journey = &plan.journeys[crossing.message.journey.index()];
    CrossingFigures {
        message: format!("{}.{}", journey.name, crossing.message.number),
        class: journey.class.clone(),
        attempt: crossing.number,
        account: plan
            .accounts
            .get(crossing.account.index())
            .map_or("?".to_owned(), |_| plan.account_name(crossing.account)),
        connection: crossing.connection,
        via: crossing.via.and_then(|via| plan.endpoints.get(via.index())).map(|gateway| gateway.name.clone()),
        endpoint: plan.endpoints[crossing.endpoint.index()].name.clone(),
        region: plan.regions[crossing.region.index()].name.clone(),
        at_s: crossing.at.secs_f64(),
        when: crossing.when,
    }
}

impl BoundaryFigures {
    /// Everything that crossed it, in whatever course of things.
    pub fn crossed(&self) -> u64 {
        self.violations.values().sum()
    }
}
