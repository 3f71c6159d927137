//! The network of the memory world: who listens where, and who waits to be accepted.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::future::poll_fn;
use std::io::{Error, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use ipnet::IpNet;

use super::gate;
use super::leap::{Leaps, Wait};
use super::net::BACKLOG;
use super::pipe::{Link, Side};
use crate::units::Span;

/// The ports that are given out: what Linux gives out, too.
const EPHEMERAL: std::ops::RangeInclusive<u16> = 32_768..=60_999;

/// When a client whose handshake is not answered tries again, after it began, and when it gives up: Linux since 6.5, with its defaults
/// (six attempts, before which four come a second apart).
const TRIES: [Span; 11] = {
    let secs = [1, 2, 3, 4, 5, 7, 11, 19, 35, 67, 131];
    let (mut tries, mut at) = ([Span::ZERO; 11], 0);
    while at < tries.len() {
        tries[at] = Span::from_secs(secs[at]);
        at += 1;
    }
    tries
};

/// All listeners of a world. Nothing here draws, and nothing sleeps but a client that got no answer: delays and faults are put in above
/// the seam.
pub(super) struct Network {
    registry: Mutex<Registry>,
    leaps: Arc<Leaps>,
}

#[derive(Default)]
struct Registry {
    listeners: BTreeMap<SocketAddr, Arc<Queue>>,
    /// The port given out last, by address, so that one party's connections never shift another's ports.
    last_port: BTreeMap<IpAddr, u16>,
}

/// The connections that wait to be accepted at one address.
#[derive(Default)]
pub(super) struct Queue(Mutex<Waiting>);

#[derive(Default)]
struct Waiting {
    connections: VecDeque<Stream>,
    /// Whoever waits in `accept`, and whoever waits for room in `connections`.
    acceptors: Vec<Waker>,
    connectors: Vec<Waker>,
    answer: Answer,
}

/// What a handshake gets for an answer.
#[derive(Default)]
enum Answer {
    #[default]
    Yes,
    No,
    /// None, if it comes from one of these blocks.
    Silence(Vec<IpNet>),
    /// No, and never again: the listener is gone.
    Never,
}

/// One end of a connection.
pub(super) struct Stream {
    pub(super) link: Arc<Link>,
    pub(super) side: Side,
    pub(super) local: SocketAddr,
    pub(super) peer: SocketAddr,
}

/// A connection that is to be made.
pub(super) struct Dial {
    network: Arc<Network>,
    pub(super) local: SocketAddr,
    to: SocketAddr,
}

impl Network {
    pub(super) fn new(leaps: Arc<Leaps>) -> Self {
        Self { registry: Mutex::default(), leaps }
    }

    fn lock(&self) -> MutexGuard<'_, Registry> {
        self.registry.lock().unwrap_or_else(PoisonError::into_inner)
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

    pub(super) fn dial(self: &Arc<Self>, from: Option<IpAddr>, to: SocketAddr) -> Dial {
        let to = SocketAddr::new(named(to.ip()), to.port());
        let from = from.unwrap_or_else(|| loopback(to.ip()));
        let local = SocketAddr::new(from, self.lock().next_port(from));
        Dial { network: Arc::clone(self), local, to }
    }
}

impl Dial {
    pub(super) async fn connected(self) -> Result<Stream, Error> {
        let Self { network, local, to } = self;
        let start = network.leaps.now();
        let mut queue = network.lock().listener(to)?;
        for again in TRIES {
            if let Some(stream) = poll_fn(|cx| queue.poll_connect(cx, local, to)).await? {
                return Ok(stream);
            }
            let mut wait = Wait::new(Arc::clone(&network.leaps), start + again);
            poll_fn(|cx| wait.poll(cx)).await;
            // By now another may listen here, or nobody.
            queue = network.lock().listener(to)?;
        }
        Err(ErrorKind::TimedOut.into())
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

    fn listener(&self, at: SocketAddr) -> Result<Arc<Queue>, Error> {
        let any = SocketAddr::new(unspecified(at.ip()), at.port());
        let queue = self.listeners.get(&at).or_else(|| self.listeners.get(&any));
        queue.cloned().ok_or_else(|| ErrorKind::ConnectionRefused.into())
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

impl Waiting {
    fn switch(&mut self, answer: Answer) {
        if !matches!(self.answer, Answer::Never) {
            self.answer = answer;
        }
    }
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// As with the kernel, one is connected before one is accepted, as long as there is room to wait. `None` if there is no answer.
    fn poll_connect(&self, cx: &Context<'_>, local: SocketAddr, to: SocketAddr) -> Poll<Result<Option<Stream>, Error>> {
        let mut waiting = self.lock();
        match &waiting.answer {
            Answer::No | Answer::Never => return Poll::Ready(Err(ErrorKind::ConnectionRefused.into())),
            Answer::Silence(blocks) if gate::swallows(blocks, local.ip()) => return Poll::Ready(Ok(None)),
            Answer::Yes | Answer::Silence(_) => {}
        }
        if waiting.connections.len() >= BACKLOG as usize {
            enrol(&mut waiting.connectors, cx);
            return Poll::Pending;
        }
        let link = Link::new();
        let accepted = Stream { link: Arc::clone(&link), side: Side::Acceptor, local: to, peer: local };
        waiting.connections.push_back(accepted);
        waiting.acceptors.drain(..).for_each(Waker::wake);
        Poll::Ready(Ok(Some(Stream { link, side: Side::Connector, local, peer: to })))
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

    pub(super) fn open(&self) {
        self.lock().switch(Answer::Yes);
    }

    pub(super) fn swallow(&self, from: Vec<IpNet>) {
        self.lock().switch(Answer::Silence(from));
    }

    pub(super) fn refuse(&self) {
        self.stop(Answer::No);
    }

    /// As the kernel does, resets whatever was not accepted.
    fn stop(&self, answer: Answer) {
        let (connections, connectors) = {
            let mut waiting = self.lock();
            waiting.switch(answer);
            (std::mem::take(&mut waiting.connections), std::mem::take(&mut waiting.connectors))
        };
        for stream in &connections {
            stream.link.reset(stream.side);
        }
        connectors.into_iter().for_each(Waker::wake);
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

    pub(super) fn queue(&self) -> &Arc<Queue> {
        &self.queue
    }

    pub(super) async fn accept(&self) -> Stream {
        poll_fn(|cx| self.queue.poll_accept(cx)).await
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.network.lock().listeners.remove(&self.local);
        // Nobody will ever accept what waits.
        self.queue.stop(Answer::Never);
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
