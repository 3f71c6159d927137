//! The parts of a ledger: 64 bytes a message, 24 a recipient and 40 an attempt, for as long as anything may still happen to them.

use super::Mark;
use crate::journal::{Attempt, Ending, Receipt, UnsentCause};
use crate::plan::Retry;
use crate::units::{AccountId, Moment, RouteId};

/// What is known of one message. `due` = `Moment::MAX`: its record has not come yet.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) due: Moment,
    /// When it was first acknowledged; `Moment::MAX` = never.
    pub(super) acked: Moment,
    /// When the latest attempt began …
    pub(super) last_sent: Moment,
    /// … and when the first one on `first_route` did.
    pub(super) first_sent: Moment,
    pub(super) account: AccountId,
    pub(super) first_slot: u32,
    /// Of its text.
    pub(super) bytes: u32,
    /// The routes it was attempted on, bit by bit.
    pub(super) routes: u32,
    pub(super) recipients: u16,
    pub(super) last_number: u16,
    pub(super) attempts: u16,
    pub(super) last_route: RouteId,
    pub(super) first_route: RouteId,
    pub(super) acked_route: RouteId,
    pub(super) acks: u8,
    /// Acknowledgements that declined everyone, and so were refusals.
    pub(super) noes: u8,
    pub(super) ends: Ends,
    /// Whether a fault hit its recipient's connection while it was on its way to him.
    pub(super) hit_on_its_way: bool,
    /// Whether an attempt carried it across a boundary.
    pub(super) crossed: bool,
    pub(super) unsent: Option<UnsentCause>,
    /// As what it was judged.
    pub(super) judged: Option<Mark>,
}

/// How attempts ended, bit by bit.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ends(u8);

impl Ends {
    const UNANSWERED: u8 = 1;
    const AGAIN: u8 = 2;

    fn set(&mut self, bit: u8, on: bool) {
        self.0 = if on { self.0 | bit } else { self.0 & !bit };
    }

    /// Whether one of them had no answer.
    pub(super) fn unanswered(self) -> bool {
        self.0 & Self::UNANSWERED != 0
    }

    /// Whether the latest failed so that another try may bring something else.
    pub(super) fn again(self) -> bool {
        self.0 & Self::AGAIN != 0
    }
}

/// One recipient of one message.
#[derive(Clone, Debug)]
pub(super) struct Slot {
    /// The first receipt; `Moment::MAX` = none.
    pub(super) at: Moment,
    pub(super) recipient: AccountId,
    pub(super) receipts: u16,
    /// Receipts that remained after the receiver's own de-duplication.
    pub(super) fresh: u16,
    /// How many acknowledgements declined this recipient.
    pub(super) declines: u8,
    pub(super) route: RouteId,
    pub(super) damaged: bool,
    /// Whether its place among the arrivals is known.
    pub(super) arrived: bool,
}

/// One attempt, as far as hits and slots need it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Try {
    pub(super) message: u32,
    pub(super) exchange: u32,
    /// `u64::MAX` = none was had.
    pub(super) connection: u64,
    pub(super) sent: Moment,
    pub(super) done: Moment,
    /// Whether a fault hit it.
    pub(super) hit: bool,
}

/// A message that was given up because others were under way.
#[derive(Clone, Copy, Debug)]
pub(super) struct CrowdedOut {
    /// When.
    pub(super) at: Moment,
    /// The account that was busy; `None` = all slots of the journey were held.
    pub(super) account: Option<AccountId>,
}

impl Row {
    pub(super) const UNKNOWN: Self = Self {
        due: Moment::MAX,
        acked: Moment::MAX,
        last_sent: Moment::ZERO,
        first_sent: Moment::MAX,
        account: AccountId(0),
        first_slot: 0,
        bytes: 0,
        routes: 0,
        recipients: 0,
        last_number: 0,
        attempts: 0,
        last_route: RouteId(0),
        first_route: RouteId(0),
        acked_route: RouteId(0),
        acks: 0,
        noes: 0,
        ends: Ends(0),
        hit_on_its_way: false,
        crossed: false,
        unsent: None,
        judged: None,
    };

    /// Enters an attempt, whatever the order in which they come, and tells whether it is the latest so far.
    pub(super) fn attempted(&mut self, attempt: &Attempt) -> bool {
        if self.attempts == 0 || self.first_route == attempt.route {
            self.first_route = attempt.route;
            self.first_sent = self.first_sent.min(attempt.sent);
        }
        let latest = self.attempts == 0 || (attempt.sent, attempt.number) > (self.last_sent, self.last_number);
        if latest {
            (self.last_sent, self.last_number, self.last_route) = (attempt.sent, attempt.number, attempt.route);
            self.ends.set(Ends::AGAIN, Retry::is_worth_it(attempt.code.status));
        }
        self.attempts = self.attempts.saturating_add(1);
        self.routes |= route_bit(attempt.route);
        if attempt.ending == Ending::Unanswered {
            self.ends.set(Ends::UNANSWERED, true);
        }
        if attempt.ending == Ending::Acknowledged {
            if self.acks == 0 || (attempt.done, attempt.route) < (self.acked, self.acked_route) {
                (self.acked, self.acked_route) = (attempt.done, attempt.route);
            }
            self.acks = self.acks.saturating_add(1);
        } else if !attempt.declined.is_empty() {
            self.noes = self.noes.saturating_add(1);
        }
        latest
    }

    /// Whether it was attempted on this route. Routes from the 32nd on share a bit.
    pub(super) fn attempted_on(&self, route: RouteId) -> bool {
        self.routes & route_bit(route) != 0
    }
}

impl Slot {
    /// Enters a receipt, whatever the order in which they come.
    pub(super) fn receive(&mut self, receipt: &Receipt) {
        self.receipts = self.receipts.saturating_add(1);
        self.fresh = self.fresh.saturating_add(u16::from(receipt.fresh));
        if (receipt.at, receipt.route, !receipt.intact) < (self.at, self.route, self.damaged) {
            (self.at, self.route, self.damaged) = (receipt.at, receipt.route, !receipt.intact);
        }
    }

    /// Whether every acknowledgement declined this recipient.
    ///
    /// While an attempt without an answer may have taken the message for him, only one that was taken for others can decline him.
    pub(super) fn declined(&self, row: &Row) -> bool {
        let answers = row.acks.saturating_add(row.noes);
        answers > 0 && self.declines >= answers && (row.acks > 0 || !row.ends.unanswered())
    }

    /// Whether this recipient received the message.
    pub(super) fn received(&self) -> bool {
        self.receipts > 0
    }
}

/// Enters whom an attempt was declined for. Gives how many of them the message was not for.
pub(super) fn decline(slots: &mut [Slot], attempt: &Attempt) -> u64 {
    let mut strangers = 0;
    for account in &attempt.declined {
        match slots.iter_mut().find(|slot| slot.recipient == *account) {
            Some(slot) => slot.declines = slot.declines.saturating_add(1),
            None => strangers += 1,
        }
    }
    strangers
}

/// The bit of a route in a row's set.
pub(super) fn route_bit(route: RouteId) -> u32 {
    1 << route.0.min(31)
}

#[cfg(test)]
mod tests {
    use super::{Row, Slot, Try};

    #[test]
    fn a_message_with_one_recipient_and_one_attempt_takes_128_bytes() {
        assert!(size_of::<Row>() <= 64, "{}", size_of::<Row>());
        assert!(size_of::<Slot>() <= 24);
        assert!(size_of::<Try>() <= 40);
    }
}
