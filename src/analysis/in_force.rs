//! Which route was in force, and what became of messages by that: an outage of a route is seen where it was to be used, and not where
//! what it failed was carried in the end.

use serde::Serialize;

use super::Blame;
use super::ledger::Ledger;
use crate::plan::When;
use crate::units::{AccountId, Moment, RouteId};

/// The messages that were due while a route was in force, whichever route carried them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct InForce {
    /// Messages decided, without the sender-blamed unsent ones and those that were rightly blocked.
    pub valid: u64,
    /// Received by every owed recipient within the deadline.
    pub good: u64,
    /// good / valid; `None` without valid messages.
    pub availability: Option<f64>,
    /// Whose fault the others are.
    pub blame: Blame,
}

impl InForce {
    /// Several together.
    pub(super) fn of<'a>(all: impl Iterator<Item = &'a Self>) -> Self {
        let mut sum = all.fold(Self::default(), |sum, one| Self {
            valid: sum.valid + one.valid,
            good: sum.good + one.good,
            availability: None,
            blame: Blame {
                system: sum.blame.system + one.blame.system,
                injected: sum.blame.injected + one.blame.injected,
                sender: sum.blame.sender + one.blame.sender,
            },
        });
        sum.availability = (sum.valid > 0).then(|| sum.good as f64 / sum.valid as f64);
        sum
    }
}

impl Ledger {
    /// The route that was in force for an account.
    pub(super) fn in_force(&self, account: AccountId, at: Moment) -> RouteId {
        let until = self.switches.range(..=(at, Some(AccountId(u32::MAX)), RouteId(u8::MAX)));
        let mine = until.rev().find(|(_, who, _)| who.is_none_or(|who| who == account));
        mine.map_or(RouteId(0), |(_, _, to)| *to)
    }

    /// In which course of things an attempt on a route was made, of a message that was due then.
    pub(super) fn when(&self, account: AccountId, due: Moment, route: RouteId) -> When {
        let until = self.switches.range(..=(due, Some(AccountId(u32::MAX)), RouteId(u8::MAX)));
        let mut mine = until.rev().filter(|(_, who, _)| who.is_none_or(|who| who == account)).map(|(_, _, to)| *to);
        let Some(now) = mine.next() else {
            return if route == RouteId(0) { When::Steady } else { When::Flush };
        };
        match mine.next().unwrap_or(RouteId(0)) {
            _ if route != now => When::Flush,
            before if before > now => When::Failback,
            _ => When::Failover,
        }
    }
}
