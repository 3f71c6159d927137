use serde::{Deserialize, Serialize};

use crate::units::{Moment, Span};

/// A stretch of the drill.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Phase {
    /// The phase's name.
    pub name: String,
    /// What it is for.
    pub kind: PhaseKind,
    /// When it starts.
    pub start: Moment,
    /// How long it lasts.
    pub length: Span,
}

/// What a phase is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PhaseKind {
    /// Caches and connections fill; nothing is judged.
    Warmup,
    /// The steady state that everything else is compared with. If it is not steady, nothing is injected.
    Baseline,
    /// Something is injected.
    Fault,
    /// What comes after.
    Recovery,
}

impl Phase {
    /// When it ends.
    pub fn end(&self) -> Moment {
        self.start + self.length
    }
}
