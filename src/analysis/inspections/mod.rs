//! What gateways had inspected, and what came of it: each inspection is joined with what is known of its message's text, which the plan says.
//! What was sent on without a verdict is counted message by message, when nothing happens to it any more. The figures grow with what the plan
//! names, and not with what is sent.

mod cell;
mod figures;
mod passage;

use std::collections::{BTreeMap, BTreeSet};

use super::flows::HandedOn;
use crate::journal::{Inspected, Ruling};
use crate::limits::CROSSINGS_TOLD;
use crate::plan::{Plan, Sensitivity};
use crate::units::{AccountId, EndpointId, JourneyId, MessageId, Moment, PhaseId};

pub use cell::{InspectionCell, Verdicts};
pub use figures::{InspectionFigures, MisruledFigures, Wrongly};

use passage::Passage;

/// Where an inspection belongs: the journey and the phase of its message, the gateway that asked, and the endpoint that was asked.
type Place = (JourneyId, PhaseId, EndpointId, EndpointId);

/// Where a message was asked about: the gateway, the endpoint that was asked, and whether it was handed on from there without a verdict.
type Stop = (EndpointId, EndpointId, bool);

/// Messages that were asked about at the same gateways and fared alike there: each of them once, however many there were.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passed {
    /// The journey.
    pub journey: JourneyId,
    /// The phase in which the messages were due.
    pub phase: PhaseId,
    /// Where they were asked about.
    pub stops: Vec<Stop>,
    /// How many they are.
    pub messages: u64,
}

/// All inspections.
#[derive(Clone, Debug, Default)]
pub(super) struct Inspections {
    cells: BTreeMap<Place, InspectionCell>,
    /// Messages to which nothing happens any more, by where they were asked about.
    passed: BTreeMap<(JourneyId, PhaseId, Vec<Stop>), u64>,
    /// Messages to which anything may still happen, at each gateway.
    passages: BTreeMap<(EndpointId, MessageId), Passage>,
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
        let content = plan.journeys[message.journey.index()].sensitivity(message);
        self.cell(plan, due, (message, gateway, endpoint)).record(content, inspected);
        if let Some(wrongly) = wrongly(content, ruling) {
            self.tell((gateway, endpoint, wrongly), Misruled { at: done, message, account });
        }
        let passage = self.passages.entry((gateway, message));
        passage.or_insert_with(|| Passage::new(due, account, endpoint)).inspected(inspected);
    }

    /// A gateway handed a message on: what it asked about that has come by now.
    pub(super) fn handed_on(&mut self, HandedOn { gateway, message, at }: HandedOn) {
        if let Some(passage) = self.passages.get_mut(&(gateway, message)) {
            passage.handed_on(at);
        }
    }

    /// Counts the messages to which nothing happens any more, each once, and lets go of what was kept of them.
    pub(super) fn settle(&mut self, plan: &Plan, is_over: impl Fn(MessageId) -> bool) {
        let all = std::mem::take(&mut self.passages);
        let (over, open) = all.into_iter().partition(|((_, message), _)| is_over(*message));
        self.passages = open;
        let over: BTreeMap<(EndpointId, MessageId), Passage> = over;
        let mut stops: BTreeMap<(MessageId, PhaseId), Vec<Stop>> = BTreeMap::new();
        for ((gateway, message), passage) in over {
            let Passage { due, account, dlp, .. } = passage;
            let unseen = passage.unseen();
            let content = plan.journeys[message.journey.index()].sensitivity(message);
            let cell = self.cell(plan, due, (message, gateway, dlp));
            cell.count(content, due, unseen.is_some());
            stops.entry((message, cell.phase)).or_default().push((gateway, dlp, unseen.is_some()));
            if let Some(at) = unseen {
                self.tell((gateway, dlp, Wrongly::Uninspected), Misruled { at, message, account });
            }
        }
        for ((message, phase), stops) in stops {
            *self.passed.entry((message.journey, phase, stops)).or_default() += 1;
        }
    }

    fn cell(&mut self, plan: &Plan, due: Moment, of: (MessageId, EndpointId, EndpointId)) -> &mut InspectionCell {
        let (message, gateway, dlp) = of;
        let place = (message.journey, plan.phase_at(due).unwrap_or(PhaseId(0)), gateway, dlp);
        self.cells.entry(place).or_insert_with(|| InspectionCell::new(plan, place))
    }

    /// Names one that went wrong, if it is among the earliest.
    fn tell(&mut self, of: (EndpointId, EndpointId, Wrongly), one: Misruled) {
        let told = self.misruled.entry(of).or_default();
        told.insert(one);
        if told.len() > CROSSINGS_TOLD {
            told.pop_last();
        }
    }

    /// The messages to which nothing happens any more, by where they were asked about.
    pub(super) fn passed(&self) -> Vec<Passed> {
        let of = |((journey, phase, stops), messages): (&(JourneyId, PhaseId, Vec<Stop>), &u64)| Passed {
            journey: *journey,
            phase: *phase,
            stops: stops.clone(),
            messages: *messages,
        };
        self.passed.iter().map(of).collect()
    }

    /// Part by part, as targets select them.
    pub(super) fn cells(&self) -> Vec<InspectionCell> {
        self.cells.values().cloned().collect()
    }
}

/// What is wrong with a verdict, if anything is. What became of a message of which none came is another matter.
fn wrongly(content: Sensitivity, ruling: Ruling) -> Option<Wrongly> {
    match (content, ruling) {
        (Sensitivity::Violation(_), Ruling::Pass) => Some(Wrongly::Missed),
        (Sensitivity::Plain | Sensitivity::LookAlike(_), Ruling::Block) => Some(Wrongly::Blocked),
        _ => None,
    }
}
