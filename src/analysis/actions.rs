//! What became of what was done outside.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::journal::{CallEnd, Called, Control, Event};
use crate::plan::{Half, Plan};
use crate::units::InjectId;

/// What became of an inject that acts outside of firedrill.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ActionFigures {
    /// Its calls that came back or were given up, by time: what was done, then each try of its undo.
    pub calls: Vec<CallFigures>,
    /// Whether it may still be there: something was done, perhaps only half, and nothing undid it.
    pub left: bool,
}

/// One call.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CallFigures {
    /// Which half of the action.
    pub half: Half,
    /// When it was made.
    pub began_s: f64,
    /// How long it took.
    pub took_s: f64,
    /// How it ended.
    pub end: CallEnd,
    /// The exit status of the program, or the HTTP status.
    pub status: Option<u16>,
    /// Why it is not done; empty if it is.
    pub why: String,
    /// The first of what was said, without the secrets.
    pub output: String,
}

impl ActionFigures {
    /// Whether it was really done, and so is what a phase needs to prove something.
    pub fn is_done(&self) -> bool {
        self.calls.iter().any(|call| call.half == Half::Act && call.end == CallEnd::Done)
    }

    /// Whether a rehearsal took it as done.
    pub fn is_rehearsed(&self) -> bool {
        self.calls.iter().any(|call| call.end == CallEnd::Rehearsed)
    }
}

impl CallFigures {
    fn of(called: &Called) -> Self {
        Self {
            half: called.half,
            began_s: called.began.secs_f64(),
            took_s: called.took().secs_f64(),
            end: called.came.end,
            status: called.came.status,
            why: called.came.why.clone(),
            output: called.came.output.clone(),
        }
    }
}

/// The figures of every action of a plan, from the control records by time.
pub(super) fn figures(plan: &Plan, controls: &[Control]) -> BTreeMap<InjectId, ActionFigures> {
    let mut figures: BTreeMap<InjectId, ActionFigures> =
        plan.actions().map(|(id, ..)| (id, ActionFigures::default())).collect();
    let (mut begun, mut settled) = (BTreeSet::new(), BTreeSet::new());
    for control in controls {
        match &control.event {
            Event::Calling(inject, Half::Act) => drop(begun.insert(*inject)),
            Event::Called(called) => {
                if is_settled(called) {
                    settled.insert(called.inject);
                }
                if let Some(action) = figures.get_mut(&called.inject) {
                    action.calls.push(CallFigures::of(called));
                }
            }
            _ => {}
        }
    }
    for (id, action) in &mut figures {
        action.left = begun.contains(id) && !settled.contains(id);
    }
    figures
}

/// Whether nothing of it can be left: it was undone, or never begun.
fn is_settled(called: &Called) -> bool {
    match called.half {
        Half::Act => called.came.end == CallEnd::NotMade,
        Half::Undo => called.came.is_done(),
    }
}
