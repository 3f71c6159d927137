//! Whether messages due one after the other fare alike, of all or of one account: a row of failures is one piece of news.

use super::message::Told;
use super::rows::{Rows, Whose};
use super::{Basis, Mark};
use crate::confidence::Pairs;
use crate::plan::{Aggregate, Bound, Expr, Metric, Plan};
use crate::units::{JourneyId, Span};

/// What the messages of one cell had in common with the one before, in order of due moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Neighbours {
    bad: Row,
    slower: Vec<Slower>,
    having: Vec<Having>,
}

/// Neighbours by whether they had what a target counts: deliveries, recipient after recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Having {
    metric: Metric,
    row: Row,
}

/// Whether a delivery had what is counted, by its position among that, and whose it is.
pub(super) type Outcome = (usize, bool, Whose);

/// Neighbours by whether they took longer than a target allows.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Slower {
    metric: Metric,
    than: Span,
    row: Row,
}

/// Whether each message had it, one after another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Row {
    rows: Rows,
    pairs: Pairs,
}

impl Row {
    fn next(&mut self, has: bool, whose: Whose) {
        self.rows.next(has, whose, &mut self.pairs);
    }
}

/// Whether it is never certain what a delivery had: what was received may be received once more. It is told as its message was judged.
fn may_come_again(metric: Metric) -> bool {
    matches!(metric, Metric::Duplicated | Metric::DuplicatedAfterDedup)
}

impl Neighbours {
    /// None yet, for a journey of a plan: what is looked for is what its targets on percentiles and shares ask.
    pub(super) fn of(plan: &Plan, journey: JourneyId) -> Self {
        let (mut slower, mut having): (Vec<Slower>, Vec<Having>) = (Vec::new(), Vec::new());
        let of_it = |expr: &&Expr| plan.may_be(&expr.of, plan.measure(journey));
        let exprs = plan.targets.iter().map(|target| &target.expr).filter(|expr| !expr.metric.is_of_inspections());
        for expr in exprs.filter(of_it) {
            let metric = expr.metric;
            if expr.aggregate == Some(Aggregate::Ratio) && !having.iter().any(|one| one.metric == metric) {
                having.push(Having { metric, row: Row::default() });
            }
            let (Some(Aggregate::Percentile(_)), Bound::Time(than)) = (expr.aggregate, expr.bound) else { continue };
            let known = slower.iter().any(|one| (one.metric, one.than) == (expr.metric, than));
            if !known {
                slower.push(Slower { metric, than, row: Row::default() });
            }
        }
        Self { bad: Row::default(), slower, having }
    }

    /// Whether anything is asked of which the outcome is waited for.
    pub(super) fn wait_for_outcomes(&self) -> bool {
        self.having.iter().any(|having| !may_come_again(having.metric))
    }

    /// What each delivery of a message had of what targets count, when nothing happens to it any more, and so many of its receipts came out of
    /// order.
    pub(super) fn outcomes(&self, told: &Told<'_>, late: usize) -> Vec<Outcome> {
        let mut outcomes = Vec::new();
        let all = self.having.iter().enumerate().filter(|(_, having)| !may_come_again(having.metric));
        for (index, Having { metric, .. }) in all {
            if *metric == Metric::Reordered {
                // Whose they were of several recipients' does not matter: next to each other they count for least.
                let received = told.slots.iter().filter(|slot| slot.received()).count();
                let whose = Whose::message(told);
                outcomes.extend((0..received).map(|nth| (index, nth < late, whose)));
                continue;
            }
            let had = |slot| told.had(*metric, slot).map(|has| (index, has, Whose::delivery(told, slot)));
            outcomes.extend(told.slots.iter().filter_map(had));
        }
        outcomes
    }

    /// Takes in the outcomes of the next message.
    pub(super) fn next_outcomes(&mut self, outcomes: &[Outcome]) {
        for (index, has, whose) in outcomes {
            if let Some(having) = self.having.get_mut(*index) {
                having.row.next(*has, *whose);
            }
        }
    }

    /// Takes in the next message, which is judged.
    pub(super) fn next(&mut self, told: &Told<'_>, mark: Mark) {
        let whose = Whose::message(told);
        self.bad.next(mark == Mark::Bad, whose);
        for Having { metric, row } in self.having.iter_mut().filter(|having| may_come_again(having.metric)) {
            for slot in told.slots {
                if let Some(has) = told.had(*metric, slot) {
                    row.next(has, Whose::delivery(told, slot));
                }
            }
        }
        let due = told.row.due;
        for slower in &mut self.slower {
            let took = match slower.metric {
                Metric::AcceptLatency => told.accepted().map(|at| at.since(due)),
                // The receipt came before the attempt has ended: not known yet.
                Metric::ServiceLatency if told.completed.is_some() && told.first_attempt.is_none() => continue,
                Metric::ServiceLatency => told.completed.zip(told.first_attempt).map(|(at, sent)| at.since(sent)),
                _ if told.basis == Basis::Acceptance => continue,
                _ => told.completed.map(|at| at.since(due)),
            };
            slower.row.next(took.is_none_or(|took| took > slower.than), whose);
        }
    }

    /// Neighbours by whether they were bad.
    pub fn bad(&self) -> Pairs {
        self.bad.pairs
    }

    /// Deliveries next to each other by whether they had what a metric counts; `None` if no target of the plan asks for their share.
    pub fn had(&self, metric: Metric) -> Option<Pairs> {
        self.having.iter().find(|one| one.metric == metric).map(|one| one.row.pairs)
    }

    /// Neighbours by whether a latency was longer than so much; `None` if no target of the plan asks for that.
    pub fn slower(&self, metric: Metric, than: Span) -> Option<Pairs> {
        let of = self.slower.iter().find(|one| (one.metric, one.than) == (metric, than))?;
        Some(of.row.pairs)
    }
}
