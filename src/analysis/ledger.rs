//! The ledger of one journey: one compact row a message, one slot a recipient and one line an attempt, for as long as anything may happen
//! to the message. Records update them commutatively, so that the order of arrival leaves no trace.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::as_judged::AsJudged;
use super::failed::Failed;
use super::misfits::{Doubts, Misfits};
use super::patience::Patience;
use super::reorder::Late;
use super::row::{CrowdedOut, Row, Slot, Try, decline};
use super::{Basis, Mark};
use crate::journal::{Attempt, Message, Receipt, Record, Unsent, UnsentCause};
use crate::limits;
use crate::units::{AccountId, Moment, RouteId};

/// Everything known of one journey's messages.
#[derive(Clone, Debug)]
pub(super) struct Ledger {
    /// The number of the first row of `rows`: those before were told.
    first: u32,
    rows: VecDeque<Row>,
    /// The number of the first message that is not judged.
    pub(super) unjudged: u32,
    /// Messages that were told although they are open: they may still be delivered.
    open: BTreeMap<u32, Row>,
    slots: Vec<Slot>,
    /// How long it is waited for what may happen to them.
    pub(super) patience: Patience,
    /// Messages that are not told yet, without what happened to them afterwards.
    pub(super) as_judged: BTreeMap<u32, AsJudged>,
    pub(super) tries: Vec<Try>,
    /// Tries of a gateway to send messages on: they hold no slot.
    pub(super) legs: Vec<Try>,
    /// Messages with something in them that may not leave, which an inspection blocked.
    pub(super) blocked: BTreeSet<u32>,
    /// Attempts where somebody is asked whether their tokens are good.
    pub(super) relied: Vec<super::relied::Relied>,
    /// Tries of stores of documents to tell others of what the journey has changed.
    pub(super) syncs: Vec<Try>,
    /// First attempts on routes other than a row's `first_route`.
    other_routes: BTreeMap<(u32, RouteId), Moment>,
    /// Messages given up because others were under way, until it is known whose fault that is.
    pub(super) crowded_out: BTreeMap<u32, CrowdedOut>,
    /// Those of which it is an inject's.
    pub(super) crowded_out_by_injects: BTreeSet<u32>,
    /// What came out of order, by message, until that is told.
    pub(super) late: BTreeMap<u32, Vec<Late>>,
    /// Records that came before their message.
    early: BTreeMap<u32, Vec<Record>>,
    pub(super) misfits: Misfits,
    /// Attempts that were not acknowledged.
    pub(super) failed: Failed,
    /// Switches of the journey, or of one account of it: when, who, to which route.
    pub(super) switches: BTreeSet<(Moment, Option<AccountId>, RouteId)>,
    /// What ends a latency, route by route.
    pub(super) bases: Vec<Basis>,
    most: usize,
    doubts: Doubts,
}

impl Ledger {
    /// An empty ledger for a journey that plans `planned` messages.
    pub(super) fn new(bases: Vec<Basis>, planned: u64, doubts: Doubts, patience: Patience) -> Self {
        // A Poisson schedule exceeds its mean, but never doubles it; a larger number is a broken journal, not a reason to fill memory.
        let most = planned.saturating_mul(2).saturating_add(1_000).min(limits::MESSAGES);
        Self {
            first: 0,
            rows: VecDeque::new(),
            unjudged: 0,
            open: BTreeMap::new(),
            slots: Vec::new(),
            patience,
            as_judged: BTreeMap::new(),
            tries: Vec::new(),
            legs: Vec::new(),
            blocked: BTreeSet::new(),
            relied: Vec::new(),
            syncs: Vec::new(),
            other_routes: BTreeMap::new(),
            crowded_out: BTreeMap::new(),
            crowded_out_by_injects: BTreeSet::new(),
            late: BTreeMap::new(),
            early: BTreeMap::new(),
            misfits: Misfits::default(),
            failed: Failed::default(),
            switches: BTreeSet::new(),
            bases,
            most: usize::try_from(most).unwrap_or(usize::MAX),
            doubts,
        }
    }

    /// The messages that are kept and whose record has come, with their recipients, in order of their number, which is that of their due
    /// moments.
    pub(super) fn rows(&self) -> impl Iterator<Item = (u32, (&Row, &[Slot]))> {
        let numbers = self.open.keys().copied().chain(self.first..self.end());
        numbers.filter_map(|number| self.row(number).map(|row| (number, row)))
    }

    /// The number after the last row.
    pub(super) fn end(&self) -> u32 {
        u32::try_from(self.rows.len()).map_or(u32::MAX, |rows| self.first.saturating_add(rows))
    }

    /// How many rows are kept.
    pub(super) fn kept(&self) -> usize {
        self.rows.len() + self.open.len()
    }

