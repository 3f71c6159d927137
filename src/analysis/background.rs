//! Hits on questions for which no message waits. An endpoint that takes the tokens of a provider asks for its keys anew because a message came, but
//! has it wait for no answer. A hit there explains no outage; but it proves that the inject was in the way of what a journey relies on, which
//! went on working.

use super::hits::{Bite, Hits};
use crate::plan::Plan;
use crate::units::{EndpointId, InjectId, JourneyId, PhaseId};

/// Units of such hits.
#[derive(Clone, Debug)]
pub(super) struct Background {
    injects: Vec<u64>,
    phases: Vec<u64>,
    /// Inject by inject, journey by journey, phase by phase.
    of: Vec<Vec<Vec<u64>>>,
}

impl Background {
    pub(super) fn new(plan: &Plan) -> Self {
        let none = vec![0; plan.phases.len()];
        let of = vec![vec![none.clone(); plan.journeys.len()]; plan.injects.len()];
        Self { injects: vec![0; plan.injects.len()], phases: none, of }
    }

    /// Takes in a hit that concerns no message, if it is one on such a question.
    pub(super) fn record(&mut self, plan: &Plan, hits: &Hits, bite: &Bite) {
        if bite.account.is_some() || hits.carriers.contains(&bite.connection) {
            return;
        }
        let Some(provider) = asked(plan, hits, bite) else { return };
        let (inject, units) = (bite.inject.index(), u64::from(bite.units));
        let phase = plan.phase_at(bite.at).filter(|_| bite.at < plan.end()).map(PhaseId::index);
        let journeys = plan.journey_ids().map(|(id, _)| id).filter(|id| relies(plan, *id, provider));
        let mut is_theirs = false;
        for journey in journeys {
            is_theirs = true;
            if let Some(phase) = phase {
                self.of[inject][journey.index()][phase] += units;
            }
        }
        if is_theirs {
            self.injects[inject] += units;
            if let Some(phase) = phase {
                self.phases[phase] += units;
            }
        }
    }

    /// Units of an inject.
    pub(super) fn hit_by(&self, inject: InjectId) -> u64 {
        self.injects[inject.index()]
    }

    /// Units inside a phase.
    pub(super) fn hit_in(&self, phase: usize) -> u64 {
        self.phases[phase]
    }

    /// Units of an inject on what a journey relies on, phase by phase.
    pub(super) fn in_phases(&self, inject: InjectId, journey: JourneyId) -> &[u64] {
        &self.of[inject.index()][journey.index()]
    }
}

/// The provider that was asked: as written down when the connection was made, else what the inject is aimed at, if that is one alone.
fn asked(plan: &Plan, hits: &Hits, bite: &Bite) -> Option<EndpointId> {
    let aimed = || match plan.injects[bite.inject.index()].aim.endpoints[..] {
        [one] => Some(one),
        _ => None,
    };
    hits.hops.get(&bite.connection).copied().or_else(aimed)
}

/// Whether a journey has a route to a twin that takes the tokens of a provider.
fn relies(plan: &Plan, journey: JourneyId, provider: EndpointId) -> bool {
    plan.journeys[journey.index()].routes.iter().any(|route| {
        let endpoint = &plan.endpoints[route.endpoint.index()];
        endpoint.url.is_none() && endpoint.sso.as_ref().is_some_and(|trust| trust.provider == provider)
    })
}
