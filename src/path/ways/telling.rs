//! How often the log tells of what was refused: whoever is refused may come again as often as he likes.

use std::sync::{Mutex, PoisonError};

use crate::limits::{TOLD_EVERY, TOLD_MOST};
use crate::units::Moment;

/// Counts what is told.
#[derive(Debug, Default)]
pub(in crate::path) struct Telling(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    until: Moment,
    told: u32,
    untold: u64,
}

impl Telling {
    /// Whether one more may be told now. Of those that were not since, the number is told with it.
    pub(in crate::path) fn may(&self, now: Moment) -> bool {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if now >= state.until {
            let before = std::mem::replace(&mut *state, State { until: now + TOLD_EVERY, told: 0, untold: 0 });
            if before.untold > 0 {
                tracing::warn!(untold = before.untold, "more was refused than is told here");
            }
        }
        let may = state.told < TOLD_MOST;
        if may {
            state.told += 1;
        } else {
            state.untold += 1;
        }
        may
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Span;

    #[test]
    fn so_many_are_told_in_a_time_and_the_rest_is_counted() {
        let telling = Telling::default();
        let told = |at: Span| (0..100).filter(|_| telling.may(Moment::ZERO + at)).count();
        assert_eq!([told(Span::ZERO), told(TOLD_EVERY), told(TOLD_EVERY)], [TOLD_MOST as usize, TOLD_MOST as usize, 0]);
        assert_eq!(telling.0.lock().expect("nobody panics").untold, 200 - u64::from(TOLD_MOST));
    }
}
