//! What the drill asks record by record: everything here is answered at once, without going over the messages.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::Messages;
use super::message::Fate;
use crate::journal::{Attempt, Ending};
use crate::units::{AccountId, JourneyId, MessageId, Moment, RouteId};

/// Attempts in a row, by moment of ending, on one route, that were not acknowledged.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Failures {
    /// When they ended, in order.
    endings: VecDeque<Moment>,
    acknowledged: Option<Moment>,
}

/// How a message stands: what the counters remember of it while a record changes it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Standing {
    pub(super) fate: Fate,
    pub(super) acked: Moment,
    pub(super) pending: u64,
}

/// The counters.
#[derive(Clone, Debug, Default)]
pub(super) struct Live {
    pub(super) messages: Messages,
    pub(super) pending: u64,
    /// Acknowledged messages that someone still waits for, by moment of acknowledgement.
    waiting: BTreeSet<(Moment, MessageId)>,
    runs: BTreeMap<(JourneyId, RouteId, Option<AccountId>), Failures>,
}

impl Failures {
    fn record(&mut self, attempt: &Attempt) {
        if attempt.ending == Ending::Acknowledged {
            let latest = self.acknowledged.map_or(attempt.done, |before| before.max(attempt.done));
            self.acknowledged = Some(latest);
            self.endings.retain(|done| *done > latest);
        } else if self.acknowledged.is_none_or(|latest| attempt.done > latest) {
            // Records come nearly in order, so that the place is nearly always the end.
            let later = self.endings.iter().rev().take_while(|done| **done > attempt.done).count();
            self.endings.insert(self.endings.len() - later, attempt.done);
        }
    }

    /// How many.
    pub fn in_a_row(&self) -> u32 {
        u32::try_from(self.endings.len()).unwrap_or(u32::MAX)
    }

    /// Since when nothing was acknowledged while attempts ended: the end of the first of them.
    pub fn since(&self) -> Option<Moment> {
        self.endings.front().copied()
    }

    /// The latest acknowledgement.
    pub fn last_acknowledged(&self) -> Option<Moment> {
        self.acknowledged
    }
}

impl Live {
    /// Enters how a message stands now, and takes out how it stood before.
    pub(super) fn change(&mut self, id: MessageId, before: Option<Standing>, now: Standing) {
        match before {
            Some(before) => {
                *self.messages.of(before.fate) -= 1;
                self.pending -= before.pending;
                self.waiting.remove(&(before.acked, id));
            }
            None => self.messages.intended += 1,
        }
        *self.messages.of(now.fate) += 1;
        self.pending += now.pending;
        if now.pending > 0 {
            self.waiting.insert((now.acked, id));
        }
    }

    /// Some messages are not waited for any more, though they are still owed.
    pub(super) fn forget(&mut self, journey: JourneyId, given_up: &[(u32, Moment)]) {
        for (number, acked) in given_up {
            self.waiting.remove(&(*acked, MessageId { journey, number: *number }));
        }
    }

    pub(super) fn attempt(&mut self, account: AccountId, attempt: &Attempt) {
        for who in [None, Some(account)] {
            self.runs.entry((attempt.message.journey, attempt.route, who)).or_default().record(attempt);
        }
    }

    /// A switch begins a new count on the route now in force: for everyone, or for one account.
    pub(super) fn switched(&mut self, journey: JourneyId, to: RouteId, account: Option<AccountId>) {
        self.runs
            .retain(|(of, route, who), _| (*of, *route) != (journey, to) || account.is_some_and(|a| *who != Some(a)));
    }

    pub(super) fn failures(&self, journey: JourneyId, route: RouteId, account: Option<AccountId>) -> Option<&Failures> {
        self.runs.get(&(journey, route, account))
    }

    pub(super) fn latest_waiting(&self) -> Option<Moment> {
        self.waiting.last().map(|(acked, _)| *acked)
    }
}
