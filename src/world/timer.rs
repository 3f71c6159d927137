//! Timers of the sockets world: one ordered queue, and one bell for its first alarm.
//!
//! tokio's own timer has a resolution of a millisecond and oversleeps by 1.1 ms on the average, which would be the largest error of a
//! pacer. This one is armed early by what the wake-up takes, and the task waits the rest out: it is never early.

use std::collections::BTreeMap;
use std::future::Future;
use std::io::Error;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use tokio::runtime::Handle;
use tokio::task::yield_now;

use super::bell::Bell;
use super::lead::{Leads, Timing};
use crate::limits::LAST_SPIN;
use crate::units::{Moment, Span};

/// Alarms that are woken early together with another one are due within this after it: a worker has one at a time to wait out.
const TOGETHER: Span = Span::from_micros(2);

/// The queue of waiting alarms, and the moment from which they count.
pub(super) struct Timers {
    origin: Instant,
    /// Nanoseconds from there to moment zero.
    zero: AtomicU64,
    bell: Bell,
    /// Whether nobody else goes on while a task waits something out.
    alone: bool,
    queue: Mutex<Queue>,
}

/// Alarms by deadline and, among equal ones, by age. An ordered map and not a heap, so that a cancelled alarm (most timeouts are)
/// leaves nothing behind.
struct Queue {
    waiting: BTreeMap<(Moment, u64), Waker>,
    next_id: u64,
    /// When the bell rings, and since when it is armed.
    armed: Moment,
    armed_since: Moment,
    /// The first alarm of the last wake, which will tell how long that took, from which moment on, after what sleep.
    woken: Option<(u64, Moment, Span)>,
    leads: Leads,
}

impl Timers {
    /// Must be called within the runtime.
    #[expect(clippy::disallowed_methods, reason = "this is the door to real time")]
    pub(super) fn new(timing: Timing) -> Result<Self, Error> {
        let queue = Queue {
            waiting: BTreeMap::new(),
            next_id: 0,
            armed: Moment::MAX,
            armed_since: Moment::ZERO,
            woken: None,
            leads: Leads::new(timing),
        };
        let alone = Handle::try_current().map_err(Error::other)?.metrics().num_workers() == 1;
        Ok(Self {
            origin: Instant::now(),
            zero: AtomicU64::new(0),
            bell: Bell::new()?,
            alone,
            queue: Mutex::new(queue),
        })
    }

    pub(super) fn origin(&self) -> Instant {
        self.origin
    }

    pub(super) fn now(&self) -> Moment {
        Moment::from_nanos(self.elapsed().saturating_sub(self.zero.load(Ordering::Acquire)))
    }

    /// Nanoseconds since the world was made.
    #[expect(clippy::disallowed_methods, reason = "this is the door to real time")]
    fn elapsed(&self) -> u64 {
        let nanos = Instant::now().saturating_duration_since(self.origin).as_nanos();
        u64::try_from(nanos).unwrap_or(u64::MAX)
    }

    /// Now is moment zero; whoever waits already waits for that much longer.
    pub(super) fn begin(&self) {
        let mut queue = self.lock();
        self.zero.store(self.elapsed(), Ordering::Release);
        let next = queue.waiting.first_key_value().map_or(Moment::MAX, |(key, _)| key.0);
        self.arm(&mut queue, Moment::ZERO, next);
    }

    /// A panic elsewhere leaves the queue whole: every change of it is one call of the map.
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Wakes what is due, for ever.
    pub(super) async fn run(&self) {
        while self.bell.rung().await.is_ok() {
            // Wakers run a scheduler's code: never under our lock.
            let due = self.due();
            due.into_iter().for_each(Waker::wake);
        }
    }

    /// Takes out what is due, or soon enough for its task to wait out the rest, and arms the bell for what is next.
    fn due(&self) -> Vec<Waker> {
        let now = self.now();
        let mut queue = self.lock();
        let rang = (queue.armed, queue.armed.since(queue.armed_since));
        let first = queue.waiting.first_key_value().map(|(key, _)| *key);
        let mut due = Vec::new();
        if let Some((at, id)) = first {
            if at <= now + queue.leads.spin(now) {
                let horizon = now.max(at + TOGETHER);
                while let Some(entry) = queue.waiting.first_entry().filter(|entry| entry.key().0 <= horizon) {
                    due.push(entry.remove());
                }
                queue.woken = Some((id, rang.0, rang.1));
            } else if rang.0 <= now {
                // Far too early: the wake took less than was thought.
                queue.leads.learn(rang.1, now.since(rang.0));
            }
        }
        let next = queue.waiting.first_key_value().map_or(Moment::MAX, |(key, _)| key.0);
        self.arm(&mut queue, now, next);
        due
    }

    fn arm(&self, queue: &mut Queue, now: Moment, due: Moment) {
        (queue.armed, queue.armed_since) = (queue.leads.armed(now, due).max(now), now);
        // The bell counts from the world's making. `MAX` stays what it is: never.
        self.bell.arm(queue.armed + Span::from_nanos(self.zero.load(Ordering::Acquire)));
    }
}

