//! The network of both worlds.

mod dial;

use std::fmt;
use std::io::{Error, ErrorKind, IoSlice};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::gate::Gate;
use super::io::Io;
use super::leap::Leaps;
use super::listening;
use super::memory::{self, Network};
use super::pipe::{Link, Side};
use super::sockets;
use super::splice::Pipe;
use super::tls::{self, Agreed};
pub use dial::Dial;

/// Connections that may wait to be accepted; further ones wait to be connected.
pub(super) const BACKLOG: u32 = 1024;

/// The only way to another party: streams between addresses. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Net(Kind);

#[derive(Clone, Debug)]
enum Kind {
    Sockets,
    Memory(Arc<Network>),
}

impl Net {
    pub(super) fn sockets() -> Self {
        Self(Kind::Sockets)
    }

    pub(super) fn memory(leaps: Arc<Leaps>) -> Self {
        Self(Kind::Memory(Arc::new(Network::new(leaps))))
    }

    /// Listens at `address`; port 0 gives a free port, which [`Listener::local_addr`] tells.
    ///
    /// # Errors
    /// `AddrInUse` if somebody listens there; in sockets, whatever the system says.
    #[expect(clippy::unused_async, reason = "it needs the runtime around it, which only an async function says")]
    pub async fn bind(&self, address: SocketAddr) -> Result<Listener, Error> {
        Ok(match &self.0 {
            Kind::Sockets => Listener(Listening::Socket(listening::Listener::bind(address)?)),
            Kind::Memory(network) => Listener(Listening::Memory(network.bind(address)?)),
        })
    }

    /// Whether a [`Gate`] of this network can swallow handshakes.
    ///
    /// # Errors
    /// `PermissionDenied` or `Unsupported`, with the reason and what to do.
    pub fn can_swallow(&self) -> Result<(), Error> {
        match &self.0 {
            Kind::Sockets => listening::can_swallow(),
            Kind::Memory(_) => Ok(()),
        }
    }

    /// The addresses behind `host:port`; a host that is an address is itself. Where names are not resolved at once, this waits for
    /// whoever resolves them.
    ///
    /// # Errors
    /// If nobody knows the name, or `place` is not `host:port`. In memory only `localhost` has a name, and whatever ends with `.localhost`.
    pub async fn resolve(&self, place: &str) -> Result<Vec<SocketAddr>, Error> {
        if let Ok(address) = place.parse() {
            return Ok(vec![address]);
        }
        match &self.0 {
            Kind::Sockets => sockets::resolve(place).await,
            Kind::Memory(_) => {
                let here = |name: &str| name == "localhost" || name.ends_with(".localhost");
                let port =
                    place.rsplit_once(':').filter(|(name, _)| here(name)).and_then(|(_, port)| port.parse().ok());
                let port: u16 = port.ok_or_else(|| Error::new(ErrorKind::NotFound, "no such host"))?;
                Ok(vec![SocketAddr::from(([127, 0, 0, 1], port))])
            }
        }
    }
}

/// Where connections are accepted. Dropping it resets those that were not accepted yet.
pub struct Listener(Listening);

enum Listening {
    Socket(listening::Listener),
    Memory(memory::Listener),
}

impl Listener {
    /// The next connection and where it comes from. Losing the future loses no connection.
    ///
    /// # Errors
    /// In sockets, whatever the system says, such as a lack of descriptors; the listener goes on.
    pub async fn accept(&self) -> Result<(Conn, SocketAddr), Error> {
        match &self.0 {
            Listening::Socket(listener) => {
                let (stream, peer) = listener.accept().await?;
                Ok((Conn(Stream::Socket(stream)), peer))
            }
            Listening::Memory(listener) => {
                let stream = listener.accept().await;
                let peer = stream.peer;
                Ok((Conn(Stream::Memory(stream)), peer))
            }
        }
    }

