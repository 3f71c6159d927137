//! Bytes that no fault concerns: from one socket to the other as fast as the system can, through the kernel's own pipe where much moves.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, BytesMut};
use tokio::io::AsyncWrite;

use crate::control::Switchboard;
use crate::limits::{CHUNK_BYTES, STREAK_BYTES};
use crate::path::buffers::{Buffers, Lent};
use crate::path::scratch;
use crate::path::traffic::Count;
use crate::world::Conn;

/// What carrying needs to know between two turns.
#[derive(Default)]
pub(super) struct Carry {
    /// What the peer has not taken yet.
    rest: BytesMut,
    /// Bytes that have moved without a pause.
    streak: usize,
    pipe: Option<Lent>,
    /// The reading side has ended.
    ended: bool,
    /// Whether anything was ever read, or the end.
    pub(super) begun: bool,
}

/// Why carrying stops.
pub(super) enum Carried {
    /// The end has been passed on.
    Ended,
    /// Something was switched. If something was read, or the end, it was after that, or not surely before.
    Switched(Option<Vec<u8>>),
}

/// Where bytes are carried, and who counts them.
#[derive(Clone, Copy)]
pub(super) struct Way<'a> {
    pub(super) from: &'a Conn,
    pub(super) to: &'a Conn,
    /// Whether the other direction is over: both sides are closed as soon as this one is, and need no shutdown before.
    pub(super) last: bool,
    pub(super) count: &'a Count,
    pub(super) board: &'a Switchboard,
    pub(super) buffers: &'a Buffers,
}

impl Carry {
    /// Carries until the end, or until the board is no longer at `seen`.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>, way: Way<'_>, seen: u64) -> Poll<io::Result<Carried>> {
        loop {
            ready!(self.pour(cx, way.to, way.count))?;
            if self.ended {
                if !way.last {
                    ready!(Pin::new(&mut &*way.to).poll_shutdown(cx))?;
                }
                return Poll::Ready(Ok(Carried::Ended));
            }
            if way.board.epoch() != seen {
                return Poll::Ready(Ok(Carried::Switched(None)));
            }
            self.choose(way);
            let read = if self.pipe.is_some() { self.splice(cx, way, seen) } else { self.copy(cx, way, seen) };
            if let Some(read) = ready!(read)? {
                return Poll::Ready(Ok(Carried::Switched(Some(read))));
            }
        }
    }

    /// Writes out what was read before.
    pub(super) fn pour(&mut self, cx: &mut Context<'_>, to: &Conn, count: &Count) -> Poll<io::Result<()>> {
        while !self.rest.is_empty() {
            let sent = ready!(Pin::new(&mut &*to).poll_write(cx, &self.rest))?;
            self.rest.advance(sent);
            count.written(sent);
        }
        if let Some(pipe) = &mut self.pipe {
            while !pipe.is_empty() {
                let sent = ready!(to.poll_splice_out(cx, pipe))?;
                count.written(sent);
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Whether the next bytes go through a pipe: only where much moves, as one takes two descriptors and the kernel's memory.
    fn choose(&mut self, way: Way<'_>) {
        if self.streak == 0 {
            self.pipe = None;
        } else if self.pipe.is_none() && self.streak >= STREAK_BYTES && way.from.splices() && way.to.splices() {
            self.pipe = way.buffers.pipe();
            if self.pipe.is_none() {
                // Asked for again after the next streak.
                self.streak = 0;
            }
        }
    }

    /// One read and as much of one write as the peer takes; `Some` if something was switched meanwhile.
    fn copy(&mut self, cx: &mut Context<'_>, way: Way<'_>, seen: u64) -> Poll<io::Result<Option<Vec<u8>>>> {
        let copied = scratch::read(cx, way.from, CHUNK_BYTES, |cx, read| {
            way.count.read(read.len());
            if way.board.epoch() != seen {
                return Ok(Some(read.to_vec()));
            }
            self.note(read.len());
            let mut sent = 0;
            if !self.ended
                && let Poll::Ready(written) = Pin::new(&mut &*way.to).poll_write(cx, read)
            {
                sent = written?;
                way.count.written(sent);
            }
            self.rest.extend_from_slice(&read[sent..]);
            Ok(None)
        });
        copied.map(Result::flatten)
    }

    /// Into the pipe, which is empty; `Some` if something was switched meanwhile.
    fn splice(&mut self, cx: &mut Context<'_>, way: Way<'_>, seen: u64) -> Poll<io::Result<Option<Vec<u8>>>> {
        let Some(pipe) = &mut self.pipe else { return Poll::Ready(Ok(None)) };
        let read = ready!(way.from.poll_splice_in(cx, pipe))?;
        way.count.read(read);
        if way.board.epoch() != seen {
            let mut bytes = BytesMut::new();
            pipe.drain(&mut bytes)?;
            return Poll::Ready(Ok(Some(bytes.into())));
        }
        self.note(read);
        Poll::Ready(Ok(None))
    }

    /// Small messages are no streak, however many.
    fn note(&mut self, len: usize) {
        self.begun = true;
        self.ended = len == 0;
        self.streak = if len < CHUNK_BYTES / 16 { 0 } else { self.streak.saturating_add(len) };
    }
}
