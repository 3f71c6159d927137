//! tokio's streams as hyper's, and back.

use std::cell::Cell;
use std::io::{Error, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use hyper::rt;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// The most that is read at once into hyper's buffer.
const SCRATCH: usize = 64 * 1024;

thread_local! {
    /// Where bytes for hyper are read to. hyper's own buffers are uninitialised: to lend them needs `unsafe`, to clear them first
    /// costs more than to copy what was read.
    static BUFFER: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// A wrapper that gives a tokio stream hyper's traits and a hyper stream (such as an upgraded connection) tokio's.
#[derive(Debug)]
pub struct Io<T>(T);

impl<T> Io<T> {
    /// Wraps a stream.
    pub fn new(inner: T) -> Self {
        Self(inner)
    }

    /// The stream within.
    pub fn inner(&self) -> &T {
        &self.0
    }

    /// Gives the stream back.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T: AsyncRead + Unpin> rt::Read for Io<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        mut cursor: rt::ReadBufCursor<'_>,
    ) -> Poll<Result<(), Error>> {
        // Taken out, so that a stream that is itself layered on another `Io` finds an empty place and not a borrowed one.
        let mut scratch = BUFFER.take();
        scratch.resize(SCRATCH, 0);
        let size = cursor.remaining().min(SCRATCH);
        let mut buf = ReadBuf::new(&mut scratch[..size]);
        let poll = Pin::new(&mut self.0).poll_read(cx, &mut buf);
        cursor.put_slice(buf.filled());
        BUFFER.set(scratch);
        poll
    }
}

impl<T: AsyncWrite + Unpin> rt::Write for Io<T> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize, Error>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }

    // Not vectored: hyper then puts head and body together itself. Ours are small, and for a list of slices it clears a kilobyte.
}

impl<T: rt::Read + Unpin> AsyncRead for Io<T> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<Result<(), Error>> {
        let filled = {
            let mut inner = rt::ReadBuf::new(buf.initialize_unfilled());
            ready!(Pin::new(&mut self.0).poll_read(cx, inner.unfilled()))?;
            inner.filled().len()
        };
        buf.advance(filled);
        Poll::Ready(Ok(()))
    }
}

impl<T: rt::Write + Unpin> AsyncWrite for Io<T> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize, Error>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.0.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<Result<usize, Error>> {
        Pin::new(&mut self.0).poll_write_vectored(cx, slices)
    }
}
