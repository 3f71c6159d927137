//! Failover by account: each client counts its own failures and changes for itself.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::journal::Ending;
use crate::plan::{After, Failover};
use crate::units::{AccountId, Moment, RouteId, Span};

/// Where every account of a journey stands.
#[derive(Default)]
pub(super) struct Accounts(Mutex<BTreeMap<AccountId, Standing>>);

/// Where one account stands.
#[derive(Clone, Copy)]
struct Standing {
    route: RouteId,
    failures: u32,
    /// When an attempt on this route was last acknowledged; before that, when the first one ended or the account came to it.
    heard: Moment,
    /// Whether a switch is decided and not yet made.
    decided: bool,
}

/// An attempt that ended.
pub(super) struct Ended {
    pub(super) route: RouteId,
    pub(super) ending: Ending,
    pub(super) at: Moment,
}

/// A switch that was decided.
pub(super) struct Decided {
    pub(super) from: RouteId,
    pub(super) to: RouteId,
    pub(super) failures: u32,
}

impl Accounts {
    /// The route in force for an account.
    pub(super) fn route(&self, account: AccountId) -> RouteId {
        self.lock().get(&account).map_or(RouteId(0), |standing| standing.route)
    }

    /// An attempt of an account ended. `Some` if that decides a switch, among so many routes.
    pub(super) fn ended(&self, rule: &Failover, routes: usize, account: AccountId, attempt: &Ended) -> Option<Decided> {
        let Ended { route, ending, at } = *attempt;
        let mut accounts = self.lock();
        let standing = accounts.entry(account).or_insert_with(|| Standing::on(RouteId(0), at));
        if route != standing.route {
            return None;
        }
        if ending == Ending::Acknowledged {
            standing.failures = 0;
            standing.heard = standing.heard.max(at);
            return None;
        }
        standing.failures += 1;
        let next = RouteId(standing.route.0 + 1);
        if standing.decided
            || next.index() >= routes
            || !reached(rule.after, standing.failures, at.since(standing.heard))
        {
            return None;
        }
        standing.decided = true;
        Some(Decided { from: standing.route, to: next, failures: standing.failures })
    }

    /// The switch is made.
    pub(super) fn switch(&self, account: AccountId, to: RouteId, at: Moment) {
        self.lock().insert(account, Standing::on(to, at));
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<AccountId, Standing>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Standing {
    fn on(route: RouteId, since: Moment) -> Self {
        Self { route, failures: 0, heard: since, decided: false }
    }
}

/// Whether so many failures, or so long a silence, is what the plan waits for.
fn reached(after: After, failures: u32, silence: Span) -> bool {
    match after {
        After::Failures(most) => failures >= most,
        After::Silence(longest) => silence >= longest,
    }
}
