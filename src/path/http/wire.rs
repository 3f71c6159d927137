//! The one door by which the HTTP half writes.

use std::future::poll_fn;
use std::io::{self, ErrorKind, IoSlice};
use std::pin::Pin;
use std::sync::Arc;

use tokio::io::AsyncWrite;

use crate::world::Conn;

/// What is written to one connection. Everything goes through here.
pub(super) struct Wire {
    conn: Arc<Conn>,
}

impl Wire {
    pub(super) fn new(conn: Arc<Conn>) -> Self {
        Self { conn }
    }

    /// Sends a head and what is there of its body, in one write if the system takes it.
    pub(super) async fn send(&mut self, head: &[u8], body: &[u8]) -> io::Result<()> {
        let mut slices = [IoSlice::new(head), IoSlice::new(body)];
        let mut rest = &mut slices[..];
        // Drops what is empty.
        IoSlice::advance_slices(&mut rest, 0);
        while !rest.is_empty() {
            let written = poll_fn(|cx| Pin::new(&mut &*self.conn).poll_write_vectored(cx, rest)).await?;
            if written == 0 {
                return Err(ErrorKind::WriteZero.into());
            }
            IoSlice::advance_slices(&mut rest, written);
        }
        Ok(())
    }

    /// Sends more of a body.
    pub(super) async fn chunk(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.send(bytes, &[]).await
    }

    /// Sends the end of the stream.
    pub(super) async fn finish(&mut self) -> io::Result<()> {
        poll_fn(|cx| Pin::new(&mut &*self.conn).poll_shutdown(cx)).await
    }
}
