use crate::units::Moment;
use crate::world::{Clock, Until};

/// One timer for all the times a connection waits. It is not set back for each: what was waited for has mostly come long before, and
/// to set a timer costs as much as to read a head.
pub(super) struct Patience<'a> {
    pub(super) clock: &'a Clock,
    timer: Until,
}

impl<'a> Patience<'a> {
    pub(super) fn new(clock: &'a Clock) -> Self {
        Self { clock, timer: clock.until(Moment::MAX) }
    }

    /// Returns when it is `at`.
    pub(super) async fn until(&mut self, at: Moment) {
        loop {
            if self.timer.at() > at {
                self.timer.reset(at);
            }
            (&mut self.timer).await;
            if self.timer.at() >= at {
                return;
            }
            self.timer.reset(at);
        }
    }
}
