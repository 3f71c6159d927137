//! What became of one message, told from its row.

use super::ledger::Ledger;
use super::patience::Patience;
use super::row::{Row, Slot};
use super::{Basis, Deliveries, Mark, Messages, Point, Unseen};
use crate::journal::UnsentCause;
use crate::plan::Metric;
use crate::units::{Moment, RouteId, Span};

/// What became of a message as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Accepted,
    Refused,
    Indeterminate,
    Unsent(UnsentCause),
    Open,
}

/// The moment for which messages are told, and whether the drain has ended.
#[derive(Clone, Copy, Debug)]
pub(super) struct Horizon {
    pub(super) at: Moment,
    pub(super) finished: bool,
}

/// One message, told.
#[derive(Clone, Copy, Debug)]
pub(super) struct Told<'a> {
    pub(super) number: u32,
    pub(super) row: &'a Row,
    pub(super) slots: &'a [Slot],
    pub(super) fate: Fate,
    /// The route that carried it: of its last recipient's receipt, else of its acknowledgement, else of its last attempt, else the one
    /// in force when it was due.
    pub(super) carried: RouteId,
    pub(super) basis: Basis,
    /// Whether a route that tells of no receipts has taken it, or may have: whoever did not receive it by another may have by that one.
    unseen: bool,
    /// When the first attempt on the route that carried it began; `None` = not known yet, or lost in a gap.
    pub(super) first_attempt: Option<Moment>,
    /// Whether an inspection blocked it, and was right: nobody wants it to arrive.
    pub(super) blocked: bool,
    /// The route in force for its sender when it was due.
    pub(super) in_force: RouteId,
    /// By when it had to be received.
    pub(super) due_by: Moment,
    /// When its last recipient received it (or, on a route without receipts, when it was acknowledged).
    pub(super) completed: Option<Moment>,
    /// Good or bad; `None` = not decided yet.
    pub(super) mark: Option<Mark>,
}

/// Told from the attempts alone; an acknowledgement that declines everyone is a refusal.
pub(super) fn fate(row: &Row, slots: &[Slot]) -> Fate {
    let taken = row.acks > 0 && (slots.is_empty() || slots.iter().any(|slot| !slot.declined(row)));
    match row.unsent {
        _ if taken => Fate::Accepted,
        _ if row.ends.unanswered() => Fate::Indeterminate,
        _ if row.attempts > 0 => Fate::Refused,
        Some(cause) => Fate::Unsent(cause),
        None => Fate::Open,
    }
}

/// Deliveries that are owed and not in, which the drain waits for.
pub(super) fn pending(bases: &[Basis], row: &Row, slots: &[Slot]) -> u64 {
    if row.acks == 0 || basis_of(bases, row.acked_route) == Basis::Acceptance {
        return 0;
    }
    slots.iter().filter(|slot| !slot.declined(row) && !slot.received()).count() as u64
}

/// Whether anything may still happen to a message that its figures do not stand without.
pub(super) fn is_open(patience: &Patience, bases: &[Basis], row: &Row, slots: &[Slot]) -> bool {
    let missing = || slots.iter().any(|slot| !slot.received() && !slot.declined(row));
    match row.unsent {
        Some(_) => false,
        None if row.acks > 0 => pending(bases, row, slots) > 0,
        None if row.attempts == 0 || patience.may_be_sent_again(row) => true,
        None => row.ends.unanswered() && missing() && basis_of(bases, row.last_route) == Basis::Delivery,
    }
}

/// When the last thing happened to a message, but for an attempt's end.
pub(super) fn last_heard(row: &Row, slots: &[Slot]) -> Moment {
    let received = slots.iter().filter(|slot| slot.received()).map(|slot| slot.at);
    let acked = (row.acks > 0).then_some(row.acked);
    received.chain(acked).chain([row.due, row.last_sent]).max().unwrap_or(row.due)
}

