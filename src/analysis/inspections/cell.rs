use serde::Serialize;

use super::Place;
use crate::analysis::{Alike, Distribution};
use crate::confidence::Pairs;
use crate::journal::{Inspected, Ruling};
use crate::plan::{Aggregate, Bound, Metric, Plan, Sensitivity};
use crate::units::{EndpointId, JourneyId, Moment, PhaseId, Span};

/// The inspections of one journey's messages of one phase at one gateway, by one endpoint.
#[derive(Clone, Debug, PartialEq)]
pub struct InspectionCell {
    /// The journey.
    pub journey: JourneyId,
    /// The phase in which the messages were due.
    pub phase: PhaseId,
    /// The gateway that asked.
    pub gateway: EndpointId,
    /// The endpoint that was asked.
    pub dlp: EndpointId,
    /// Of texts with something in them that may not leave.
    pub violations: Verdicts,
    /// Of texts in which something looks like it, and is none.
    pub look_alikes: Verdicts,
    /// Of all others.
    pub plain: Verdicts,
    /// How long verdicts took. Where none came it is one that never did: at least as long as the gateway waits.
    pub latency: Distribution,
    /// Messages that were handed on after an inspection that failed open, once each, when nothing happens to them any more.
    pub uninspected: u64,
    /// Those of these with something in them that may not leave.
    pub uninspected_violations: u64,
    missed: Alike,
    wronged: Alike,
    unseen: Alike,
    /// Whether those next to each other were alike in taking longer than a target allows.
    slower: Vec<(Span, Alike)>,
}

/// How inspections ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Verdicts {
    /// The text may leave.
    pub passed: u64,
    /// It may not.
    pub blocked: u64,
    /// There was no verdict, and the message was let through to wherever it could be sent.
    pub failed_open: u64,
    /// There was no verdict, and the message was refused.
    pub failed_closed: u64,
}

impl Verdicts {
    fn of(&mut self, ruling: Ruling) -> &mut u64 {
        match ruling {
            Ruling::Pass => &mut self.passed,
            Ruling::Block => &mut self.blocked,
            Ruling::FailedOpen => &mut self.failed_open,
            Ruling::FailedClosed => &mut self.failed_closed,
        }
    }

    /// Those that came to a verdict.
    pub fn inspected(&self) -> u64 {
        self.passed + self.blocked
    }

    /// All of them.
    pub fn asked(&self) -> u64 {
        self.inspected() + self.failed_open + self.failed_closed
    }

    /// These and others.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            passed: self.passed + other.passed,
            blocked: self.blocked + other.blocked,
            failed_open: self.failed_open + other.failed_open,
            failed_closed: self.failed_closed + other.failed_closed,
        }
    }
}

impl InspectionCell {
    pub(super) fn new(plan: &Plan, (journey, phase, gateway, dlp): Place) -> Self {
        let mut slower: Vec<(Span, Alike)> = Vec::new();
        let exprs = plan.targets.iter().map(|target| &target.expr);
        for expr in exprs.filter(|expr| expr.metric == Metric::InterceptLatency) {
            let (Some(Aggregate::Percentile(_)), Bound::Time(than)) = (expr.aggregate, expr.bound) else { continue };
            if plan.may_be(&expr.of, plan.measure(journey)) && !slower.iter().any(|(known, _)| *known == than) {
                slower.push((than, Alike::default()));
            }
        }
        Self {
            journey,
            phase,
            gateway,
            dlp,
            violations: Verdicts::default(),
            look_alikes: Verdicts::default(),
            plain: Verdicts::default(),
            latency: Distribution::new(plan.inspection(gateway).map_or(Span::ZERO, |inspection| inspection.timeout)),
            uninspected: 0,
            uninspected_violations: 0,
            missed: Alike::default(),
            wronged: Alike::default(),
            unseen: Alike::default(),
            slower,
        }
    }

    pub(super) fn record(&mut self, content: Sensitivity, inspected: &Inspected) {
        let &Inspected { asked, done, ruling, .. } = inspected;
        let (verdicts, wrong) = match content {
            Sensitivity::Violation(_) => (&mut self.violations, (&mut self.missed, Ruling::Pass)),
            Sensitivity::LookAlike(_) => (&mut self.look_alikes, (&mut self.wronged, Ruling::Block)),
            Sensitivity::Plain => (&mut self.plain, (&mut self.wronged, Ruling::Block)),
        };
        *verdicts.of(ruling) += 1;
        let took = matches!(ruling, Ruling::Pass | Ruling::Block).then(|| done.since(asked));
        match took {
            Some(took) => {
                wrong.0.add(asked, ruling == wrong.1);
                self.latency.record(took);
            }
            // However soon it was known that there is none: an error at once is no quick verdict.
            None => self.latency.record_undelivered(),
        }
        self.slower.iter_mut().for_each(|(than, alike)| alike.add(asked, took.is_none_or(|took| took > *than)));
    }

    /// Counts a message that was asked about and due then, which was handed on without a verdict or was not.
    pub(super) fn count(&mut self, content: Sensitivity, due: Moment, unseen: bool) {
        self.uninspected += u64::from(unseen);
        self.uninspected_violations += u64::from(unseen && matches!(content, Sensitivity::Violation(_)));
        self.unseen.add(due, unseen);
    }

    /// Of texts with nothing in them that may not leave.
    pub fn clean(&self) -> Verdicts {
        self.look_alikes.and(self.plain)
    }

    /// Neighbours by whether they were wrong in what a metric counts.
    pub fn alike(&self, metric: Metric) -> Pairs {
        match metric {
            Metric::DlpDetection => self.missed.pairs(),
            Metric::DlpFalsePositives => self.wronged.pairs(),
            _ => self.unseen.pairs(),
        }
    }

    /// Neighbours by whether they took longer than so much; `None` if no target of the plan asks for that.
    pub fn slower(&self, than: Span) -> Option<Pairs> {
        self.slower.iter().find(|(known, _)| *known == than).map(|(_, alike)| alike.pairs())
    }
}