    /// Where this listens, with the port that was given.
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        match &self.0 {
            Listening::Socket(listener) => listener.local_addr(),
            Listening::Memory(listener) => listener.local_addr(),
        }
    }

    /// What becomes of handshakes here, to be switched from anywhere. At first it is open.
    #[must_use]
    pub fn gate(&self) -> Gate {
        match &self.0 {
            Listening::Socket(listener) => Gate::socket(Arc::downgrade(listener.shared())),
            Listening::Memory(listener) => Gate::memory(Arc::downgrade(listener.queue())),
        }
    }
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Listener({})", self.local_addr())
    }
}

/// A connection: bytes both ways, in order, bounded.
///
/// Dropping it ends the stream for the peer; if bytes that were received are still unread, the peer sees a reset. A peer's reset is
/// `ConnectionReset`, on reading (after what had arrived) and on writing; our own, through a [`Resetter`], is `ConnectionAborted`.
/// The first write to a peer that is gone succeeds, as the kernel learns of it only by its answer; the next is `BrokenPipe`.
pub struct Conn(Stream);

enum Stream {
    Socket(sockets::Stream),
    Memory(memory::Stream),
    Tls(Box<tls::Stream>),
}

impl Conn {
    /// The bare socket, for TLS on it.
    pub(super) fn into_socket(self) -> Result<sockets::Stream, Error> {
        match self.0 {
            Stream::Socket(stream) => Ok(stream),
            Stream::Memory(_) | Stream::Tls(_) => {
                Err(Error::new(ErrorKind::Unsupported, "TLS is spoken over bare sockets only"))
            }
        }
    }

    pub(super) fn secured(stream: tls::Stream) -> Self {
        Self(Stream::Tls(Box::new(stream)))
    }

    /// The address of this end.
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        match &self.0 {
            Stream::Socket(stream) => stream.local(),
            Stream::Memory(stream) => stream.local,
            Stream::Tls(stream) => stream.local,
        }
    }

    /// The address of the other end.
    #[must_use]
    pub fn peer_addr(&self) -> SocketAddr {
        match &self.0 {
            Stream::Socket(stream) => stream.peer,
            Stream::Memory(stream) => stream.peer,
            Stream::Tls(stream) => stream.peer,
        }
    }

    /// What the two ends have agreed on within TLS to speak (ALPN); `None` if on nothing, or without TLS.
    #[must_use]
    pub fn agreed(&self) -> Option<Agreed> {
        match &self.0 {
            Stream::Tls(stream) => stream.agreed(),
            Stream::Socket(_) | Stream::Memory(_) => None,
        }
    }

    /// Breaks the connection off: the peer sees a reset and not the end of the stream.
    pub fn reset(self) {
        self.resetter().reset();
    }

    /// A handle that breaks this connection off from anywhere, also while it is split or inside of hyper.
    #[must_use]
    pub fn resetter(&self) -> Resetter {
        Resetter(match &self.0 {
            Stream::Socket(stream) => Handle::Socket(stream.shared()),
            Stream::Memory(stream) => Handle::Memory(Arc::clone(&stream.link), stream.side),
            Stream::Tls(stream) => Handle::Socket(stream.shared()),
        })
    }

    /// Whether the system can splice from and to this connection: on sockets, where it is Linux.
    #[must_use]
    pub fn splices(&self) -> bool {
        cfg!(target_os = "linux") && matches!(self.0, Stream::Socket(_))
    }

    /// Moves what has arrived into `pipe`, without a copy in this process: how many bytes, or 0 at the end of the stream.
    ///
    /// `Pending` while [`Pipe::is_full`] wakes nobody: pour something out, and ask again. One task may wait to read, be it so or by
    /// [`AsyncRead`].
    ///
    /// # Errors
    /// As when reading; `Unsupported` if this does not [splice](Self::splices).
    pub fn poll_splice_in(&self, cx: &mut Context<'_>, pipe: &mut Pipe) -> Poll<Result<usize, Error>> {
        match &self.0 {
            Stream::Socket(stream) => stream.poll_splice_in(cx, pipe),
            Stream::Memory(_) | Stream::Tls(_) => Poll::Ready(Err(ErrorKind::Unsupported.into())),
        }
    }

    /// Sends what `pipe` holds, without a copy in this process: how many bytes, which may be a part; 0 if the pipe is empty. One task
    /// may wait to write, be it so or by [`AsyncWrite`].
    ///
    /// # Errors
    /// As when writing; `Unsupported` if this does not [splice](Self::splices).
    pub fn poll_splice_out(&self, cx: &mut Context<'_>, pipe: &mut Pipe) -> Poll<Result<usize, Error>> {
        match &self.0 {
            Stream::Socket(stream) => stream.poll_splice_out(cx, pipe),
            Stream::Memory(_) | Stream::Tls(_) => Poll::Ready(Err(ErrorKind::Unsupported.into())),
        }
    }

    /// This connection as hyper wants it.
    #[must_use]
    pub fn into_io(self) -> Io<Self> {
        Io::new(self)
    }
}

