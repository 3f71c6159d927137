use std::sync::Arc;

use crate::control::Arming;
use crate::path::fate::Fate;
use crate::path::leg::{About, Leg};
use crate::units::{Moment, Span};

/// Hits of chunks, counted and summed per fault, fate and second. The first of a second is written down at once, so that whoever watches
/// hears of it; the others when the second is over or the lane ends.
pub(super) struct Tally {
    leg: Arc<Leg>,
    about: About,
    open: Vec<Row>,
}

struct Row {
    fault: Arming,
    /// What was done to those that are not written down yet.
    fate: Fate,
    units: u32,
    /// When the first of the second was hit.
    at: Moment,
}

impl Tally {
    pub(super) fn new(leg: Arc<Leg>, about: About) -> Self {
        Self { leg, about, open: Vec::new() }
    }

    pub(super) fn add(&mut self, fault: &Arming, fate: &Fate, now: Moment) {
        fault.bit(1, now);
        if self.open.iter().any(|row| now.since(row.at) >= Span::from_secs(1)) {
            self.write();
        }
        let same = |row: &&mut Row| row.fault == *fault && row.fate.hold == fate.hold && row.fate.ending == fate.ending;
        if let Some(row) = self.open.iter_mut().find(same) {
            row.units += 1;
            row.fate.delay = row.fate.delay + fate.delay;
            return;
        }
        self.leg.note(fault, fate, self.about, 1, now);
        let fate = Fate { delay: Span::ZERO, ..fate.clone() };
        self.open.push(Row { fault: Arc::clone(fault), fate, units: 0, at: now });
    }

    pub(super) fn write(&mut self) {
        for row in self.open.drain(..).filter(|row| row.units > 0) {
            self.leg.note(&row.fault, &row.fate, self.about, row.units, row.at);
        }
    }
}

impl Drop for Tally {
    fn drop(&mut self) {
        self.write();
    }
}
