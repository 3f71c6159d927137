//! How long those who were taken away at the directory (by `deprovision`, or outside) could still send, way by way.
//!
//! Revoked is a way for an account when a message of it was refused there for who sent it, and none was taken afterwards. The truth lies between
//! the last message that was taken and the first such refusal after it; without one nobody knows that it ever will be. A refusal for anything
//! else, because a text was blocked or the service was out of order, says nothing of who may still send. What one account is told says nothing
//! of another, so that a way is revoked when it is revoked for the last of them.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::recovery::Switching;
use crate::draw::Seed;
use crate::journal::{Attempt, Ending};
use crate::limits::LEAVERS_TOLD;
use crate::plan::Plan;
use crate::units::{AccountId, EndpointId, InjectId, JourneyId, MessageId, Moment, RouteId};
use crate::vendor;

/// How long one journey's way was open to those who were taken away.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Revoked {
    /// The inject that took them away, by name …
    pub inject: String,
    /// … and by position.
    #[serde(skip)]
    pub inject_id: InjectId,
    /// The journey's name …
    pub journey: String,
    /// … and position.
    #[serde(skip)]
    pub journey_id: JourneyId,
    /// The endpoint that was sent to, by name …
    pub route: String,
    /// … and by position.
    #[serde(skip)]
    pub endpoint: EndpointId,
    /// What was sent, and so by which credential.
    pub capability: &'static str,
    /// Their messages that were taken all the same.
    pub taken: u64,
    /// Their messages that were refused for who sent them.
    pub refused: u64,
    /// From the inject's being applied to the beginning of the last attempt that was taken.
    pub lo_s: f64,
    /// From the same to when every account was refused after its last message that was taken; `None` = some never was: never revoked, as far
    /// as was seen.
    pub hi_s: Option<f64>,
    /// The accounts that were taken, or refused for who they are.
    pub accounts: u64,
    /// Those among the journey's senders of whom nothing was heard there: nobody knows how long it was open to them.
    pub unheard: u64,
    /// The message that was taken last.
    pub last_taken: Option<Heard>,
    /// The refusal that the upper bound stands on: of the account that was refused last.
    pub first_refused: Option<Heard>,
    /// The accounts that were not refused after they were taken …
    pub open: u64,
    /// … and the last message of each, the latest first, as far as they are told one by one.
    pub open_to: Vec<Heard>,
}

/// A message that was taken, or refused.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Heard {
    /// The message: its journey and its number in it, as in the journal's export.
    pub message: String,
    /// Which of its attempts.
    pub attempt: u16,
    /// Who sent it.
    pub account: String,
    /// The connection that carried it.
    pub connection: Option<u64>,
    /// When: an attempt that was taken when it began, one that was refused when it ended.
    pub at_s: f64,
}

/// Everything that those who were taken away tried.
#[derive(Clone, Debug)]
pub(super) struct Leavers {
    /// The injects that took an account away.
    watched: BTreeMap<AccountId, BTreeSet<InjectId>>,
    /// Attempts that are not looked at yet: they are looked at in order of their beginnings.
    tried: Vec<Tried>,
    /// What each account was told: what one hears says nothing of another.
    ways: BTreeMap<(InjectId, JourneyId, RouteId), BTreeMap<AccountId, Way>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Tried {
    sent: Moment,
    done: Moment,
    taken: bool,
    account: AccountId,
    message: MessageId,
    number: u16,
    connection: Option<u64>,
    route: RouteId,
}

#[derive(Clone, Copy, Debug, Default)]
struct Way {
    taken: u64,
    refused: u64,
    last_taken: Option<Tried>,
    /// When the latest of those that were taken was answered: whatever was sent before then may have been refused before it was taken.
    answered: Moment,
    first_refused: Option<Tried>,
}

impl Leavers {
    pub(super) fn new(plan: &Plan, seed: Seed) -> Self {
        let mut watched: BTreeMap<AccountId, BTreeSet<InjectId>> = BTreeMap::new();
        for (id, _) in plan.inject_ids().filter(|(_, inject)| inject.takes_away()) {
            for account in plan.aimed(seed, id).unwrap_or_default() {
                watched.entry(account).or_default().insert(id);
            }
        }
        Self { watched, tried: Vec::new(), ways: BTreeMap::new() }
    }

    /// An attempt of an account has ended.
    pub(super) fn attempt(&mut self, plan: &Plan, account: AccountId, attempt: &Attempt) {
        if self.watched.contains_key(&account)
            && let Some(taken) = let_in(plan, attempt)
        {
            let &Attempt { sent, done, route, message, number, connection, .. } = attempt;
            self.tried.push(Tried { sent, done, taken, account, message, number, connection, route });
        }
    }

    /// Looks at the attempts that began until a moment: all of them have come.
    pub(super) fn look(&mut self, switching: &[Switching], until: Moment) {
        if self.tried.is_empty() {
            return;
        }
        let (mut now, later): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.tried).into_iter().partition(|one| one.sent <= until);
        self.tried = later;
        now.sort_unstable();
        for one in now {
            for inject in self.watched.get(&one.account).into_iter().flatten() {
                let Some(since) = since(switching, *inject).filter(|since| one.sent >= *since) else { continue };
                let lifted = switching[inject.index()].lifted.range(since..).next();
                if lifted.is_some_and(|lifted| one.done >= *lifted) {
                    continue;
                }
                let way = self.ways.entry((*inject, one.message.journey, one.route)).or_default();
                way.entry(one.account).or_default().hear(one);
            }
        }
    }

