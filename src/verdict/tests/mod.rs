//! Each metric with rows that pass, fail and say nothing; and the run as a whole.

mod audits;
mod books;
mod boundaries;
mod budget;
mod certain;
mod clocks;
mod confidence;
mod control;
mod counts;
mod coverage;
mod figures;
mod findings;
mod inspections;
mod labels;
mod leaks;
mod observed;
mod outage_times;
mod revoked;
mod run;
mod runs;
mod silent;
mod slices;
mod windows;

use crate::analysis::Observation;
use crate::analysis::tests::script::{FREEZE, ORDER, What, completed, hit, journey, ms, plan};
use crate::journal::Record;
use crate::plan::{Aggregate, Bound, Clock, Confidence, Expr, Level, Metric, Op, Plan, Selector, Target};
use crate::units::{PhaseId, Share, Span};

use super::{TargetOutcome, TargetVerdict, judge};

fn target(aggregate: Option<Aggregate>, metric: Metric, op: Op, bound: Bound) -> Target {
    let of = Selector { journey: Some(ORDER), ..Selector::default() };
    let phases = vec![PhaseId(0), PhaseId(1), PhaseId(2)];
    let expr = Expr { aggregate, metric, of, op, bound };
    Target { level: Level::Must, phases, ..Target::new(metric.name(), metric.name(), expr) }
}

fn percentile(metric: Metric, thousandths: u32, millis: u64) -> Target {
    let bound = Bound::Time(Span::from_millis(millis));
    target(Some(Aggregate::Percentile(thousandths)), metric, Op::Le, bound)
}

fn none(metric: Metric) -> Target {
    target(None, metric, Op::Eq, Bound::Count(0))
}

fn availability(percent: u32) -> Target {
    let bound = Bound::Share(Share::from_millionths(percent * 10_000).unwrap());
    target(None, Metric::Availability, Op::Ge, bound)
}

fn recovery(millis: u64) -> Target {
    target(None, Metric::RecoveryTime, Op::Le, Bound::Time(Span::from_millis(millis)))
}

fn planned(targets: Vec<Target>) -> Plan {
    Plan { targets, ..plan() }
}

/// A drill with a hit in its fault phase, so that it proves something.
fn drill(what: impl Fn(u32) -> What) -> Vec<Record> {
    let mut records = journey(what);
    records.push(hit(FREEZE, ms(60_000)));
    records
}

fn observed(plan: &Plan, what: impl Fn(u32) -> What) -> Observation {
    completed(plan, drill(what))
}

/// The one target over a drill that was played to its end.
fn judged(target: &Target, what: impl Fn(u32) -> What) -> TargetVerdict {
    let plan = planned(vec![target.clone()]);
    judge(&plan, &observed(&plan, what)).targets.remove(0)
}

fn outcome(target: &Target, what: impl Fn(u32) -> What) -> TargetOutcome {
    judged(target, what).verdict
}

/// The one target over a drill in which nothing was due.
fn without_traffic(target: &Target) -> TargetOutcome {
    let plan = planned(vec![target.clone()]);
    judge(&plan, &completed(&plan, vec![hit(FREEZE, ms(60_000))])).targets.remove(0).verdict
}
