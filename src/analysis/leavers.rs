//! How long those who were taken away at the directory (by `deprovision`, or outside) could still send, way by way.
//!
//! Revoked is a way for an account when a message of it was refused there for who sent it, and none was taken afterwards. The truth lies between
//! the last message that was taken and the first such refusal after it; without one nobody knows that it ever will be. A refusal for anything
//! else, because a text was blocked or the service was out of order, says nothing of who may still send. What one account is told says nothing
//! of another, so that a way is revoked when it is revoked for the last of them.
//!
//! A message that was received was taken, whatever its sender was told: when, between the attempt's beginning and the receipt, nobody knows.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::Folds;
use super::recovery::Switching;
use crate::draw::Seed;
use crate::journal::{Attempt, Ending, Receipt};
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
    /// From the same to when every account that was heard of was refused after its last message that was taken; `None` = some never was, so that
    /// it was never revoked as far as was seen, or none was heard of.
    pub hi_s: Option<f64>,
    /// The accounts of which a message was taken, or refused for who they are.
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
    /// What is not looked at yet: it is looked at in order of when it happened.
    heard: Vec<(Moment, What)>,
    /// By which ways each message may have been taken: of each the attempt that was, or the first that had no such answer.
    maybe: BTreeMap<MessageId, BTreeMap<RouteId, Tried>>,
    /// What each account was told: what one hears says nothing of another.
    ways: BTreeMap<(InjectId, JourneyId, RouteId), BTreeMap<AccountId, Way>>,
}

/// What happened, by when: an attempt when it began.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    Tried(Tried),
    /// A message came by a route.
    Received(MessageId, RouteId),
}

/// What an attempt says of its sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Said {
    /// He was refused for who he is.
    Refused,
    /// Nothing, and the message cannot have been taken.
    Nothing,
    /// Nothing, but the message may have been taken.
    Maybe,
    /// He was let in.
    Taken,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Tried {
    sent: Moment,
    done: Moment,
    said: Said,
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
        Self { watched, heard: Vec::new(), maybe: BTreeMap::new(), ways: BTreeMap::new() }
    }

    /// An attempt of an account has ended.
    pub(super) fn attempt(&mut self, plan: &Plan, account: AccountId, attempt: &Attempt) {
        if self.watched.contains_key(&account) {
            let &Attempt { sent, done, route, message, number, connection, .. } = attempt;
            let said = said(plan, attempt);
            self.heard
                .push((sent, What::Tried(Tried { sent, done, said, account, message, number, connection, route })));
        }
    }

    /// A message of an account has come.
    pub(super) fn receipt(&mut self, account: AccountId, receipt: &Receipt) {
        if self.watched.contains_key(&account) {
            self.heard.push((receipt.at, What::Received(receipt.message, receipt.route)));
        }
    }

    /// A message has come of which nothing was to be told any more: it may tell that it was taken all the same.
    pub(super) fn again(&mut self, receipt: &Receipt) {
        if self.maybe.contains_key(&receipt.message) {
            self.heard.push((receipt.at, What::Received(receipt.message, receipt.route)));
        }
    }

    /// Looks at what happened until a moment: all of it has come. Of a message that is over no attempt does, and a receipt tells something only
    /// where one of its attempts may have been taken since somebody was taken away.
    pub(super) fn look(
        &mut self,
        plan: &Plan,
        switching: &[Switching],
        until: Moment,
        is_over: impl Fn(MessageId) -> bool,
    ) {
        let (mut now, later): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.heard).into_iter().partition(|(at, _)| *at <= until);
        self.heard = later;
        now.sort_unstable();
        for (at, what) in now {
            match what {
                What::Tried(one) => self.tried(switching, one),
                What::Received(message, route) => self.received(plan, switching, (message, route), at),
            }
        }
        let watched = &self.watched;
        let matters = |one: &Tried| {
            let mut injects = watched.get(&one.account).into_iter().flatten();
            one.said == Said::Maybe && injects.any(|id| since(switching, *id).is_some_and(|since| one.sent >= since))
        };
        self.maybe.retain(|message, ways| !is_over(*message) || ways.values().any(matters));
    }

    fn tried(&mut self, switching: &[Switching], one: Tried) {
        self.hear(switching, one, one.done);
        if one.said >= Said::Maybe {
            let first = self.maybe.entry(one.message).or_default().entry(one.route).or_insert(one);
            if one.said > first.said {
                *first = one;
            }
        }
    }

    /// A message was taken by the way by which it came, if no other way can have brought it.
    fn received(&mut self, plan: &Plan, switching: &[Switching], (message, route): (MessageId, RouteId), at: Moment) {
        let Some(maybe) = self.maybe.get_mut(&message) else { return };
        let routes = &plan.journeys[message.journey.index()].routes;
        let arrivals = |of: RouteId| routes.get(of.index()).map_or_else(Vec::new, |of| plan.arrivals(of.endpoint));
        let there = arrivals(route);
        let mut by = maybe.values_mut().filter(|one| arrivals(one.route).iter().any(|from| there.contains(from)));
        if let (Some(one), None) = (by.next(), by.next())
            && one.said == Said::Maybe
        {
            one.said = Said::Taken;
            let one = *one;
            self.hear(switching, one, at);
        }
    }

    /// What one attempt says, which it said at a moment.
    fn hear(&mut self, switching: &[Switching], one: Tried, at: Moment) {
        for inject in self.watched.get(&one.account).into_iter().flatten() {
            let Some(since) = since(switching, *inject).filter(|since| one.sent >= *since) else { continue };
            let lifted = switching[inject.index()].lifted.range(since..).next();
            if lifted.is_some_and(|lifted| at >= *lifted) {
                continue;
            }
            let way = self.ways.entry((*inject, one.message.journey, one.route)).or_default();
            way.entry(one.account).or_default().hear(one, at);
        }
    }

    /// Way by way: those by which one who was taken away tried to send, and of a journey by which none did its first.
    pub(super) fn figures(&self, plan: &Plan, switching: &[Switching]) -> Vec<Revoked> {
        let mut ways: BTreeMap<_, Cow<'_, BTreeMap<AccountId, Way>>> =
            self.ways.iter().map(|(way, accounts)| (*way, Cow::Borrowed(accounts))).collect();
        let injects: BTreeSet<InjectId> = self.watched.values().flatten().copied().collect();
        for inject in injects {
            for (id, journey) in plan.journey_ids() {
                let tried = ways.range((inject, id, RouteId(0))..=(inject, id, RouteId(u8::MAX))).next().is_some();
                if !tried && plan.senders(journey).iter().any(|account| self.leaves(inject, account)) {
                    ways.insert((inject, id, RouteId(0)), Cow::default());
                }
            }
        }
        ways.iter().filter_map(|(way, accounts)| self.way(plan, switching, *way, accounts)).collect()
    }

    fn leaves(&self, inject: InjectId, account: AccountId) -> bool {
        self.watched.get(&account).is_some_and(|by| by.contains(&inject))
    }

    fn way(
        &self,
        plan: &Plan,
        switching: &[Switching],
        (inject_id, journey_id, route): (InjectId, JourneyId, RouteId),
        accounts: &BTreeMap<AccountId, Way>,
    ) -> Option<Revoked> {
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
        let silent =
            |account: &AccountId| self.leaves(inject_id, *account) && !accounts.get(account).is_some_and(Way::is_heard);
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
            accounts: ways().filter(|way| way.is_heard()).count() as u64,
            unheard: plan.senders(journey).iter().filter(silent).count() as u64,
            last_taken: last_taken.map(|one| one.told(plan)),
            first_refused: first_refused.map(|one| one.told(plan)),
            open: open.len() as u64,
            open_to: open.iter().take(LEAVERS_TOLD).map(|one| one.told(plan)).collect(),
        })
    }
}

