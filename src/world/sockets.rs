//! The connections of the sockets world: TCP as the kernel gives it.

use std::io::{Error, ErrorKind, IoSlice};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::{Context, Poll, Waker};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpSocket, TcpStream};

use super::splice::Pipe;
use crate::units::Size;

fn socket(like: SocketAddr) -> Result<TcpSocket, Error> {
    if like.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }
}

/// A connection that is to be made.
pub(super) struct Dial {
    socket: TcpSocket,
    to: SocketAddr,
}

impl Dial {
    pub(super) fn new(from: Option<IpAddr>, to: SocketAddr, unsent: Option<Size>) -> Result<Self, Error> {
        let socket = socket(to)?;
        if let Some(unsent) = unsent {
            // The kernel doubles this for its own bookkeeping, which it takes from the same budget: half of it keeps the promise.
            socket.set_send_buffer_size(u32::try_from(unsent.0 / 2).unwrap_or(u32::MAX))?;
        }
        if let Some(from) = from {
            socket.bind(SocketAddr::new(from, 0))?;
        }
        Ok(Self { socket, to })
    }

    /// The address of this end, with a port if it was given one.
    pub(super) fn local(&self) -> Result<SocketAddr, Error> {
        self.socket.local_addr()
    }

    pub(super) async fn connected(self) -> Result<Stream, Error> {
        let Self { socket, to } = self;
        let stream = socket.connect(to).await?;
        stream.set_nodelay(true)?;
        Ok(Stream::new(stream, to, None))
    }
}

/// Asks the system's resolver, on a thread of its own.
pub(super) async fn resolve(place: &str) -> Result<Vec<SocketAddr>, Error> {
    Ok(tokio::net::lookup_host(place).await?.collect())
}

/// A TCP connection that can be reset at any moment, also while tasks wait to read and to write.
pub(super) struct Stream {
    shared: Arc<Shared>,
    /// Asked of the system when somebody wants to know.
    local: OnceLock<SocketAddr>,
    pub(super) peer: SocketAddr,
}

/// What a stream shares with its resetters.
pub(super) struct Shared(Mutex<State>);

struct State {
    /// `None` once it was reset from this side.
    stream: Option<TcpStream>,
    /// The kernel tells of a peer's reset once and then speaks of the end of the stream. Whoever asks later must hear the same.
    reset_seen: bool,
    reader: Option<Waker>,
    writer: Option<Waker>,
}

impl Stream {
    /// A connection to `peer`, from `local` if that is known.
    pub(super) fn new(stream: TcpStream, peer: SocketAddr, local: Option<SocketAddr>) -> Self {
        let state = State { stream: Some(stream), reset_seen: false, reader: None, writer: None };
        let local = local.map_or_else(OnceLock::new, OnceLock::from);
        Self { shared: Arc::new(Shared(Mutex::new(state))), local, peer }
    }

