//! Whether messages due one after the other fare alike, of all or of one account: a row of failures is one piece of news.

use std::collections::BTreeMap;

use super::lineup::{Lineup, Sample};
use super::message::Told;
use super::rows::{Row, Whose};
use super::tally::Place;
use super::{Basis, Mark};
use crate::confidence::Pairs;
use crate::plan::{Aggregate, Bound, Expr, Metric, Plan};
use crate::units::{JourneyId, PhaseId, RouteId, Span};

/// What messages had in common with the one before them, in order of due moment: among all of a phase, and among those that one route carried,
/// which others lie between.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Neighbours {
    asked: Vec<Asked>,
    /// Whether a target asks for one route of several.
    by_route: bool,
    rows: BTreeMap<(Among, usize), Row>,
}

/// Those among which a message has neighbours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Among {
    /// Those due in this phase …
    pub phase: PhaseId,
    /// … and carried by this route, if it is one's alone.
    pub route: Option<RouteId>,
}

/// What neighbours may have had in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    /// Whether they were bad.
    Bad,
    /// Whether they took longer than a target allows.
    Slower(Metric, Span),
    /// Whether they had what a target counts: deliveries, recipient after recipient.
    Had(Metric),
}

impl Asked {
    /// Whether it is never certain: what was received may be received once more. It is told as its message was judged.
    fn may_come_again(self) -> bool {
        matches!(self, Self::Had(Metric::Duplicated | Metric::DuplicatedAfterDedup))
    }
}

impl Neighbours {
    /// None yet, for a journey of a plan: what is looked for is what its targets on percentiles and shares ask.
    pub(super) fn of(plan: &Plan, journey: JourneyId) -> Self {
        let of_it = |expr: &&Expr| !expr.metric.is_of_inspections() && plan.may_be(&expr.of, plan.measure(journey));
        let exprs = || plan.targets.iter().map(|target| &target.expr).filter(of_it);
        let mut all = vec![Asked::Bad];
        for expr in exprs() {
            let asked = match (expr.aggregate, expr.bound) {
                (Some(Aggregate::Ratio), _) => Asked::Had(expr.metric),
                (Some(Aggregate::Percentile(_)), Bound::Time(than)) => Asked::Slower(expr.metric, than),
                _ => continue,
            };
            if !all.contains(&asked) {
                all.push(asked);
            }
        }
        let by_route = plan.journeys[journey.index()].routes.len() > 1 && exprs().any(|expr| expr.of.route.is_some());
        Self { asked: all, by_route, rows: BTreeMap::new() }
    }

    /// What is told of a message when it is judged.
    pub(super) fn as_judged(&self, told: &Told<'_>) -> Vec<Sample> {
        let mut samples = Vec::new();
        self.ask(Asked::may_come_again, told, 0, &mut samples);
        samples
    }

    /// What is told of a message when nothing happens to it any more, and so many of its receipts came out of order.
    pub(super) fn when_over(&self, told: &Told<'_>, late: usize, samples: &mut Vec<Sample>) {
        self.ask(|asked| !asked.may_come_again(), told, late, samples);
    }

    fn ask(&self, which: impl Fn(Asked) -> bool, told: &Told<'_>, late: usize, samples: &mut Vec<Sample>) {
        for (row, asked) in self.asked.iter().enumerate().filter(|(_, asked)| which(**asked)) {
            asked.samples(told, late, &mut |has, whose| samples.push(Sample { row, has, whose }));
        }
    }

    /// Compares a message that is over with its neighbours as soon as those before it are over, if it counts in a place.
    pub(super) fn count(&mut self, lineup: &mut Lineup, number: u32, place: Option<Place>, samples: &[Sample]) {
        let among = place.map(|(phase, route)| [None, Some(route)].map(|route| Among { phase, route }));
        let among = among.as_ref().map_or(&[][..], |both| if self.by_route { both } else { &both[..1] });
        lineup.count(number, (among, samples), &mut self.rows);
    }

    fn pairs(&self, of: Asked, among: Among) -> Option<Pairs> {
        let row = self.asked.iter().position(|asked| *asked == of)?;
        let among = Among { route: among.route.filter(|_| self.by_route), ..among };
        Some(self.rows.get(&(among, row)).map(Row::pairs).unwrap_or_default())
    }

    /// Neighbours by whether they were bad.
    pub fn bad(&self, among: Among) -> Pairs {
        self.pairs(Asked::Bad, among).unwrap_or_default()
    }

    /// Deliveries next to each other by whether they had what a metric counts; `None` if no target of the plan asks for their share.
    pub fn had(&self, metric: Metric, among: Among) -> Option<Pairs> {
        self.pairs(Asked::Had(metric), among)
    }

    /// Neighbours by whether a latency was longer than so much; `None` if no target of the plan asks for that.
    pub fn slower(&self, metric: Metric, than: Span, among: Among) -> Option<Pairs> {
        self.pairs(Asked::Slower(metric, than), among)
    }
}

impl Asked {
    /// Whether a message that counts had it, or each of its deliveries, and whose they are. So many of its receipts came out of order.
    fn samples(self, told: &Told<'_>, late: usize, each: &mut impl FnMut(bool, Whose)) {
        let whose = Whose::message(told);
        match self {
            Self::Bad => each(told.mark == Some(Mark::Bad), whose),
            Self::Slower(metric, than) => {
                if let Some(slower) = is_slower(told, metric, than) {
                    each(slower, whose);
                }
            }
            Self::Had(Metric::Reordered) => {
                // Whose they were of several recipients' does not matter: next to each other they count for least.
                let received = told.slots.iter().filter(|slot| slot.received()).count();
                (0..received).for_each(|nth| each(nth < late, whose));
            }
            Self::Had(metric) => {
                for slot in told.slots {
                    if let Some(has) = told.had(metric, slot) {
                        each(has, Whose::delivery(told, slot));
                    }
                }
            }
        }
    }
}

/// Whether a message took longer than so much, as it did if what ends a latency never came; `None` = it has no such latency, or none is known.
fn is_slower(told: &Told<'_>, metric: Metric, than: Span) -> Option<bool> {
    let due = told.row.due;
    let took = match metric {
        Metric::AcceptLatency => told.accepted().map(|at| at.since(due)),
        // The receipt came and the record of the attempt was lost.
        Metric::ServiceLatency if told.completed.is_some() && told.first_attempt.is_none() => return None,
        Metric::ServiceLatency => told.completed.zip(told.first_attempt).map(|(at, sent)| at.since(sent)),
        _ if told.basis == Basis::Acceptance => return None,
        _ => told.completed.map(|at| at.since(due)),
    };
    Some(took.is_none_or(|took| took > than))
}
