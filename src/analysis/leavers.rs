//! How long those who were taken away at the directory (`deprovision`) could still send, way by way.
//!
//! Revoked is a way when a message of such an account was refused there for who sent it, and none was taken afterwards. The truth lies between
//! the last message that was taken and the first such refusal after it; without one nobody knows that it ever will be. A refusal for anything
//! else, because a text was blocked or the service was out of order, says nothing of who may still send.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::recovery::Switching;
use crate::draw::Seed;
use crate::journal::{Attempt, Ending};
use crate::plan::{Fault, Plan};
use crate::units::{AccountId, EndpointId, InjectId, JourneyId, Moment, RouteId};
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
    /// From the same to the end of the first such refusal after it; `None` = there was none: never revoked, as far as was seen.
    pub hi_s: Option<f64>,
}

/// Everything that those who were taken away tried.
#[derive(Clone, Debug)]
pub(super) struct Leavers {
    /// The injects that took an account away.
    watched: BTreeMap<AccountId, BTreeSet<InjectId>>,
    /// Attempts that are not looked at yet: they are looked at in order of their beginnings.
    tried: Vec<Tried>,
    ways: BTreeMap<(InjectId, JourneyId, RouteId), Way>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Tried {
    sent: Moment,
    done: Moment,
    taken: bool,
    account: AccountId,
    journey: JourneyId,
    route: RouteId,
}

#[derive(Clone, Copy, Debug, Default)]
struct Way {
    taken: u64,
    refused: u64,
    last_taken: Option<Moment>,
    first_refused: Option<Moment>,
}

impl Leavers {
    pub(super) fn new(plan: &Plan, seed: Seed) -> Self {
        let mut watched: BTreeMap<AccountId, BTreeSet<InjectId>> = BTreeMap::new();
        for (id, _) in plan.inject_ids().filter(|(_, inject)| matches!(inject.fault, Fault::Deprovision(_))) {
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
            let &Attempt { sent, done, route, message, .. } = attempt;
            self.tried.push(Tried { sent, done, taken, account, journey: message.journey, route });
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
                let way = self.ways.entry((*inject, one.journey, one.route)).or_default();
                if one.taken {
                    *way = Way { taken: way.taken + 1, last_taken: Some(one.sent), first_refused: None, ..*way };
                } else {
                    way.refused += 1;
                    way.first_refused.get_or_insert(one.done);
                }
            }
        }
    }

    /// Way by way.
    pub(super) fn figures(&self, plan: &Plan, switching: &[Switching]) -> Vec<Revoked> {
        let figures = self.ways.iter().filter_map(|(&(inject_id, journey_id, route), way)| {
            let since = since(switching, inject_id)?;
            let journey = &plan.journeys[journey_id.index()];
            let endpoint = journey.routes.get(route.index())?.endpoint;
            if !concerns(plan, inject_id, endpoint) {
                return None;
            }
            let after = |at: Moment| at.since(since).secs_f64();
            Some(Revoked {
                inject: plan.injects[inject_id.index()].name.clone(),
                inject_id,
                journey: journey.name.clone(),
                journey_id,
                route: plan.endpoints[endpoint.index()].name.clone(),
                endpoint,
                capability: journey.send.name(),
                taken: way.taken,
                refused: way.refused,
                lo_s: way.last_taken.map_or(0.0, after),
                hi_s: way.first_refused.map(after),
            })
        });
        figures.collect()
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

/// When an inject was applied.
fn since(switching: &[Switching], inject: InjectId) -> Option<Moment> {
    switching.get(inject.index())?.applied.first().copied()
}