    /// One message, if its record has come and it is kept.
    pub(super) fn row(&self, number: u32) -> Option<(&Row, &[Slot])> {
        let row = match number.checked_sub(self.first) {
            Some(index) => self.rows.get(index as usize),
            None => self.open.get(&number),
        };
        let row = row.filter(|row| row.due != Moment::MAX)?;
        let slot = row.first_slot as usize;
        Some((row, &self.slots[slot..slot + usize::from(row.recipients)]))
    }

    /// The same, to be changed.
    pub(super) fn row_mut(&mut self, number: u32) -> Option<(&mut Row, &mut [Slot])> {
        let row = match number.checked_sub(self.first) {
            Some(index) => self.rows.get_mut(index as usize),
            None => self.open.get_mut(&number),
        };
        let row = row.filter(|row| row.due != Moment::MAX)?;
        let slot = row.first_slot as usize;
        let slots = &mut self.slots[slot..slot + usize::from(row.recipients)];
        Some((row, slots))
    }

    /// Whether a message was told.
    pub(super) fn is_told(&self, number: u32) -> bool {
        number < self.first
    }

    /// Whether a message was told and is not kept.
    pub(super) fn is_over(&self, number: u32) -> bool {
        self.is_told(number) && !self.open.contains_key(&number)
    }

    /// The message after the told ones that is to be told next, by its number and due moment: `Moment::MAX` if its record is missing.
    pub(super) fn next_to_tell(&self) -> Option<(u32, Moment)> {
        self.rows.front().map(|row| (self.first, row.due))
    }

    /// The first due moment that is known of the messages from one on.
    pub(super) fn due_from(&self, number: u32) -> Option<Moment> {
        let index = number.checked_sub(self.first)? as usize;
        self.rows.iter().skip(index).map(|row| row.due).find(|due| *due != Moment::MAX)
    }

    /// Notes as what a message was judged.
    pub(super) fn judge(&mut self, number: u32, mark: Option<Mark>) {
        if let Some((row, _)) = self.row_mut(number) {
            row.judged = mark;
        }
    }

    /// Notes that a message was hit on its way to its recipient.
    pub(super) fn hit_on_its_way(&mut self, number: u32) {
        if let Some((row, _)) = self.row_mut(number) {
            row.hit_on_its_way = true;
        }
    }

    /// The next message was told; if it is open, it is kept.
    pub(super) fn told(&mut self, open: bool) {
        self.as_judged.remove(&self.first);
        let Some(row) = self.rows.pop_front() else { return };
        if open {
            self.open.insert(self.first, row);
        }
        self.first += 1;
    }

    /// The messages that were told although they are open.
    pub(super) fn open(&self) -> impl Iterator<Item = u32> {
        self.open.keys().copied()
    }

    /// A message that was open is over.
    pub(super) fn close(&mut self, number: u32) {
        self.open.remove(&number);
    }

    /// The receipts until a moment whose place among the arrivals is not known yet: when they came, of which message, by whom and to whom.
    /// It is known from now on.
    pub(super) fn arrivals(&mut self, until: Moment) -> Vec<(Moment, u32, AccountId, AccountId)> {
        let mut arrivals = Vec::new();
        let rows = (self.first..).zip(&self.rows).chain(self.open.iter().map(|(number, row)| (*number, row)));
        for (number, row) in rows.filter(|(_, row)| row.due != Moment::MAX) {
            let slot = row.first_slot as usize;
            let slots = self.slots[slot..slot + usize::from(row.recipients)].iter_mut();
            for slot in slots.filter(|slot| slot.received() && slot.at <= until && !slot.arrived) {
                slot.arrived = true;
                arrivals.push((slot.at, number, row.account, slot.recipient));
            }
        }
        arrivals.sort_unstable();
        arrivals
    }

    /// Lets go of what belongs to messages that are over.
    pub(super) fn compact(&mut self) {
        let mut slots = Vec::with_capacity(self.rows.len() + self.open.len());
        for row in self.open.values_mut().chain(&mut self.rows) {
            let from = row.first_slot as usize;
            row.first_slot = u32::try_from(slots.len()).unwrap_or(u32::MAX);
            slots.extend_from_slice(&self.slots[from..from + usize::from(row.recipients)]);
        }
        self.slots = slots;
        let (first, open) = (self.first, &self.open);
        let is_kept = |number: u32| number >= first || open.contains_key(&number);
        self.tries.retain(|attempt| is_kept(attempt.message));
        self.legs.retain(|leg| is_kept(leg.message));
        self.relied.retain(|one| is_kept(one.message));
        self.blocked.retain(|number| is_kept(*number));
        self.tries.shrink_to(self.tries.len() + self.tries.len() / 2);
        self.rows.shrink_to(self.rows.len() + self.rows.len() / 2);
        self.other_routes.retain(|(number, _), _| is_kept(*number));
    }

    /// Records that still wait for their message, but for those of which that need be no bug of ours.
    pub(super) fn orphans(&self) -> usize {
        self.early.values().flatten().filter(|record| !self.is_stray(record)).count()
    }

