//! What all connections of a path share of memory and of the kernel's pipes, each bounded.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::limits::{CHUNK_BYTES, PIPES};
use crate::units::Size;
use crate::world::Pipe;

/// The bounds of one path. Cheap to clone.
#[derive(Clone)]
pub(super) struct Buffers(Arc<Shared>);

struct Shared {
    most: usize,
    used: AtomicUsize,
    lent: AtomicUsize,
}

/// A pipe of the kernel's, counted while it is there.
pub(super) struct Lent {
    pipe: Pipe,
    shared: Arc<Shared>,
}

impl Buffers {
    /// At most so much is held for all connections together; whoever holds less than a chunk may read one more.
    pub(super) fn new(most: Size) -> Self {
        let most = usize::try_from(most.0).unwrap_or(usize::MAX);
        Self(Arc::new(Shared { most, used: AtomicUsize::new(0), lent: AtomicUsize::new(0) }))
    }

    /// Whether a lane that holds so much may read more.
    pub(super) fn has_room(&self, held: usize) -> bool {
        held < CHUNK_BYTES || self.0.used.load(Ordering::Relaxed) < self.0.most
    }

    /// A lane that held `before` holds `now`.
    pub(super) fn account(&self, before: usize, now: usize) {
        if now > before {
            self.0.used.fetch_add(now - before, Ordering::Relaxed);
        } else if now < before {
            self.0.used.fetch_sub(before - now, Ordering::Relaxed);
        }
    }

    /// A pipe, if the system gives one and fewer than [`PIPES`] are lent.
    pub(super) fn pipe(&self) -> Option<Lent> {
        let shared = &self.0;
        if shared.lent.fetch_add(1, Ordering::Relaxed) < PIPES
            && let Ok(pipe) = Pipe::new()
        {
            return Some(Lent { pipe, shared: Arc::clone(shared) });
        }
        shared.lent.fetch_sub(1, Ordering::Relaxed);
        None
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        self.shared.lent.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Deref for Lent {
    type Target = Pipe;

    fn deref(&self) -> &Pipe {
        &self.pipe
    }
}

impl DerefMut for Lent {
    fn deref_mut(&mut self) -> &mut Pipe {
        &mut self.pipe
    }
}
