use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use crate::units::Moment;
use crate::world::Clock;

/// How many attempts may be in flight, of a journey or of one account. Messages newly due go first, in order of asking; then those that are sent again.
#[derive(Clone)]
pub(super) struct Slots(Arc<Shared>);

struct Shared {
    clock: Clock,
    queues: Mutex<Queues>,
}

struct Queues {
    free: u32,
    due: VecDeque<oneshot::Sender<Slot>>,
    again: VecDeque<oneshot::Sender<Slot>>,
}

/// Who asks for a slot.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Rank {
    /// A message newly due.
    Due,
    /// A message that is sent again.
    Again,
}

/// A slot, held by one attempt. Dropping it frees it.
pub(super) struct Slot {
    slots: Option<Slots>,
    /// Since when it was free for its holder; `None` if he did not have to wait.
    pub(super) freed: Option<Moment>,
}

impl Slots {
    pub(super) fn new(count: u32, clock: Clock) -> Self {
        let queues = Queues { free: count, due: VecDeque::new(), again: VecDeque::new() };
        Self(Arc::new(Shared { clock, queues: Mutex::new(queues) }))
    }

    /// Waits for a slot, at most until `until`.
    pub(super) async fn take(&self, rank: Rank, until: Moment) -> Option<Slot> {
        let granted = {
            let mut queues = self.queues();
            if queues.free > 0 {
                queues.free -= 1;
                drop(queues);
                return Some(Slot { slots: Some(self.clone()), freed: None });
            }
            let (grant, granted) = oneshot::channel();
            match rank {
                Rank::Due => queues.due.push_back(grant),
                Rank::Again => queues.again.push_back(grant),
            }
            granted
        };
        // A slot that is granted to somebody who has just left is dropped, and so is free again.
        self.0.clock.timeout(until, granted).await.ok()?.ok()
    }

    fn queues(&self) -> MutexGuard<'_, Queues> {
        self.0.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Slots {
    /// A slot that is free right now, if nobody else waits for one.
    pub(super) fn take_now(&self) -> Option<Slot> {
        let mut queues = self.queues();
        queues.free = queues.free.checked_sub(1)?;
        drop(queues);
        Some(Slot { slots: Some(self.clone()), freed: None })
    }

    /// Whether one is free.
    pub(super) fn has_free(&self) -> bool {
        self.queues().free > 0
    }

    /// A slot has become free at `at`: the first who still waits gets it.
    fn free(self, at: Moment) {
        let freed = Some(at);
        loop {
            let next = {
                let mut queues = self.queues();
                let next = queues.due.pop_front().or_else(|| queues.again.pop_front());
                if next.is_none() {
                    queues.free += 1;
                }
                next
            };
            let Some(waiter) = next else { return };
            match waiter.send(Slot { slots: Some(self.clone()), freed }) {
                Ok(()) => return,
                // The waiter has left. His slot goes to the next in this loop, not by dropping it.
                Err(mut back) => back.slots = None,
            }
        }
    }
}

impl Slot {
    /// Frees it as of `at`.
    pub(super) fn free_at(mut self, at: Moment) {
        if let Some(slots) = self.slots.take() {
            slots.free(at);
        }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        if let Some(slots) = self.slots.take() {
            let now = slots.0.clock.now();
            slots.free(now);
        }
    }
}
