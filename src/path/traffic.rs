use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::journal::TriedEnd;
use crate::limits::REACHED_SERVERS;
use crate::plan::Direction;

/// What has passed a door, up to this moment and not only when a connection ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// From the clients to the endpoint.
    pub to_endpoint: Bytes,
    /// From the endpoint to the clients.
    pub from_endpoint: Bytes,
    /// Connections that are open now.
    pub open: u64,
    /// Connections that were accepted since the door was opened.
    pub accepted: u64,
}

/// Bytes of one direction, since the door was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bytes {
    /// Read from whoever sends.
    pub read: u64,
    /// Written to whoever receives.
    pub written: u64,
}

/// Counts what passes a door.
#[derive(Debug, Default)]
pub(super) struct Meter {
    to_endpoint: Count,
    from_endpoint: Count,
    open: AtomicU64,
    accepted: AtomicU64,
    /// The servers that were connected last, the latest at the end, each once.
    reached: Mutex<VecDeque<SocketAddr>>,
    /// The same for those that were dialled.
    tried: Mutex<VecDeque<TriedServer>>,
}

/// An address that a door has dialled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TriedServer {
    /// The address.
    pub address: SocketAddr,
    /// How the last time ended.
    pub end: TriedEnd,
    /// How often it was reached …
    pub reached: u64,
    /// … and how often it was not.
    pub missed: u64,
}

/// The bytes of one direction.
#[derive(Debug, Default)]
pub(super) struct Count {
    read: AtomicU64,
    written: AtomicU64,
}

/// An open connection.
pub(super) struct Open<'a>(&'a AtomicU64);

impl Meter {
    pub(super) fn count(&self, direction: Direction) -> &Count {
        if direction == Direction::FromEndpoint { &self.from_endpoint } else { &self.to_endpoint }
    }

    /// One connection more, open until the guard is dropped.
    pub(super) fn opened(&self) -> Open<'_> {
        self.accepted.fetch_add(1, Ordering::Relaxed);
        self.open.fetch_add(1, Ordering::Relaxed);
        Open(&self.open)
    }

    /// A server was connected.
    pub(super) fn reached(&self, server: SocketAddr) {
        let mut reached = self.reached.lock().unwrap_or_else(PoisonError::into_inner);
        if reached.back() == Some(&server) {
            return;
        }
        reached.retain(|known| *known != server);
        if reached.len() >= REACHED_SERVERS {
            reached.pop_front();
        }
        reached.push_back(server);
    }

    /// An address was dialled, with this end.
    pub(super) fn tried(&self, address: SocketAddr, end: TriedEnd) {
        let mut tried = self.tried.lock().unwrap_or_else(PoisonError::into_inner);
        let known = tried.iter().position(|known| known.address == address).and_then(|at| tried.remove(at));
        if tried.len() >= REACHED_SERVERS {
            tried.pop_front();
        }
        let mut server = known.unwrap_or(TriedServer { address, end, reached: 0, missed: 0 });
        server.end = end;
        *if end == TriedEnd::Reached { &mut server.reached } else { &mut server.missed } += 1;
        tried.push_back(server);
    }

    /// The addresses that were dialled last.
    pub(super) fn addresses(&self) -> Vec<TriedServer> {
        self.tried.lock().unwrap_or_else(PoisonError::into_inner).iter().copied().collect()
    }

    /// The servers that were connected last.
    pub(super) fn servers(&self) -> Vec<SocketAddr> {
        self.reached.lock().unwrap_or_else(PoisonError::into_inner).iter().copied().collect()
    }

    pub(super) fn traffic(&self) -> Traffic {
        Traffic {
            to_endpoint: self.to_endpoint.bytes(),
            from_endpoint: self.from_endpoint.bytes(),
            open: self.open.load(Ordering::Relaxed),
            accepted: self.accepted.load(Ordering::Relaxed),
        }
    }
}

impl Count {
    fn bytes(&self) -> Bytes {
        Bytes { read: self.read.load(Ordering::Relaxed), written: self.written.load(Ordering::Relaxed) }
    }

    pub(super) fn read(&self, bytes: usize) {
        self.read.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    pub(super) fn written(&self, bytes: usize) {
        self.written.fetch_add(bytes as u64, Ordering::Relaxed);
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