fn basis_of(bases: &[Basis], route: RouteId) -> Basis {
    bases.get(route.index()).copied().unwrap_or(Basis::Delivery)
}

/// Whether a route without receipts may have taken a message that others took as well, or left without an answer.
fn may_have_gone_unseen(bases: &[Basis], row: &Row) -> bool {
    let silent = |(index, basis): (usize, &Basis)| {
        let route = u8::try_from(index).ok().map(RouteId);
        *basis == Basis::Acceptance && route.is_some_and(|route| row.attempted_on(route))
    };
    (row.acks > 1 || row.ends.unanswered()) && bases.iter().enumerate().any(silent)
}

fn tried(row: &Row, in_force: RouteId) -> RouteId {
    match (row.acks, row.attempts) {
        (1.., _) => row.acked_route,
        (0, 1..) => row.last_route,
        (0, 0) => in_force,
    }
}

impl<'a> Told<'a> {
    pub(super) fn new(
        ledger: &'a Ledger,
        number: u32,
        (row, slots): (&'a Row, &'a [Slot]),
        deadline: Span,
        horizon: Horizon,
    ) -> Self {
        let fate = fate(row, slots);
        let owed = slots.iter().filter(|slot| !slot.declined(row));
        let last = owed.clone().filter(|slot| slot.received()).map(|slot| (slot.at, slot.route)).max();
        let in_force = ledger.in_force(row.account, row.due);
        let carried = last.map_or_else(|| tried(row, in_force), |(_, route)| route);
        let basis = if last.is_some() { Basis::Delivery } else { basis_of(&ledger.bases, carried) };
        let unseen = match fate {
            Fate::Accepted | Fate::Indeterminate => {
                basis == Basis::Acceptance || may_have_gone_unseen(&ledger.bases, row)
            }
            Fate::Refused | Fate::Unsent(_) | Fate::Open => false,
        };
        let all_in = owed.clone().all(Slot::received);
        let completed = match basis {
            Basis::Delivery => last.filter(|_| all_in).map(|(at, _)| at),
            Basis::Acceptance => (fate == Fate::Accepted).then_some(row.acked),
        };
        let damaged = owed.clone().any(|slot| slot.damaged);
        let due_by = row.due + deadline;
        let mark = match completed {
            Some(at) if at <= due_by && !damaged && !row.crossed => Some(Mark::Good),
            Some(_) => Some(Mark::Bad),
            None if horizon.finished || horizon.at >= due_by => Some(Mark::Bad),
            None => None,
        };
        // It is judged once, whatever is heard of it later, but that it crossed a boundary.
        let mark = row.judged.or(mark).map(|mark| if row.crossed { Mark::Bad } else { mark });
        let first_attempt = ledger.first_sent_on(number, row, carried);
        let blocked = ledger.blocked.contains(&number);
        Self {
            number,
            row,
            slots,
            fate,
            carried,
            basis,
            unseen,
            first_attempt,
            blocked,
            in_force,
            due_by,
            completed,
            mark,
        }
    }

    /// Whether the sender itself is to blame that it was never sent, so that it counts in no figure of the system.
    pub(super) fn sender_blamed(&self) -> bool {
        matches!(self.fate, Fate::Unsent(UnsentCause::Lag | UnsentCause::Stopped))
    }

    /// Whether it says nothing of the system, neither good nor bad: it never came to it, or was rightly kept from leaving by it.
    pub(super) fn left_out(&self) -> bool {
        self.sender_blamed() || self.blocked
    }

    /// The mark it has in the figures: none if it is left out or not decided yet.
    pub(super) fn counted(&self) -> Option<Mark> {
        self.mark.filter(|_| !self.left_out())
    }

    /// Adds it to the count of its outcome.
    pub(super) fn count(&self, messages: &mut Messages) {
        messages.intended += 1;
        *messages.of(self.fate) += 1;
    }

