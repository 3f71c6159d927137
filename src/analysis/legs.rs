//! What a gateway did with messages: its tries, and whom they concern that were hit on the way onward.

use super::ledger::Ledger;
use super::row::Try;
use crate::journal::Onward;

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
