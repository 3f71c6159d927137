//! The two ends of a running journal: the handle that players append to, and the keeper that reads the folds and ends it.

use std::io;
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, TrySendError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::collector::{Collector, Sink};
use super::record::{End, Record};
use super::ring::{Item, Threaded};
use super::writer::WriteError;
use crate::units::Moment;

/// What players append to. Cheap to clone; appending never waits for a disk in the sockets world and never fails in either.
#[derive(Clone)]
pub struct Journal(Arc<dyn Append>);

/// What stands behind a handle.
pub(super) trait Append: Send + Sync {
    fn append(&self, record: Record);
    fn position(&self) -> u64;
    fn barrier(&self) -> Barrier;
}

/// The conductor's end of a journal: the live folds, and the end.
///
/// Dropped without `finish`, it still closes the last block, so that an aborted run can be judged as far as it went; it is unsealed.
#[must_use = "dropping it ends the journal"]
pub struct Keeper<S: Sink> {
    journal: Journal,
    back: Option<Back<S>>,
}

enum Back<S: Sink> {
    Inline(Arc<Inline<S>>),
    Threaded(Threaded<S>),
}

/// The moment that everything appended before is folded, asked for without waiting.
#[must_use = "it says nothing until it is polled"]
pub struct Barrier(State);

enum State {
    Passed,
    /// The ring was full: the mark is not in it yet.
    Wanted(SyncSender<Item>),
    Marked(Receiver<()>),
}

/// What is left of a journal when it has ended.
#[derive(Debug)]
#[must_use = "it says whether the journal was written"]
pub struct Finished<S> {
    /// The folds of every record, the seal included.
    pub sink: S,
    /// How many records were appended, the seal included.
    pub records: u64,
    /// The first error of writing. The folds are right nevertheless; the journal is not complete.
    pub failure: Option<WriteError>,
}

impl Journal {
    /// For the memory world: no ring and no thread. Appending encodes, folds and, when a block is full, writes, in the caller's call.
    pub fn inline<S: Sink>(collector: Collector<S>) -> Keeper<S> {
        let inline = Arc::new(Inline(Mutex::new(Some(collector))));
        Keeper { journal: Self(inline.clone()), back: Some(Back::Inline(inline)) }
    }

    /// For the sockets world: a ring of `limits::RING_RECORDS` and one thread that folds and writes. A full ring loses records instead of
    /// holding up the player, and a `Gap` says so. Fails if the system gives no thread.
    pub fn threaded<S: Sink>(collector: Collector<S>) -> io::Result<Keeper<S>> {
        let (front, threaded) = Threaded::start(collector)?;
        Ok(Keeper { journal: Self(Arc::new(front)), back: Some(Back::Threaded(threaded)) })
    }

    /// For a path without a drill: what is appended is forgotten.
    pub fn nowhere() -> Self {
        Self(Arc::new(Nowhere))
    }

    /// Appends a record. What is appended after the end is dropped.
    pub fn append(&self, record: Record) {
        self.0.append(record);
    }

    /// How many records are folded.
    pub fn position(&self) -> u64 {
        self.0.position()
    }

    /// Passes when everything appended before this call is folded, or known to be lost and folded as a gap.
    pub fn barrier(&self) -> Barrier {
        self.0.barrier()
    }
}

impl<S: Sink> Keeper<S> {
    /// A handle for a player.
    pub fn journal(&self) -> Journal {
        self.journal.clone()
    }

    /// Reads the live folds. `read` must not append: the folds are locked.
    pub fn with_sink<T>(&self, read: impl FnOnce(&mut S) -> T) -> T {
        self.observe(|_, sink| read(sink))
    }

    /// Reads the live folds with the position they stand on: how many records are folded in them. `read` must not append.
    pub fn observe<T>(&self, read: impl FnOnce(u64, &mut S) -> T) -> T {
        match self.back() {
            Back::Inline(inline) => {
                let mut collector = inline.lock();
                let collector = collector.as_mut().expect("an inline journal has its collector until it is closed");
                read(collector.position(), collector.sink())
            }
            Back::Threaded(threaded) => threaded.observe(read),
        }
    }

