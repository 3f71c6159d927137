use std::io::{Error, IoSlice};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_rustls::TlsStream;

use crate::world::sockets;

/// A connection within TLS. One task may wait to read and one to write, as on a bare socket: once the handshake is over, reading does not
/// wait for the socket to take something, nor writing for it to bring something.
pub(in crate::world) struct Stream {
    session: Mutex<Session>,
    shared: Arc<sockets::Shared>,
    pub(in crate::world) local: SocketAddr,
    pub(in crate::world) peer: SocketAddr,
}

struct Session {
    stream: TlsStream<sockets::Stream>,
    /// How much of what is being written is encrypted, and not all with the kernel yet.
    sealed: usize,
}

impl Stream {
    pub(super) fn new(stream: TlsStream<sockets::Stream>) -> Self {
        let (socket, _) = stream.get_ref();
        let (shared, local, peer) = (socket.shared(), socket.local(), socket.peer);
        Self { session: Mutex::new(Session { stream, sealed: 0 }), shared, local, peer }
    }

    pub(in crate::world) fn shared(&self) -> Arc<sockets::Shared> {
        Arc::clone(&self.shared)
    }

    fn lock(&self) -> MutexGuard<'_, Session> {
        self.session.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(in crate::world) fn poll_read(&self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<Result<(), Error>> {
        Pin::new(&mut self.lock().stream).poll_read(cx, buf)
    }

    /// Is over when the kernel has it all, so that nobody need flush. Until then whoever writes comes again with the same bytes.
    pub(in crate::world) fn poll_write(
        &self,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<Result<usize, Error>> {
        let mut session = self.lock();
        let Session { stream, sealed } = &mut *session;
        if *sealed == 0 {
            *sealed = ready!(Pin::new(&mut *stream).poll_write_vectored(cx, slices))?;
        }
        ready!(Pin::new(stream).poll_flush(cx))?;
        Poll::Ready(Ok(std::mem::take(sealed)))
    }

    pub(in crate::world) fn poll_shutdown(&self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Pin::new(&mut self.lock().stream).poll_shutdown(cx)
    }
}

/// For the library, which wants a stream of its own.
impl AsyncRead for sockets::Stream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<Result<(), Error>> {
        sockets::Stream::poll_read(&self, cx, buf)
    }
}

/// For the library, which wants a stream of its own.
impl AsyncWrite for sockets::Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize, Error>> {
        self.poll_write_one(cx, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<Result<usize, Error>> {
        sockets::Stream::poll_write(&self, cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        sockets::Stream::poll_shutdown(&self, cx)
    }
}
