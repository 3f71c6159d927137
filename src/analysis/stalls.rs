//! Whether firedrill itself stood still while messages were under way.
//!
//! What comes back while nobody reads it is read late, and may be given up although it was there. That is nobody's fault but the sender's,
//! and is seen by no lag: the attempt had begun.

use std::collections::BTreeSet;

use serde::Serialize;

use super::lag::limit;
use super::message::Told;
use crate::journal::Stall;
use crate::plan::Journey;
use crate::units::{JourneyId, Moment, Span};

/// A stretch in which firedrill itself got no time, while messages of a journey were under way.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Stalled {
    /// The journey's name.
    pub journey: String,
    /// Its position in the plan.
    #[serde(skip)]
    pub journey_id: JourneyId,
    /// From when …
    pub from_s: f64,
    /// … until when.
    pub to_s: f64,
    /// When the first and the last of these messages were due.
    #[serde(skip)]
    pub due_s: [f64; 2],
}

impl Stalled {
    /// Whether any of its messages may have been due from a moment on and before another.
    pub fn meets(&self, from_s: f64, until_s: f64) -> bool {
        let [first, last] = self.due_s;
        first < until_s && last >= from_s
    }
}

/// Stalls this close to each other are told as one: what is kept grows by the second, however often it stalls.
const TOGETHER: Span = Span::from_secs(1);

/// The stalls of one journey that are longer than a tenth of its deadline, by what they may have changed.
#[derive(Clone, Debug)]
pub(super) struct Stalls {
    deadline: Span,
    /// Those that messages may still fall into.
    known: BTreeSet<Stall>,
    /// Those that some did.
    touched: Vec<Touched>,
}

/// A stall with messages in it.
#[derive(Clone, Copy, Debug)]
struct Touched {
    from: Moment,
    to: Moment,
    /// When the first and the last of them were due.
    due: [Moment; 2],
}

impl Stalls {
    pub(super) fn new(deadline: Span) -> Self {
        Self { deadline, known: BTreeSet::new(), touched: Vec::new() }
    }

    pub(super) fn record(&mut self, stall: &Stall) {
        if stall.at.since(stall.due) > limit(self.deadline) {
            self.known.insert(*stall);
        }
    }

    /// Takes in the next message in order of due moment, when everything until its deadline is known.
    pub(super) fn next(&mut self, told: &Told<'_>) {
        let due = told.row.due;
        self.known.retain(|stall| stall.at >= due);
        // Who was never sent because the sender was late is told by its lag.
        if told.sender_blamed() {
            return;
        }
        let met = |stall: &&Stall| {
            let before = told.completed.is_some_and(|at| at < stall.due);
            due <= stall.at && due + self.deadline > stall.last && !before
        };
        for stall in self.known.iter().filter(met) {
            let near = |one: &&mut Touched| stall.last <= one.to + TOGETHER && one.from <= stall.at + TOGETHER;
            match self.touched.iter_mut().rev().find(near) {
                Some(one) => {
                    (one.from, one.to) = (one.from.min(stall.last), one.to.max(stall.at));
                    one.due[1] = due;
                }
                None => self.touched.push(Touched { from: stall.last, to: stall.at, due: [due, due] }),
            }
        }
    }

    pub(super) fn figures(&self, id: JourneyId, journey: &Journey) -> impl Iterator<Item = Stalled> {
        self.touched.iter().map(move |one| Stalled {
            journey: journey.name.clone(),
            journey_id: id,
            from_s: one.from.secs_f64(),
            to_s: one.to.secs_f64(),
            due_s: one.due.map(Moment::secs_f64),
        })
    }
}
