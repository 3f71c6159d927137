//! Timers of the sockets world: one thread, one ordered queue.
//!
//! tokio's own timer has a resolution of a millisecond and oversleeps by 1.1 ms on the average, which would be the largest error of a
//! pacer. A thread that waits on a condition variable wakes within about 0.1 ms, and never early.

use std::collections::BTreeMap;
use std::io::Error;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::units::Moment;

/// The queue of waiting alarms, and the moment from which they count.
pub(super) struct Timers {
    origin: Instant,
    queue: Mutex<Queue>,
    changed: Condvar,
}

/// Alarms by deadline and, among equal ones, by age. An ordered map and not a heap, so that a cancelled alarm (most timeouts are)
/// leaves nothing behind.
struct Queue {
    waiting: BTreeMap<(Moment, u64), Waker>,
    next_id: u64,
    /// What the thread sleeps for: only an earlier alarm needs to wake it.
    asleep_until: Moment,
    closed: bool,
}

impl Timers {
    #[expect(clippy::disallowed_methods, reason = "this is the door to real time")]
    fn new() -> Self {
        let queue = Queue { waiting: BTreeMap::new(), next_id: 0, asleep_until: Moment::ZERO, closed: false };
        Self { origin: Instant::now(), queue: Mutex::new(queue), changed: Condvar::new() }
    }

    pub(super) fn origin(&self) -> Instant {
        self.origin
    }

    #[expect(clippy::disallowed_methods, reason = "this is the door to real time")]
    pub(super) fn now(&self) -> Moment {
        let nanos = Instant::now().saturating_duration_since(self.origin).as_nanos();
        Moment::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }

    /// A panic elsewhere leaves the queue whole: every change of it is one call of the map.
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The thread: wakes what is due, sleeps until the next is.
    fn run(&self) {
        let mut due = Vec::new();
        let mut queue = self.lock();
        while !queue.closed {
            let now = self.now();
            while let Some(entry) = queue.waiting.first_entry().filter(|entry| entry.key().0 <= now) {
                due.push(entry.remove());
            }
            if !due.is_empty() {
                // Wakers run a scheduler's code: never under our lock.
                queue.asleep_until = Moment::ZERO;
                drop(queue);
                due.drain(..).for_each(Waker::wake);
                queue = self.lock();
                continue;
            }
            queue.asleep_until = queue.waiting.first_key_value().map_or(Moment::MAX, |(key, _)| key.0);
            let span = Duration::from(queue.asleep_until.since(now)).min(LONGEST_SLEEP);
            queue = self.changed.wait_timeout(queue, span).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

/// Some systems refuse to sleep for centuries.
const LONGEST_SLEEP: Duration = Duration::from_secs(3_600);

/// The running timer thread; dropping it ends the thread, after which no alarm rings.
pub(super) struct TimerThread {
    timers: Arc<Timers>,
    thread: Option<JoinHandle<()>>,
}

impl TimerThread {
    pub(super) fn start() -> Result<Self, Error> {
        let timers = Arc::new(Timers::new());
        let of_thread = Arc::clone(&timers);
        let thread = std::thread::Builder::new().name("timer".into()).spawn(move || of_thread.run())?;
        Ok(Self { timers, thread: Some(thread) })
    }

    pub(super) fn timers(&self) -> Arc<Timers> {
        Arc::clone(&self.timers)
    }
}

impl Drop for TimerThread {
    fn drop(&mut self) {
        self.timers.lock().closed = true;
        self.timers.changed.notify_one();
        if let Some(thread) = self.thread.take() {
            // The thread does nothing that could fail, and a failure here would have nobody to go to.
            let _ = thread.join();
        }
    }
}

/// One wait for one moment.
pub(super) struct Alarm {
    timers: Arc<Timers>,
    at: Moment,
    /// The number under which this alarm is in the queue, if it is.
    id: Option<u64>,
}

impl Alarm {
    pub(super) fn new(timers: Arc<Timers>, at: Moment) -> Self {
        Self { timers, at, id: None }
    }

    pub(super) fn at(&self) -> Moment {
        self.at
    }

    pub(super) fn reset(&mut self, at: Moment) {
        self.cancel();
        self.at = at;
    }

    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.timers.now() >= self.at {
            self.cancel();
            return Poll::Ready(());
        }
        let mut queue = self.timers.lock();
        let id = *self.id.get_or_insert_with(|| {
            queue.next_id += 1;
            queue.next_id
        });
        let key = (self.at, id);
        if let Some(waker) = queue.waiting.get_mut(&key) {
            waker.clone_from(cx.waker());
            return Poll::Pending;
        }
        queue.waiting.insert(key, cx.waker().clone());
        if self.at < queue.asleep_until {
            // One notice is enough for all alarms that come before the thread has looked.
            queue.asleep_until = self.at;
            drop(queue);
            self.timers.changed.notify_one();
        }
        Poll::Pending
    }

    fn cancel(&mut self) {
        if let Some(id) = self.id.take() {
            self.timers.lock().waiting.remove(&(self.at, id));
        }
    }
}

impl Drop for Alarm {
    fn drop(&mut self) {
        self.cancel();
    }
}
