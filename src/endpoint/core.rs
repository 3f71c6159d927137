//! What every platform's twin has, whatever it speaks.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use super::ledger::Ledger;
use super::users::Users;
use super::wall::Wall;
use super::window::Window;
use crate::draw::Seed;
use crate::plan::Limits;
use crate::units::{Moment, Span};
use crate::world::{Clock, World};

/// The part of a twin that is the same for every platform.
#[derive(Debug)]
pub(super) struct Core {
    pub(super) clock: Clock,
    /// What it draws by, where the vendor leaves something to chance.
    pub(super) seed: Seed,
    pub(super) users: Users,
    /// Where the messages that were accepted are written down.
    pub(super) ledger: Ledger,
    pub(super) wall: Wall,
    limits: Limits,
    window: Mutex<Window>,
    answered: AtomicU64,
}

impl Core {
    pub(super) fn new(world: &World, wall: Wall, users: Users, limits: Limits, ledger: Ledger) -> Self {
        let (clock, seed) = (world.clock.clone(), world.seed);
        Self { clock, seed, users, ledger, wall, limits, window: Mutex::default(), answered: AtomicU64::new(0) }
    }

    pub(super) fn now(&self) -> Moment {
        self.clock.now()
    }

    /// One more answer; its number makes ids, so that a run has the same bytes.
    pub(super) fn number(&self) -> u64 {
        self.answered.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Whether the vendor's limits are enforced.
    pub(super) fn is_limited(&self) -> bool {
        self.limits == Limits::Vendor
    }

    /// Counts a call against one of the vendor's limits, if these are enforced.
    ///
    /// # Errors
    /// How long to wait, if it is one too many.
    pub(super) fn count(&self, caller: &str, limit: (u32, Span)) -> Result<(), Span> {
        if !self.is_limited() {
            return Ok(());
        }
        let mut window = self.window.lock().unwrap_or_else(PoisonError::into_inner);
        window.count(caller, limit, self.now())
    }
}
