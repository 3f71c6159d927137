//! Messages that were not acknowledged and wait to be sent again, without a slot.
//!
//! A message may go as soon as whoever decides about its route has switched since it failed, and from then on, as switches only become more. What may
//! go is kept apart from what may not yet, and by accounts: nobody looks for the one among the other, nor past all that one busy account has.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::journey::Letter;
use crate::control::Stand;
use crate::units::{AccountId, Moment};

/// Who decides by which route a message goes: its account, or nobody but the journey as a whole.
pub(super) type Decider = Option<AccountId>;

/// A letter's place in the order of sending: its due moment and its number.
type Place = (Moment, u32);

#[derive(Default)]
struct Waiting {
    /// Those that may not go yet, by who decides, and by how many switches there had been when their route failed them.
    held: BTreeMap<(Decider, u32), Vec<Arc<Letter>>>,
    /// Those that may go, of each account.
    ready: BTreeMap<AccountId, BTreeMap<Place, Arc<Letter>>>,
    /// The first of them of each account.
    first: BTreeMap<Place, AccountId>,
}

/// Messages that were not acknowledged, oldest due first.
#[derive(Default)]
pub(super) struct Outbox {
    waiting: Mutex<Waiting>,
    changed: Notify,
}

impl Outbox {
    /// A message waits for a switch since the route of `failed` has failed it.
    pub(super) fn put(&self, letter: &Arc<Letter>, decider: Decider, failed: Stand, in_force: impl Fn() -> Stand) {
        let mut waiting = self.lock();
        // Looked at while nobody else is in here: a switch before this look is seen, and one after it finds the letter.
        if in_force().switches <= failed.switches {
            waiting.held.entry((decider, failed.switches)).or_default().push(Arc::clone(letter));
            return;
        }
        waiting.release(Arc::clone(letter));
        drop(waiting);
        self.changed.notify_waiters();
    }

    /// Whoever decides stands here now: what failed before may go.
    pub(super) fn stands(&self, decider: Decider, now: Stand) {
        let mut waiting = self.lock();
        // Who has looked late at the switches does not let go what failed after them.
        let before: Vec<_> = waiting.held.range((decider, 0)..(decider, now.switches)).map(|(key, _)| *key).collect();
        for letter in before.iter().filter_map(|key| waiting.held.remove(key)).flatten().collect::<Vec<_>>() {
            waiting.release(letter);
        }
    }

    /// Whether nothing waits.
    pub(super) fn is_empty(&self) -> bool {
        let waiting = self.lock();
        waiting.held.is_empty() && waiting.ready.is_empty()
    }

    /// The oldest message that may go and whose account has a turn, taken out, with that turn.
    pub(super) fn take<T>(&self, turn: impl Fn(AccountId) -> Option<T>) -> Option<(Arc<Letter>, T)> {
        let mut waiting = self.lock();
        let (account, turn) = waiting.first.values().find_map(|account| Some((*account, turn(*account)?)))?;
        waiting.pop(account).map(|letter| (letter, turn))
    }

    /// Whether there is a message that may go, of such an account.
    pub(super) fn has(&self, is_such: impl Fn(AccountId) -> bool) -> bool {
        self.lock().ready.keys().any(|account| is_such(*account))
    }