    /// How many records are folded.
    pub fn position(&self) -> u64 {
        self.journal.position()
    }

    /// Passes when everything appended before this call is folded.
    pub fn barrier(&self) -> Barrier {
        self.journal.barrier()
    }

    /// The first error of writing, such as a full disk. From then on records are folded and no longer journalled.
    pub fn failure(&self) -> Option<WriteError> {
        match self.back() {
            Back::Inline(inline) => inline.lock().as_ref().and_then(|collector| collector.failure().cloned()),
            Back::Threaded(threaded) => threaded.failure(),
        }
    }

    /// Ends the journal with a seal: everything appended before is folded, written and synced. Waits for the disk.
    pub fn finish(mut self, at: Moment, end: End) -> Finished<S> {
        let finished = self.close(Some((at, end)));
        finished.expect("a journal is closed once, here or when its keeper is dropped")
    }

    fn back(&self) -> &Back<S> {
        self.back.as_ref().expect("a keeper has its journal until it is closed")
    }

    fn close(&mut self, seal: Option<(Moment, End)>) -> Option<Finished<S>> {
        match self.back.take()? {
            Back::Inline(inline) => {
                let mut collector = inline.lock().take()?;
                collector.end(seal);
                let (records, failure) = (collector.position(), collector.failure().cloned());
                Some(Finished { sink: collector.sink, records, failure })
            }
            Back::Threaded(threaded) => threaded.close(seal),
        }
    }
}

impl<S: Sink> Drop for Keeper<S> {
    fn drop(&mut self) {
        // After `finish` nothing is left to close; otherwise the folds go with the keeper.
        drop(self.close(None));
    }
}

impl<S> Finished<S> {
    /// The folds, if the journal that proves them was written.
    pub fn into_result(self) -> Result<S, WriteError> {
        self.failure.map_or(Ok(self.sink), Err)
    }
}

impl Barrier {
    pub(super) fn passed_already() -> Self {
        Self(State::Passed)
    }

    pub(super) fn in_ring(ring: SyncSender<Item>) -> Self {
        let mut barrier = Self(State::Wanted(ring));
        // Its place in the ring is taken now, not when somebody first asks.
        barrier.passed();
        barrier
    }

    /// Whether it has passed. Never waits: ask again after a while on the world's clock. It also passes when the journal has ended.
    pub fn passed(&mut self) -> bool {
        if let State::Wanted(ring) = &self.0 {
            let (mark, marked) = std::sync::mpsc::sync_channel(1);
            match ring.try_send(Item::Mark(mark)) {
                Ok(()) => self.0 = State::Marked(marked),
                Err(TrySendError::Full(_)) => return false,
                Err(TrySendError::Disconnected(_)) => self.0 = State::Passed,
            }
        }
        if let State::Marked(marked) = &self.0 {
            if marked.try_recv() == Err(TryRecvError::Empty) {
                return false;
            }
            self.0 = State::Passed;
        }
        true
    }
}

struct Nowhere;

impl Append for Nowhere {
    fn append(&self, _: Record) {}

    fn position(&self) -> u64 {
        0
    }

    fn barrier(&self) -> Barrier {
        Barrier::passed_already()
    }
}

struct Inline<S>(Mutex<Option<Collector<S>>>);

impl<S> Inline<S> {
    fn lock(&self) -> MutexGuard<'_, Option<Collector<S>>> {
        // A sink that panicked is a bug which ends the run; what was folded before it may still be read.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S: Sink> Append for Inline<S> {
    fn append(&self, record: Record) {
        debug_assert!(!matches!(record, Record::Gap(_)), "nothing is lost where nothing waits");
        if let Some(collector) = self.lock().as_mut() {
            collector.append(&record);
        }
    }

    fn position(&self) -> u64 {
        self.lock().as_ref().map_or(0, Collector::position)
    }

    fn barrier(&self) -> Barrier {
        Barrier::passed_already()
    }
}
