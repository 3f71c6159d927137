//! Whether what befell a journey can be laid on its injects: its control arm, which they cannot hit, has to be well meanwhile.

use super::findings::{Finding, FindingKind};
use super::target::judge_target;
use super::{TargetOutcome, TargetVerdict};
use crate::analysis::{JourneyFigures, Observation, Outage};
use crate::plan::{Level, Metric, PhaseKind, Plan, Target};
use crate::units::{JourneyId, six_digits};

/// What is wrong with control arms: that they were down while something was to be injected, or break the same promises as the journey
/// beside them.
pub(super) fn troubles(plan: &Plan, observation: &Observation) -> Vec<Finding> {
    let of = |figures: &JourneyFigures| plan.journeys[figures.journey.index()].control_of;
    let arms = observation.journeys.iter().filter_map(|figures| of(figures).map(|beside| (beside, figures)));
    arms.flat_map(|(beside, figures)| {
        let down =
            figures.outages.iter().filter(|outage| is_meanwhile(plan, outage)).map(|outage| down(figures, outage));
        let broken = broken(plan, observation, (beside, figures));
        down.chain(broken).collect::<Vec<_>>()
    })
    .collect()
}

/// Why such a run proves nothing of its injects.
pub(super) fn reasons(troubles: &[Finding]) -> impl Iterator<Item = String> {
    troubles.iter().map(|trouble| format!("{}, so that not everything can be laid on the injects", trouble.text))
}

fn is_meanwhile(plan: &Plan, outage: &Outage) -> bool {
    let end_s = outage.end_s.unwrap_or(f64::INFINITY);
    let mut faults = plan.phases.iter().filter(|phase| phase.kind == PhaseKind::Fault);
    faults.any(|phase| outage.start_s < phase.end().secs_f64() && end_s > phase.start.secs_f64())
}

fn down(figures: &JourneyFigures, outage: &Outage) -> Finding {
    let until = match outage.end_s {
        Some(end_s) => format!("to {} s", six_digits(end_s)),
        None => "until the end".to_owned(),
    };
    let text =
        format!("{}, which no inject can hit, was down from {} s {until}", figures.id, six_digits(outage.start_s));
    trouble(figures, outage.start_s, text)
}

/// The promises of the journey beside it that the control arm breaks, judged as if they were its own.
fn broken(
    plan: &Plan,
    observation: &Observation,
    (beside, figures): (JourneyId, &JourneyFigures),
) -> impl Iterator<Item = Finding> {
    let promised = plan.targets.iter().filter(move |target| is_measure(plan, target, beside));
    promised.filter_map(move |target| {
        let mut own = target.clone();
        own.expr.of.journey = Some(figures.journey);
        let TargetVerdict { name, verdict, why, .. } = judge_target(plan, observation, &own);
        if verdict != TargetOutcome::Fail {
            return None;
        }
        let phases = target.phases.iter().map(|phase| plan.phases[phase.index()].start.secs_f64());
        let text = format!("{}, which no inject can hit, misses target {name} as well: {why}", figures.id);
        Some(trouble(figures, phases.fold(f64::INFINITY, f64::min), text))
    })
}

/// Whether it says of the messages of a journey how they have to fare, by whichever route.
fn is_measure(plan: &Plan, target: &Target, journey: JourneyId) -> bool {
    let of = target.expr.of;
    let metric = target.expr.metric;
    // Of an error budget the promise itself is judged, which names the journey.
    let counts = !metric.is_of_outages() && metric != Metric::Coverage && !metric.is_observed();
    counts && target.level != Level::Info && of.route.is_none() && plan.selects(&of, journey)
}

fn trouble(figures: &JourneyFigures, at_s: f64, text: String) -> Finding {
    Finding { kind: FindingKind::ControlInTrouble, journey: Some(figures.id.clone()), inject: None, at_s, text }
}
