//! A connection as the library of HTTP/2 wants it.

use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::Notify;

use crate::journal::ObservedEnd;
use crate::path::http::wire::{Torn, Wire};
use crate::path::lane::Cut;
use crate::path::leg::Leg;
use crate::plan::Direction;
use crate::world::Conn;

/// Whether a fault has ended a connection, of which then nothing is left on either side.
#[derive(Default)]
pub(super) struct Severed {
    by: OnceLock<Cut>,
    rung: Notify,
}

impl Severed {
    /// Returns when one has, and how.
    pub(super) async fn cut(&self) -> Cut {
        loop {
            let rung = self.rung.notified();
            if let Some(cut) = self.by.get() {
                return *cut;
            }
            rung.await;
        }
    }

    fn sever(&self, cut: Cut) {
        // The first ending wins.
        let _ = self.by.set(cut);
        self.rung.notify_waiters();
    }
}

/// A connection whose bytes are counted, and whose writes pass the faults of bytes.
pub(super) struct Wired {
    conn: Arc<Conn>,
    leg: Arc<Leg>,
    comes: Direction,
    wire: Wire,
    severed: Arc<Severed>,
}

impl Wired {
    /// A connection from which comes what travels in one direction, and to which goes what travels in the other.
    pub(super) fn new(conn: Arc<Conn>, leg: &Arc<Leg>, comes: Direction, severed: &Arc<Severed>) -> Self {
        let wire = Wire::new(Arc::clone(&conn), leg, comes.opposite());
        Self { conn, leg: Arc::clone(leg), comes, wire, severed: Arc::clone(severed) }
    }
}

impl AsyncRead for Wired {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut &*self.conn).poll_read(cx, buf))?;
        self.leg.to.meter.count(self.comes).read(buf.filled().len() - before);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Wired {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match ready!(self.wire.poll_send(cx, bytes)) {
            Ok(written) => Poll::Ready(Ok(written)),
            Err(Torn::Io(error)) => Poll::Ready(Err(error)),
            Err(Torn::Cut(cut)) => {
                self.leg.streams_are_over(ObservedEnd::Broken);
                self.severed.sever(cut);
                Poll::Ready(Err(ErrorKind::ConnectionAborted.into()))
            }
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        // A write is over when the kernel has it all.
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut &*self.conn).poll_shutdown(cx)
    }
}
