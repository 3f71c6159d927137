//! What rings when a timer of the sockets world is due: a timerfd in tokio's own event queue.
//!
//! The worker that waits for the network is woken by it directly, and goes on to the task that waits, on the same core. A thread of its
//! own would have to be woken first, and then wake the worker.

use std::future::poll_fn;
use std::io::Error;
use std::os::fd::OwnedFd;
use std::task::{Poll, ready};

use rustix::time::{
    ClockId, Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, clock_gettime, timerfd_create,
    timerfd_settime,
};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use crate::units::Moment;

const NANOS: u64 = 1_000_000_000;

pub(super) struct Bell {
    timer: AsyncFd<OwnedFd>,
    /// The moment zero, on the system's monotonic clock, in nanoseconds.
    origin: u64,
}

impl Bell {
    /// A bell that is silent. The moments count from now. Must be called within the runtime.
    #[expect(deprecated, reason = "it cannot keep a type from changing its descriptor; an owned one does not change")]
    pub(super) fn new() -> Result<Self, Error> {
        let timer = timerfd_create(TimerfdClockId::Monotonic, TimerfdFlags::CLOEXEC | TimerfdFlags::NONBLOCK)?;
        let now = clock_gettime(ClockId::Monotonic);
        let part = |value: i64| u64::try_from(value).unwrap_or(0);
        let origin = part(now.tv_sec) * NANOS + part(now.tv_nsec);
        Ok(Self { timer: AsyncFd::with_interest(timer, Interest::READABLE)?, origin })
    }

    /// Rings at `at` instead of whenever it was to ring, at once if that has passed, and never at [`Moment::MAX`].
    pub(super) fn arm(&self, at: Moment) {
        let nanos = if at == Moment::MAX { 0 } else { at.nanos().saturating_add(self.origin).max(1) };
        let part = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
        let once = Itimerspec {
            it_interval: Timespec { tv_sec: 0, tv_nsec: 0 },
            it_value: Timespec { tv_sec: part(nanos / NANOS), tv_nsec: part(nanos % NANOS) },
        };
        // Fails only for times that are none.
        let _ = timerfd_settime(&self.timer, TimerfdTimerFlags::ABSTIME, &once);
    }

    /// Waits until it rings, or has rung since this was called last.
    pub(super) async fn rung(&self) -> Result<(), Error> {
        poll_fn(|cx| {
            // The next expiry is a new event, whether or not this one is read.
            ready!(self.timer.poll_read_ready(cx))?.clear_ready();
            Poll::Ready(Ok(()))
        })
        .await
    }
}
