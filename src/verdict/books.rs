//! What an ERP booked once more, or in the wrong order: exact counts of entries in its books.

use super::evidence::{Evidence, Found, missing};
use crate::analysis::{Observation, Wrong};
use crate::plan::{EndpointKind, Metric, Plan, Target};
use crate::units::{EndpointId, JourneyId, PhaseId, thousands};

/// What the observation says about an ERP's books.
pub(super) fn evidence(plan: &Plan, observation: &Observation, target: &Target) -> Found {
    let of = target.expr.of;
    let selected = |endpoint: EndpointId, journey: JourneyId, phase: PhaseId| {
        plan.selects(&of, journey)
            && target.phases.contains(&phase)
            && of.route.is_none_or(|route| route == endpoint)
            && matches!(plan.endpoints[endpoint.index()].kind, EndpointKind::Erp(_))
    };
    let applied =
        observation.applied.iter().filter(|((endpoint, journey, phase), _)| selected(*endpoint, *journey, *phase));
    let applied: u64 = applied.map(|(_, count)| count).sum();
    if applied == 0 {
        return Err(missing(0, "nobody heard of anything that an ERP booked there"));
    }
    let (what, told) = match target.expr.metric {
        Metric::ErpDuplicates => (Wrong::Twice, "booked once more what was booked"),
        _ => (Wrong::OutOfOrder, "overwrote a later state with an earlier one"),
    };
    let wrong =
        observation.misbooked.iter().filter(|one| one.what == what && selected(one.endpoint, one.journey, one.phase));
    let wrong = wrong.count() as u64;
    let some = if wrong == 0 { "none".to_owned() } else { thousands(wrong) };
    let basis = format!("{some} of {} bookings {told}", thousands(applied));
    let exactly = Evidence::exactly(wrong as f64, applied, basis);
    // Of those that are not listed nobody knows any more which the target selects.
    Ok(match observation.unlisted {
        0 => exactly,
        unlisted => Evidence { observed: None, high: (wrong + unlisted) as f64, ..exactly },
    })
}
