//! What rings when a timer of the sockets world is due, where the system has no timerfd: a thread that waits on a condition variable.

use std::io::Error;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use crate::units::{Moment, Span};

/// Some systems refuse to sleep for centuries.
const LONGEST_SLEEP: Duration = Duration::from_secs(3_600);

pub(super) struct Bell(Arc<Shared>);

struct Shared {
    origin: Instant,
    /// When to ring; `None` ends the thread.
    at: Mutex<Option<Moment>>,
    changed: Condvar,
    rung: Notify,
}

impl Bell {
    /// A bell that is silent. The moments count from now.
    #[expect(clippy::disallowed_methods, reason = "this is the door to real time")]
    pub(super) fn new() -> Result<Self, Error> {
        let at = Mutex::new(Some(Moment::MAX));
        let shared = Arc::new(Shared { origin: Instant::now(), at, changed: Condvar::new(), rung: Notify::new() });
        let of_thread = Arc::clone(&shared);
        std::thread::Builder::new().name("timer".into()).spawn(move || of_thread.run())?;
        Ok(Self(shared))
    }

    /// Rings at `at` instead of whenever it was to ring, at once if that has passed, and never at [`Moment::MAX`].
    pub(super) fn arm(&self, at: Moment) {
        self.0.set(Some(at));
    }

    /// Waits until it rings, or has rung since this was called last.
    pub(super) async fn rung(&self) -> Result<(), Error> {
        self.0.rung.notified().await;
        Ok(())
    }
}

impl Shared {
    fn set(&self, at: Option<Moment>) {
        *self.at.lock().unwrap_or_else(PoisonError::into_inner) = at;
        self.changed.notify_one();
    }

    fn run(&self) {
        let mut at = self.at.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(due) = *at {
            let left = Duration::from(due.since(Moment::ZERO + Span::from(self.origin.elapsed())));
            if left.is_zero() {
                *at = Some(Moment::MAX);
                self.rung.notify_one();
            } else {
                let span = left.min(LONGEST_SLEEP);
                at = self.changed.wait_timeout(at, span).unwrap_or_else(PoisonError::into_inner).0;
            }
        }
    }
}

impl Drop for Bell {
    fn drop(&mut self) {
        self.0.set(None);
    }
}
