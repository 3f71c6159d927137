//! The sockets world's way into the journal: a bounded ring and one thread behind it.
//!
//! A player on a socket must not wait for a disk, or it would measure the disk. So a full ring loses the record, counts it, and the
//! thread writes a `Gap` as soon as it has made room.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::collector::{Collector, Sink, Tape};
use super::handle::{Append, Barrier, Finished};
use super::record::{End, Gap, Record, Seal};
use super::writer::WriteError;
use crate::limits::{BLOCK_SPAN, RING_BATCH, RING_PAUSE, RING_RECORDS};
use crate::units::Moment;

/// What travels in the ring.
pub(super) enum Item {
    Record(Record),
    /// Answered when everything before it is folded.
    Mark(SyncSender<()>),
    Close(Close),
}

/// The end, with the seal's moment and kind if the run was finished.
pub(super) struct Close(pub(super) Option<(Moment, End)>);

/// What both sides of the ring see.
#[derive(Default)]
struct Shared {
    folded: AtomicU64,
    /// Whether `lost` holds anything: spares the thread a lock a batch.
    lossy: AtomicBool,
    lost: Mutex<Option<Gap>>,
    failure: OnceLock<WriteError>,
}

/// The players' side.
pub(super) struct Front {
    ring: SyncSender<Item>,
    shared: Arc<Shared>,
}

/// The keeper's side.
pub(super) struct Threaded<S> {
    ring: SyncSender<Item>,
    shared: Arc<Shared>,
    sink: Arc<Mutex<S>>,
    thread: JoinHandle<()>,
}

/// The thread's side.
struct Drain<S> {
    ring: Receiver<Item>,
    shared: Arc<Shared>,
    sink: Arc<Mutex<S>>,
    tape: Tape,
    batch: Vec<Record>,
    /// The open block and when its first record came.
    opened: Option<(u32, Instant)>,
    /// Whether anything came when it was last waited for.
    flows: bool,
}

impl Append for Front {
    fn append(&self, record: Record) {
        if let Err(TrySendError::Full(Item::Record(record))) = self.ring.try_send(Item::Record(record)) {
            self.shared.lose(record.at());
        }
    }

    fn position(&self) -> u64 {
        self.shared.folded.load(Ordering::Acquire)
    }

    fn barrier(&self) -> Barrier {
        Barrier::in_ring(self.ring.clone())
    }
}

impl Shared {
    fn lose(&self, at: Moment) {
        let mut lost = lock(&self.lost);
        let gap = lost.get_or_insert(Gap { from: at, to: at, lost: 0 });
        gap.from = gap.from.min(at);
        gap.to = gap.to.max(at);
        gap.lost += 1;
        self.lossy.store(true, Ordering::Release);
    }

    fn take_lost(&self) -> Option<Gap> {
        if !self.lossy.load(Ordering::Acquire) {
            return None;
        }
        let mut lost = lock(&self.lost);
        self.lossy.store(false, Ordering::Release);
        lost.take()
    }
}

impl<S: Sink> Threaded<S> {
    pub(super) fn start(collector: Collector<S>) -> io::Result<(Front, Self)> {
        let (ring, items) = sync_channel(RING_RECORDS);
        let Collector { tape, sink } = collector;
        let shared = Arc::new(Shared { folded: AtomicU64::new(tape.position()), ..Shared::default() });
        let sink = Arc::new(Mutex::new(sink));
        let drain = Drain {
            ring: items,
            shared: shared.clone(),
            sink: sink.clone(),
            tape,
            batch: Vec::with_capacity(RING_BATCH),
            opened: None,
            flows: false,
        };
        let thread = std::thread::Builder::new().name("journal".into()).spawn(move || drain.run())?;
        let front = Front { ring: ring.clone(), shared: shared.clone() };
        Ok((front, Self { ring, shared, sink, thread }))
    }

    pub(super) fn observe<T>(&self, read: impl FnOnce(u64, &mut S) -> T) -> T {
        let mut sink = lock(&self.sink);
        read(self.shared.folded.load(Ordering::Acquire), &mut sink)
    }

    pub(super) fn failure(&self) -> Option<WriteError> {
        self.shared.failure.get().cloned()
    }

