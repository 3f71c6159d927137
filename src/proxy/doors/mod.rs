//! The data side, as the interface needs it: doors through which other people's programs reach an upstream, and faults armed on them.
//!
//! Nothing here waits for data: arming, lifting and counting take a lock for a moment, and closing waits only until the listener is gone.

mod fault;
mod lane;

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use self::lane::{Lane, Outcome};
use crate::draw::{Key, Seed};
use crate::limits::{ACCEPT_PAUSE, HEAD_TIMEOUT};
use crate::plan::Direction;
use crate::units::Moment;
use crate::world::{Conn, Listener, Tasks, World};

pub use fault::{Fault, Kind};

/// What a door is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DoorSpec {
    /// Its name, which is part of the key of every draw.
    pub name: String,
    /// Where it listens; port 0 gives a free one.
    pub listen: SocketAddr,
    /// Where it leads, as `host:port`; resolved anew for every connection.
    pub upstream: String,
}

/// Bytes of one direction, since the door was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bytes {
    /// Read from whoever sends.
    pub read: u64,
    /// Written to whoever receives.
    pub written: u64,
}

/// What passes a door, up to this moment and not only when a connection ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// From the client to the upstream.
    pub to_endpoint: Bytes,
    /// From the upstream to the client.
    pub from_endpoint: Bytes,
    /// Connections that are open now.
    pub open: u64,
    /// Connections that were accepted since the door was opened.
    pub accepted: u64,
}

/// What an armed fault has done.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// The fault.
    pub fault: Fault,
    /// How many units it hit.
    pub hits: u64,
    /// When it first bit, on the world's clock.
    pub applied: Option<Moment>,
}

/// Makes doors. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Gateway {
    world: World,
    seed: Seed,
    /// Places for connections, of all doors together.
    places: Arc<Semaphore>,
}

impl Gateway {
    /// A gateway in a world; the seed decides which connections a fault with a share hits. Beyond `connections` at once, further ones
    /// wait to be accepted.
    pub fn new(world: &World, seed: Seed, connections: usize) -> Self {
        let places = Arc::new(Semaphore::new(connections.clamp(1, Semaphore::MAX_PERMITS)));
        Self { world: world.clone(), seed, places }
    }

    /// Opens a door.
    ///
    /// # Errors
    /// If the address cannot be listened at.
    pub async fn open(&self, spec: DoorSpec) -> io::Result<Door> {
        let listener = self.world.net.bind(spec.listen).await?;
        let local = listener.local_addr();
        let shared = Arc::new(Shared {
            key: self.seed.key("door").name(&spec.name),
            spec,
            world: self.world.clone(),
            places: Arc::clone(&self.places),
            faults: watch::Sender::new(Arc::default()),
            counters: Counters::default(),
            connections: Tasks::new(),
        });
        let accepting = Tasks::new();
        accepting.spawn("door", accept(Arc::clone(&shared), listener));
        Ok(Door { local, shared, accepting, changing: Mutex::default() })
    }
}

/// An open door. Dropping it closes it.
#[derive(Debug)]
pub struct Door {
    local: SocketAddr,
    shared: Arc<Shared>,
    accepting: Tasks,
    changing: Mutex<()>,
}

#[derive(Debug)]
struct Shared {
    spec: DoorSpec,
    key: Key,
    world: World,
    places: Arc<Semaphore>,
    /// Whoever holds a unit back watches this; whoever merely reads looks at it when something has come.
    faults: watch::Sender<Arc<Vec<Arc<Active>>>>,
    counters: Counters,
    connections: Tasks,
}

/// A fault that is armed, and what it did.
#[derive(Debug)]
struct Active {
    fault: Fault,
    history: Arc<History>,
}

#[derive(Debug)]
struct History {
    hits: AtomicU64,
    /// Nanoseconds; the largest number means never.
    applied: AtomicU64,
}

#[derive(Debug, Default)]
struct Counters {
    /// By direction: read and written.
    bytes: [[AtomicU64; 2]; 2],
    open: AtomicU64,
    accepted: AtomicU64,
}

impl Active {
    fn hit(&self, now: Moment) {
        self.history.hits.fetch_add(1, Ordering::Relaxed);
        self.history.applied.fetch_min(now.nanos(), Ordering::Relaxed);
    }

    fn report(&self) -> Report {
        let applied = self.history.applied.load(Ordering::Relaxed);
        Report {
            fault: self.fault.clone(),
            hits: self.history.hits.load(Ordering::Relaxed),
            applied: (applied != u64::MAX).then(|| Moment::from_nanos(applied)),
        }
    }
}

impl Counters {
    fn bytes(&self, direction: Direction) -> Bytes {
        let [read, written] = &self.bytes[usize::from(direction == Direction::FromEndpoint)];
        Bytes { read: read.load(Ordering::Relaxed), written: written.load(Ordering::Relaxed) }
    }

    fn read(&self, direction: Direction, bytes: usize) {
        self.bytes[usize::from(direction == Direction::FromEndpoint)][0].fetch_add(bytes as u64, Ordering::Relaxed);
    }

