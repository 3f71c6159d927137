//! A vendor's limit: so many calls in a span that slides along.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use crate::limits::TWIN_CALLERS;
use crate::units::{Moment, Span};

/// How many earlier callers are looked at for every new one. Two, so that those who are forgotten are never fewer than those who come: at
/// most twice as many are remembered as have called within their span.
const LOOKED_AT: usize = 2;

/// The latest calls of every caller. Whoever has not called for a whole span is forgotten, a few whenever somebody new comes; beyond
/// [`TWIN_CALLERS`] somebody is forgotten for every new one in any case, and may then call as if he were new.
#[derive(Debug, Default)]
pub(super) struct Window {
    callers: BTreeMap<Arc<str>, Calls>,
    /// Every caller once: the next to be looked at is in front.
    round: VecDeque<Arc<str>>,
}

#[derive(Debug)]
struct Calls {
    latest: VecDeque<Moment>,
    /// For how long a call counts.
    span: Span,
}

impl Window {
    /// Counts a call, of which there may be `most` in a span; if it is one too many, it is not counted, and the error says how long to wait.
    pub(super) fn count(&mut self, caller: &str, (most, span): (u32, Span), now: Moment) -> Result<(), Span> {
        let Some(calls) = self.callers.get_mut(caller) else {
            self.forget(now);
            let caller: Arc<str> = caller.into();
            self.round.push_back(Arc::clone(&caller));
            self.callers.insert(caller, Calls { latest: VecDeque::from([now]), span });
            return Ok(());
        };
        calls.span = span;
        calls.slide(now);
        match calls.latest.front() {
            Some(first) if calls.latest.len() >= most as usize => Err(span - now.since(*first)),
            _ => {
                calls.latest.push_back(now);
                Ok(())
            }
        }
    }

    /// Looks at a few callers, and forgets those whose calls count no more.
    fn forget(&mut self, now: Moment) {
        for _ in 0..LOOKED_AT.min(self.round.len()) {
            let Some(caller) = self.round.pop_front() else { return };
            let is_full = self.callers.len() >= TWIN_CALLERS;
            let counts = self.callers.get(&caller).is_some_and(|calls| calls.counts(now));
            if counts && !is_full {
                self.round.push_back(caller);
            } else {
                self.callers.remove(&caller);
            }
        }
    }
}

impl Calls {
    fn slide(&mut self, now: Moment) {
        while self.latest.front().is_some_and(|first| now.since(*first) >= self.span) {
            self.latest.pop_front();
        }
    }

    fn counts(&self, now: Moment) -> bool {
        self.latest.back().is_some_and(|last| now.since(*last) < self.span)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: (u32, Span) = (2, Span::from_secs(1));

    fn at(millis: u64) -> Moment {
        Moment::ZERO + Span::from_millis(millis)
    }

    #[test]
    fn the_span_slides_along() {
        let mut window = Window::default();
        assert_eq!(window.count("a", LIMIT, at(0)), Ok(()));
        assert_eq!(window.count("a", LIMIT, at(400)), Ok(()));
        assert_eq!(window.count("a", LIMIT, at(900)), Err(Span::from_millis(100)));
        assert_eq!(window.count("b", LIMIT, at(900)), Ok(()), "each caller by himself");
        assert_eq!(window.count("a", LIMIT, at(1_000)), Ok(()), "the first is a whole span ago");
        assert_eq!(window.count("a", LIMIT, at(1_000)), Err(Span::from_millis(400)));
    }

    /// A new caller every millisecond: a thousand of them call within a span of one second, and at most twice as many are remembered.
    #[test]
    fn callers_who_come_no_more_are_forgotten() {
        let mut window = Window::default();
        let mut most = 0;
        for millis in 0..20_000 {
            // Somebody who calls all the time, as often as he may.
            if millis % 500 == 0 {
                assert_eq!(window.count("steady", LIMIT, at(millis)), Ok(()), "{millis}");
                if millis > 0 {
                    assert!(window.count("steady", LIMIT, at(millis)).is_err(), "he is not forgotten: {millis}");
                }
            }
            assert_eq!(window.count(&format!("once {millis}"), LIMIT, at(millis)), Ok(()));
            most = most.max(window.callers.len());
            assert_eq!(window.callers.len(), window.round.len(), "each is looked at once a round");
        }
        assert!((1_001..=2_002).contains(&most), "{most}");
    }

    #[test]
    fn there_are_never_more_than_a_twin_may_remember() {
        let mut window = Window::default();
        for caller in 0..TWIN_CALLERS + 1_000 {
            assert_eq!(window.count(&caller.to_string(), LIMIT, at(0)), Ok(()));
        }
        assert!(window.callers.len() <= TWIN_CALLERS, "{}", window.callers.len());
        assert_eq!(window.callers.len(), window.round.len());
    }
}
