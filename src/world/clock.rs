//! The clock of both worlds.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use super::hyper_timer::HyperTimer;
use super::leap::{Leaps, Wait};
use super::timer::{Alarm, Timers};
use crate::units::{Moment, Span};

/// The only source of time. Cheap to clone.
///
/// In the sockets world a moment is the nanoseconds since the world was made, or since it [began](Clock::begin). In the virtual world time has a resolution of one
/// microsecond, to which deadlines are rounded up, and leaps to the next deadline when nobody in its world can go on.
#[derive(Clone)]
pub struct Clock(Kind);

#[derive(Clone)]
enum Kind {
    Real(Arc<Timers>),
    Virtual(Arc<Leaps>),
}

/// What was waited for did not come in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the deadline has passed")]
pub struct Elapsed;

impl Clock {
    pub(super) fn real(timers: Arc<Timers>) -> Self {
        Self(Kind::Real(timers))
    }

    pub(super) fn leaping(leaps: Arc<Leaps>) -> Self {
        Self(Kind::Virtual(leaps))
    }

    /// Moment zero is now: setting a stage takes no time of what is played on it. For whoever waits already, its moment comes that much
    /// later. In the virtual world setting up takes no time anyway.
    pub fn begin(&self) {
        match &self.0 {
            Kind::Real(timers) => timers.begin(),
            Kind::Virtual(_) => {}
        }
    }

    /// Now, since the world began.
    #[must_use]
    pub fn now(&self) -> Moment {
        match &self.0 {
            Kind::Real(timers) => timers.now(),
            Kind::Virtual(leaps) => leaps.now(),
        }
    }

    /// Whether time is virtual.
    #[must_use]
    pub fn is_virtual(&self) -> bool {
        matches!(self.0, Kind::Virtual(_))
    }

    /// Whether whoever waits may be woken later than it asked for, because the machine gave it no time.
    #[must_use]
    pub fn may_be_late(&self) -> bool {
        !self.is_virtual()
    }

    /// Waits until `at`, never less: at once if that has passed, for ever if it is [`Moment::MAX`]. In the virtual world it wakes
    /// exactly at `at` rounded up to the microsecond, in the sockets world some tens of microseconds later, or as [`Timing`](super::Timing) says.
    pub fn until(&self, at: Moment) -> Until {
        Until(match &self.0 {
            Kind::Real(timers) => Waiting::Real(Alarm::new(Arc::clone(timers), at)),
            Kind::Virtual(leaps) => Waiting::Virtual(Wait::new(Arc::clone(leaps), at)),
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

    /// What the clock on the wall shows now, since 1970; `None` in the virtual world, where there is none. What is signed for a real
    /// service carries it, and nothing else.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the door to real time")]
    pub fn wall(&self) -> Option<Span> {
        let since_1970 = || std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).ok();
        let nanos = |since: std::time::Duration| u64::try_from(since.as_nanos()).unwrap_or(u64::MAX);
        (!self.is_virtual()).then(since_1970).flatten().map(|since| Span::from_nanos(nanos(since)))
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
            Kind::Virtual(leaps) => leaps.origin(),
        }
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Clock({}, {})", if self.is_virtual() { "virtual" } else { "real" }, self.now())
    }
}

/// A wait for a moment. Owns what it needs, can be moved between polls and set anew; dropping it cancels the timer.
pub struct Until(Waiting);

enum Waiting {
    Real(Alarm),
    Virtual(Wait),
}

impl Until {
    /// The moment that is waited for.
    #[must_use]
    pub fn at(&self) -> Moment {
        match &self.0 {
            Waiting::Real(alarm) => alarm.at(),
            Waiting::Virtual(wait) => wait.at(),
        }
    }

    /// Waits for another moment instead. It must be polled again to take effect.
    pub fn reset(&mut self, to: Moment) {
        match &mut self.0 {
            Waiting::Real(alarm) => alarm.reset(to),
            Waiting::Virtual(wait) => wait.reset(to),
        }
    }
}

impl Future for Until {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        match &mut self.0 {
            Waiting::Real(alarm) => alarm.poll(cx),
            Waiting::Virtual(wait) => wait.poll(cx),
        }
    }
}

impl fmt::Debug for Until {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Until({})", self.at())
    }
}
