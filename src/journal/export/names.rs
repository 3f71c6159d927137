use crate::plan::Plan;
use crate::units::{AccountId, EndpointId, InjectId, JourneyId, MessageId, PhaseId, RegionId, RouteId, WayId};

/// The names that a plan gives its parts. What a journal names and the plan does not have is written as `#` and its number: an export must
/// not fail on a journal that does not fit its plan.
#[derive(Clone, Copy)]
pub(super) struct Names<'a>(pub &'a Plan);

impl Names<'_> {
    pub(super) fn journey(self, id: JourneyId) -> String {
        named(self.0.journeys.get(id.index()).map(|journey| &journey.name), id.0)
    }

    /// The number of a message follows its journey's name: `order.17`.
    pub(super) fn message(self, id: MessageId) -> String {
        format!("{}.{}", self.journey(id.journey), id.number)
    }

    /// A route is called by its endpoint, as in the scenario.
    pub(super) fn route(self, journey: JourneyId, id: RouteId) -> String {
        let route = self.0.journeys.get(journey.index()).and_then(|journey| journey.routes.get(id.index()));
        route.map_or_else(|| format!("#{}", id.0), |route| self.endpoint(route.endpoint))
    }

    pub(super) fn account(self, id: AccountId) -> String {
        let known = self.0.accounts.get(id.index()).filter(|account| account.group.index() < self.0.groups.len());
        known.map_or_else(|| format!("#{}", id.0), |_| self.0.account_name(id))
    }

    pub(super) fn accounts(self, ids: &[AccountId]) -> Vec<String> {
        ids.iter().map(|id| self.account(*id)).collect()
    }

    pub(super) fn endpoint(self, id: EndpointId) -> String {
        named(self.0.endpoints.get(id.index()).map(|endpoint| &endpoint.name), id.0)
    }

    /// A shared document.
    pub(super) fn document(self, position: u16) -> String {
        let name = self.0.documents().get(usize::from(position)).map(|(name, _)| (*name).to_owned());
        named(name.as_ref(), position)
    }

    pub(super) fn region(self, id: RegionId) -> String {
        named(self.0.regions.get(id.index()).map(|region| &region.name), id.0)
    }

    pub(super) fn inject(self, id: InjectId) -> String {
        named(self.0.injects.get(id.index()).map(|inject| &inject.name), id.0)
    }

    pub(super) fn way(self, id: WayId) -> String {
        named(self.0.ways_in.get(id.index()).map(|one| &one.way.name), id.0)
    }

    pub(super) fn phase(self, id: PhaseId) -> String {
        named(self.0.phases.get(id.index()).map(|phase| &phase.name), id.0)
    }

    /// The class of data of a journey's messages.
    pub(super) fn class(self, journey: JourneyId) -> Option<String> {
        self.0.journeys.get(journey.index()).and_then(|journey| journey.class.clone())
    }
}

fn named(name: Option<&String>, number: u16) -> String {
    name.map_or_else(|| format!("#{number}"), Clone::clone)
}