    /// Adds its recipients to the deliveries, of which those that are owed and not in may still come.
    pub(super) fn deliver(&self, deliveries: &mut Deliveries) {
        for slot in self.slots {
            let extra = |receipts: u16| u64::from(receipts.saturating_sub(1));
            let declined = slot.declined(self.row);
            let owed = self.owes(slot);
            deliveries.received += u64::from(slot.receipts);
            deliveries.duplicated += extra(slot.receipts);
            deliveries.duplicated_after_dedup += extra(slot.fresh);
            deliveries.replicated += u64::from(slot.receipts > 1);
            deliveries.replicated_after_dedup += u64::from(slot.fresh > 1);
            deliveries.damaged += u64::from(slot.damaged);
            deliveries.wrong_side += u64::from(self.row.crossed && slot.received());
            deliveries.declined += u64::from(declined);
            deliveries.answered += u64::from(declined || self.fate == Fate::Accepted);
            deliveries.owed += u64::from(owed);
            let unobserved = self.unobserved(slot);
            deliveries.unobserved += u64::from(unobserved && !self.left_out());
            deliveries.unseen.pairs += u64::from(unobserved);
            deliveries.unseen.wrong_side += u64::from(unobserved && self.row.crossed);
            deliveries.unseen.unacknowledged += u64::from(unobserved && self.fate == Fate::Indeterminate);
            deliveries.pairs += u64::from(self.observable(slot) && !self.left_out());
            match (slot.received(), owed) {
                (true, true) => deliveries.delivered += 1,
                (true, false) => deliveries.unacknowledged += 1,
                (false, true) => deliveries.pending += 1,
                (false, false) => {}
            }
            if !slot.received() && self.observable(slot) && !self.left_out() {
                let never = matches!(self.fate, Fate::Unsent(_));
                *if never { &mut deliveries.undelivered } else { &mut deliveries.awaited } += 1;
            }
        }
    }

    /// Whether a recipient is owed it by somebody who would tell of its receipt.
    fn owes(&self, slot: &Slot) -> bool {
        let taken = self.fate == Fate::Accepted && self.basis == Basis::Delivery;
        taken && !slot.declined(self.row) && !self.unobserved(slot)
    }

    /// Whether nobody can tell if a recipient has it.
    fn unobserved(&self, slot: &Slot) -> bool {
        self.unseen && !slot.received() && !slot.declined(self.row)
    }

    /// Whether it is known, or will be, if a recipient has it. What nobody took, and whom it was declined for, needs no receipt to tell.
    fn observable(&self, slot: &Slot) -> bool {
        let never = matches!(self.fate, Fate::Refused | Fate::Unsent(_)) || slot.declined(self.row);
        !self.unobserved(slot) && (self.basis == Basis::Delivery || never)
    }

    /// Adds its recipients to those who may not get it, and to those who did, where it has something in it that may not leave. Gives the
    /// moment at which the first of them did.
    pub(super) fn leak(&self, deliveries: &mut Deliveries) -> Option<Moment> {
        if self.row.attempts == 0 {
            return None;
        }
        let mut first = None;
        for slot in self.slots {
            let taken = self.basis == Basis::Acceptance && self.fate == Fate::Accepted && !slot.declined(self.row);
            let at = if slot.received() { Some(slot.at) } else { taken.then_some(self.row.acked) };
            deliveries.violations += 1;
            deliveries.leaked += u64::from(at.is_some());
            deliveries.unseen.leaked += u64::from(at.is_none() && self.unobserved(slot));
            first = first.into_iter().chain(at).min();
        }
        first
    }

    /// Whether one recipient had what a metric counts, if nothing more comes; `None` if it could not be so.
    pub(super) fn had(&self, metric: Metric, slot: &Slot) -> Option<bool> {
        let declined = slot.declined(self.row);
        let owed = self.owes(slot);
        let received = slot.received();
        match metric {
            Metric::Lost => owed.then_some(!received),
            Metric::Undelivered => self.observable(slot).then_some(!received),
            Metric::Declined => (owed || declined).then_some(declined),
            Metric::Unacknowledged => received.then_some(!owed),
            Metric::Duplicated => received.then_some(slot.receipts > 1),
            Metric::DuplicatedAfterDedup => received.then_some(slot.fresh > 1),
            _ => None,
        }
    }

