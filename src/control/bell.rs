//! Who wants to hear of changes.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Waker};

/// What a change is about, for those whom it wakes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wish {
    /// Only a fault that acts without data, or the end: for whoever is idle, and meets every other fault when something moves.
    Standing,
    /// Anything.
    Any,
}

/// Wakes those who asked to be woken, once each.
#[derive(Debug, Default)]
pub(super) struct Bell(Arc<Mutex<Waiting>>);

#[derive(Debug, Default)]
struct Waiting {
    next: u64,
    wakers: BTreeMap<u64, (Wish, Waker)>,
}

fn lock(waiting: &Mutex<Waiting>) -> MutexGuard<'_, Waiting> {
    waiting.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A place among those who are woken; dropping it gives the place up.
#[derive(Debug, Default)]
pub struct Ticket(Option<(Arc<Mutex<Waiting>>, u64)>);

impl Bell {
    /// Asks to be woken at the next ring that serves the wish.
    pub(super) fn listen(&self, ticket: &mut Ticket, wish: Wish, cx: &Context<'_>) {
        let mut waiting = lock(&self.0);
        let place = ticket.0.get_or_insert_with(|| {
            waiting.next += 1;
            (Arc::clone(&self.0), waiting.next)
        });
        let id = place.1;
        match waiting.wakers.get_mut(&id) {
            Some((wished, waker)) => {
                *wished = wish;
                waker.clone_from(cx.waker());
            }
            None => {
                waiting.wakers.insert(id, (wish, cx.waker().clone()));
            }
        }
    }

    /// Wakes everyone whom a change of this kind concerns.
    pub(super) fn ring(&self, change: Wish) {
        let woken: Vec<Waker> = {
            let mut waiting = lock(&self.0);
            // A change for those who stand concerns all; any other only those who wish for any.
            let concerned = |wish: &Wish| change == Wish::Standing || *wish == Wish::Any;
            let ids: Vec<u64> =
                waiting.wakers.iter().filter(|(_, (wish, _))| concerned(wish)).map(|(id, _)| *id).collect();
            ids.iter().filter_map(|id| waiting.wakers.remove(id)).map(|(_, waker)| waker).collect()
        };
        // Wakers run a scheduler's code: never under our lock.
        woken.into_iter().for_each(Waker::wake);
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if let Some((waiting, id)) = self.0.take() {
            lock(&waiting).wakers.remove(&id);
        }
    }
}