impl Folds {
    /// A recipient has received a message.
    pub(super) fn receipt(&mut self, receipt: &Receipt) {
        let id = receipt.message;
        self.change(id, |ledger| ledger.receipt(receipt));
        if let Some((row, _)) = self.courses[id.journey.index()].ledger.row(id.number) {
            self.leavers.receipt(row.account, receipt);
        }
    }
}

impl Way {
    /// What one account was told, in order of what it sent and of what was received of it.
    fn hear(&mut self, one: Tried, at: Moment) {
        match one.said {
            Said::Taken => {
                self.taken += 1;
                (self.last_taken, self.first_refused) = (self.last_taken.max(Some(one)), None);
                self.answered = self.answered.max(at);
            }
            Said::Refused => {
                self.refused += 1;
                // Of those that were surely refused later the one that was soonest over says most.
                let sooner = self.first_refused.is_none_or(|first| one.done < first.done);
                if one.sent >= self.answered && sooner {
                    self.first_refused = Some(one);
                }
            }
            Said::Maybe | Said::Nothing => {}
        }
    }

    fn is_heard(&self) -> bool {
        self.taken + self.refused > 0
    }

    /// The last that was taken of whoever was not refused after it.
    fn open(&self) -> Option<Tried> {
        self.last_taken.filter(|_| self.first_refused.is_none())
    }
}

impl Tried {
    fn told(&self, plan: &Plan) -> Heard {
        let journey = &plan.journeys[self.message.journey.index()];
        let at = if self.said == Said::Taken { self.sent } else { self.done };
        Heard {
            message: format!("{}.{}", journey.name, self.message.number),
            attempt: self.number,
            account: plan.account_name(self.account),
            connection: self.connection,
            at_s: at.secs_f64(),
        }
    }
}

/// What an attempt says of its sender.
fn said(plan: &Plan, attempt: &Attempt) -> Said {
    match attempt.ending {
        Ending::Acknowledged => Said::Taken,
        Ending::NotSent => Said::Nothing,
        Ending::Refused if is_about_access(plan, attempt) => Said::Refused,
        // A service that said no for another reason may have taken it all the same.
        Ending::Refused | Ending::Unanswered => Said::Maybe,
    }
}

/// Whether a refusal is one for who sent.
fn is_about_access(plan: &Plan, attempt: &Attempt) -> bool {
    let journey = plan.journeys.get(attempt.message.journey.index());
    let Some(route) = journey.and_then(|journey| journey.routes.get(attempt.route.index())) else { return false };
    let endpoint = &plan.endpoints[route.endpoint.index()];
    // A no to signing in may be its provider's.
    let provider = endpoint.sso.as_ref().map(|trust| &plan.endpoints[trust.provider.index()]);
    let (status, word) = (attempt.code.status, &*attempt.code.word);
    let mut either = [Some(endpoint), provider].into_iter().flatten();
    either.any(|one| vendor::is_about_access(&one.kind, status, word))
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
