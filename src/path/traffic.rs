use std::sync::atomic::{AtomicU64, Ordering};

use crate::plan::Direction;

/// What has passed a door so far. It moves while connections are open.
#[derive(Debug, Default)]
pub struct Traffic {
    to_endpoint: Count,
    from_endpoint: Count,
    open: AtomicU64,
}

/// The bytes of one direction.
#[derive(Debug, Default)]
pub struct Count {
    read: AtomicU64,
    written: AtomicU64,
}

impl Traffic {
    /// One direction of it.
    pub fn count(&self, direction: Direction) -> &Count {
        if direction == Direction::FromEndpoint { &self.from_endpoint } else { &self.to_endpoint }
    }

    /// How many connections are open.
    pub fn open(&self) -> u64 {
        self.open.load(Ordering::Relaxed)
    }

    /// One more, until the guard is dropped.
    pub(super) fn opened(&self) -> Open<'_> {
        self.open.fetch_add(1, Ordering::Relaxed);
        Open(&self.open)
    }
}

/// An open connection.
pub(super) struct Open<'a>(&'a AtomicU64);

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Count {
    /// How many bytes have come from the side that sends, and how many have gone on to the other.
    pub fn bytes(&self) -> (u64, u64) {
        (self.read.load(Ordering::Relaxed), self.written.load(Ordering::Relaxed))
    }

    pub(super) fn read(&self, bytes: usize) {
        self.read.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    pub(super) fn written(&self, bytes: usize) {
        self.written.fetch_add(bytes as u64, Ordering::Relaxed);
    }
}
