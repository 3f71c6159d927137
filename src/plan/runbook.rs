use serde::{Deserialize, Serialize};

use crate::units::{JourneyId, RouteId, Span};

/// What people do about it, step by step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Runbook {
    /// The steps in order.
    pub steps: Vec<Step>,
}

/// One step. Its clock starts when the step before it ends.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// The step's name.
    pub name: String,
    /// What the step is for.
    pub phase: StepPhase,
    /// What is done.
    pub kind: StepKind,
    /// Who does it.
    pub role: Option<String>,
    /// How long it is planned to take; an overrun is a finding.
    pub budget: Span,
    /// How long it may take at most.
    pub timeout: Span,
}

/// What a step is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StepPhase {
    /// Noticing.
    Detect,
    /// Deciding.
    Decide,
    /// Acting.
    Act,
    /// Checking that it worked.
    Verify,
    /// Going back.
    Restore,
}

/// What is done in a step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StepKind {
    /// Wait for an outage of this journey to be declared.
    Wait(JourneyId),
    /// A person answers.
    Manual(String),
    /// A journey changes its route.
    Switch(JourneyId, RouteId),
}
