//! The switchboard: which faults, routes and phase are in force.
//!
//! Written by the conductor and the runbook only, read by path, traffic and endpoint. Turning a fault on or off swaps a snapshot; whoever
//! writes never waits for whoever reads. Every change is also a control record in the journal, written by whoever made it.

mod connections;
mod scene;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use tokio::sync::Notify;

pub use connections::{Connection, Connections, Side};
pub use scene::{Alarm, Scene};

use crate::units::{InjectId, JourneyId, PhaseId, RouteId};

/// What is in force. Immutable: a change makes the next one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// The number of changes so far.
    pub epoch: u64,
    /// The phase being played; `None` before the first and while draining.
    pub phase: Option<PhaseId>,
    /// The injects whose fault is on, in the order in which they were applied.
    pub faults: Vec<InjectId>,
    /// The route in force of each journey.
    pub routes: Vec<RouteId>,
    /// Whether the drill is ending: nothing new is sent.
    pub closing: bool,
}

/// The switchboard. Cheap to clone: every clone is the same board.
#[derive(Clone, Debug)]
pub struct Switchboard(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    snapshot: RwLock<Arc<Snapshot>>,
    epoch: AtomicU64,
    /// Rung after each change.
    changed: Notify,
}

impl Switchboard {
    /// A board on which nothing is on, with every one of `journeys` on its first route.
    pub fn new(journeys: usize) -> Self {
        let snapshot = Snapshot { routes: vec![RouteId(0); journeys], ..Snapshot::default() };
        Self(Arc::new(Shared {
            snapshot: RwLock::new(Arc::new(snapshot)),
            epoch: AtomicU64::new(0),
            changed: Notify::new(),
        }))
    }

    /// What is in force now.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.0.snapshot.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The number of changes so far: one atomic load, to see whether a snapshot is still the newest.
    pub fn epoch(&self) -> u64 {
        self.0.epoch.load(Ordering::Acquire)
    }

    /// Waits until the number of changes is no longer `seen`.
    pub async fn changed(&self, seen: u64) {
        loop {
            let mut changed = std::pin::pin!(self.0.changed.notified());
            // Listening comes before looking, so that no change falls between the two.
            changed.as_mut().enable();
            if self.epoch() != seen {
                return;
            }
            changed.await;
        }
    }

    /// The conductor enters a phase, or none.
    pub fn enter(&self, phase: Option<PhaseId>) {
        self.change(|snapshot| snapshot.phase = phase);
    }

    /// A fault goes on.
    pub fn apply(&self, inject: InjectId) {
        self.change(|snapshot| {
            if !snapshot.faults.contains(&inject) {
                snapshot.faults.push(inject);
            }
        });
    }

    /// A fault goes off.
    pub fn lift(&self, inject: InjectId) {
        self.change(|snapshot| snapshot.faults.retain(|on| *on != inject));
    }

    /// A journey changes its route.
    pub fn switch(&self, journey: JourneyId, route: RouteId) {
        self.change(|snapshot| {
            if let Some(in_force) = snapshot.routes.get_mut(journey.index()) {
                *in_force = route;
            }
        });
    }

    /// Nothing new is sent from now on.
    pub fn close(&self) {
        self.change(|snapshot| snapshot.closing = true);
    }

    fn change(&self, edit: impl FnOnce(&mut Snapshot)) {
        {
            let mut slot = self.0.snapshot.write().unwrap_or_else(PoisonError::into_inner);
            let mut next = Snapshot::clone(&slot);
            edit(&mut next);
            next.epoch += 1;
            self.0.epoch.store(next.epoch, Ordering::Release);
            *slot = Arc::new(next);
        }
        self.0.changed.notify_waiters();
    }
}
