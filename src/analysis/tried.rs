//! What was tried on each route, and how attempts ended: whether a route does what is asked of it at all.

use std::collections::BTreeMap;

use crate::journal::{Attempt, Ending};
use crate::units::{PhaseId, RouteId};

/// Attempts by how they ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tried {
    /// The platform took the message.
    pub acknowledged: u64,
    /// The platform said no.
    pub refused: u64,
    /// Nobody knows: no answer, or the request never left.
    pub open: u64,
}

/// The attempts of one journey, by the phase in which their message was due and by route.
pub(super) type TriedBy = BTreeMap<(PhaseId, RouteId), Tried>;

impl Tried {
    pub(super) fn record(&mut self, attempt: &Attempt) {
        *match attempt.ending {
            Ending::Acknowledged => &mut self.acknowledged,
            Ending::Refused => &mut self.refused,
            Ending::Unanswered | Ending::NotSent => &mut self.open,
        } += 1;
    }

    /// Adds others to these.
    pub fn add(&mut self, other: Self) {
        self.acknowledged += other.acknowledged;
        self.refused += other.refused;
        self.open += other.open;
    }

    /// How many there were.
    pub fn all(self) -> u64 {
        self.acknowledged + self.refused + self.open
    }
}
