//! The parts of a ledger: 64 bytes a message, 24 a recipient and 40 an attempt, for as long as anything may still happen to them.

use super::Mark;
use crate::journal::UnsentCause;
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
    pub(super) unanswered: bool,
    /// Whether a fault hit its recipient's connection while it was on its way to him.
    pub(super) hit_on_its_way: bool,
    /// Whether an attempt carried it across a boundary.
    pub(super) crossed: bool,
    pub(super) unsent: Option<UnsentCause>,
    /// As what it was judged.
    pub(super) judged: Option<Mark>,
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
        unanswered: false,
        hit_on_its_way: false,
        crossed: false,
        unsent: None,
        judged: None,
    };

    /// Whether it was attempted on this route. Routes from the 32nd on share a bit.
    pub(super) fn attempted_on(&self, route: RouteId) -> bool {
        self.routes & route_bit(route) != 0
    }
}

impl Slot {
    /// Whether every acknowledgement declined this recipient.
    ///
    /// While an attempt without an answer may have taken the message for him, only one that was taken for others can decline him.
    pub(super) fn declined(&self, row: &Row) -> bool {
        let answers = row.acks.saturating_add(row.noes);
        answers > 0 && self.declines >= answers && (row.acks > 0 || !row.unanswered)
    }

    /// Whether this recipient received the message.
    pub(super) fn received(&self) -> bool {
        self.receipts > 0
    }
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