    fn written(&self, direction: Direction, bytes: usize) {
        self.bytes[usize::from(direction == Direction::FromEndpoint)][1].fetch_add(bytes as u64, Ordering::Relaxed);
    }
}

impl Door {
    /// Where it listens, with the port that was given.
    pub fn local_addr(&self) -> SocketAddr {
        self.local
    }

    /// What passed so far.
    pub fn traffic(&self) -> Traffic {
        let counters = &self.shared.counters;
        Traffic {
            to_endpoint: counters.bytes(Direction::ToEndpoint),
            from_endpoint: counters.bytes(Direction::FromEndpoint),
            open: counters.open.load(Ordering::Relaxed),
            accepted: counters.accepted.load(Ordering::Relaxed),
        }
    }

    /// Arms a fault. One of the same name is replaced in its place, and its hits go on being counted.
    pub fn arm(&self, fault: Fault) {
        let _changing = self.changing();
        let mut faults = self.shared.armed();
        let known = faults.iter().position(|active| active.fault.name == fault.name);
        let fresh = || Arc::new(History { hits: AtomicU64::new(0), applied: AtomicU64::new(u64::MAX) });
        let history = known.map_or_else(fresh, |at| Arc::clone(&faults[at].history));
        let active = Arc::new(Active { fault, history });
        match known {
            Some(at) => faults[at] = active,
            None => faults.push(active),
        }
        self.shared.faults.send_replace(Arc::new(faults));
    }

    /// Lifts a fault: what it holds back goes on. Nothing happens if none has this name.
    pub fn lift(&self, name: &str) {
        let _changing = self.changing();
        let mut faults = self.shared.armed();
        faults.retain(|active| active.fault.name != name);
        self.shared.faults.send_replace(Arc::new(faults));
    }

    /// What is armed, in the order of arming.
    pub fn faults(&self) -> Vec<Report> {
        self.shared.faults.borrow().iter().map(|active| active.report()).collect()
    }

    /// Closes listener and connections. When it returns nobody listens at the address any more; connections end on their own task.
    pub async fn close(&self) {
        self.accepting.abort_all();
        self.shared.connections.abort_all();
        self.accepting.drained().await;
    }

    /// Changes are made one after another; readers never wait for them.
    fn changing(&self) -> MutexGuard<'_, ()> {
        self.changing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        self.accepting.abort_all();
        self.shared.connections.abort_all();
    }
}

impl Shared {
    fn armed(&self) -> Vec<Arc<Active>> {
        self.faults.borrow().to_vec()
    }

    async fn dial(&self) -> io::Result<Conn> {
        let net = &self.world.net;
        let mut last = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
        for address in net.resolve(&self.spec.upstream).await? {
            match net.connect(None, address).await {
                Ok(conn) => return Ok(conn),
                Err(error) => last = error,
            }
        }
        Err(last)
    }
}

async fn accept(shared: Arc<Shared>, listener: Listener) {
    loop {
        // Only waits for a place: many doors idle here, and none of them may keep one from another.
        if shared.places.available_permits() == 0 {
            tracing::info!(door = shared.spec.name, "as many connections are open as may be; accepting pauses");
            drop(shared.places.acquire().await);
        }
        match listener.accept().await {
            Ok((conn, _)) => {
                let Ok(place) = Arc::clone(&shared.places).acquire_owned().await else { return };
                let number = shared.counters.accepted.fetch_add(1, Ordering::Relaxed);
                shared.connections.spawn("connection", serve(Arc::clone(&shared), number, conn, place));
            }
            Err(error) => {
                tracing::warn!(door = shared.spec.name, %error, "cannot accept; tries again in 50 ms");
                shared.world.clock.sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// Counts a connection for as long as it is open.
struct Open<'s>(&'s Counters);

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::Relaxed);
    }
}

async fn serve(shared: Arc<Shared>, number: u64, mut near: Conn, _place: OwnedSemaphorePermit) {
    shared.counters.open.fetch_add(1, Ordering::Relaxed);
    let _open = Open(&shared.counters);
    let patience = shared.world.clock.now() + HEAD_TIMEOUT;
    let mut far = match shared.world.clock.timeout(patience, shared.dial()).await {
        Ok(Ok(far)) => far,
        Ok(Err(error)) => return tracing::info!(door = shared.spec.name, %error, "the upstream cannot be reached"),
        Err(error) => return tracing::info!(door = shared.spec.name, %error, "the upstream does not answer"),
    };
    let outcome = {
        let ((near_reads, near_writes), (far_reads, far_writes)) =
            (tokio::io::split(&mut near), tokio::io::split(&mut far));
        let out = Lane::new(&shared, number, Direction::ToEndpoint).run(near_reads, far_writes);
        let back = Lane::new(&shared, number, Direction::FromEndpoint).run(far_reads, near_writes);
        futures_util::future::try_join(out, back).await
    };
    if let Err(Outcome::Reset) = outcome {
        near.reset();
        far.reset();
    }
}
