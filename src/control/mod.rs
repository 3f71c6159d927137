//! The switchboard: which faults, routes and phase are in force.
//!
//! Written by the conductor and the runbook only, read by path, traffic and endpoint. Turning a fault on or off swaps a snapshot; whoever
//! writes never waits for whoever reads. Every change is also a control record in the journal, written by whoever made it.

mod armed;
mod bell;
mod connections;
mod knock;
mod scene;
mod secrets;
mod tally;
mod troubles;

use std::fmt;
use std::future::poll_fn;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::task::{Context, Poll};

pub use armed::{Armed, Arming, Facts};
use bell::Bell;
pub use bell::{Ticket, Wish};
pub use connections::{Connection, Connections, Side};
pub use knock::Caller;
pub use scene::{Alarm, Scene};
pub use secrets::Secrets;
pub use tally::Exceeded;
pub use troubles::{Trouble, Troubles};

use crate::units::{InjectId, JourneyId, PhaseId, RouteId};

/// What is in force. Immutable: a change makes the next one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// The number of changes so far.
    pub epoch: u64,
    /// The phase being played; `None` before the first and while draining.
    pub phase: Option<PhaseId>,
    /// The faults that are on, in the order in which they were applied.
    pub faults: Vec<Arming>,
    /// The route in force of each journey.
    pub routes: Vec<Stand>,
    /// Whether the drill is ending: nothing new is sent.
    pub closing: bool,
}

/// Where a journey, or one account of it, stands among its routes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stand {
    /// The route in force.
    pub route: RouteId,
    /// How many switches led there: after a return the same route is in force once more.
    pub switches: u32,
}

impl Default for Stand {
    /// On the first route, before any switch.
    fn default() -> Self {
        Self { route: RouteId(0), switches: 0 }
    }
}

impl Stand {
    /// After one switch more.
    #[must_use]
    pub fn switched(self, route: RouteId) -> Self {
        Self { route, switches: self.switches + 1 }
    }
}

/// The switchboard. Cheap to clone: every clone is the same board.
#[derive(Clone, Debug)]
pub struct Switchboard(Arc<Shared>);

struct Shared {
    snapshot: RwLock<Arc<Snapshot>>,
    epoch: AtomicU64,
    bell: Bell,
    /// What has to follow a change before whoever made it goes on.
    followers: Mutex<Vec<Follower>>,
}

type Follower = Box<dyn Fn(&Snapshot) + Send + Sync>;

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Switchboard").field("epoch", &self.epoch).finish_non_exhaustive()
    }
}

impl Switchboard {
    /// A board on which nothing is on, with every one of `journeys` on its first route.
    pub fn new(journeys: usize) -> Self {
        let snapshot = Snapshot { routes: vec![Stand::default(); journeys], ..Snapshot::default() };
        Self(Arc::new(Shared {
            snapshot: RwLock::new(Arc::new(snapshot)),
            epoch: AtomicU64::new(0),
            bell: Bell::default(),
            followers: Mutex::default(),
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
        let mut ticket = Ticket::default();
        poll_fn(|cx| self.poll_changed(seen, Wish::Any, &mut ticket, cx)).await;
    }

    /// Ready if the number of changes is no longer `seen`; otherwise the task is woken by the next change that it wishes to hear of.
    pub fn poll_changed(&self, seen: u64, wish: Wish, ticket: &mut Ticket, cx: &Context<'_>) -> Poll<()> {
        if self.epoch() == seen {
            // Listening comes before looking again, so that no change falls between the two.
            self.0.bell.listen(ticket, wish, cx);
            if self.epoch() == seen {
                return Poll::Pending;
            }
        }
        Poll::Ready(())
    }

    /// From now on `follow` is called with every change, before whoever made the change goes on. It must not wait.
    pub fn follow(&self, follow: impl Fn(&Snapshot) + Send + Sync + 'static) {
        self.0.followers.lock().unwrap_or_else(PoisonError::into_inner).push(Box::new(follow));
    }

    /// The conductor enters a phase, or none.
    pub fn enter(&self, phase: Option<PhaseId>) {
        self.change(Wish::Any, |snapshot| snapshot.phase = phase);
    }

    /// A fault goes on, in the place of an earlier version of itself.
    pub fn apply(&self, fault: Armed) {
        // What it takes the place of ends, and may be another kind of fault.
        let wish = wish(&fault).min(self.wish_of(fault.id));
        let fault = Arc::new(fault);
        self.change(wish, |snapshot| match snapshot.faults.iter_mut().find(|on| on.id == fault.id) {
            Some(earlier) => *earlier = fault,
            None => snapshot.faults.push(fault),
        });
    }

    /// A fault goes off.
    pub fn lift(&self, inject: InjectId) {
        let wish = self.wish_of(inject);
        self.change(wish, |snapshot| snapshot.faults.retain(|on| on.id != inject));
    }

    fn wish_of(&self, inject: InjectId) -> Wish {
        self.snapshot().faults.iter().find(|on| on.id == inject).map_or(Wish::Any, |on| wish(on))
    }

    /// A journey changes its route.
    pub fn switch(&self, journey: JourneyId, route: RouteId) {
        self.change(Wish::Any, |snapshot| {
            if let Some(in_force) = snapshot.routes.get_mut(journey.index()) {
                *in_force = in_force.switched(route);
            }
        });
    }

    /// Nothing new is sent from now on.
    pub fn close(&self) {
        self.change(Wish::Any, |snapshot| snapshot.closing = true);
    }

    fn change(&self, wish: Wish, edit: impl FnOnce(&mut Snapshot)) {
        // Held all along, so that followers see changes in their order.
        let followers = self.0.followers.lock().unwrap_or_else(PoisonError::into_inner);
        let next = {
            let mut slot = self.0.snapshot.write().unwrap_or_else(PoisonError::into_inner);
            let mut next = Snapshot::clone(&slot);
            edit(&mut next);
            next.epoch += 1;
            let next = Arc::new(next);
            *slot = Arc::clone(&next);
            self.0.epoch.store(next.epoch, Ordering::Release);
            next
        };
        for follow in followers.iter() {
            follow(&next);
        }
        drop(followers);
        self.0.bell.ring(wish);
    }
}

/// Whom a fault's coming and going concerns.
fn wish(fault: &Armed) -> Wish {
    if fault.inject.fault.acts_without_data() { Wish::Standing } else { Wish::Any }
}
