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
    /// Attempts that were carried anywhere, of the messages that it concerns, but for those of control arms.
    pub carried: u64,
    /// Those that crossed it, by the course of things: steady, failover, flush and failback.
    pub violations: BTreeMap<&'static str, u64>,
    /// The earliest of each course of things, by time.
    pub first: Vec<CrossingFigures>,
    /// The same of control arms, which no target is about; `None` if nothing of them was carried anywhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub control: Option<ControlCrossings>,
}

/// What control arms sent that a boundary concerns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct ControlCrossings {
    /// Attempts that were carried anywhere.
    pub carried: u64,
    /// Those that crossed it.
    pub crossed: u64,
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

/// Boundary by boundary, in the order of the plan. No figure is about a control arm but the one that says so.
pub(super) fn figures(plan: &Plan, flows: &[Flow], crossings: &[Crossing]) -> Vec<BoundaryFigures> {
    let figures = plan.boundary_ids().map(|(id, boundary)| {
        let journey = |flow: &&Flow| &plan.journeys[flow.journey.index()];
        let all = || flows.iter().filter(|flow| boundary.concerns(journey(flow)));
        let concerned = || all().filter(|flow| journey(flow).control_of.is_none());
        let control = || all().filter(|flow| journey(flow).control_of.is_some());
        let crossed = |flow: &&Flow| boundary.is_crossed(flow.endpoint, flow.region);
        let mut violations: BTreeMap<&'static str, u64> = When::ALL.iter().map(|(name, _)| (*name, 0)).collect();
        for flow in concerned().filter(crossed) {
            *violations.entry(flow.when.name()).or_default() += flow.attempts;
        }
        let mut first: Vec<&Crossing> = crossings.iter().filter(|crossing| crossing.boundary == id).collect();
        first.sort_unstable();
        BoundaryFigures {
            id: boundary.name.clone(),
            carried: attempts(concerned()),
            violations,
            control: Some(ControlCrossings {
                carried: attempts(control()),
                crossed: attempts(control().filter(crossed)),
            })
            .filter(|control| control.carried > 0),
            first: first.into_iter().map(|crossing| told(plan, crossing)).collect(),
        }
    });
    figures.collect()
}

fn attempts<'f>(flows: impl Iterator<Item = &'f Flow>) -> u64 {
    flows.map(|flow| flow.attempts).sum()
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
