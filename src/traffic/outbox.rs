use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::journey::Letter;
use crate::control::Stand;
use crate::units::Moment;

/// Letters by due moment and number, each with the route that failed it, as it stood then: it may go by the same route only after a return.
type Waiting = BTreeMap<(Moment, u32), (Arc<Letter>, Stand)>;

/// Messages that were not acknowledged, oldest due first, without a slot.
#[derive(Default)]
pub(super) struct Outbox {
    waiting: Mutex<Waiting>,
    changed: Notify,
}

impl Outbox {
    /// A message waits for a switch since `failed`.
    pub(super) fn put(&self, letter: &Arc<Letter>, failed: Stand, in_force: impl Fn(&Letter) -> Stand) {
        self.lock().insert((letter.due, letter.id.number), (Arc::clone(letter), failed));
        // Looked at after it is in: a switch before this look is seen here, and a later one wakes whoever sends again.
        if in_force(letter) != failed {
            self.changed.notify_waiters();
        }
    }

    /// Whether nothing waits.
    pub(super) fn is_empty(&self) -> bool {
        self.lock().is_empty()
    }

    /// The oldest message that may go, taken out, with what it goes by. `goes` is asked with the route that failed the message.
    pub(super) fn take<T>(&self, goes: impl Fn(&Letter, Stand) -> Option<T>) -> Option<(Arc<Letter>, T)> {
        let mut waiting = self.lock();
        let (key, by) = waiting.iter().find_map(|(key, (letter, failed))| Some((*key, goes(letter, *failed)?)))?;
        waiting.remove(&key).map(|(letter, _)| (letter, by))
    }

    /// Whether there is such a message. `is_such` is asked with the route that failed it.
    pub(super) fn has(&self, is_such: impl Fn(&Letter, Stand) -> bool) -> bool {
        self.lock().values().any(|(letter, failed)| is_such(letter, *failed))
    }

    /// Rung when a message may be taken that could not be before. An account that changes its route, or is free again, rings it, too.
    pub(super) fn changed(&self) -> &Notify {
        &self.changed
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
