//! The rows in which messages are neighbours.

use super::message::Told;
use super::row::Slot;
use crate::confidence::{Along, Pairs};
use crate::units::AccountId;

/// Whose a sample is: an account's, and for one recipient, if it is for one alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Whose {
    pub(super) from: AccountId,
    pub(super) to: Option<AccountId>,
}

impl Whose {
    /// Of a message as a whole.
    pub(super) fn message(told: &Told<'_>) -> Self {
        let to = match told.slots {
            [one] => Some(one.recipient),
            _ => None,
        };
        Self { from: told.row.account, to }
    }

    /// Of one recipient's part in it.
    pub(super) fn delivery(told: &Told<'_>, slot: &Slot) -> Self {
        Self { from: told.row.account, to: Some(slot.recipient) }
    }
}

/// What the last sample was in each row: of all, of each account that sends, and of each that is sent to. Bounded by the accounts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Rows {
    last: Option<bool>,
    from: Lasts,
    to: Lasts,
}

/// By account: a byte for each up to the last that was met.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Lasts(Vec<Option<bool>>);

impl Rows {
    /// Takes in the next sample, and counts it with those before it.
    pub(super) fn next(&mut self, has: bool, whose: Whose, pairs: &mut Pairs) {
        if let Some(last) = self.last.replace(has) {
            pairs.record(last, has);
        }
        if let Some(last) = self.from.replace(whose.from, has) {
            pairs.record_along(Along::Source, last, has);
        }
        if let Some(last) = whose.to.and_then(|to| self.to.replace(to, has)) {
            pairs.record_along(Along::Destination, last, has);
        }
    }
}

impl Lasts {
    fn replace(&mut self, account: AccountId, has: bool) -> Option<bool> {
        if self.0.len() <= account.index() {
            self.0.resize(account.index() + 1, None);
        }
        self.0[account.index()].replace(has)
    }
}
