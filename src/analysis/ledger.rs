//! The ledger of one journey: one compact row a message (64 bytes), one slot a recipient (24) and one line an attempt (32). Records
//! update them commutatively, so that the order of arrival leaves no trace.

use std::collections::{BTreeMap, BTreeSet};

use super::Basis;
use super::row::{Row, Slot, Try, route_bit};
use crate::journal::{Attempt, Ending, Message, Receipt, Record, Unsent, UnsentCause};
use crate::limits;
use crate::units::{AccountId, Moment, RouteId};

/// Records that contradict others: bugs, unless a gap explains them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Misfits {
    pub(super) repeated: u64,
    pub(super) beyond: u64,
    pub(super) strangers: u64,
}

/// Everything known of one journey's messages.
#[derive(Clone, Debug)]
pub(super) struct Ledger {
    rows: Vec<Row>,
    slots: Vec<Slot>,
    pub(super) tries: Vec<Try>,
    /// First attempts on routes other than a row's `first_route`.
    other_routes: BTreeMap<(u32, RouteId), Moment>,
    /// Messages given up because all slots were held, and when.
    pub(super) crowded_out: Vec<(u32, Moment)>,
    /// Records that came before their message.
    early: BTreeMap<u32, Vec<Record>>,
    pub(super) misfits: Misfits,
    /// Switches of the journey, or of one account of it: when, who, to which route.
    pub(super) switches: BTreeSet<(Moment, Option<AccountId>, RouteId)>,
    /// What ends a latency, route by route.
    pub(super) bases: Vec<Basis>,
    most: usize,
}

impl Ledger {
    /// An empty ledger for a journey that plans `planned` messages.
    pub(super) fn new(bases: Vec<Basis>, planned: u64) -> Self {
        // A Poisson schedule exceeds its mean, but never doubles it; a larger number is a broken journal, not a reason to fill memory.
        let most = planned.saturating_mul(2).saturating_add(1_000).min(limits::MESSAGES);
        Self {
            rows: Vec::new(),
            slots: Vec::new(),
            tries: Vec::new(),
            other_routes: BTreeMap::new(),
            crowded_out: Vec::new(),
            early: BTreeMap::new(),
            misfits: Misfits::default(),
            switches: BTreeSet::new(),
            bases,
            most: usize::try_from(most).unwrap_or(usize::MAX),
        }
    }

    /// The rows of messages whose record has come, with their recipients, in order of their number, which is that of their due moments.
    pub(super) fn rows(&self) -> impl DoubleEndedIterator<Item = (u32, (&Row, &[Slot]))> {
        let numbers = 0..u32::try_from(self.rows.len()).unwrap_or(u32::MAX);
        numbers.filter_map(|number| self.row(number).map(|row| (number, row)))
    }

    /// One message, if its record has come.
    pub(super) fn row(&self, number: u32) -> Option<(&Row, &[Slot])> {
        let row = self.rows.get(number as usize).filter(|row| row.due != Moment::MAX)?;
        let first = row.first_slot as usize;
        Some((row, &self.slots[first..first + usize::from(row.recipients)]))
    }

    /// Records that still wait for their message.
    pub(super) fn orphans(&self) -> usize {
        self.early.values().map(Vec::len).sum()
    }

    /// The route that was in force for an account.
    pub(super) fn in_force(&self, account: AccountId, at: Moment) -> RouteId {
        let until = self.switches.range(..=(at, Some(AccountId(u32::MAX)), RouteId(u8::MAX)));
        let mine = until.rev().find(|(_, who, _)| who.is_none_or(|who| who == account));
        mine.map_or(RouteId(0), |(_, _, to)| *to)
    }

    /// When the message was first attempted on a route.
    pub(super) fn first_sent_on(&self, number: u32, row: &Row, route: RouteId) -> Option<Moment> {
        if row.attempts > 0 && row.first_route == route {
            return Some(row.first_sent);
        }
        self.other_routes.get(&(number, route)).copied()
    }

    /// Keeps a record for later if its message is not known yet. Says whether it did.
    pub(super) fn put_off(&mut self, number: u32, record: impl FnOnce() -> Record) -> bool {
        if self.row(number).is_some() {
            return false;
        }
        self.early.entry(number).or_default().push(record());
        true
    }