    /// Ends the thread. `None` only when the thread panicked while this one is panicking too.
    pub(super) fn close(self, seal: Option<(Moment, End)>) -> Option<Finished<S>> {
        // A thread that is gone has panicked, which `join` tells.
        let _ = self.ring.send(Item::Close(Close(seal)));
        if let Err(panic) = self.thread.join() {
            if std::thread::panicking() {
                return None;
            }
            std::panic::resume_unwind(panic);
        }
        let sink = Arc::into_inner(self.sink)?.into_inner().unwrap_or_else(PoisonError::into_inner);
        let records = self.shared.folded.load(Ordering::Acquire);
        Some(Finished { sink, records, failure: self.shared.failure.get().cloned() })
    }
}

impl<S: Sink> Drain<S> {
    fn run(mut self) {
        loop {
            self.close_old_block();
            match self.wait() {
                Ok(item) => {
                    if let Some(close) = self.take_batch(item) {
                        return self.end(&close);
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return self.end(&Close(None)),
            }
        }
    }

    /// The next item, or a timeout when the open block must be closed. While records flow nobody has to wake this thread for each.
    fn wait(&mut self) -> Result<Item, RecvTimeoutError> {
        if let Ok(item) = self.ring.try_recv() {
            return Ok(item);
        }
        if std::mem::take(&mut self.flows) {
            pause();
        }
        let item = match (self.ring.try_recv(), self.opened) {
            (Ok(item), _) => Ok(item),
            (_, Some((_, opened))) => self.ring.recv_timeout(Duration::from(BLOCK_SPAN).saturating_sub(now() - opened)),
            _ => self.ring.recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        self.flows = item.is_ok();
        item
    }

    /// Folds and writes `first` and what waits behind it, up to a batch, a mark or the end, which is returned.
    fn take_batch(&mut self, first: Item) -> Option<Close> {
        let (mut next, mut mark, mut close) = (Some(first), None, None);
        while let Some(item) = next.take() {
            match item {
                Item::Record(record) => self.batch.push(record),
                Item::Mark(answer) => mark = Some(answer),
                Item::Close(end) => close = Some(end),
            }
            if self.batch.len() < RING_BATCH && mark.is_none() && close.is_none() {
                next = self.ring.try_recv().ok();
            }
        }
        self.batch.extend(self.shared.take_lost().map(Record::Gap));
        self.collect();
        if let Some(answer) = mark {
            // Whoever asked may have stopped waiting.
            let _ = answer.try_send(());
        }
        close
    }

    /// Folds the batch under the sink's lock, then writes it without: a slow disk must not hold up who reads the folds.
    fn collect(&mut self) {
        let mut position = self.tape.position();
        {
            let mut sink = lock(&self.sink);
            for record in &self.batch {
                sink.record(position, record);
                position += 1;
            }
            self.shared.folded.store(position, Ordering::Release);
        }
        for record in self.batch.drain(..) {
            self.tape.append(&record);
        }
        self.after_writing();
    }

    fn close_old_block(&mut self) {
        if self.opened.is_some_and(|(_, opened)| now() - opened >= Duration::from(BLOCK_SPAN)) {
            self.tape.close_block();
            self.after_writing();
        }
    }

    fn after_writing(&mut self) {
        let open = self.tape.open_block();
        if open != self.opened.map(|(block, _)| block) {
            self.opened = open.map(|block| (block, now()));
        }
        if let Some(failure) = self.tape.failure() {
            // Only the first is kept.
            let _ = self.shared.failure.set(failure.clone());
        }
    }

    fn end(mut self, close: &Close) {
        if let Close(Some((at, end))) = *close {
            self.batch.push(Record::Seal(Seal { at, end, records: self.tape.position() }));
            self.collect();
        }
        self.tape.close();
        self.after_writing();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A panic under the lock is a bug that ends the run; what is behind it is whole between two records.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[expect(clippy::disallowed_methods, reason = "this thread exists in the sockets world only, whose clock this is")]
fn pause() {
    std::thread::sleep(RING_PAUSE.into());
}

#[expect(clippy::disallowed_methods, reason = "this thread exists in the sockets world only, whose clock this is")]
fn now() -> Instant {
    Instant::now()
}
