use std::collections::BTreeMap;

use serde::Serialize;

use super::{Inspections, Misruled, Verdicts};
use crate::analysis::{Distribution, Latency};
use crate::dlp::Kind;
use crate::plan::{Plan, Sensitivity};
use crate::units::{EndpointId, Span};

/// What one gateway had inspected by one endpoint, over the whole drill.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct InspectionFigures {
    /// The gateway that asked.
    pub gateway: String,
    /// The endpoint that was asked.
    pub dlp: String,
    /// Of texts with something in them that may not leave.
    pub violations: Verdicts,
    /// Of texts in which something looks like it, and is none.
    pub look_alikes: Verdicts,
    /// Of all others.
    pub plain: Verdicts,
    /// Which share of the violations that were inspected was blocked; `None` if none was.
    pub detection: Option<f64>,
    /// Which share of the other texts that were inspected was blocked; `None` if none was.
    pub false_positives: Option<f64>,
    /// Messages that were handed on after an inspection that failed open, once each.
    pub uninspected: u64,
    /// Those of them with something in them that may not leave.
    pub uninspected_violations: u64,
    /// What verdicts took. Inspections without one are the undelivered among them.
    pub latency_ms: Latency,
    /// The earliest that were missed, blocked though nothing is in them, or let through without a verdict: so many of each.
    pub first: Vec<MisruledFigures>,
}

/// An inspection that came to another end than it should have.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MisruledFigures {
    /// What went wrong.
    pub what: Wrongly,
    /// The message: its journey and its number in it.
    pub message: String,
    /// What was in it, or seemed to be.
    pub kind: Option<Kind>,
    /// Whether that may not leave.
    pub violation: bool,
    /// Who sent it.
    pub account: String,
    /// When it was ruled, or handed on without a verdict.
    pub at_s: f64,
}

/// What can go wrong with an inspection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Wrongly {
    /// Something that may not leave was let through.
    Missed,
    /// Nothing was in it, and it was blocked.
    Blocked,
    /// It was handed on without a verdict.
    Uninspected,
}

/// What is added up of one gateway.
struct Sum {
    violations: Verdicts,
    look_alikes: Verdicts,
    plain: Verdicts,
    latency: Distribution,
    uninspected: u64,
    uninspected_violations: u64,
}

impl Inspections {
    /// Gateway by gateway.
    pub(in crate::analysis) fn figures(&self, plan: &Plan) -> Vec<InspectionFigures> {
        let mut sums: BTreeMap<(EndpointId, EndpointId), Sum> = BTreeMap::new();
        for cell in self.cells.values() {
            let none = || Sum {
                violations: Verdicts::default(),
                look_alikes: Verdicts::default(),
                plain: Verdicts::default(),
                latency: Distribution::new(Span::ZERO),
                uninspected: 0,
                uninspected_violations: 0,
            };
            let sum = sums.entry((cell.gateway, cell.dlp)).or_insert_with(none);
            sum.violations = sum.violations.and(cell.violations);
            sum.look_alikes = sum.look_alikes.and(cell.look_alikes);
            sum.plain = sum.plain.and(cell.plain);
            sum.latency.add(&cell.latency);
            sum.uninspected += cell.uninspected;
            sum.uninspected_violations += cell.uninspected_violations;
        }
        sums.into_iter().map(|(ids, sum)| self.told(plan, ids, sum)).collect()
    }

    fn told(&self, plan: &Plan, (gateway, dlp): (EndpointId, EndpointId), sum: Sum) -> InspectionFigures {
        let Sum { violations, look_alikes, plain, latency, uninspected, uninspected_violations } = sum;
        let clean = look_alikes.and(plain);
        let blocked = |of: Verdicts| (of.inspected() > 0).then(|| of.blocked as f64 / of.inspected() as f64);
        let mine = self.misruled.iter().filter(|((asked, by, _), _)| (*asked, *by) == (gateway, dlp));
        let first = mine.flat_map(|((.., what), all)| all.iter().map(|one| one.told(plan, *what)));
        InspectionFigures {
            gateway: plan.endpoints[gateway.index()].name.clone(),
            dlp: plan.endpoints[dlp.index()].name.clone(),
            violations,
            look_alikes,
            plain,
            detection: blocked(violations),
            false_positives: blocked(clean),
            uninspected,
            uninspected_violations,
            latency_ms: latency.figures(),
            first: first.collect(),
        }
    }
}

impl Misruled {
    fn told(&self, plan: &Plan, what: Wrongly) -> MisruledFigures {
        let journey = &plan.journeys[self.message.journey.index()];
        let (kind, violation) = match journey.sensitivity(self.message) {
            Sensitivity::Plain => (None, false),
            Sensitivity::LookAlike(kind) => (Some(kind), false),
            Sensitivity::Violation(kind) => (Some(kind), true),
        };
        MisruledFigures {
            what,
            message: format!("{}.{}", journey.name, self.message.number),
            kind,
            violation,
            account: plan.account_name(self.account),
            at_s: self.at.secs_f64(),
        }
    }
}