/// One wait for one moment.
pub(super) struct Alarm {
    timers: Arc<Timers>,
    at: Moment,
    /// The number under which this alarm is in the queue, or was before it was woken.
    id: Option<u64>,
    /// It was woken early and waits the rest out.
    near: bool,
}

impl Alarm {
    pub(super) fn new(timers: Arc<Timers>, at: Moment) -> Self {
        Self { timers, at, id: None, near: false }
    }

    pub(super) fn at(&self) -> Moment {
        self.at
    }

    pub(super) fn reset(&mut self, at: Moment) {
        self.cancel();
        self.at = at;
    }

    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let now = self.timers.now();
        if now < self.at && !self.near {
            self.near = self.is_near(now, cx);
            if !self.near {
                return Poll::Pending;
            }
        }
        if self.timers.alone && self.at.since(now) > LAST_SPIN {
            let_others_go_on(cx);
            return Poll::Pending;
        }
        if now >= self.at && self.id.is_some() {
            let queue = &mut *self.timers.lock();
            self.tell(queue, now);
        }
        self.cancel();
        while self.timers.now() < self.at {
            std::hint::spin_loop();
        }
        Poll::Ready(())
    }

    /// Whether this was woken early, to wait out the rest; else it is in the queue afterwards.
    fn is_near(&mut self, now: Moment, cx: &Context<'_>) -> bool {
        let mut guard = self.timers.lock();
        let queue = &mut *guard;
        if let Some(id) = self.id {
            if let Some(waker) = queue.waiting.get_mut(&(self.at, id)) {
                waker.clone_from(cx.waker());
                return false;
            }
            self.tell(queue, now);
            queue.leads.spend(now, self.at.since(now));
            return true;
        }
        queue.next_id += 1;
        self.id = Some(queue.next_id);
        queue.waiting.insert((self.at, queue.next_id), cx.waker().clone());
        if queue.leads.armed(now, self.at) < queue.armed {
            self.timers.arm(queue, now, self.at);
        }
        false
    }

    /// Tells how long the wake took, if it was for this alarm.
    fn tell(&self, queue: &mut Queue, now: Moment) {
        if let Some((id, rang, slept)) = queue.woken
            && Some(id) == self.id
        {
            queue.woken = None;
            queue.leads.learn(slept, now.since(rang));
        }
    }

    fn cancel(&mut self) {
        self.near = false;
        if let Some(id) = self.id.take() {
            self.timers.lock().waiting.remove(&(self.at, id));
        }
    }
}

/// Whatever has arrived is looked at, and whoever can go on does; then this task is polled again.
fn let_others_go_on(cx: &mut Context<'_>) {
    // Pending the first time that it is polled, which is the only one.
    let _ = pin!(yield_now()).poll(cx);
}

impl Drop for Alarm {
    fn drop(&mut self) {
        self.cancel();
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::future::poll_fn;
    use std::rc::Rc;

    use super::*;

    const SLEEP: Span = Span::from_millis(5);
    /// What wakes are taught to take: that much too early is the task woken, and waits it out.
    const EARLY: Span = Span::from_micros(900);

    /// How many turns another task had while an alarm waited its rest out; `None` if it was not woken early, as on a busy machine.
    async fn turns_meanwhile(timers: &Arc<Timers>, turns: &Cell<u32>) -> Option<u32> {
        (0..200).for_each(|_| timers.lock().leads.learn(SLEEP, EARLY));
        let mut alarm = Alarm::new(Arc::clone(timers), timers.now() + SLEEP);
        let mut early = None;
        poll_fn(|cx| {
            let polled = alarm.poll(cx);
            if alarm.near && early.is_none() && alarm.at.since(timers.now()) > LAST_SPIN * 10 {
                early = Some(turns.get());
            }
            polled
        })
        .await;
        assert!(timers.now() >= alarm.at);
        early.map(|before| turns.get() - before)
    }

    #[test]
    fn who_waits_the_rest_out_on_the_only_thread_lets_others_go_on() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().expect("a runtime");
        let local = tokio::task::LocalSet::new();
        local.block_on(&runtime, async {
            let timers = Arc::new(Timers::new(Timing::precise()).expect("a bell"));
            let (ringing, turns) = (Arc::clone(&timers), Rc::new(Cell::new(0)));
            tokio::task::spawn_local(async move { ringing.run().await });
            let counted = Rc::clone(&turns);
            tokio::task::spawn_local(async move {
                loop {
                    counted.set(counted.get() + 1);
                    yield_now().await;
                }
            });
            // A machine that wakes nobody in time lets nobody wait: one try in a hundred does.
            for _ in 0..100 {
                if let Some(meanwhile) = turns_meanwhile(&timers, &turns).await {
                    assert!(meanwhile > 0);
                    return;
                }
            }
            panic!("no alarm was woken early in a hundred tries, or each spun the rest out in one turn");
        });
    }
}
