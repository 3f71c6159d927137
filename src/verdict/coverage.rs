//! What a route keeps of the functions that a company's programs call: by what the drill saw on it, and for the rest by the catalogue.

use super::evidence::{Evidence, Found, missing};
use crate::analysis::{Observation, Tried};
use crate::plan::{Capability, CoverageSet, EndpointKind, Plan, Target};
use crate::units::{EndpointId, thousands};
use crate::vendor::catalogue::{self, Operation, State, Tally};

/// What the attempts at one capability show of a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Seen {
    /// Acknowledged at least once: what was sent is there.
    There,
    /// Refused every time: whatever the platform can do for others, here nothing of the capability was to be had.
    Refused,
    /// Neither: some attempts had no answer.
    Open,
}

/// One function's state, as the drill and the catalogue together have it.
struct Held {
    operation: &'static Operation,
    state: State,
    observed: bool,
}

/// The share of functions that a route's platform keeps.
pub(super) fn evidence(plan: &Plan, observation: &Observation, target: &Target) -> Found {
    let (Some(route), Some(set)) = (target.expr.of.route, target.expr.of.set) else {
        return Err(missing(0, "neither a route nor a set of functions is named"));
    };
    let endpoint = &plan.endpoints[route.index()];
    let seen: Vec<_> = seen(plan, observation, target, route).collect();
    if seen.is_empty() {
        return Err(missing(0, format!("no message was tried on {} there", endpoint.name)));
    }
    let held: Vec<_> = catalogue::operations().iter().map(|one| held(&endpoint.kind, one, &seen)).collect();
    let tally = Tally::of(set, held.iter().map(|one| (one.operation, one.state)));
    let observed = held.iter().filter(|one| one.observed).count();
    let rest = held.iter().filter(|one| !one.observed);
    let assumed = rest.filter(|one| catalogue::standing(&endpoint.kind, one.operation).source.is_assumption()).count();
    let unit = match set {
        CoverageSet::Api => "functions",
        CoverageSet::Common => "parts of use",
    };
    let basis = format!(
        "{} of {} {unit} supported, {} degraded; of {} functions {observed} by what the drill saw, {} by the catalogue, {assumed} of these \
         assumptions",
        thousands(tally.supported.into()),
        thousands(tally.all.into()),
        thousands(tally.degraded.into()),
        held.len(),
        held.len() - observed
    );
    let n = held.len() as u64;
    Ok(Evidence {
        observed: Some(tally.low()),
        low: tally.low(),
        high: tally.high(),
        n,
        basis,
        shown: None,
        window: None,
    })
}

/// Each capability that was tried on the route in the target's phases, with what that showed.
fn seen<'a>(
    plan: &'a Plan,
    observation: &'a Observation,
    target: &'a Target,
    route: EndpointId,
) -> impl Iterator<Item = (Capability, Seen)> + 'a {
    Capability::ALL.into_iter().filter_map(move |capability| {
        let mut all = Tried::default();
        for figures in &observation.journeys {
            let journey = &plan.journeys[figures.journey.index()];
            if journey.send != capability {
                continue;
            }
            for ((phase, by), tried) in &figures.tried {
                let here = journey.routes.get(by.index()).is_some_and(|way| way.endpoint == route);
                if here && target.phases.contains(phase) {
                    all.add(*tried);
                }
            }
        }
        let seen = match all {
            Tried { acknowledged: 1.., .. } => Seen::There,
            Tried { refused: 1.., open: 0, .. } => Seen::Refused,
            _ => Seen::Open,
        };
        (all.all() > 0).then_some((capability, seen))
    })
}

/// One acknowledgement proves the function that was called and no other; a capability that was refused throughout is gone with all its
/// functions; one without answers is in doubt.
fn held(kind: &EndpointKind, operation: &'static Operation, seen: &[(Capability, Seen)]) -> Held {
    let listed = catalogue::state(kind, operation);
    let what = seen.iter().find(|(capability, _)| *capability == operation.capability).map(|(_, what)| *what);
    let was_sent = catalogue::sent(operation.capability).is_some_and(|sent| sent.id == operation.id);
    let (state, observed) = match what {
        Some(Seen::There) if was_sent => (State::Supported, true),
        Some(Seen::Refused) => (State::Missing, true),
        Some(Seen::Open) => (listed.max(State::Degraded), false),
        Some(Seen::There) | None => (listed, false),
    };
    Held { operation, state, observed }
}
