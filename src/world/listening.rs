//! Where the sockets world accepts: a listening socket with a gate.

use std::io::{Error, ErrorKind};
use std::net::{Shutdown, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ipnet::IpNet;
use socket2::{Domain, Protocol, Socket, Type};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::net::TcpStream;
use tokio::runtime::Handle;
use tokio::sync::watch;

use super::filter;
use super::net::BACKLOG;
use super::sockets::Stream;

/// A listening socket; dropping it closes it.
pub(super) struct Listener {
    shared: Arc<Shared>,
    local: SocketAddr,
}

/// What a listener shares with its gates.
pub(super) struct Shared {
    /// What is switched. Whoever switches it holds the lock until whoever accepts knows.
    socket: Mutex<Switch>,
    /// What is accepted from: a second descriptor of the same socket. `None` while connections are refused: the event queue holds what
    /// has once been shut down for ended, and would spin. So would tokio's own listener, within one poll, where the socket listens again
    /// before it has looked: it has nothing to accept and is always ready.
    accepts: watch::Sender<Option<Arc<AsyncFd<Socket>>>>,
    runtime: Handle,
}

struct Switch {
    socket: Socket,
    /// What will be accepted from, while connections are refused. Made beforehand: when they are let in again there may be no descriptor
    /// to be had, and nobody tries again.
    spare: Option<Socket>,
}

impl Listener {
    /// Must be called within the runtime.
    pub(super) fn bind(address: SocketAddr) -> Result<Self, Error> {
        let runtime = Handle::try_current().map_err(Error::other)?;
        let mut socket = bound(address)?;
        let local = local_addr(&socket)?;
        if address.port() == 0 {
            // A port that the kernel chose would be given back while connections are refused: only one that we name is kept. The first
            // socket holds it until the second does.
            socket = bound(local)?;
        }
        let spare = Some(socket.try_clone()?);
        let shared =
            Shared { socket: Mutex::new(Switch { socket, spare }), accepts: watch::Sender::new(None), runtime };
        shared.open()?;
        Ok(Self { shared: Arc::new(shared), local })
    }

    pub(super) fn local_addr(&self) -> SocketAddr {
        self.local
    }

    pub(super) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    /// Where an accepted connection ends, if that is the same for all of them.
    fn accepted_at(&self) -> Option<SocketAddr> {
        (!self.local.ip().is_unspecified()).then_some(self.local)
    }

    pub(super) async fn accept(&self) -> Result<(Stream, SocketAddr), Error> {
        let mut switched = self.shared.accepts.subscribe();
        loop {
            let Some(listener) = switched.borrow_and_update().clone() else {
                // The sender is ours, and is not gone.
                let _ = switched.changed().await;
                continue;
            };
            let mut ready = tokio::select! {
                biased;
                // First, so that where one waits nobody listens for a switch.
                ready = listener.readable() => ready?,
                _ = switched.changed() => continue,
            };
            // Another may have taken it, or the socket was shut down and listens again: the next round looks at what is accepted from.
            let Ok(accepted) = ready.try_io(|listener| accept(listener.get_ref())) else { continue };
            match accepted {
                Ok((stream, peer)) => return Ok((Stream::new(stream, peer, self.accepted_at()), peer)),
                // The peer gave up while it waited: that is its affair and no failure of the listener.
                Err(error) if error.kind() == ErrorKind::ConnectionAborted => {}
                // Refused since we looked: a socket that does not listen accepts nothing.
                Err(_) if switched.has_changed().unwrap_or(false) => {}
                Err(error) => return Err(error),
            }
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Switch> {
        self.socket.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn open(&self) -> Result<(), Error> {
        let mut switch = self.lock();
        filter::detach(&switch.socket)?;
        self.listen(&mut switch)
    }

    pub(super) fn swallow(&self, from: &[IpNet]) -> Result<(), Error> {
        let mut switch = self.lock();
        // Before it listens, so that nobody slips through.
        filter::attach(&switch.socket, from)?;
        self.listen(&mut switch)
    }

    #[expect(deprecated, reason = "it cannot keep a type from changing its descriptor; a socket's does not change")]
    fn listen(&self, switch: &mut Switch) -> Result<(), Error> {
        if switch.spare.is_none() {
            return Ok(());
        }
        switch.socket.set_reuse_address(true)?;
        switch.socket.listen(i32::try_from(BACKLOG).unwrap_or(i32::MAX))?;
        let Some(spare) = switch.spare.take() else { return Ok(()) };
        let _within = self.runtime.enter();
        let listener = AsyncFd::with_interest(spare, Interest::READABLE)?;
        self.accepts.send_replace(Some(Arc::new(listener)));
        Ok(())
    }

    pub(super) fn refuse(&self) -> Result<(), Error> {
        let mut switch = self.lock();
        if switch.spare.is_some() {
            return Ok(());
        }
        let spare = switch.socket.try_clone()?;
        // First, so that whoever accepts knows why it cannot.
        let before = self.accepts.send_replace(None);
        // Linux lets a listening socket go back to being bound only.
        if let Err(error) = switch.socket.shutdown(Shutdown::Read) {
            self.accepts.send_replace(before);
            return Err(error);
        }
        switch.spare = Some(spare);
        // Else another program that says the same could take the port.
        switch.socket.set_reuse_address(false)?;
        filter::detach(&switch.socket)
    }
}

fn accept(listener: &Socket) -> Result<(TcpStream, SocketAddr), Error> {
    let (accepted, peer) = listener.accept()?;
    accepted.set_nonblocking(true)?;
    let peer = peer.as_socket().ok_or(ErrorKind::AddrNotAvailable)?;
    Ok((TcpStream::from_std(accepted.into())?, peer))
}

fn bound(address: SocketAddr) -> Result<Socket, Error> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_nonblocking(true)?;
    // A twin must be able to come back on its port while old connections are still in TIME_WAIT.
    socket.set_reuse_address(true)?;
    // Accepted connections inherit it, which saves each a call.
    socket.set_tcp_nodelay(true)?;
    socket.bind(&address.into())?;
    Ok(socket)
}

fn local_addr(socket: &Socket) -> Result<SocketAddr, Error> {
    socket.local_addr()?.as_socket().ok_or_else(|| ErrorKind::AddrNotAvailable.into())
}

/// Whether handshakes can be swallowed, tried on a socket that nobody knows.
pub(super) fn can_swallow() -> Result<(), Error> {
    filter::attach(&Socket::new(Domain::IPV4, Type::STREAM, Some(Protocol::TCP))?, &[])
}

#[cfg(test)]
mod tests {
    use super::super::sockets;
    use super::*;

    #[test]
    fn accepted_connections_send_at_once_and_know_where_they_are() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().expect("a runtime");
        runtime.block_on(async {
            for any in ["127.0.0.1:0", "0.0.0.0:0", "[::]:0"] {
                let listener = Listener::bind(any.parse().expect("an address")).expect("a free port");
                let to = SocketAddr::from(([127, 0, 0, 1], listener.local_addr().port()));
                let client =
                    sockets::Dial::new(None, to, None).expect("a socket").connected().await.expect("it listens");
                let (stream, peer) = listener.accept().await.expect("a connection");
                assert!(stream.sends_at_once(), "{any}");
                let canonical = |address: SocketAddr| SocketAddr::new(address.ip().to_canonical(), address.port());
                assert_eq!(canonical(stream.local()), to);
                assert_eq!(canonical(peer), client.local());
            }
        });
    }
}