    /// Receipts of a message that was not for whoever received them, or, when nothing is due any more, of none that ever was, where that
    /// need be no bug of ours.
    pub(super) fn strays(&self, settled: bool) -> u64 {
        let is_one = |record: &&Record| matches!(record, Record::Receipt(_)) && self.is_stray(record);
        let unclaimed = self.early.values().flatten().filter(|_| settled).filter(is_one).count();
        self.misfits.strays + unclaimed as u64
    }

    /// Whether something may be about another message than the one that it names.
    fn is_stray(&self, record: &Record) -> bool {
        match record {
            Record::Receipt(receipt) => self.doubts.about(receipt),
            Record::Onward(_) | Record::Inspected(_) => self.doubts.flips,
            _ => false,
        }
    }

    /// An attempt that began then carried a message across a boundary.
    pub(super) fn crossed(&mut self, number: u32, at: Moment) {
        self.happened(number, at, |row, _| row.crossed = true);
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
        if message.id.number as usize >= self.most {
            self.misfits.beyond += 1;
            return Vec::new();
        }
        let index = message.id.number.checked_sub(self.first).map(|index| index as usize);
        let Some(index) = index.filter(|_| self.row(message.id.number).is_none()) else {
            self.misfits.repeated += 1;
            return Vec::new();
        };
        if self.rows.len() <= index {
            let more = index + 1 - self.rows.len();
            if self.rows.capacity() <= index {
                self.rows.reserve_exact(step(self.rows.len()).max(more));
            }
            self.rows.resize(index + 1, Row::UNKNOWN);
        }
        let row = &mut self.rows[index];
        row.due = message.due;
        row.account = message.account;
        row.bytes = message.bytes;
        row.first_slot = u32::try_from(self.slots.len()).unwrap_or(u32::MAX);
        row.recipients = u16::try_from(message.recipients.len()).unwrap_or(u16::MAX);
        if self.slots.capacity() - self.slots.len() < message.recipients.len() {
            self.slots.reserve_exact(step(self.slots.len()).max(message.recipients.len()));
        }
        self.slots.extend(message.recipients.iter().take(usize::from(u16::MAX)).map(|recipient| Slot {
            at: Moment::MAX,
            recipient: *recipient,
            receipts: 0,
            fresh: 0,
            declines: 0,
            route: RouteId(u8::MAX),
            damaged: false,
            arrived: false,
        }));
        self.early.remove(&message.id.number).unwrap_or_default()
    }

    /// Enters that a message was given up.
    pub(super) fn unsent(&mut self, unsent: &Unsent) {
        let Some((row, _)) = self.row(unsent.message.number) else { return };
        if row.unsent.is_some() {
            self.misfits.repeated += 1;
            return;
        }
        let account = match unsent.cause {
            UnsentCause::Slots => Some(None),
            UnsentCause::Turn => Some(Some(row.account)),
            UnsentCause::Lag | UnsentCause::Stopped => None,
        };
        self.happened(unsent.message.number, unsent.at, |row, _| row.unsent = Some(unsent.cause));
        let Some(account) = account else { return };
        self.crowded_out.insert(unsent.message.number, CrowdedOut { at: unsent.at, account });
    }

    /// Enters an attempt.
    pub(super) fn attempt(&mut self, attempt: &Attempt) {
        let number = attempt.message.number;
        let Some((row, _)) = self.row(number) else { return };
        let other_route = row.attempts > 0 && row.first_route != attempt.route;
        let Some((latest, strangers)) =
            self.happened(number, attempt.sent, |row, slots| (row.attempted(attempt), decline(slots, attempt)))
        else {
            return;
        };
        if other_route {
            let first = self.other_routes.entry((number, attempt.route)).or_insert(attempt.sent);
            *first = attempt.sent.min(*first);
        }
        self.failed.attempt(attempt, latest);
        self.misfits.strangers += strangers;
        if self.tries.len() == self.tries.capacity() {
            self.tries.reserve_exact(step(self.tries.len()));
        }
        self.tries.push(Try {
            message: number,
            exchange: attempt.exchange,
            connection: attempt.connection.unwrap_or(u64::MAX),
            sent: attempt.sent,
            done: attempt.done,
            hit: false,
        });
    }

    /// Enters a receipt.
    pub(super) fn receipt(&mut self, receipt: &Receipt) {
        let is_his = |slot: &Slot| slot.recipient == receipt.recipient;
        let receive = |_: &mut Row, slots: &mut [Slot]| {
            slots.iter_mut().find(|slot| is_his(slot)).map(|slot| slot.receive(receipt)).is_some()
        };
        if self.happened(receipt.message.number, receipt.at, receive) != Some(true) {
            self.misfits.stranger(receipt, &self.doubts);
        }
    }
}

/// By how much room for so many grows when it is full: by an eighth and not, as it would by itself, to twice as much, of which half would
/// stay empty.
fn step(len: usize) -> usize {
    (len / 8).max(1_024)
}
