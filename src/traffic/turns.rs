//! What one account can do at a time: so many attempts, with a pause after each.

use super::slots::{Rank, Slot, Slots};
use crate::plan::PerAccount;
use crate::units::{Moment, Span};
use crate::world::Clock;

/// The senders of a journey, by their ordinals.
pub(super) struct Turns {
    /// Empty if an account may have any number under way.
    accounts: Vec<Slots>,
    think: Span,
    clock: Clock,
}

/// An account's turn, held by one attempt.
pub(super) struct Turn {
    /// `None` where nobody counts them.
    slot: Option<Slot>,
}

impl Turns {
    pub(super) fn new(per_account: PerAccount, senders: u32, clock: &Clock) -> Self {
        let slots = |most: u32| (0..senders).map(|_| Slots::new(most, clock.clone())).collect();
        Self {
            accounts: per_account.in_flight.map_or_else(Vec::new, slots),
            think: per_account.think,
            clock: clock.clone(),
        }
    }

    /// Whether turns are counted.
    pub(super) fn are_counted(&self) -> bool {
        !self.accounts.is_empty()
    }

    /// Waits for an account's turn, at most until `until`.
    pub(super) async fn take(&self, account: u32, until: Moment) -> Option<Turn> {
        match self.accounts.get(account as usize) {
            Some(slots) => slots.take(Rank::Due, until).await.map(|slot| Turn { slot: Some(slot) }),
            None => Some(Turn { slot: None }),
        }
    }

    /// An account's turn, if it is free.
    pub(super) fn take_now(&self, account: u32) -> Option<Turn> {
        match self.accounts.get(account as usize) {
            Some(slots) => slots.take_now().map(|slot| Turn { slot: Some(slot) }),
            None => Some(Turn { slot: None }),
        }
    }

    /// Whether an account could begin something.
    pub(super) fn is_free(&self, account: u32) -> bool {
        self.accounts.get(account as usize).is_none_or(Slots::has_free)
    }

    /// Ends a turn whose attempt ended at `done`, when the account has thought.
    pub(super) async fn end(&self, turn: Turn, done: Moment) {
        let Some(slot) = turn.slot else { return };
        let at = done + self.think;
        if !self.think.is_zero() {
            self.clock.until(at).await;
        }
        slot.free_at(at);
    }
}

impl Turn {
    /// Since when it was free for its holder; `None` if he did not have to wait.
    pub(super) fn freed(&self) -> Option<Moment> {
        self.slot.as_ref().and_then(|slot| slot.freed)
    }
}
