//! What a gateway did with messages: what it had inspected, its tries, and whom they concern that were hit on the way onward.

use super::ledger::Ledger;
use super::row::Try;
use crate::journal::{Inspected, Onward, Ruling};

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
