//! The network of the memory world: who listens where, and who waits to be accepted.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::future::poll_fn;
use std::io::{Error, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use super::net::BACKLOG;
use super::pipe::{Link, Side};

/// The ports that are given out: what Linux gives out, too.
const EPHEMERAL: std::ops::RangeInclusive<u16> = 32_768..=60_999;

/// All listeners of a world. Nothing here sleeps or draws: delays and faults are put in above the seam.
#[derive(Default)]
pub(super) struct Network(Mutex<Registry>);

#[derive(Default)]
struct Registry {
    listeners: BTreeMap<SocketAddr, Arc<Queue>>,
    /// The port given out last, by address, so that one party's connections never shift another's ports.
    last_port: BTreeMap<IpAddr, u16>,
}

/// The connections that wait to be accepted at one address.
#[derive(Default)]
struct Queue(Mutex<Waiting>);

#[derive(Default)]
struct Waiting {
    connections: VecDeque<Stream>,
    /// Whoever waits in `accept`, and whoever waits for room in `connections`.
    acceptors: Vec<Waker>,
    connectors: Vec<Waker>,
    closed: bool,
}

/// One end of a connection.
pub(super) struct Stream {
    pub(super) link: Arc<Link>,
    pub(super) side: Side,
    pub(super) local: SocketAddr,
    pub(super) peer: SocketAddr,
}

impl Network {
    fn lock(&self) -> MutexGuard<'_, Registry> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn bind(self: &Arc<Self>, address: SocketAddr) -> Result<Listener, Error> {
        let mut registry = self.lock();
        let mut local = address;
        if local.port() == 0 {
            local.set_port(registry.free_port(address.ip()).ok_or(ErrorKind::AddrInUse)?);
        } else if registry.is_taken(local) {
            return Err(ErrorKind::AddrInUse.into());
        }
        let queue = Arc::new(Queue::default());
        registry.listeners.insert(local, Arc::clone(&queue));
        Ok(Listener { network: Arc::clone(self), queue, local })
    }

    pub(super) async fn connect(&self, from: Option<IpAddr>, to: SocketAddr) -> Result<Stream, Error> {
        let to = SocketAddr::new(named(to.ip()), to.port());
        let (queue, local) = {
            let mut registry = self.lock();
            let queue = registry.listener(to).ok_or(ErrorKind::ConnectionRefused)?;
            let from = from.unwrap_or_else(|| loopback(to.ip()));
            (queue, SocketAddr::new(from, registry.next_port(from)))
        };
        poll_fn(|cx| queue.poll_connect(cx, local, to)).await
    }
}

impl Registry {
    fn is_taken(&self, address: SocketAddr) -> bool {
        let same_port = |other: &SocketAddr| other.port() == address.port() && other.is_ipv4() == address.is_ipv4();
        self.listeners.keys().any(|other| {
            same_port(other)
                && (other.ip() == address.ip() || other.ip().is_unspecified() || address.ip().is_unspecified())
        })
    }

    fn listener(&self, at: SocketAddr) -> Option<Arc<Queue>> {
        let any = SocketAddr::new(unspecified(at.ip()), at.port());
        self.listeners.get(&at).or_else(|| self.listeners.get(&any)).cloned()
    }

    fn next_port(&mut self, ip: IpAddr) -> u16 {
        let last = self.last_port.entry(ip).or_insert(*EPHEMERAL.end());
        *last = if *last >= *EPHEMERAL.end() { *EPHEMERAL.start() } else { *last + 1 };
        *last
    }

    fn free_port(&mut self, ip: IpAddr) -> Option<u16> {
        for _ in EPHEMERAL {
            let port = self.next_port(ip);
            if !self.is_taken(SocketAddr::new(ip, port)) {
                return Some(port);
            }
        }
        None
    }
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// As with the kernel, one is connected before one is accepted, as long as there is room to wait.
    fn poll_connect(&self, cx: &Context<'_>, local: SocketAddr, to: SocketAddr) -> Poll<Result<Stream, Error>> {
        let mut waiting = self.lock();
        if waiting.closed {
            return Poll::Ready(Err(ErrorKind::ConnectionRefused.into()));
        }
        if waiting.connections.len() >= BACKLOG as usize {
            enrol(&mut waiting.connectors, cx);
            return Poll::Pending;
        }
        let link = Link::new();
        let accepted = Stream { link: Arc::clone(&link), side: Side::Acceptor, local: to, peer: local };
        waiting.connections.push_back(accepted);
        waiting.acceptors.drain(..).for_each(Waker::wake);
        Poll::Ready(Ok(Stream { link, side: Side::Connector, local, peer: to }))
    }

    fn poll_accept(&self, cx: &Context<'_>) -> Poll<Stream> {
        let mut waiting = self.lock();
        if let Some(stream) = waiting.connections.pop_front() {
            waiting.connectors.drain(..).for_each(Waker::wake);
            return Poll::Ready(stream);
        }
        enrol(&mut waiting.acceptors, cx);
        Poll::Pending
    }
}

/// Joins those who wait, unless last to join: a task that is polled again must not stand in line twice in a row.
fn enrol(line: &mut Vec<Waker>, cx: &Context<'_>) {
    if !line.last().is_some_and(|last| last.will_wake(cx.waker())) {
        line.push(cx.waker().clone());
    }
}

/// A place in the registry, given up when it is dropped.
pub(super) struct Listener {
    network: Arc<Network>,
    queue: Arc<Queue>,
    local: SocketAddr,
}

impl Listener {
    pub(super) fn local_addr(&self) -> SocketAddr {
        self.local
    }

    pub(super) async fn accept(&self) -> Stream {
        poll_fn(|cx| self.queue.poll_accept(cx)).await
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.network.lock().listeners.remove(&self.local);
        let (connections, connectors) = {
            let mut waiting = self.queue.lock();
            waiting.closed = true;
            (std::mem::take(&mut waiting.connections), std::mem::take(&mut waiting.connectors))
        };
        // Nobody will ever accept these: the kernel resets them.
        for stream in &connections {
            stream.link.reset(stream.side);
        }
        connectors.into_iter().for_each(Waker::wake);
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.link.close(self.side);
    }
}

impl fmt::Debug for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.lock().listeners.keys()).finish()
    }
}

/// A connection to "any address" is one to this machine.
fn named(ip: IpAddr) -> IpAddr {
    if ip.is_unspecified() { loopback(ip) } else { ip }
}

fn loopback(like: IpAddr) -> IpAddr {
    if like.is_ipv4() { Ipv4Addr::LOCALHOST.into() } else { Ipv6Addr::LOCALHOST.into() }
}

fn unspecified(like: IpAddr) -> IpAddr {
    if like.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() }
}
