//! What gateways and stores of documents did with messages: what was inspected, their tries, and whom they concern that were hit on the
//! way onward.

use super::ledger::Ledger;
use super::row::Try;
use crate::journal::{Inspected, Onward, Ruling, Synced};
use crate::units::Moment;

impl Ledger {
    /// Enters a gateway's try to send a message on.
    pub(super) fn onward(&mut self, onward: &Onward) {
        self.legs.push(Try {
            message: onward.message.number,
            exchange: onward.exchange,
            connection: onward.connection.unwrap_or(u64::MAX),
            sent: onward.sent,
            done: onward.done,
            hit: false,
        });
    }

    /// Enters that a gateway had a message inspected, with something in it that may not leave or without.
    pub(super) fn inspected(&mut self, inspected: &Inspected, is_violation: bool) {
        let number = inspected.message.number;
        self.legs.push(Try {
            message: number,
            exchange: inspected.exchange,
            connection: inspected.connection.unwrap_or(u64::MAX),
            sent: inspected.asked,
            done: inspected.done,
            hit: false,
        });
        if is_violation && inspected.ruling == Ruling::Block {
            self.blocked.insert(number);
        }
    }

    /// Enters a store's try to tell another one of changes: what hits it concerns the journey.
    pub(super) fn synced(&mut self, synced: &Synced) {
        self.syncs.push(Try {
            message: u32::MAX,
            exchange: 1,
            connection: synced.connection.unwrap_or(u64::MAX),
            sent: synced.sent,
            done: synced.done,
            hit: false,
        });
    }

    /// Lets go of the tries of stores that ended until a moment: whatever hit them is known.
    pub(super) fn forget_syncs(&mut self, until: Moment) {
        self.syncs.retain(|one| one.done > until);
    }

    /// What hit a gateway's try hit the attempt that led to it: the last that began before.
    pub(super) fn hit_by_legs(&mut self) {
        for leg in self.legs.iter().filter(|leg| leg.hit) {
            let before = self.tries.iter_mut().filter(|one| one.message == leg.message && one.sent <= leg.sent);
            if let Some(attempt) = before.max_by_key(|attempt| attempt.sent) {
                attempt.hit = true;
            }
        }
    }
}
