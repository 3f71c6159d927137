//! What gateways had inspected, and what came of it: each inspection is joined with what is known of its message's text, which the plan says.
//! The figures grow with what the plan names, and not with what is sent.

mod cell;
mod figures;

use std::collections::{BTreeMap, BTreeSet};

use crate::journal::{Inspected, Ruling};
use crate::limits::CROSSINGS_TOLD;
use crate::plan::{Plan, Sensitivity};
use crate::units::{AccountId, EndpointId, JourneyId, MessageId, Moment, PhaseId};

pub use cell::{InspectionCell, Verdicts};
pub use figures::{InspectionFigures, MisruledFigures, Wrongly};

/// Where an inspection belongs: the journey and the phase of its message, the gateway that asked, and the endpoint that was asked.
type Place = (JourneyId, PhaseId, EndpointId, EndpointId);

/// All inspections.
#[derive(Clone, Debug, Default)]
pub(super) struct Inspections {
    cells: BTreeMap<Place, InspectionCell>,
    /// The earliest that went wrong, of each gateway and kind.
    misruled: BTreeMap<(EndpointId, EndpointId, Wrongly), BTreeSet<Misruled>>,
}

/// An inspection that came to another end than it should have. Ordered by time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Misruled {
    at: Moment,
    message: MessageId,
    account: AccountId,
}

impl Inspections {
    /// Takes in an inspection of a message that was due then, by this sender. One at an endpoint that the plan does not have is passed over.
    pub(super) fn record(&mut self, plan: &Plan, (due, account): (Moment, AccountId), inspected: &Inspected) {
        let &Inspected { message, gateway, endpoint, done, ruling, .. } = inspected;
        if gateway.index().max(endpoint.index()) >= plan.endpoints.len() {
            return;
        }
        let phase = plan.phase_at(due).unwrap_or(PhaseId(0));
        let place = (message.journey, phase, gateway, endpoint);
        let content = plan.journeys[message.journey.index()].sensitivity(message);
        self.cells.entry(place).or_insert_with(|| InspectionCell::new(plan, place)).record(content, inspected);
        if let Some(wrongly) = wrongly(content, ruling) {
            let told = self.misruled.entry((gateway, endpoint, wrongly)).or_default();
            told.insert(Misruled { at: done, message, account });
            if told.len() > CROSSINGS_TOLD {
                told.pop_last();
            }
        }
    }

    /// Part by part, as targets select them.
    pub(super) fn cells(&self) -> Vec<InspectionCell> {
        self.cells.values().cloned().collect()
    }
}

/// What went wrong with an inspection, if anything did.
fn wrongly(content: Sensitivity, ruling: Ruling) -> Option<Wrongly> {
    match (content, ruling) {
        (Sensitivity::Violation(_), Ruling::Pass) => Some(Wrongly::Missed),
        (Sensitivity::Plain | Sensitivity::LookAlike(_), Ruling::Block) => Some(Wrongly::Blocked),
        (_, Ruling::FailedOpen) => Some(Wrongly::Uninspected),
        _ => None,
    }
}