    /// Way by way.
    pub(super) fn figures(&self, plan: &Plan, switching: &[Switching]) -> Vec<Revoked> {
        let figures = self.ways.iter().filter_map(|(&(inject_id, journey_id, route), accounts)| {
            let since = since(switching, inject_id)?;
            let journey = &plan.journeys[journey_id.index()];
            let endpoint = journey.routes.get(route.index())?.endpoint;
            if !concerns(plan, inject_id, endpoint) {
                return None;
            }
            let after = |at: Moment| at.since(since).secs_f64();
            let ways = || accounts.values();
            let last_taken = ways().filter_map(|way| way.last_taken).max();
            let mut open: Vec<Tried> = ways().filter_map(Way::open).collect();
            open.sort_unstable_by(|a, b| b.cmp(a));
            let last_refused = ways().filter_map(|way| way.first_refused).max_by_key(|one| (one.done, *one));
            let first_refused = last_refused.filter(|_| open.is_empty());
            let leaves = |account: &AccountId| self.watched.get(account).is_some_and(|by| by.contains(&inject_id));
            let silent = |account: &AccountId| leaves(account) && !accounts.contains_key(account);
            Some(Revoked {
                inject: plan.injects[inject_id.index()].name.clone(),
                inject_id,
                journey: journey.name.clone(),
                journey_id,
                route: plan.endpoints[endpoint.index()].name.clone(),
                endpoint,
                capability: journey.send.name(),
                taken: ways().map(|way| way.taken).sum(),
                refused: ways().map(|way| way.refused).sum(),
                lo_s: last_taken.map_or(0.0, |one| after(one.sent)),
                hi_s: first_refused.map(|one| after(one.done)),
                accounts: accounts.len() as u64,
                unheard: plan.senders(journey).iter().filter(silent).count() as u64,
                last_taken: last_taken.map(|one| one.told(plan)),
                first_refused: first_refused.map(|one| one.told(plan)),
                open: open.len() as u64,
                open_to: open.iter().take(LEAVERS_TOLD).map(|one| one.told(plan)).collect(),
            })
        });
        figures.collect()
    }
}

impl Way {
    /// What one account was told, in order of what it sent.
    fn hear(&mut self, one: Tried) {
        if one.taken {
            self.taken += 1;
            (self.last_taken, self.first_refused) = (Some(one), None);
            self.answered = self.answered.max(one.done);
        } else {
            self.refused += 1;
            // Of those that were surely refused later the one that was soonest over says most.
            let sooner = self.first_refused.is_none_or(|first| one.done < first.done);
            if one.sent >= self.answered && sooner {
                self.first_refused = Some(one);
            }
        }
    }

    /// The last that was taken of whoever was not refused after it.
    fn open(&self) -> Option<Tried> {
        self.last_taken.filter(|_| self.first_refused.is_none())
    }
}

impl Tried {
    fn told(&self, plan: &Plan) -> Heard {
        let journey = &plan.journeys[self.message.journey.index()];
        let at = if self.taken { self.sent } else { self.done };
        Heard {
            message: format!("{}.{}", journey.name, self.message.number),
            attempt: self.number,
            account: plan.account_name(self.account),
            connection: self.connection,
            at_s: at.secs_f64(),
        }
    }
}

/// Whether an attempt says that its sender was let in, or that he was not; `None` if it says neither.
fn let_in(plan: &Plan, attempt: &Attempt) -> Option<bool> {
    if attempt.ending != Ending::Refused {
        return (attempt.ending == Ending::Acknowledged).then_some(true);
    }
    let route = plan.journeys.get(attempt.message.journey.index())?.routes.get(attempt.route.index())?;
    let endpoint = &plan.endpoints[route.endpoint.index()];
    // A no to signing in may be its provider's.
    let provider = endpoint.sso.as_ref().map(|trust| &plan.endpoints[trust.provider.index()]);
    let (status, word) = (attempt.code.status, &*attempt.code.word);
    let mut either = [Some(endpoint), provider].into_iter().flatten();
    either.any(|one| vendor::is_about_access(&one.kind, status, word)).then_some(false)
}

/// Whether an inject is aimed at an endpoint, or at the provider whose tokens it takes. What is aimed at neither takes nobody away there.
fn concerns(plan: &Plan, inject: InjectId, endpoint: EndpointId) -> bool {
    let aimed = &plan.injects[inject.index()].aim.endpoints;
    let provider = plan.endpoints[endpoint.index()].sso.as_ref().map(|trust| trust.provider);
    aimed.is_empty() || aimed.contains(&endpoint) || provider.is_some_and(|provider| aimed.contains(&provider))
}

/// When an inject was applied. What a rehearsal took as done took nobody away.
fn since(switching: &[Switching], inject: InjectId) -> Option<Moment> {
    switching.get(inject.index()).filter(|one| !one.rehearsed)?.applied.first().copied()
}
