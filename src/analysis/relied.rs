//! Whom it concerns that an endpoint which takes the tokens of a provider is hit when it asks there. It asks in its own name, by connections over
//! which no message goes, and for the sake of whoever sends to it: a hit there hit the attempts at it that were under way.

use std::collections::BTreeSet;

use super::hits::{Bite, Hits};
use super::ledger::Ledger;
use crate::journal::{Attempt, Ending};
use crate::limits::{SIGN_IN_PATIENCE, SIGN_IN_PAUSE};
use crate::plan::Plan;
use crate::units::{EndpointId, Moment};

/// An attempt at a twin that takes the tokens of a provider.
#[derive(Clone, Copy, Debug)]
pub(super) struct Relied {
    pub(super) message: u32,
    at: EndpointId,
    sent: Moment,
    done: Moment,
    taken: bool,
}

impl Relied {
    /// Since when a question may have decided it. Who was told nothing waits before he asks again, and until then takes nobody.
    fn from(&self) -> Moment {
        if self.taken { self.sent } else { self.sent.before(SIGN_IN_PATIENCE + SIGN_IN_PAUSE) }
    }
}

impl Ledger {
    /// Enters an attempt, if it was made where somebody else is asked whether its token is good.
    pub(super) fn relies(&mut self, plan: &Plan, attempt: &Attempt) {
        let &Attempt { message, route, sent, done, ending, .. } = attempt;
        let Some(route) = plan.journeys[message.journey.index()].routes.get(route.index()) else { return };
        let endpoint = &plan.endpoints[route.endpoint.index()];
        if endpoint.sso.is_some() && endpoint.url.is_none() {
            let taken = ending == Ending::Acknowledged;
            self.relied.push(Relied { message: message.number, at: route.endpoint, sent, done, taken });
        }
    }
}

/// The hits on connections of nobody's account over which nothing is sent, by time: where they stand among all.
pub(super) struct Questions(Vec<(Moment, usize)>);

impl Questions {
    /// Those until a moment by which everything has come.
    pub(super) fn new(hits: &Hits, bites: &[Bite], until: Moment) -> Self {
        let nobodys = |bite: &Bite| bite.account.is_none() && !hits.carriers.contains(&bite.connection);
        let asked = bites.iter().enumerate().filter(|(_, bite)| bite.at <= until && nobodys(bite));
        let mut asked: Vec<(Moment, usize)> = asked.map(|(index, bite)| (bite.at, index)).collect();
        asked.sort_unstable();
        Self(asked)
    }

    /// Finds those that concern a journey, and notes which of its attempts they hit.
    pub(super) fn join(&self, plan: &Plan, hits: &Hits, bites: &[Bite], ledger: &mut Ledger) -> BTreeSet<usize> {
        let mut concerned = BTreeSet::new();
        let mut hit: BTreeSet<(u32, Moment)> = BTreeSet::new();
        for relied in &ledger.relied {
            let first = self.0.partition_point(|(at, _)| *at < relied.from());
            let during = self.0[first..].iter().take_while(|(at, _)| *at <= relied.done).map(|(_, index)| *index);
            for index in during.filter(|index| leads(plan, hits, &bites[*index], relied.at)) {
                concerned.insert(index);
                hit.insert((relied.message, relied.sent));
            }
        }
        for attempt in ledger.tries.iter_mut().filter(|one| hit.contains(&(one.message, one.sent))) {
            attempt.hit = true;
        }
        concerned
    }
}

/// Whether a connection leads from an endpoint to the provider whose tokens it takes: as written down when it was made, else as far as the inject
/// is aimed, since it was turned away before.
fn leads(plan: &Plan, hits: &Hits, bite: &Bite, asker: EndpointId) -> bool {
    let from = &plan.endpoints[asker.index()];
    let Some(trust) = &from.sso else { return false };
    if let Some(to) = hits.hops.get(&bite.connection) {
        return *to == trust.provider;
    }
    let aim = &plan.injects[bite.inject.index()].aim;
    let (a, b) = (from.region, plan.endpoints[trust.provider.index()].region);
    (aim.endpoints.is_empty() || aim.endpoints.contains(&trust.provider))
        && (aim.links.is_empty() || aim.links.iter().any(|link| *link == (a, b) || *link == (b, a)))
}