    /// The address of this end; the unspecified one if it was reset from here before anybody asked.
    pub(super) fn local(&self) -> SocketAddr {
        let ask = || self.shared.lock().stream.as_ref().and_then(|stream| stream.local_addr().ok());
        *self.local.get_or_init(|| ask().unwrap_or_else(|| SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0))))
    }

    #[cfg(test)]
    pub(super) fn sends_at_once(&self) -> bool {
        self.shared.lock().stream.as_ref().is_some_and(|stream| stream.nodelay().unwrap_or(false))
    }

    pub(super) fn shared(&self) -> Arc<Shared> {
        Arc::clone(&self.shared)
    }

    pub(super) fn poll_read(&self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<Result<(), Error>> {
        let before = buf.filled().len();
        let read = |stream: Pin<&mut TcpStream>, cx: &mut Context<'_>| {
            stream.poll_read(cx, buf).map_ok(|()| buf.filled().len() - before)
        };
        self.shared.poll_read(cx, read).map_ok(|_| ())
    }

    pub(super) fn poll_write(&self, cx: &mut Context<'_>, slices: &[IoSlice<'_>]) -> Poll<Result<usize, Error>> {
        self.shared.poll(cx, |state| &mut state.writer, |stream, cx| stream.poll_write_vectored(cx, slices))
    }

    pub(super) fn poll_splice_in(&self, cx: &mut Context<'_>, pipe: &mut Pipe) -> Poll<Result<usize, Error>> {
        self.shared.poll_read(cx, |stream, cx| pipe.poll_fill(&stream, cx))
    }

    pub(super) fn poll_splice_out(&self, cx: &mut Context<'_>, pipe: &mut Pipe) -> Poll<Result<usize, Error>> {
        self.shared.poll(cx, |state| &mut state.writer, |stream, cx| pipe.poll_pour(&stream, cx))
    }

    pub(super) fn poll_write_one(&self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize, Error>> {
        self.shared.poll(cx, |state| &mut state.writer, |stream, cx| stream.poll_write(cx, bytes))
    }

    pub(super) fn poll_shutdown(&self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        match self.shared.poll(cx, |state| &mut state.writer, AsyncWrite::poll_shutdown) {
            // Nothing is left to be closed: that the peer has reset is the news of a read or a write.
            Poll::Ready(Err(error)) if is_over(&error) => Poll::Ready(Ok(())),
            other => other,
        }
    }
}

fn is_over(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::ConnectionReset | ErrorKind::NotConnected)
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What had arrived before a reset is read also by who has heard of it as a writer.
    fn poll_read(
        &self,
        cx: &mut Context<'_>,
        f: impl FnOnce(Pin<&mut TcpStream>, &mut Context<'_>) -> Poll<Result<usize, Error>>,
    ) -> Poll<Result<usize, Error>> {
        let mut state = self.lock();
        if !state.reset_seen {
            drop(state);
            return self.poll(cx, |state| &mut state.reader, f);
        }
        match state.stream.as_mut().map(|stream| f(Pin::new(stream), cx)) {
            Some(Poll::Ready(Ok(count))) if count > 0 => Poll::Ready(Ok(count)),
            _ => Poll::Ready(Err(ErrorKind::ConnectionReset.into())),
        }
    }

    fn poll<T>(
        &self,
        cx: &mut Context<'_>,
        slot: impl Fn(&mut State) -> &mut Option<Waker>,
        f: impl FnOnce(Pin<&mut TcpStream>, &mut Context<'_>) -> Poll<Result<T, Error>>,
    ) -> Poll<Result<T, Error>> {
        let mut state = self.lock();
        if state.reset_seen {
            return Poll::Ready(Err(ErrorKind::ConnectionReset.into()));
        }
        let Some(stream) = &mut state.stream else {
            return Poll::Ready(Err(ErrorKind::ConnectionAborted.into()));
        };
        let poll = f(Pin::new(stream), cx);
        match &poll {
            Poll::Pending => {
                let slot = slot(&mut state);
                match slot {
                    Some(waker) => waker.clone_from(cx.waker()),
                    None => *slot = Some(cx.waker().clone()),
                }
            }
            Poll::Ready(Err(error)) => state.reset_seen |= error.kind() == ErrorKind::ConnectionReset,
            Poll::Ready(Ok(_)) => {}
        }
        poll
    }

    /// Closes with a zero linger time, which sends a reset, and wakes whoever waits at this end.
    pub(super) fn reset(&self) {
        let (stream, wakers) = {
            let mut state = self.lock();
            (state.stream.take(), [state.reader.take(), state.writer.take()])
        };
        if let Some(stream) = stream {
            // Fails only on a connection that is gone already.
            let _ = stream.set_zero_linger();
        }
        wakers.into_iter().flatten().for_each(Waker::wake);
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        // Resetters may outlive the connection; it is closed here and not when the last of them goes.
        let stream = self.shared.lock().stream.take();
        drop(stream);
    }
}
