//! Time of the virtual world: it stands still while anybody has something to do, and then leaps to the next deadline.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use crate::units::Moment;

/// The resolution of virtual time, in nanoseconds.
const TICK: u64 = 1_000;

/// Virtual time and whoever waits for it.
pub(super) struct Leaps {
    /// The instant that hyper is told the world began at.
    origin: Instant,
    /// Nanoseconds since the world began.
    now: AtomicU64,
    queue: Mutex<Queue>,
}

/// Waits by deadline and, among equal ones, by age: the same order in every process. An ordered map and not a heap, so that a wait that
/// is given up (most timeouts are) leaves nothing behind.
#[derive(Default)]
struct Queue {
    waiting: BTreeMap<(Moment, u64), Waker>,
    next_id: u64,
}

impl Leaps {
    #[expect(clippy::disallowed_methods, reason = "this is the door to virtual time")]
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self { origin: Instant::now(), now: AtomicU64::new(0), queue: Mutex::default() })
    }

    pub(super) fn origin(&self) -> Instant {
        self.origin
    }

    pub(super) fn now(&self) -> Moment {
        Moment::from_nanos(self.now.load(Ordering::Relaxed))
    }

    /// Leaps to the next deadline and wakes all who wait for it, the oldest first. To be called when nobody can go on; without a
    /// deadline time stays where it is.
    pub(super) fn leap(&self) {
        let Some(to) = self.lock().waiting.first_key_value().map(|((at, _), _)| *at) else { return };
        self.now.store(to.nanos(), Ordering::Relaxed);
        // Wakers run a scheduler's code: never under our lock.
        while let Some(waker) = self.due(to) {
            waker.wake();
        }
    }

    fn due(&self, at: Moment) -> Option<Waker> {
        let mut queue = self.lock();
        let first = queue.waiting.first_entry().filter(|entry| entry.key().0 == at);
        first.map(std::collections::btree_map::OccupiedEntry::remove)
    }

    /// A panic elsewhere leaves the queue whole: every change of it is one call of the map.
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One wait for one moment.
pub(super) struct Wait {
    leaps: Arc<Leaps>,
    at: Moment,
    /// Where this wait stands in the queue, if it does.
    place: Option<(Moment, u64)>,
}

impl Wait {
    pub(super) fn new(leaps: Arc<Leaps>, at: Moment) -> Self {
        Self { leaps, at, place: None }
    }

    pub(super) fn at(&self) -> Moment {
        self.at
    }

    pub(super) fn reset(&mut self, at: Moment) {
        self.cancel();
        self.at = at;
    }

    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.leaps.now() >= self.at {
            self.cancel();
            return Poll::Ready(());
        }
        if self.at == Moment::MAX {
            // Never: nothing that time could leap to.
            return Poll::Pending;
        }
        let mut queue = self.leaps.lock();
        let place = *self.place.get_or_insert_with(|| {
            queue.next_id += 1;
            (Moment::from_nanos(self.at.nanos().div_ceil(TICK).saturating_mul(TICK)), queue.next_id)
        });
        match queue.waiting.entry(place) {
            std::collections::btree_map::Entry::Occupied(mut entry) => entry.get_mut().clone_from(cx.waker()),
            std::collections::btree_map::Entry::Vacant(entry) => drop(entry.insert(cx.waker().clone())),
        }
        Poll::Pending
    }

    fn cancel(&mut self) {
        if let Some(place) = self.place.take() {
            self.leaps.lock().waiting.remove(&place);
        }
    }
}

impl Drop for Wait {
    fn drop(&mut self) {
        self.cancel();
    }
}