impl fmt::Debug for Conn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Conn({} - {})", self.local_addr(), self.peer_addr())
    }
}

/// Breaks a connection off. Holding it does not keep the connection open; on one that is gone it does nothing.
#[derive(Clone)]
pub struct Resetter(Handle);

#[derive(Clone)]
enum Handle {
    Socket(Arc<sockets::Shared>),
    Memory(Arc<Link>, Side),
}

impl Resetter {
    /// The peer sees a reset at once; whoever reads or writes at this end gets `ConnectionAborted`.
    pub fn reset(&self) {
        match &self.0 {
            Handle::Socket(shared) => shared.reset(),
            Handle::Memory(link, side) => link.reset(*side),
        }
    }
}

impl fmt::Debug for Resetter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Resetter")
    }
}

/// So that one task can read and write a connection without a lock between its halves.
impl AsyncRead for &Conn {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<Result<(), Error>> {
        match &self.0 {
            Stream::Socket(stream) => stream.poll_read(cx, buf),
            Stream::Memory(stream) => stream.link.poll_read(stream.side, cx, buf),
            Stream::Tls(stream) => stream.poll_read(cx, buf),
        }
    }
}

/// So that one task can read and write a connection without a lock between its halves.
impl AsyncWrite for &Conn {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize, Error>> {
        match &self.0 {
            // Cheaper than a vector of one.
            Stream::Socket(stream) => stream.poll_write_one(cx, bytes),
            Stream::Memory(stream) => stream.link.poll_write(stream.side, cx, &[IoSlice::new(bytes)]),
            Stream::Tls(stream) => stream.poll_write(cx, &[IoSlice::new(bytes)]),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<Result<usize, Error>> {
        match &self.0 {
            Stream::Socket(stream) => stream.poll_write(cx, slices),
            Stream::Memory(stream) => stream.link.poll_write(stream.side, cx, slices),
            Stream::Tls(stream) => stream.poll_write(cx, slices),
        }
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), Error>> {
        // Neither kernel nor pipe nor TLS holds anything back.
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        match &self.0 {
            Stream::Socket(stream) => stream.poll_shutdown(cx),
            Stream::Memory(stream) => Poll::Ready(stream.link.shutdown(stream.side)),
            Stream::Tls(stream) => stream.poll_shutdown(cx),
        }
    }
}

impl AsyncRead for Conn {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<Result<(), Error>> {
        Pin::new(&mut &*self).poll_read(cx, buf)
    }
}

impl AsyncWrite for Conn {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize, Error>> {
        Pin::new(&mut &*self).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<Result<usize, Error>> {
        Pin::new(&mut &*self).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Pin::new(&mut &*self).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Pin::new(&mut &*self).poll_shutdown(cx)
    }
}
