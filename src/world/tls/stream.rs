use std::io::{Error, IoSlice};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_rustls::TlsStream;

use super::Agreed;
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
    stream: TlsStream<Begun>,
    /// How much of what is being written is encrypted, and not all with the kernel yet.
    sealed: usize,
}

impl Stream {
    pub(super) fn new(stream: TlsStream<Begun>) -> Self {
        let (Begun { socket, .. }, _) = stream.get_ref();
        let (shared, local, peer) = (socket.shared(), socket.local(), socket.peer);
        Self { session: Mutex::new(Session { stream, sealed: 0 }), shared, local, peer }
    }

    pub(in crate::world) fn shared(&self) -> Arc<sockets::Shared> {
        Arc::clone(&self.shared)
    }

    /// The protocol that was agreed on for what is said within, if any was.
    pub(in crate::world) fn agreed(&self) -> Option<Agreed> {
        let session = self.lock();
        let (_, state) = session.stream.get_ref();
        let chosen = state.alpn_protocol()?;
        [Agreed::HTTP1, Agreed::HTTP2].into_iter().find(|agreed| agreed.name() == chosen)
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

/// A socket of which somebody has read something already, for the library, which wants a stream of its own.
pub(super) struct Begun {
    socket: sockets::Stream,
    read: Bytes,
}

impl Begun {
    pub(super) fn new(socket: sockets::Stream, read: Bytes) -> Self {
        Self { socket, read }
    }
}

impl AsyncRead for Begun {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<Result<(), Error>> {
        if self.read.is_empty() {
            return self.socket.poll_read(cx, buf);
        }
        let count = self.read.len().min(buf.remaining());
        buf.put_slice(&self.read[..count]);
        self.read.advance(count);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Begun {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize, Error>> {
        self.socket.poll_write_one(cx, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<Result<usize, Error>> {
        self.socket.poll_write(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.socket.poll_shutdown(cx)
    }
}
