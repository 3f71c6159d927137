//! The rows in which messages are neighbours.

use std::collections::BTreeMap;

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

/// Whether each sample had it, one after another: what neighbours had in common, and what comes last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Row {
    rows: Rows,
    pairs: Pairs,
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

/// A piece of a row of which it is not known yet what comes before it.
#[derive(Clone, Debug, Default)]
pub(super) struct Strand {
    pairs: Pairs,
    all: Option<Ends>,
    from: BTreeMap<AccountId, Ends>,
    to: BTreeMap<AccountId, Ends>,
}

/// What the first sample of a piece was, and the last.
#[derive(Clone, Copy, Debug)]
struct Ends {
    first: bool,
    last: bool,
}

impl Row {
    /// Takes in the next sample.
    pub(super) fn next(&mut self, has: bool, whose: Whose) {
        self.rows.next(has, whose, &mut self.pairs);
    }

    /// Takes in the samples of a piece, of which none was taken in before.
    pub(super) fn append(&mut self, strand: &Strand) {
        self.pairs.add(&strand.pairs);
        if let Some(ends) = strand.all
            && let Some(last) = self.rows.last.replace(ends.last)
        {
            self.pairs.record(last, ends.first);
        }
        let Rows { from, to, .. } = &mut self.rows;
        for (along, lasts, pieces) in [(Along::Source, from, &strand.from), (Along::Destination, to, &strand.to)] {
            for (account, ends) in pieces {
                if let Some(last) = lasts.replace(*account, ends.last) {
                    self.pairs.record_along(along, last, ends.first);
                }
            }
        }
    }

    /// How many neighbours were alike.
    pub(super) fn pairs(&self) -> Pairs {
        self.pairs
    }
}

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

impl Strand {
    /// Takes in the next sample.
    pub(super) fn next(&mut self, has: bool, whose: Whose) {
        let one = Ends { first: has, last: has };
        let Self { pairs, all, from, to } = self;
        *all = Some(one.after(*all, |last, first| pairs.record(last, first)));
        let last = from.get(&whose.from).copied();
        from.insert(whose.from, one.after(last, |last, first| pairs.record_along(Along::Source, last, first)));
        if let Some(whom) = whose.to {
            let last = to.get(&whom).copied();
            to.insert(whom, one.after(last, |last, first| pairs.record_along(Along::Destination, last, first)));
        }
    }

    /// Puts another piece behind this one.
    pub(super) fn append(&mut self, next: Self) {
        let Self { pairs, all, from, to } = self;
        pairs.add(&next.pairs);
        if let Some(ends) = next.all {
            *all = Some(ends.after(*all, |last, first| pairs.record(last, first)));
        }
        chain(from, next.from, |last, first| pairs.record_along(Along::Source, last, first));
        chain(to, next.to, |last, first| pairs.record_along(Along::Destination, last, first));
    }
}

impl Ends {
    /// The ends of both pieces together; `meet` is told of the two samples that become neighbours by it.
    fn after(self, before: Option<Self>, meet: impl FnOnce(bool, bool)) -> Self {
        let Some(before) = before else { return self };
        meet(before.last, self.first);
        Self { first: before.first, last: self.last }
    }
}

/// Puts pieces behind others, account by account, at the cost of the fewer of them.
fn chain(before: &mut BTreeMap<AccountId, Ends>, after: BTreeMap<AccountId, Ends>, mut meet: impl FnMut(bool, bool)) {
    if before.len() >= after.len() {
        for (account, next) in after {
            let last = before.get(&account).copied();
            before.insert(account, next.after(last, &mut meet));
        }
        return;
    }
    for (account, last) in std::mem::replace(before, after) {
        let ends = match before.get(&account) {
            Some(next) => next.after(Some(last), &mut meet),
            None => last,
        };
        before.insert(account, ends);
    }
}
