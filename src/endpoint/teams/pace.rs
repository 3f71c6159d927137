//! How quickly a listener answers, and what that costs him.

use std::collections::VecDeque;

use super::parameters::Notifying;
use crate::units::{Moment, Share, Span};

/// A listener's latest answers.
#[derive(Debug, Default)]
pub(super) struct Pace {
    /// When he answered, and whether slowly.
    answers: VecDeque<(Moment, bool)>,
    slow: usize,
}

/// What becomes of a new notification for a listener.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// It is sent at once.
    Good,
    /// It waits a while.
    Slow,
    /// It is dropped.
    Dropped,
}

impl Pace {
    pub(super) fn answered(&mut self, took: Span, now: Moment, rules: &Notifying) {
        let slow = took > rules.slow;
        self.answers.push_back((now, slow));
        self.slow += usize::from(slow);
        self.forget(now, rules);
    }

    pub(super) fn standing(&mut self, now: Moment, rules: &Notifying) -> Standing {
        self.forget(now, rules);
        if self.answers.len() < rules.window_least.max(1) {
            return Standing::Good;
        }
        let more_than = |share: Share| self.slow as f64 > share.fraction() * self.answers.len() as f64;
        if more_than(rules.drop_share) {
            Standing::Dropped
        } else if more_than(rules.slow_share) {
            Standing::Slow
        } else {
            Standing::Good
        }
    }

    /// Whether nothing is known of him any more.
    pub(super) fn is_idle(&mut self, now: Moment, rules: &Notifying) -> bool {
        self.forget(now, rules);
        self.answers.is_empty()
    }

    fn forget(&mut self, now: Moment, rules: &Notifying) {
        while self.answers.front().is_some_and(|(at, _)| now.since(*at) >= rules.window) {
            let slow = self.answers.pop_front().is_some_and(|(_, slow)| slow);
            self.slow -= usize::from(slow);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listener_is_judged_by_his_latest_answers() {
        let rules = Notifying { window_least: 20, ..Notifying::default() };
        let mut pace = Pace::default();
        let at = |secs| Moment::ZERO + Span::from_secs(secs);
        let (quick, slow) = (Span::from_millis(2_900), Span::from_millis(2_901));
        for second in 0..19 {
            pace.answered(slow, at(second), &rules);
        }
        assert_eq!(pace.standing(at(19), &rules), Standing::Good, "too few to be judged by");
        pace.answered(slow, at(19), &rules);
        assert_eq!(pace.standing(at(19), &rules), Standing::Dropped, "all were slow");
        // 20 of 200 are 10 %, which is not more than 10 %.
        for _ in 0..180 {
            pace.answered(quick, at(20), &rules);
        }
        assert_eq!(pace.standing(at(20), &rules), Standing::Good);
        pace.answered(slow, at(20), &rules);
        assert_eq!(pace.standing(at(20), &rules), Standing::Slow, "21 of 201");
        assert!(
            !pace.is_idle(at(619), &rules) && pace.is_idle(at(620), &rules),
            "all that is forgotten after ten minutes"
        );
        assert_eq!(pace.standing(at(620), &rules), Standing::Good);
    }
}
