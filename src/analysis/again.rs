//! What is remembered of messages that are over, so that what is received of them once more counts as if it had been waited for: with the
//! route that carried the message, and as its recipient's second receipt or one more. It is kept by runs: it grows with what came twice or
//! never, and with changes of the route.

use std::collections::BTreeMap;

use super::row::Slot;
use crate::journal::Receipt;
use crate::units::{AccountId, Numbers, RouteId};

/// The messages of one journey that were counted.
#[derive(Clone, Debug, Default)]
pub(super) struct Again {
    /// Whether a message has several recipients. One alone is not told apart, so that messages that follow each other make one run.
    to_all: bool,
    /// Those whose record was lost.
    unknown: Numbers,
    /// Those that another route than the first has carried, by route.
    carried: BTreeMap<RouteId, Numbers>,
    /// By recipient: those that he has not received, …
    missing: Readers,
    /// … that he has received more than once, …
    twice: Readers,
    /// … also after his own de-duplication.
    fresh_twice: Readers,
}

#[derive(Clone, Debug, Default)]
struct Readers(BTreeMap<AccountId, Numbers>);

impl Readers {
    fn has(&self, reader: AccountId, number: u32) -> bool {
        self.0.get(&reader).is_some_and(|numbers| numbers.has(number))
    }

    /// Adds a message, and says whether it was not there.
    fn insert(&mut self, reader: AccountId, number: u32) -> bool {
        self.0.entry(reader).or_default().insert(number)
    }
}

impl Again {
    pub(super) fn new(to_all: bool) -> Self {
        Self { to_all, ..Self::default() }
    }

    fn reader(&self, recipient: AccountId) -> AccountId {
        if self.to_all { recipient } else { AccountId(0) }
    }

    /// A message was counted, with a route.
    pub(super) fn counted(&mut self, number: u32, route: RouteId, slots: &[Slot]) {
        if route != RouteId(0) {
            self.carried.entry(route).or_default().insert(number);
        }
        for slot in slots {
            let reader = self.reader(slot.recipient);
            for (holds, readers) in [
                (!slot.received(), &mut self.missing),
                (slot.receipts > 1, &mut self.twice),
                (slot.fresh > 1, &mut self.fresh_twice),
            ] {
                if holds {
                    readers.insert(reader, number);
                }
            }
        }
    }

    /// The record of a message was lost.
    pub(super) fn unknown(&mut self, number: u32) {
        self.unknown.insert(number);
    }

    /// Whether somebody had not received a message when it was counted.
    pub(super) fn is_missing(&self, number: u32, recipient: AccountId) -> bool {
        self.unknown.has(number) || self.missing.has(self.reader(recipient), number)
    }

    /// The route that a message was counted with.
    pub(super) fn carried(&self, number: u32) -> RouteId {
        let by = self.carried.iter().find(|(_, numbers)| numbers.has(number));
        by.map_or(RouteId(0), |(route, _)| *route)
    }

    /// A message was received once more. Says whether that is the second receipt, and the second that is left after de-duplication.
    pub(super) fn received(&mut self, receipt: &Receipt) -> (bool, bool) {
        let (number, reader) = (receipt.message.number, self.reader(receipt.recipient));
        let twice = self.twice.insert(reader, number);
        // Of several the first is left.
        let fresh_twice = receipt.fresh && self.fresh_twice.insert(reader, number);
        (twice, fresh_twice)
    }
}
