//! The client's connection, while it says where it wants to go.

use std::future::poll_fn;
use std::io;

use bytes::Bytes;
use tokio::io::AsyncWriteExt;

use crate::limits::{LINGER, LINGER_BYTES, READ_BYTES};
use crate::path::scratch;
use crate::units::Moment;
use crate::world::{Clock, Conn};

/// A client's connection, and what was read from it and not yet taken.
pub(in crate::path) struct Near {
    conn: Conn,
    unread: Vec<u8>,
}

/// Why no message came.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::path) enum Missed<E> {
    /// Something else came.
    Bad(E),
    /// It took too long.
    Late,
    /// The client has gone.
    Gone,
}

impl Near {
    pub(in crate::path) fn new((conn, read): (Conn, Bytes)) -> Self {
        Self { conn, unread: read.into() }
    }

    /// The connection as it is, for whoever takes over.
    pub(in crate::path) fn into_parts(self) -> (Conn, Bytes) {
        (self.conn, self.unread.into())
    }

    /// Reads more; returns how much, 0 at the end. Losing the future loses nothing.
    pub(super) async fn fill(&mut self) -> io::Result<usize> {
        let Self { conn, unread } = self;
        poll_fn(|cx| {
            scratch::read(cx, conn, READ_BYTES, |_, read| {
                unread.extend_from_slice(read);
                read.len()
            })
        })
        .await
    }

    /// Resets the connection.
    pub(in crate::path) fn reset(self) {
        self.conn.reset();
    }

    /// Drops the first `count` bytes.
    pub(super) fn skip(&mut self, count: usize) {
        self.unread.drain(..count);
    }

    /// The next message, as `read` finds it at the front of what has come, and takes it out. It has to be there at `until`: who sends
    /// a byte at a time gains nothing.
    pub(in crate::path) async fn message<T, E>(
        &mut self,
        clock: &Clock,
        until: Moment,
        mut read: impl FnMut(&[u8]) -> Result<Option<(T, usize)>, E>,
    ) -> Result<T, Missed<E>> {
        let gathering = async {
            loop {
                if let Some((message, length)) = read(&self.unread).map_err(Missed::Bad)? {
                    return Ok((message, length));
                }
                if !matches!(self.fill().await, Ok(1..)) {
                    return Err(Missed::Gone);
                }
            }
        };
        let (message, length) = clock.timeout(until, gathering).await.unwrap_or(Err(Missed::Late))?;
        self.skip(length);
        Ok(message)
    }

    /// Does something as long as the client is there; `None` if it has gone. What it says meanwhile is kept, as long as it is little.
    pub(in crate::path) async fn while_there<T>(&mut self, doing: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            done = doing => Some(done),
            () = self.gone() => None,
        }
    }

    /// Returns when the client has gone. What it says meanwhile is kept, as long as it is little.
    pub(in crate::path) async fn gone(&mut self) {
        while self.unread.len() < READ_BYTES {
            if !matches!(self.fill().await, Ok(1..)) {
                return;
            }
        }
        std::future::pending::<()>().await;
    }

    /// Says something, which must be taken at `until`.
    pub(super) async fn say(&mut self, clock: &Clock, until: Moment, bytes: &[u8]) -> io::Result<()> {
        let said = clock.timeout(until, self.conn.write_all(bytes)).await;
        said.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
    }

    /// Says the last word of a connection, of which there may be more to read: bytes that nobody reads would turn the word into a reset.
    pub(super) async fn last(mut self, clock: &Clock, bytes: &[u8]) {
        let until = clock.now() + LINGER;
        let ended = async {
            self.conn.write_all(bytes).await?;
            self.conn.shutdown().await?;
            let mut read = 0;
            while read < LINGER_BYTES {
                self.unread.clear();
                match self.fill().await? {
                    0 => break,
                    more => read += more,
                }
            }
            io::Result::Ok(())
        };
        // Whoever does not listen has lost nothing that anybody owed him.
        let _ = clock.timeout(until, ended).await;
    }
}
