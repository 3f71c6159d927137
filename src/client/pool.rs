//! The connections that a client keeps, and whoever waits for one.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use crate::units::{Moment, Span};
use crate::world::Clock;

/// Connections that are kept alive; the one that was used last is used next.
///
/// There is a connection for every attempt that is in flight, as whoever does not wait for one answer before he sends again needs them. Only
/// a sender that is [behind](Behind) waits for whichever is free first before another is opened. Opening one takes several times as
/// long as an exchange. A sender who has more to do than he can, and opened one for everything that he is late with, would miss his
/// timeouts, lose these connections, and need new ones for what comes next, for ever.
pub(super) struct Pool<L> {
    shared: Mutex<Shared<L>>,
    alive: Alive,
}

struct Shared<L> {
    free: Vec<L>,
    waiting: VecDeque<oneshot::Sender<L>>,
}

/// Kept by each connection, so that it is known whether there is any.
pub(super) type Alive = Arc<()>;

impl<L> Pool<L> {
    pub(super) fn new() -> Self {
        Self { shared: Mutex::new(Shared { free: Vec::new(), waiting: VecDeque::new() }), alive: Arc::default() }
    }

    /// A connection that is free and good, or a new one. For so long as `patience` says one that becomes free is waited for, if there is one
    /// in use that could.
    pub(super) async fn get<E, O: Future<Output = Result<L, E>>>(
        &self,
        is_good: impl Fn(&L) -> bool,
        (clock, patience): (&Clock, Span),
        open: impl FnOnce(Alive) -> O,
    ) -> Result<L, E> {
        if let Some(line) = self.free(&is_good) {
            return Ok(line);
        }
        if !patience.is_zero()
            && Arc::strong_count(&self.alive) > 1
            && let Ok(line) = clock.timeout(clock.now() + patience, self.next(&is_good)).await
        {
            return Ok(line);
        }
        open(Arc::clone(&self.alive)).await
    }

    /// The one that was used last, of those that are free and good.
    fn free(&self, is_good: impl Fn(&L) -> bool) -> Option<L> {
        let mut shared = self.lock();
        while let Some(line) = shared.free.pop() {
            if is_good(&line) {
                return Some(line);
            }
        }
        None
    }

    /// Whichever is free first.
    async fn next(&self, is_good: impl Fn(&L) -> bool) -> L {
        loop {
            let (grant, granted) = oneshot::channel();
            self.lock().waiting.push_back(grant);
            // What was put back before this one waited went to nobody.
            if let Some(line) = self.free(&is_good) {
                return line;
            }
            if let Ok(line) = granted.await
                && is_good(&line)
            {
                return line;
            }
        }
    }

    /// A connection is free: whoever has waited longest gets it.
    pub(super) fn put(&self, mut line: L) {
        let mut shared = self.lock();
        while let Some(waiter) = shared.waiting.pop_front() {
            match waiter.send(line) {
                Ok(()) => return,
                // He has left.
                Err(back) => line = back,
            }
        }
        shared.free.push(line);
    }

