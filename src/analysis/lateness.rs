//! What was injected later than planned. It is lifted as planned all the same, and so is in force for a shorter time.

use super::{InjectFigures, Observation};
use crate::journal::{Decision, Event};
use crate::limits::LATE_INJECT;

/// That an inject came late.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Late {
    /// By how much: of one that acts outside, its call was begun so much later.
    pub by_s: f64,
    /// For how long it was in force, and was to be, if it was lifted as planned; `None` of what is done outside, which takes effect when it
    /// does.
    pub lasted_s: Option<(f64, f64)>,
    /// Whether it had to wait until it was known whether the state was steady.
    pub waited: bool,
}

impl Observation {
    /// Whether an inject was applied later than planned, by so much that anybody would see it.
    pub fn late(&self, inject: &InjectFigures) -> Option<Late> {
        let [from, to] = inject.planned_s;
        let began = match &inject.action {
            Some(action) => action.calls.first().map(|call| call.began_s),
            None => inject.applied_s,
        }?;
        let by_s = began - from;
        if by_s < LATE_INJECT.secs_f64() {
            return None;
        }
        let lifted = inject.lifted_s.filter(|lifted| inject.action.is_none() && *lifted >= to);
        let gate = self
            .controls
            .iter()
            .find(|control| matches!(&control.event, Event::Decided { decision: Decision::Steady { .. }, .. }));
        let asked = gate.map(|gate| gate.at.secs_f64());
        let waited = asked.is_some_and(|asked| from < asked && asked <= began);
        Some(Late { by_s, lasted_s: lifted.map(|lifted| (lifted - began, to - from)), waited })
    }
}
