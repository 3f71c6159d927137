//! By which route a message came: the one that leads to where it was received, by itself or by a gateway.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crate::limits::SEEN;
use crate::plan::{Journey, Plan};
use crate::units::{EndpointId, MessageId, RouteId};

/// The routes by which messages come from endpoints.
pub(super) struct Coming(Vec<OfJourney>);

struct OfJourney {
    /// From each endpoint, in order.
    from: BTreeMap<EndpointId, Vec<RouteId>>,
    /// Where several routes lead to one endpoint, the last by which each message was attempted, of the latest.
    last: Option<Mutex<BTreeMap<u32, RouteId>>>,
}

impl Coming {
    pub(super) fn new(plan: &Plan) -> Self {
        Self(plan.journeys.iter().map(|journey| OfJourney::new(plan, journey)).collect())
    }

    /// A message is being attempted by a route.
    pub(super) fn goes_by(&self, message: MessageId, route: RouteId) {
        let Some(last) = self.0.get(message.journey.index()).and_then(|journey| journey.last.as_ref()) else { return };
        let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
        last.insert(message.number, route);
        if last.len() > SEEN {
            last.pop_first();
        }
    }

    /// The route by which a message has come from an endpoint: where several lead there, the last of them by which it was attempted.
    pub(super) fn came_by(&self, message: MessageId, endpoint: EndpointId) -> Option<RouteId> {
        let journey = self.0.get(message.journey.index())?;
        let routes = journey.from.get(&endpoint)?;
        let last = journey.last.as_ref().and_then(|last| {
            let last = last.lock().unwrap_or_else(PoisonError::into_inner);
            last.get(&message.number).copied()
        });
        last.filter(|route| routes.contains(route)).or_else(|| routes.first().copied())
    }
}

impl OfJourney {
    fn new(plan: &Plan, journey: &Journey) -> Self {
        let mut from: BTreeMap<EndpointId, Vec<RouteId>> = BTreeMap::new();
        for (route, part) in (0_u8..).map(RouteId).zip(&journey.routes) {
            for endpoint in plan.arrivals(part.endpoint) {
                from.entry(endpoint).or_default().push(route);
            }
        }
        let ambiguous = from.values().any(|routes| routes.len() > 1);
        Self { from, last: ambiguous.then(Mutex::default) }
    }
}