    fn lock(&self) -> MutexGuard<'_, Shared<L>> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Until when a sender counts as behind. Whoever sends a message late has others to send that became due meanwhile, and are less late: for as
/// long as the first is late, all of them are behind.
#[derive(Default)]
pub struct Behind(AtomicU64);

impl Behind {
    /// A message begins now, so `late`. Tells how long a free connection is waited for: not at all by whoever keeps up.
    pub fn patience(&self, now: Moment, late: Span) -> Span {
        let until = (now + late).nanos();
        let before = self.0.fetch_max(until, Ordering::Relaxed);
        Moment::from_nanos(until.max(before)).since(now)
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::sync::atomic::AtomicU32;

    use super::*;
    use crate::draw::Seed;
    use crate::world::{Tasks, World, enter_virtual};

    /// What a machine with one processor takes for a turn of the sender, an exchange, and a new connection.
    const TURN: Span = Span::from_micros(100);
    const EXCHANGE: Span = Span::from_millis(1);
    const OPEN: Span = Span::from_millis(5);
    const TIMEOUT: Span = Span::from_millis(250);

    /// A machine that does one thing after another, and a client on it.
    struct Machine {
        clock: Clock,
        busy: Arc<tokio::sync::Mutex<()>>,
        pool: Pool<Alive>,
    }

    impl Machine {
        /// Work that was begun is done, also if nobody waits for it any more.
        async fn works(&self, span: Span) {
            let (busy, clock) = (Arc::clone(&self.busy), self.clock.clone());
            let work = tokio::spawn(async move {
                let _turn = busy.lock().await;
                clock.sleep(span).await;
            });
            work.await.expect("no panic");
        }

        /// Sends a message with so much patience, and tells whether it had its answer. A connection whose answer did not come in time is lost.
        async fn sends(&self, patience: Span) -> bool {
            let open = async |alive| {
                self.works(OPEN).await;
                Ok::<_, Infallible>(alive)
            };
            let sending = async {
                let Ok(line) = self.pool.get(|_| true, (&self.clock, patience), open).await;
                self.works(EXCHANGE).await;
                line
            };
            let sent = self.clock.timeout(self.clock.now() + TIMEOUT, sending).await;
            sent.map(|line| self.pool.put(line)).is_ok()
        }
    }

    /// When a message is due: for a second at twice what the machine can do, and from then on at two fifths of it.
    fn due(number: u64) -> Moment {
        let micros = if number < 2_000 { number * 500 } else { 1_000_000 + (number - 2_000) * 2_500 };
        Moment::ZERO + Span::from_micros(micros)
    }

    /// Plays six seconds: at each of its turns the sender sends whatever is due by then. Tells how late the last message was, and how many of
    /// the last second failed. `waits` says whether a sender that is behind waits.
    async fn played(world: &World, waits: bool) -> (Span, u32) {
        let (clock, busy) = (world.clock.clone(), Arc::default());
        let machine = Arc::new(Machine { clock: clock.clone(), busy, pool: Pool::new() });
        let (tasks, failed, start) = (Tasks::new(), Arc::new(AtomicU32::new(0)), clock.now());
        let behind = Behind::default();
        let (mut number, mut late) = (0, Span::ZERO);
        while number < 4_000 {
            clock.until(start + due(number).since(Moment::ZERO)).await;
            machine.works(TURN).await;
            let now = Moment::ZERO + clock.now().since(start);
            while number < 4_000 && due(number) <= now {
                late = now.since(due(number) + TURN);
                let (machine, failed, counts) = (Arc::clone(&machine), Arc::clone(&failed), number >= 3_600);
                let patience = if waits { behind.patience(now, late) } else { Span::ZERO };
                tasks.spawn("message", async move {
                    if !machine.sends(patience).await && counts {
                        failed.fetch_add(1, Ordering::Relaxed);
                    }
                });
                number += 1;
            }
        }
        tasks.drained().await;
        (late, failed.load(Ordering::Relaxed))
    }

    #[test]
    fn a_sender_recovers_from_a_burst_beyond_what_it_can_do() {
        enter_virtual(Seed(1), async |world| {
            let (late, failed) = played(&world, true).await;
            assert!(late < EXCHANGE * 2 && failed == 0, "{late} late, {failed} failed");
            let (late, failed) = played(&world, false).await;
            assert!(failed > 0, "it recovers without waiting, so that the test shows nothing: {late} late");
        })
        .expect("a virtual world");
    }

    #[test]
    fn whoever_is_less_late_is_behind_as_well() {
        let (behind, at) = (Behind::default(), |millis| Moment::ZERO + Span::from_millis(millis));
        let patience = |now, late| behind.patience(at(now), Span::from_millis(late)).nanos() / 1_000_000;
        assert_eq!(
            [(0, 0), (10, 0), (50, 30), (50, 0), (60, 5), (80, 0), (90, 0)].map(|(now, late)| patience(now, late)),
            [0, 0, 30, 30, 20, 0, 0]
        );
    }

    #[test]
    fn whoever_waits_longest_gets_what_is_free_first() {
        enter_virtual(Seed(1), async |world| {
            let (pool, clock) = (Pool::new(), &world.clock);
            let open = async |_| Ok::<_, Infallible>(0);
            let opened = async |patience| {
                let Ok(line) = pool.get(|line| *line != 9, (clock, patience), open).await;
                (line, clock.now().since(Moment::ZERO).nanos() / 1_000_000)
            };
            let patience = Span::from_millis(10);
            // Nobody has one that could become free.
            assert_eq!(opened(patience).await, (0, 0));
            let alive = Arc::clone(&pool.alive);
            let put = async {
                clock.sleep(Span::from_millis(1)).await;
                pool.put(9);
                pool.put(1);
                clock.sleep(Span::from_millis(1)).await;
                pool.put(2);
            };
            let ((), first, second, third, prompt) =
                tokio::join!(put, opened(patience), opened(patience), opened(patience), opened(Span::ZERO));
            assert_eq!(prompt, (0, 0), "who keeps up does not wait");
            assert_eq!((second, third), ((1, 1), (2, 2)));
            assert_eq!(
                first,
                (0, 10),
                "what he was given is bad, and so he waits behind the others until his patience ends"
            );
            drop(alive);
        })
        .expect("a virtual world");
    }
}
