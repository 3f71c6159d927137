//! Failover by account: each client counts its own failures and changes for itself.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::control::Stand;
use crate::journal::Ending;
use crate::plan::{After, Failover};
use crate::units::{AccountId, Moment, RouteId, Span};

/// Where every account of a journey stands.
#[derive(Default)]
pub(super) struct Accounts(Mutex<BTreeMap<AccountId, Standing>>);

/// Where one account stands.
#[derive(Clone, Copy)]
struct Standing {
    stand: Stand,
    failures: u32,
    /// When an attempt on this route was last acknowledged; before that, when the first one ended or the account came to it.
    heard: Moment,
    /// Whether a switch is decided and not yet made.
    decided: bool,
    /// Whether the first route is being asked whether it takes messages again.
    probing: bool,
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
    /// The route in force for an account, and how often it has switched.
    pub(super) fn stand(&self, account: AccountId) -> Stand {
        self.lock().get(&account).map_or_else(Stand::default, |standing| standing.stand)
    }

    /// Whether nobody asks the first route for an account that has left it. From now on somebody does.
    pub(super) fn begins_to_probe(&self, account: AccountId) -> bool {
        let mut accounts = self.lock();
        accounts.get_mut(&account).is_some_and(|standing| !std::mem::replace(&mut standing.probing, true))
    }

    /// Commits an account to return to its first route, unless a switch is decided already: that one is made first, healed or not.
    pub(super) fn commits_to_return(&self, account: AccountId) -> bool {
        let mut accounts = self.lock();
        accounts.get_mut(&account).is_some_and(|standing| !std::mem::replace(&mut standing.decided, true))
    }

    /// An attempt of an account ended. `Some` if that decides a switch, among so many routes.
    pub(super) fn ended(&self, rule: &Failover, routes: usize, account: AccountId, attempt: &Ended) -> Option<Decided> {
        let Ended { route, ending, at } = *attempt;
        let mut accounts = self.lock();
        let standing = accounts.entry(account).or_insert_with(|| Standing::on(Stand::default(), at));
        if route != standing.stand.route {
            return None;
        }
        if ending == Ending::Acknowledged {
            standing.failures = 0;
            standing.heard = standing.heard.max(at);
            return None;
        }
        standing.failures += 1;
        let next = RouteId(standing.stand.route.0 + 1);
        if standing.decided
            || next.index() >= routes
            || !reached(rule.after, standing.failures, at.since(standing.heard))
        {
            return None;
        }
        standing.decided = true;
        Some(Decided { from: standing.stand.route, to: next, failures: standing.failures })
    }

    /// The switch is made.
    pub(super) fn switch(&self, account: AccountId, to: RouteId, at: Moment) {
        let mut accounts = self.lock();
        let standing = accounts.entry(account).or_insert_with(|| Standing::on(Stand::default(), at));
        let probing = standing.probing && to != RouteId(0);
        *standing = Standing { probing, ..Standing::on(standing.stand.switched(to), at) };
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<AccountId, Standing>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Standing {
    fn on(stand: Stand, since: Moment) -> Self {
        Self { stand, failures: 0, heard: since, decided: false, probing: false }
    }
}

/// Whether so many failures, or so long a silence, is what the plan waits for.
fn reached(after: After, failures: u32, silence: Span) -> bool {
    match after {
        After::Failures(most) => failures >= most,
        After::Silence(longest) => silence >= longest,
    }
}
