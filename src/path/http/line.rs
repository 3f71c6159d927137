//! One connection of the HTTP half: what was read and not yet passed on, and the door for what is written.

use std::future::poll_fn;
use std::io;
use std::sync::Arc;

use bytes::Bytes;

use super::body::Body;
use super::head::Bad;
use super::wire::Wire;
use crate::limits::{IDLE_BUFFER_BYTES, READ_BYTES, UNIT_BODY_BYTES};
use crate::path::leg::Leg;
use crate::path::scratch;
use crate::plan::Direction;
use crate::world::Conn;

/// A connection.
pub(in crate::path) struct Line {
    pub(in crate::path) inlet: Inlet,
    pub(in crate::path) wire: Wire,
}

impl Line {
    /// A connection from which comes what travels in one direction, and to which goes what travels in the other.
    pub(in crate::path) fn new(conn: Conn, leg: &Arc<Leg>, comes: Direction) -> Self {
        Self::begun((conn, Bytes::new()), leg, comes)
    }

    /// The same, from which something was read already.
    pub(in crate::path) fn begun((conn, read): (Conn, Bytes), leg: &Arc<Leg>, comes: Direction) -> Self {
        let conn = Arc::new(conn);
        let inlet = Inlet { conn: Arc::clone(&conn), leg: Arc::clone(leg), comes, unread: read.into() };
        Self { inlet, wire: Wire::new(conn, leg, comes.opposite()) }
    }

    /// Breaks it off: the peer sees a reset.
    pub(in crate::path) fn reset(&self) {
        self.inlet.conn.resetter().reset();
    }

    /// The connection as it was, and what was read from it already.
    pub(in crate::path) fn into_conn(self) -> Option<(Conn, Bytes)> {
        let Inlet { conn, unread, .. } = self.inlet;
        drop(self.wire);
        Some((Arc::into_inner(conn)?, unread.into()))
    }
}

/// What comes from a connection.
pub(in crate::path) struct Inlet {
    conn: Arc<Conn>,
    leg: Arc<Leg>,
    comes: Direction,
    unread: Vec<u8>,
}

/// A head with what there is of its body, taken out of what was read.
#[derive(Clone)]
pub(in crate::path) struct Unit {
    bytes: Vec<u8>,
    head: usize,
}

impl Unit {
    pub(in crate::path) fn head(&self) -> &[u8] {
        &self.bytes[..self.head]
    }

    pub(in crate::path) fn body(&self) -> &[u8] {
        &self.bytes[self.head..]
    }

    /// The same body behind another head.
    pub(in crate::path) fn behind(self, head: Vec<u8>) -> Self {
        let (length, mut bytes) = (head.len(), head);
        bytes.extend_from_slice(self.body());
        Self { bytes, head: length }
    }
}

impl Inlet {
    /// What was read and not yet taken.
    pub(in crate::path) fn unread(&self) -> &[u8] {
        &self.unread
    }

    /// Reads more; returns how much, 0 at the end. Losing the future loses nothing.
    pub(in crate::path) async fn fill(&mut self) -> io::Result<usize> {
        let Self { conn, unread, leg, comes } = self;
        poll_fn(|cx| {
            scratch::read(cx, conn, READ_BYTES, |_, read| {
                unread.extend_from_slice(read);
                leg.to.meter.count(*comes).read(read.len());
                read.len()
            })
        })
        .await
    }

    /// Returns when the other side has ended or broken off. What comes before is kept, as long as it is little.
    pub(in crate::path) async fn gone(&mut self) {
        while self.unread.len() < READ_BYTES {
            if !matches!(self.fill().await, Ok(1..)) {
                return;
            }
        }
        std::future::pending::<()>().await;
    }

    /// Returns when an idle connection is of no use any more: it ended, or says what nobody asked.
    pub(in crate::path) async fn spoilt(&mut self) {
        if self.unread.is_empty() {
            // Whatever this brings is bad news.
            let _ = self.fill().await;
        }
    }

    /// Reads until the whole of a body that begins behind `head` bytes is there, or there is more than goes as one unit; returns how
    /// much of it is there.
    pub(in crate::path) async fn whole(&mut self, head: usize, body: &mut Body) -> Result<usize, Stopped> {
        let mut here = body.take(&self.unread[head..])?;
        while !body.is_over() && here < UNIT_BODY_BYTES {
            if self.fill().await? == 0 {
                return if body.ends_here() { Ok(here) } else { Err(Stopped::Ended) };
            }
            here += body.take(&self.unread[head + here..])?;
        }
        Ok(here)
    }

    /// Takes out the first `head + body` bytes.
    pub(in crate::path) fn cut(&mut self, head: usize, body: usize) -> Unit {
        let rest = self.unread.split_off(head + body);
        Unit { bytes: std::mem::replace(&mut self.unread, rest), head }
    }

    /// Drops the first `count` bytes.
    pub(in crate::path) fn skip(&mut self, count: usize) {
        self.unread.drain(..count);
    }

    /// Takes a unit's buffer back, for the next.
    pub(in crate::path) fn recycle(&mut self, Unit { mut bytes, .. }: Unit) {
        if self.unread.is_empty() && self.unread.capacity() < bytes.capacity() {
            bytes.clear();
            self.unread = bytes;
        }
    }

    /// Gives up a large buffer that holds nothing.
    pub(in crate::path) fn slim(&mut self) {
        if self.unread.is_empty() && self.unread.capacity() > IDLE_BUFFER_BYTES {
            self.unread = Vec::new();
        }
    }

    /// The next part of a body of which the first part has passed; `None` at its end.
    pub(in crate::path) async fn next(&mut self, body: &mut Body) -> Result<Option<Unit>, Stopped> {
        if body.is_over() {
            return Ok(None);
        }
        if self.unread.is_empty() && self.fill().await? == 0 {
            return if body.ends_here() { Ok(None) } else { Err(Stopped::Ended) };
        }
        let count = body.take(&self.unread)?;
        Ok(Some(self.cut(0, count)))
    }
}

/// Why no more of a message comes.
#[derive(Debug, thiserror::Error)]
pub(in crate::path) enum Stopped {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("it ended within a message")]
    Ended,
    #[error(transparent)]
    Bad(#[from] Bad),
}
