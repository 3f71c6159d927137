//! The folds while the drill is played, with an eye on the journeys that fail over as a whole.

use std::collections::BTreeSet;
use std::sync::Arc;

use tokio::sync::mpsc;

use crate::analysis::Folds;
use crate::draw::Seed;
use crate::journal::{Control, Event, Record, Sink};
use crate::plan::{After, Deciding, FailoverBy, Plan};
use crate::units::{InjectId, JourneyId, Moment, RouteId};

/// What a journey waits for has been reached.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reached {
    pub(super) journey: JourneyId,
    pub(super) from: RouteId,
    pub(super) failures: u32,
    pub(super) at: Moment,
    /// How many records stood in the journal.
    pub(super) position: u64,
}

pub(super) type Receiver = mpsc::UnboundedReceiver<Reached>;

/// The live folds.
pub struct Live {
    /// Every figure, provisional while the drill is played.
    pub folds: Folds,
    plan: Arc<Plan>,
    /// The route in force of each journey, and whether leaving it is decided already.
    standing: Vec<(RouteId, bool)>,
    on: BTreeSet<InjectId>,
    reached: mpsc::UnboundedSender<Reached>,
}

impl Live {
    pub(super) fn new(plan: Arc<Plan>, seed: Seed) -> (Self, Receiver) {
        // Never more than one item for each journey and route.
        let (reached, receiver) = mpsc::unbounded_channel();
        let standing = vec![(RouteId(0), false); plan.journeys.len()];
        (Self { folds: Folds::new(Arc::clone(&plan), seed), plan, standing, on: BTreeSet::new(), reached }, receiver)
    }

    /// The route in force of a journey as a whole.
    pub fn route(&self, journey: JourneyId) -> RouteId {
        self.standing.get(journey.index()).map_or(RouteId(0), |(route, _)| *route)
    }

    /// The injects whose fault is on, in the order of the plan.
    pub fn faults(&self) -> impl Iterator<Item = InjectId> + '_ {
        self.on.iter().copied()
    }

    /// Whether an attempt that has just been folded reaches what its journey waits for.
    fn look(&mut self, position: u64, journey: JourneyId, at: Moment) {
        let plan = &self.plan.journeys[journey.index()];
        let Some(rule) = &plan.failover else { return };
        let (route, decided) = &mut self.standing[journey.index()];
        let automatic = rule.by == FailoverBy::Journey && rule.on == Deciding::Automatic;
        if !automatic || *decided || route.index() + 1 >= plan.routes.len() {
            return;
        }
        let Some(failures) = self.folds.failures(journey, *route, None) else { return };
        let hit = match rule.after {
            After::Failures(most) => failures.in_a_row() >= most,
            After::Silence(longest) => {
                let since = failures.last_acknowledged().or(failures.since());
                failures.in_a_row() > 0 && since.is_some_and(|since| at.since(since) >= longest)
            }
        };
        if hit {
            *decided = true;
            let failures = failures.in_a_row();
            // The receiver lives as long as the drill.
            let _ = self.reached.send(Reached { journey, from: *route, failures, at, position });
        }
    }
}

impl Sink for Live {
    fn record(&mut self, position: u64, record: &Record) {
        self.folds.record(position, record);
        match record {
            Record::Attempt(attempt) => self.look(position, attempt.message.journey, attempt.done),
            Record::Control(Control { event: Event::Switched { journey, account: None, to, .. }, .. }) => {
                if let Some(standing) = self.standing.get_mut(journey.index()) {
                    *standing = (*to, false);
                }
            }
            Record::Control(Control { event: Event::Applied(inject), .. }) => {
                self.on.insert(*inject);
            }
            Record::Control(Control { event: Event::Lifted(inject), .. }) => {
                self.on.remove(inject);
            }
            _ => {}
        }
    }
}
