//! hyper's timeouts on our clock.

use std::fmt;
use std::pin::Pin;
use std::time::{Duration, Instant};

use hyper::rt::{Sleep, Timer};

use super::clock::{Clock, Until};
use crate::units::{Moment, Span};

/// A [`Clock`] as hyper wants it. Pass it to every hyper builder: hyper's own timeouts would not run in virtual time.
#[derive(Clone)]
pub struct HyperTimer {
    clock: Clock,
    /// hyper counts in instants, so our moments are counted from one.
    origin: Instant,
}

impl HyperTimer {
    pub(super) fn new(clock: Clock, origin: Instant) -> Self {
        Self { clock, origin }
    }

    fn moment(&self, instant: Instant) -> Moment {
        Moment::ZERO + Span::from(instant.saturating_duration_since(self.origin))
    }
}

impl Timer for HyperTimer {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Sleep>> {
        Box::pin(self.clock.sleep(duration.into()))
    }

    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn Sleep>> {
        Box::pin(self.clock.until(self.moment(deadline)))
    }

    fn now(&self) -> Instant {
        self.origin + Duration::from_nanos(self.clock.now().nanos())
    }

    fn reset(&self, sleep: &mut Pin<Box<dyn Sleep>>, new_deadline: Instant) {
        match sleep.as_mut().downcast_mut_pin::<Until>() {
            Some(until) => until.get_mut().reset(self.moment(new_deadline)),
            None => *sleep = self.sleep_until(new_deadline),
        }
    }
}

impl Sleep for Until {}

impl fmt::Debug for HyperTimer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("HyperTimer").field(&self.clock).finish()
    }
}
