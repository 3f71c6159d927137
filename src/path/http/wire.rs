//! The one door by which the HTTP half writes.

use std::future::poll_fn;
use std::io::{self, ErrorKind, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::io::AsyncWrite;

use super::broken::Broken;
use crate::control::Ticket;
use crate::limits::CHUNK_BYTES;
use crate::path::fate::Stage;
use crate::path::lane::{Cut, Lane};
use crate::path::leg::Leg;
use crate::plan::Direction;
use crate::world::Conn;

/// What is written to one connection. Everything goes through here, and through the faults that know nothing but bytes.
pub(in crate::path) struct Wire {
    conn: Arc<Conn>,
    leg: Arc<Leg>,
    direction: Direction,
    lane: Lane,
    /// What of a write is under way, where nobody waits for a future.
    held: Held,
    ticket: Ticket,
}

/// What becomes of bytes that were not written at once: whoever wrote them comes again with the same.
enum Held {
    Nothing,
    /// The connection did not take them. What is encrypted by then cannot go another way.
    Direct,
    /// The lane has so many of them.
    Lane(usize),
}

/// Why something cannot be written.
#[derive(Debug, thiserror::Error)]
pub(in crate::path) enum Torn {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("a fault ends the connection")]
    Cut(Cut),
}

impl Wire {
    /// Writes what travels in a direction.
    pub(in crate::path) fn new(conn: Arc<Conn>, leg: &Arc<Leg>, direction: Direction) -> Self {
        let lane = Lane::new(leg, leg.unknown(), Stage::Bytes(direction));
        Self { conn, leg: Arc::clone(leg), direction, lane, held: Held::Nothing, ticket: Ticket::default() }
    }

    /// Sends what there is of some bytes, one write's worth; returns how many. Whoever has to wait comes again with the same bytes.
    pub(super) fn poll_send(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize, Torn>> {
        if matches!(self.held, Held::Nothing) {
            self.held = if self.lane.passes().map_err(Torn::Cut)? {
                Held::Direct
            } else {
                let count = bytes.len().min(CHUNK_BYTES);
                self.lane.hand(bytes[..count].to_vec()).map_err(Torn::Cut)?;
                Held::Lane(count)
            };
        }
        let written = if let Held::Lane(count) = self.held {
            ready!(self.lane.poll_emptied(cx, &self.conn, &mut self.ticket)).map_err(Torn::Cut)?;
            count
        } else {
            let written = ready!(Pin::new(&mut &*self.conn).poll_write(cx, bytes))?;
            self.leg.to.meter.count(self.direction).written(written);
            written
        };
        self.held = Held::Nothing;
        Poll::Ready(Ok(written))
    }

    /// Sends a head and what is there of its body, in one write if the system takes it.
    pub(in crate::path) async fn send(&mut self, head: &[u8], body: &[u8]) -> Result<(), Torn> {
        if !self.lane.passes().map_err(Torn::Cut)? {
            return self.lane.send(&self.conn, [head, body].concat()).await.map_err(Torn::Cut);
        }
        let mut slices = [IoSlice::new(head), IoSlice::new(body)];
        let mut rest = &mut slices[..];
        // Drops what is empty.
        IoSlice::advance_slices(&mut rest, 0);
        while !rest.is_empty() {
            let written = poll_fn(|cx| Pin::new(&mut &*self.conn).poll_write_vectored(cx, rest)).await?;
            if written == 0 {
                return Err(io::Error::from(ErrorKind::WriteZero).into());
            }
            self.leg.to.meter.count(self.direction).written(written);
            IoSlice::advance_slices(&mut rest, written);
        }
        Ok(())
    }

    /// Sends more of a body.
    pub(in crate::path) async fn chunk(&mut self, bytes: &[u8]) -> Result<(), Torn> {
        self.send(bytes, &[]).await
    }

    /// The other side of the path has ended in order: so does this one, at once, or as a fault wants it.
    pub(in crate::path) async fn leave(&mut self) -> Result<(), Broken> {
        if self.lane.passes().map_err(Broken::Fault)? {
            return Ok(());
        }
        self.lane.finish(&self.conn).await.map_err(Broken::Fault)
    }

    /// Sends the end of the stream.
    pub(in crate::path) async fn finish(&mut self) -> Result<(), Torn> {
        if !self.lane.passes().map_err(Torn::Cut)? {
            return self.lane.finish(&self.conn).await.map_err(Torn::Cut);
        }
        Ok(poll_fn(|cx| Pin::new(&mut &*self.conn).poll_shutdown(cx)).await?)
    }
}