    /// The route that carried it as far as its attempts tell, whatever was received: of its acknowledgement, else of its last attempt, else
    /// the one in force when it was due.
    pub(super) fn tried(&self) -> RouteId {
        tried(self.row, self.in_force)
    }

    /// When it was acknowledged, if it was taken.
    pub(super) fn accepted(&self) -> Option<Moment> {
        (self.fate == Fate::Accepted).then_some(self.row.acked)
    }

    /// How many recipients got it late and by another route than the one it would have taken when it was due.
    pub(super) fn late_after_failover(&self) -> u64 {
        if self.fate != Fate::Accepted || self.mark != Some(Mark::Bad) {
            return 0;
        }
        let owed = self.slots.iter().filter(|slot| slot.received() && !slot.declined(self.row));
        owed.filter(|slot| slot.at > self.due_by && slot.route != self.in_force).count() as u64
    }

    /// As a point of an outage series: good or bad, as the series counts.
    pub(super) fn point(&self, good: bool) -> Point {
        Point { due: self.row.due, good_at: self.completed.filter(|_| good), number: Some(self.number) }
    }
}

impl Messages {
    pub(super) fn of(&mut self, fate: Fate) -> &mut u64 {
        match fate {
            Fate::Accepted => &mut self.accepted,
            Fate::Refused => &mut self.refused,
            Fate::Indeterminate => &mut self.indeterminate,
            Fate::Unsent(_) => &mut self.unsent,
            Fate::Open => &mut self.open,
        }
    }

    /// Adds others to these.
    pub fn add(&mut self, other: &Self) {
        self.intended += other.intended;
        self.accepted += other.accepted;
        self.refused += other.refused;
        self.indeterminate += other.indeterminate;
        self.unsent += other.unsent;
        self.open += other.open;
    }
}

impl Deliveries {
    /// The drill is over: what has not come will not.
    pub(super) fn close(&mut self) {
        self.lost += std::mem::take(&mut self.pending);
        self.undelivered += std::mem::take(&mut self.awaited);
    }

    /// One more message out of order.
    pub(super) fn reorder(&mut self, extent: u64, late: Span) {
        self.reordered += 1;
        self.reordered_extent = self.reordered_extent.max(extent);
        self.reordered_late = self.reordered_late.max(late);
    }

    /// Adds others to these.
    pub fn add(&mut self, other: &Self) {
        self.owed += other.owed;
        self.delivered += other.delivered;
        self.lost += other.lost;
        self.pending += other.pending;
        self.undelivered += other.undelivered;
        self.awaited += other.awaited;
        self.declined += other.declined;
        self.answered += other.answered;
        self.unacknowledged += other.unacknowledged;
        self.duplicated += other.duplicated;
        self.duplicated_after_dedup += other.duplicated_after_dedup;
        self.replicated += other.replicated;
        self.replicated_after_dedup += other.replicated_after_dedup;
        self.reordered += other.reordered;
        self.reordered_extent = self.reordered_extent.max(other.reordered_extent);
        self.reordered_late = self.reordered_late.max(other.reordered_late);
        self.wrong_side += other.wrong_side;
        self.late_after_failover += other.late_after_failover;
        self.violations += other.violations;
        self.leaked += other.leaked;
        self.damaged += other.damaged;
        self.strayed += other.strayed;
        self.received += other.received;
        self.pairs += other.pairs;
        self.unobserved += other.unobserved;
        self.unseen.add(other.unseen);
    }
}

impl Unseen {
    fn add(&mut self, other: Self) {
        self.pairs += other.pairs;
        self.wrong_side += other.wrong_side;
        self.leaked += other.leaked;
        self.unacknowledged += other.unacknowledged;
    }
}
