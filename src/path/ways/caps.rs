//! How much may be asked of services of others, and for how long.

use std::sync::{Mutex, PoisonError};

use crate::units::{Moment, Rate, Span};

/// The bounds of a guard, counted for all ways in together.
#[derive(Debug)]
pub(super) struct Caps {
    pub(super) rate: Rate,
    pub(super) length: Span,
    /// When it is over.
    pub(super) end: Moment,
    /// When the next would be due, if all came evenly.
    due: Mutex<Moment>,
}

/// What comes at once at most: as much as in a second.
const BURST: Span = Span::from_secs(1);

impl Caps {
    pub(super) fn new(rate: Rate, length: Span, now: Moment) -> Self {
        Self { rate, length, end: now + length, due: Mutex::new(now) }
    }

    /// Counts one more; `false` if it is one too many.
    pub(super) fn takes(&self, now: Moment) -> bool {
        let mut due = self.due.lock().unwrap_or_else(PoisonError::into_inner);
        let gap = self.rate.gap();
        let next = (*due).max(now);
        // One is always taken, also at a rate of less than one in a second.
        if next > now && next.since(now) + gap > BURST {
            return false;
        }
        *due = next + gap;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_s_worth_comes_at_once_and_no_more() {
        let caps = Caps::new(Rate::new(20, Span::from_secs(1)).expect("a rate"), Span::from_secs(60), Moment::ZERO);
        let at = |millis| Moment::ZERO + Span::from_millis(millis);
        let taken = |at: Moment| (0..100).filter(|_| caps.takes(at)).count();
        assert_eq!((taken(at(0)), taken(at(100)), taken(at(10_000))), (20, 2, 20));
        let slow = Caps::new(Rate::new(1, Span::from_secs(60)).expect("a rate"), Span::from_secs(60), Moment::ZERO);
        assert_eq!([slow.takes(at(0)), slow.takes(at(59_999)), slow.takes(at(60_000))], [true, false, true]);
    }
}