    /// Enters a message. Returns the records that waited for it.
    pub(super) fn message(&mut self, message: &Message) -> Vec<Record> {
        let index = message.id.number as usize;
        if index >= self.most {
            self.misfits.beyond += 1;
            return Vec::new();
        }
        if self.row(message.id.number).is_some() {
            self.misfits.repeated += 1;
            return Vec::new();
        }
        if self.rows.len() <= index {
            self.rows.resize(index + 1, Row::UNKNOWN);
        }
        let row = &mut self.rows[index];
        row.due = message.due;
        row.account = message.account;
        row.stream_number = message.stream_number;
        row.first_slot = u32::try_from(self.slots.len()).unwrap_or(u32::MAX);
        row.recipients = u16::try_from(message.recipients.len()).unwrap_or(u16::MAX);
        self.slots.extend(message.recipients.iter().take(usize::from(u16::MAX)).map(|recipient| Slot {
            at: Moment::MAX,
            recipient: *recipient,
            receipts: 0,
            fresh: 0,
            declines: 0,
            route: RouteId(u8::MAX),
            damaged: false,
        }));
        self.early.remove(&message.id.number).unwrap_or_default()
    }

    /// Enters that a message was given up.
    pub(super) fn unsent(&mut self, unsent: &Unsent) {
        let row = &mut self.rows[unsent.message.number as usize];
        if row.unsent.is_some() {
            self.misfits.repeated += 1;
            return;
        }
        row.unsent = Some(unsent.cause);
        if unsent.cause == UnsentCause::Slots {
            self.crowded_out.push((unsent.message.number, unsent.at));
        }
    }

    /// Enters an attempt.
    pub(super) fn attempt(&mut self, attempt: &Attempt) {
        let number = attempt.message.number;
        let row = &mut self.rows[number as usize];
        if row.attempts == 0 || row.first_route == attempt.route {
            row.first_route = attempt.route;
            row.first_sent = row.first_sent.min(attempt.sent);
        } else {
            let first = self.other_routes.entry((number, attempt.route)).or_insert(attempt.sent);
            *first = attempt.sent.min(*first);
        }
        if row.attempts == 0 || (attempt.sent, attempt.number) > (row.last_sent, row.last_number) {
            (row.last_sent, row.last_number, row.last_route) = (attempt.sent, attempt.number, attempt.route);
        }
        row.attempts = row.attempts.saturating_add(1);
        row.routes |= route_bit(attempt.route);
        row.unanswered |= attempt.ending == Ending::Unanswered;
        if attempt.ending == Ending::Acknowledged {
            if row.acks == 0 || (attempt.done, attempt.route) < (row.acked, row.acked_route) {
                (row.acked, row.acked_route) = (attempt.done, attempt.route);
            }
            row.acks = row.acks.saturating_add(1);
        } else if !attempt.declined.is_empty() {
            row.noes = row.noes.saturating_add(1);
        }
        self.decline(number, &attempt.declined);
        self.tries.push(Try {
            message: number,
            exchange: attempt.exchange,
            connection: attempt.connection.unwrap_or(u64::MAX),
            sent: attempt.sent,
            done: attempt.done,
        });
    }

    fn decline(&mut self, number: u32, declined: &[AccountId]) {
        for account in declined {
            match self.slot_mut(number, *account) {
                Some(slot) => slot.declines = slot.declines.saturating_add(1),
                None => self.misfits.strangers += 1,
            }
        }
    }

    /// Enters a receipt.
    pub(super) fn receipt(&mut self, receipt: &Receipt) {
        let Some(slot) = self.slot_mut(receipt.message.number, receipt.recipient) else {
            self.misfits.strangers += 1;
            return;
        };
        slot.receipts = slot.receipts.saturating_add(1);
        slot.fresh = slot.fresh.saturating_add(u16::from(receipt.fresh));
        if (receipt.at, receipt.route, !receipt.intact) < (slot.at, slot.route, slot.damaged) {
            (slot.at, slot.route, slot.damaged) = (receipt.at, receipt.route, !receipt.intact);
        }
    }

    fn slot_mut(&mut self, number: u32, recipient: AccountId) -> Option<&mut Slot> {
        let row = self.rows.get(number as usize)?;
        let first = row.first_slot as usize;
        let slots = &mut self.slots[first..first + usize::from(row.recipients)];
        slots.iter_mut().find(|slot| slot.recipient == recipient)
    }
}
