//! A lane of which a timeout swallows everything.

use std::sync::Arc;

use super::{Cut, Lane};
use crate::control::Arming;
use crate::path::fate::{Ending, Fate, Unit, decide};
use crate::plan::Fault;
use crate::units::{Moment, Span};

/// By which fault, and until when.
pub(super) struct Swallowed {
    by: Arming,
    /// When the connection is closed, unless something comes before.
    pub(super) closes: Moment,
    /// Whether a unit was swallowed, which is a hit each. Else the end of the connection is the hit.
    bitten: bool,
}

impl Lane {
    /// A timeout counts from when it goes on, whether anything comes or not, and anew when it is changed; once it is lifted, what it
    /// swallowed cannot come back.
    pub(super) fn swallow_from_now(&mut self) -> Result<(), Cut> {
        let now = self.leg.now();
        let by = self.swallowed.as_ref().map(|swallowed| Arc::clone(&swallowed.by));
        let unit = Unit { stage: self.stage, number: u64::MAX, at: now };
        let facts = self.leg.facts(self.about);
        for active in self.active.iter_mut().filter(|active| matches!(active.fault.inject.fault, Fault::Timeout { .. }))
        {
            if by.as_ref().is_some_and(|by| by.id != active.fault.id) || std::mem::replace(&mut active.stood, true) {
                continue;
            }
            let fate = decide(&active.fault, &mut active.past, &facts, self.leg.part(), unit);
            if let Some(Fate { ending: Some(Ending::Swallow(after)), .. }) = fate {
                let by = Arc::clone(&active.fault);
                self.swallow(by, after, now);
                return Ok(());
            }
        }
        let goes_on = |by: &Arming| self.active.iter().any(|active| active.fault == *by);
        if by.is_some_and(|by| !goes_on(&by)) { Err(self.swallowed_long_enough()) } else { Ok(()) }
    }

    /// From now on a fault swallows everything, what waits as well.
    pub(super) fn swallow(&mut self, by: Arming, after: Option<Span>, now: Moment) {
        let waiting = self.queue.len();
        let fate = Fate { ending: Some(Ending::Swallow(after)), ..Fate::default() };
        for _ in 0..waiting {
            self.tally.add(&by, &fate, now);
        }
        let bitten = waiting > 0 || self.swallowed.as_ref().is_some_and(|before| before.bitten);
        let closes = after.map_or(Moment::MAX, |after| now + after);
        self.swallowed = Some(Swallowed { by, closes, bitten });
        self.queue.clear();
    }

    /// A unit was swallowed, and written down: the silence begins anew.
    pub(super) fn swallowed_one(&mut self, by: Arming, after: Option<Span>, now: Moment) {
        self.swallow(by, after, now);
        if let Some(swallowed) = &mut self.swallowed {
            swallowed.bitten = true;
        }
    }

    /// The silence is over, or the fault.
    pub(super) fn swallowed_long_enough(&mut self) -> Cut {
        if let Some(Swallowed { by, bitten: false, .. }) = self.swallowed.take() {
            let fate = Fate { ending: Some(Ending::Swallow(None)), ..Fate::default() };
            self.tally.add(&by, &fate, self.leg.now());
        }
        Cut::Close
    }
}
