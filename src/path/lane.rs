//! One direction of a byte stream: read, decide, keep in order until due, write. The only place where bytes wait.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Poll, ready};

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf};

use super::fate::{Fate, Stage};
use super::leg::{About, Judged, Leg};
use crate::limits::{CHUNK_BYTES, PUMP_BYTES};
use crate::plan::Direction;
use crate::units::{InjectId, Moment, Span};
use crate::world::Until;

thread_local! {
    /// Where chunks are read to. They are mostly far smaller than the largest, and thousands of lanes wait for one.
    static SCRATCH: RefCell<Vec<u8>> = RefCell::new(vec![0; CHUNK_BYTES]);
}

/// The next chunk; none at the end.
async fn read(from: &mut (impl AsyncRead + Unpin)) -> io::Result<Bytes> {
    poll_fn(|cx| {
        SCRATCH.with_borrow_mut(|scratch| {
            let mut buf = ReadBuf::new(scratch);
            ready!(Pin::new(&mut *from).poll_read(cx, &mut buf))?;
            Poll::Ready(Ok(Bytes::copy_from_slice(buf.filled())))
        })
    })
    .await
}

/// A side broke off: reading or writing failed.
#[derive(Debug)]
pub(super) struct Broken;

/// One direction of one connection.
pub(super) struct Lane<'a> {
    leg: &'a Leg,
    about: About,
    stage: Stage,
    queue: VecDeque<Chunk>,
    queued: usize,
    units: u64,
    /// When the chunk that was queued last is due: jitter never reorders a stream.
    last_due: Moment,
    tally: Tally<'a>,
}

struct Chunk {
    unit: u64,
    due: Due,
    bytes: Bytes,
}

#[derive(Clone, Copy)]
enum Due {
    At(Moment),
    /// Held until the switchboard has moved on from this epoch.
    Held(u64),
}

/// What woke a lane.
enum Woken {
    /// Nothing = the end.
    Read(Bytes),
    Due,
    Switched,
}

impl<'a> Lane<'a> {
    pub(super) fn new(leg: &'a Leg, about: About, direction: Direction) -> Self {
        let tally = Tally { leg, about, open: Vec::new() };
        let stage = Stage::Chunk(direction);
        Self { leg, about, stage, queue: VecDeque::new(), queued: 0, units: 0, last_due: Moment::ZERO, tally }
    }

    /// Passes bytes on until the reading side ends, which is passed on too: a half-closed connection stays half open.
    pub(super) async fn run(
        mut self,
        read: Bytes,
        mut from: impl AsyncRead + Unpin,
        mut to: impl AsyncWrite + Unpin,
    ) -> Result<(), Broken> {
        let mut timer = self.leg.shared.at.world.clock.until(Moment::MAX);
        let mut ended = false;
        if !read.is_empty() {
            self.take(read);
        }
        loop {
            self.write_due(&mut to).await?;
            if ended && self.queue.is_empty() {
                return to.shutdown().await.map_err(|_| Broken);
            }
            let reading = !ended && self.queued < PUMP_BYTES;
            match self.wake(&mut from, &mut timer, reading).await? {
                Woken::Read(bytes) if bytes.is_empty() => ended = true,
                Woken::Read(bytes) => self.take(bytes),
                Woken::Due => {}
                Woken::Switched => self.judge_again(),
            }
        }
    }

    /// Waits for the first of: bytes, the head of the queue being due, a switch while it is held.
    async fn wake(
        &self,
        from: &mut (impl AsyncRead + Unpin),
        timer: &mut Until,
        reading: bool,
    ) -> Result<Woken, Broken> {
        let board = &self.leg.shared.at.board;
        let head = self.queue.front().map(|chunk| chunk.due);
        let read = async { read(from).await.map(Woken::Read).map_err(|_| Broken) };
        match head {
            None => read.await,
            Some(Due::At(at)) => {
                if timer.at() != at {
                    timer.reset(at);
                }
                tokio::select! {
                    biased;
                    () = timer => Ok(Woken::Due),
                    woken = read, if reading => woken,
                }
            }
            Some(Due::Held(epoch)) => tokio::select! {
                biased;
                () = board.changed(epoch) => Ok(Woken::Switched),
                woken = read, if reading => woken,
            },
        }
    }

    /// Decides the fate of bytes that have just arrived.
    fn take(&mut self, bytes: Bytes) {
        let unit = self.units;
        self.units += 1;
        self.queued += bytes.len();
        let judged = self.leg.judge(self.stage, self.about, unit);
        self.tally.add(&judged, self.leg.now());
        let due = self.due(&judged.fate, judged.epoch);
        self.queue.push_back(Chunk { unit, due, bytes });
    }

    /// Something was switched: the head may go on, if nothing holds it any more.
    fn judge_again(&mut self) {
        let Some(unit) = self.queue.front().map(|chunk| chunk.unit) else { return };
        let judged = self.leg.judge(self.stage, self.about, unit);
        let due = self.due(&judged.fate, judged.epoch);
        if let Some(head) = self.queue.front_mut() {
            head.due = due;
        }
    }

    fn due(&mut self, fate: &Fate, epoch: u64) -> Due {
        if fate.hold {
            return Due::Held(epoch);
        }
        self.last_due = self.last_due.max(self.leg.now() + fate.delay);
        Due::At(self.last_due)
    }

    /// Writes every chunk whose moment has come.
    async fn write_due(&mut self, to: &mut (impl AsyncWrite + Unpin)) -> Result<(), Broken> {
        while let Some(Chunk { due: Due::At(at), .. }) = self.queue.front()
            && *at <= self.leg.now()
        {
            if let Some(chunk) = self.queue.pop_front() {
                to.write_all(&chunk.bytes).await.map_err(|_| Broken)?;
                self.queued -= chunk.bytes.len();
            }
        }
        to.flush().await.map_err(|_| Broken)
    }
}

/// Hits of chunks, counted and summed per inject and second; written down when the second is over or the lane ends.
struct Tally<'a> {
    leg: &'a Leg,
    about: About,
    open: Vec<Row>,
}

struct Row {
    inject: InjectId,
    fate: Fate,
    units: u32,
    at: Moment,
}

impl Tally<'_> {
    fn add(&mut self, judged: &Judged, now: Moment) {
        if self.open.first().is_some_and(|row| now.since(row.at) >= Span::from_secs(1)) {
            self.write();
        }
        for (inject, fate) in &judged.hits {
            match self.open.iter_mut().find(|row| row.inject == *inject && row.fate.hold == fate.hold) {
                Some(row) => {
                    row.units += 1;
                    row.fate.delay = row.fate.delay + fate.delay;
                }
                None => self.open.push(Row { inject: *inject, fate: fate.clone(), units: 1, at: now }),
            }
        }
    }

    fn write(&mut self) {
        for row in self.open.drain(..) {
            self.leg.hit(row.inject, &row.fate, self.about, row.units, row.at);
        }
    }
}

impl Drop for Tally<'_> {
    fn drop(&mut self) {
        self.write();
    }
}
