//! The clock of both worlds.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, Sleep};

use super::hyper_timer::HyperTimer;
use super::timer::{Alarm, Timers};
use crate::units::{Moment, Span};

/// The only source of time. Cheap to clone.
///
/// In the sockets world a moment is the nanoseconds since the world began. In the virtual world time has a resolution of one
/// microsecond, to which deadlines are rounded up; a virtual clock must be asked and waited on within its world, whose runtime keeps
/// the time.
#[derive(Clone)]
pub struct Clock(Kind);

#[derive(Clone)]
enum Kind {
    Real(Arc<Timers>),
    Scaled(Scaled),
}

/// What was waited for did not come in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the deadline has passed")]
pub struct Elapsed;

impl Clock {
    pub(super) fn real(timers: Arc<Timers>) -> Self {
        Self(Kind::Real(timers))
    }

    /// The clock of the paused runtime in which this is called.
    pub(super) fn scaled() -> Self {
        Self(Kind::Scaled(Scaled::start()))
    }

    /// Now, since the world began.
    #[must_use]
    pub fn now(&self) -> Moment {
        match &self.0 {
            Kind::Real(timers) => timers.now(),
            Kind::Scaled(scaled) => scaled.now(),
        }
    }

    /// Whether time is virtual.
    #[must_use]
    pub fn is_virtual(&self) -> bool {
        matches!(self.0, Kind::Scaled(_))
    }

    /// Waits until `at`, never less: at once if that has passed, for ever if it is [`Moment::MAX`]. In the virtual world it wakes
    /// exactly at `at` rounded up to the microsecond, in the sockets world about 0.1 ms later.
    pub fn until(&self, at: Moment) -> Until {
        Until(match &self.0 {
            Kind::Real(timers) => Wait::Real(Alarm::new(Arc::clone(timers), at)),
            Kind::Scaled(scaled) => Wait::Scaled { scaled: *scaled, at, sleep: None },
        })
    }

    /// Waits for `span` from now on.
    pub fn sleep(&self, span: Span) -> Until {
        self.until(self.now() + span)
    }

    /// Waits for `fut`, at most until `at`. A future that is ready at once wins even if `at` has passed.
    ///
    /// # Errors
    /// [`Elapsed`] if `at` came first; `fut` is then dropped.
    pub async fn timeout<T>(&self, at: Moment, fut: impl Future<Output = T>) -> Result<T, Elapsed> {
        tokio::select! {
            biased;
            value = fut => Ok(value),
            () = self.until(at) => Err(Elapsed),
        }
    }

    /// This clock as hyper wants it, so that hyper's timeouts run in our time.
    #[must_use]
    pub fn hyper(&self) -> HyperTimer {
        HyperTimer::new(self.clone(), self.origin())
    }

    /// The instant that hyper is told the world began at.
    fn origin(&self) -> std::time::Instant {
        match &self.0 {
            Kind::Real(timers) => timers.origin(),
            Kind::Scaled(scaled) => scaled.origin.into_std(),
        }
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Clock({}, {})", if self.is_virtual() { "virtual" } else { "real" }, self.now())
    }
}

/// A wait for a moment. Owns what it needs, can be moved between polls and set anew; dropping it cancels the timer.
pub struct Until(Wait);

enum Wait {
    Real(Alarm),
    Scaled { scaled: Scaled, at: Moment, sleep: Option<Pin<Box<Sleep>>> },
}

impl Until {
    /// The moment that is waited for.
    #[must_use]
    pub fn at(&self) -> Moment {
        match &self.0 {
            Wait::Real(alarm) => alarm.at(),
            Wait::Scaled { at, .. } => *at,
        }
    }

    /// Waits for another moment instead. It must be polled again to take effect.
    pub fn reset(&mut self, to: Moment) {
        match &mut self.0 {
            Wait::Real(alarm) => alarm.reset(to),
            Wait::Scaled { scaled, at, sleep } => {
                *at = to;
                if let Some(sleep) = sleep {
                    sleep.as_mut().reset(scaled.step(to));
                }
            }
        }
    }
}

impl Future for Until {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        match &mut self.0 {
            Wait::Real(alarm) => alarm.poll(cx),
            Wait::Scaled { scaled, at, sleep } => scaled.poll(*at, sleep, cx),
        }
    }
}

impl fmt::Debug for Until {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Until({})", self.at())
    }
}

/// tokio's paused clock, on which one tokio millisecond is one virtual microsecond, because its timer wheel knows nothing finer than
/// a millisecond.
#[derive(Clone, Copy)]
struct Scaled {
    origin: Instant,
}

/// The longest single sleep, in tokio milliseconds: half of the timer wheel's horizon, which is 19 virtual hours.
const STEP: u64 = 1 << 35;

impl Scaled {
    #[expect(clippy::disallowed_methods, reason = "this is the door to virtual time")]
    fn start() -> Self {
        Self { origin: Instant::now() }
    }

    /// Virtual microseconds since the world began.
    #[expect(clippy::disallowed_methods, reason = "this is the door to virtual time")]
    fn micros(self) -> u64 {
        u64::try_from((Instant::now() - self.origin).as_millis()).unwrap_or(u64::MAX)
    }

    fn now(self) -> Moment {
        Moment::from_nanos(self.micros().saturating_mul(1_000))
    }

    /// Where the next sleep on the way to `at` ends.
    fn step(self, at: Moment) -> Instant {
        let due = at.nanos().div_ceil(1_000).min(self.micros().saturating_add(STEP));
        self.origin + Duration::from_millis(due)
    }

    #[expect(clippy::disallowed_methods, reason = "this is the door to virtual time")]
    fn poll(self, at: Moment, sleep: &mut Option<Pin<Box<Sleep>>>, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            if self.now() >= at {
                *sleep = None;
                return Poll::Ready(());
            }
            if at == Moment::MAX {
                // A timer that never fires must not make time leap to nowhere.
                *sleep = None;
                return Poll::Pending;
            }
            let sleep = sleep.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(self.step(at))));
            std::task::ready!(sleep.as_mut().poll(cx));
            sleep.as_mut().reset(self.step(at));
        }
    }
}
