//! The folds while the drill is played, with an eye on the journeys that fail over as a whole.

use std::collections::BTreeSet;
use std::sync::Arc;

use tokio::sync::mpsc;

use crate::analysis::Folds;
use crate::draw::Seed;
use crate::journal::{Control, Ending, Event, Record, Sink};
use crate::plan::{After, Back, Deciding, FailoverBy, Plan};
use crate::traffic::good_since;
use crate::units::{InjectId, JourneyId, Moment, RouteId};

/// What a journey waits for has been reached.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reached {
    pub(super) journey: JourneyId,
    pub(super) from: RouteId,
    pub(super) cause: Cause,
    pub(super) at: Moment,
    /// How many records stood in the journal.
    pub(super) position: u64,
}

/// What was reached.
#[derive(Clone, Copy, Debug)]
pub(super) enum Cause {
    /// So many failures in a row, or a silence in which there were so many: it is to go on by the next route.
    Failures(u32),
    /// The first route has taken every probe since then: it is to return.
    GoodSince(Moment),
}

pub(super) type Receiver = mpsc::UnboundedReceiver<Reached>;

/// The live folds.
pub struct Live {
    /// Every figure, provisional while the drill is played.
    pub folds: Folds,
    plan: Arc<Plan>,
    /// The route in force of each journey, and whether leaving it is decided already.
    standing: Vec<(RouteId, bool)>,
    /// Since when the first route of each journey, while another is in force, has taken every probe.
    good_since: Vec<Option<Moment>>,
    on: BTreeSet<InjectId>,
    draining: bool,
    reached: mpsc::UnboundedSender<Reached>,
}

impl Live {
    pub(super) fn new(plan: Arc<Plan>, seed: Seed) -> (Self, Receiver) {
        // Never more than one item for each journey and route.
        let (reached, receiver) = mpsc::unbounded_channel();
        let standing = vec![(RouteId(0), false); plan.journeys.len()];
        let good_since = vec![None; plan.journeys.len()];
        let folds = Folds::new(Arc::clone(&plan), seed);
        (Self { folds, plan, standing, good_since, on: BTreeSet::new(), draining: false, reached }, receiver)
    }

    /// The route in force of a journey as a whole.
    pub fn route(&self, journey: JourneyId) -> RouteId {
        self.standing.get(journey.index()).map_or(RouteId(0), |(route, _)| *route)
    }

    /// The injects whose fault is on, in the order of the plan.
    pub fn faults(&self) -> impl Iterator<Item = InjectId> + '_ {
        self.on.iter().copied()
    }

    /// Whether nothing new is due any more, be it before the last phase has ended: then none is played.
    pub fn is_draining(&self) -> bool {
        self.draining
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
            let cause = Cause::Failures(failures.in_a_row());
            // The receiver lives as long as the drill.
            let _ = self.reached.send(Reached { journey, from: *route, cause, at, position });
        }
    }
}

impl Live {
    /// Whether a probe that has just been folded was the last that its journey waits for.
    fn probed(&mut self, position: u64, journey: JourneyId, (sent, at): (Moment, Moment), ending: Ending) {
        let Some(rule) = self.plan.journeys.get(journey.index()).and_then(|journey| journey.failover.as_ref()) else {
            return;
        };
        let Back::When { good_for, .. } = rule.back else { return };
        let ((route, decided), since) = (&mut self.standing[journey.index()], &mut self.good_since[journey.index()]);
        if rule.by != FailoverBy::Journey || rule.on != Deciding::Automatic || *route == RouteId(0) {
            return;
        }
        let since = good_since(since, ending, sent);
        if let Some(since) = since.filter(|since| !*decided && at.since(*since) >= good_for) {
            *decided = true;
            let _ = self.reached.send(Reached { journey, from: *route, cause: Cause::GoodSince(since), at, position });
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
                    self.good_since[journey.index()] = None;
                }
            }
            Record::Control(Control { at, event: Event::Probed { journey, sent, ending, .. } }) => {
                self.probed(position, *journey, (*sent, *at), *ending);
            }
            Record::Control(Control { event: Event::Drain, .. }) => self.draining = true,
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