    /// Rung when a message may be taken that could not be before. An account that changes its route, or is free again, rings it, too.
    pub(super) fn changed(&self) -> &Notify {
        &self.changed
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    /// A letter may go.
    fn release(&mut self, letter: Arc<Letter>) {
        let (account, place) = (letter.from, (letter.due, letter.id.number));
        let letters = self.ready.entry(account).or_default();
        let first = letters.keys().next().copied();
        letters.insert(place, letter);
        if first.is_none_or(|first| place < first) {
            if let Some(first) = first {
                self.first.remove(&first);
            }
            self.first.insert(place, account);
        }
    }

    /// Takes out the first of an account that may go.
    fn pop(&mut self, account: AccountId) -> Option<Arc<Letter>> {
        let letters = self.ready.get_mut(&account)?;
        let (place, letter) = letters.pop_first()?;
        self.first.remove(&place);
        match letters.keys().next() {
            Some(next) => {
                self.first.insert(*next, account);
            }
            None => {
                self.ready.remove(&account);
            }
        }
        Some(letter)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::sync::atomic::AtomicUsize;

    use super::*;
    use crate::units::{JourneyId, MessageId, RouteId, Span};

    const MANY: u32 = 3_000;
    const ACCOUNTS: u32 = 3;

    /// Senders take turns.
    fn letter(number: u32) -> Arc<Letter> {
        Arc::new(Letter {
            id: MessageId { journey: JourneyId(0), number },
            due: Moment::ZERO + Span::from_millis(number.into()),
            from: AccountId(number % ACCOUNTS),
            to: Vec::new(),
            text: String::new(),
            tries: AtomicUsize::new(1),
            put_late: AtomicUsize::new(0),
        })
    }

    fn after(switches: u32) -> Stand {
        (0..switches).fold(Stand::default(), |stand, _| stand.switched(RouteId(1)))
    }

    /// All of them, failed by the first route, in an order of their own.
    fn filled(decider: impl Fn(&Letter) -> Decider) -> Outbox {
        let outbox = Outbox::default();
        for number in (0..MANY).rev() {
            let letter = letter(number);
            outbox.put(&letter, decider(&letter), after(0), || after(0));
        }
        outbox
    }

    fn all(outbox: &Outbox, turn: impl Fn(AccountId) -> Option<()>) -> Vec<u32> {
        std::iter::from_fn(|| outbox.take(&turn)).map(|(letter, ())| letter.id.number).collect()
    }

    #[test]
    fn what_failed_before_a_switch_goes_oldest_first() {
        let outbox = filled(|_| None);
        assert!(!outbox.has(|_| true) && outbox.take(|_| Some(())).is_none() && !outbox.is_empty());
        // By the route to which they switched this one goes no more.
        outbox.put(&letter(MANY), None, after(1), || after(1));
        outbox.stands(None, after(1));
        assert_eq!(all(&outbox, |_| Some(())), (0..MANY).collect::<Vec<_>>());
        assert!(!outbox.is_empty() && !outbox.has(|_| true));
        outbox.stands(None, after(0));
        assert!(!outbox.has(|_| true), "whoever has looked late lets nothing go");
        // One that comes when they have switched once more goes at once.
        outbox.put(&letter(7), None, after(1), || after(2));
        assert_eq!(all(&outbox, |_| Some(())), [7]);
        outbox.stands(None, after(2));
        assert_eq!(all(&outbox, |_| Some(())), [MANY]);
        assert!(outbox.is_empty());
    }

    /// Whoever looks through all that others have, for each message that goes, has looked four million times.
    #[test]
    fn nobody_looks_past_all_that_others_have() {
        let outbox = filled(|letter| Some(letter.from));
        outbox.stands(Some(AccountId(1)), after(1));
        outbox.stands(Some(AccountId(2)), after(1));
        let asked = Cell::new(0);
        let busy = |account: AccountId| {
            asked.set(asked.get() + 1);
            (account != AccountId(1)).then_some(())
        };
        assert_eq!(all(&outbox, busy), (2..MANY).step_by(3).collect::<Vec<_>>());
        assert!(asked.get() <= 2 * MANY, "{}", asked.get());
        assert!(!outbox.has(|account| account != AccountId(1)));
        assert_eq!(all(&outbox, |_| Some(())), (1..MANY).step_by(3).collect::<Vec<_>>());
        outbox.stands(Some(AccountId(0)), after(1));
        assert_eq!(all(&outbox, |_| Some(())), (0..MANY).step_by(3).collect::<Vec<_>>());
        assert!(outbox.is_empty());
    }
}
