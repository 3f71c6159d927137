//! What the drill asks when the baseline ends: may anything be injected?

use super::TargetOutcome;
use super::target::judge_target;
use crate::analysis::{JourneyBasis, JourneyFigures, Observation, n_down};
use crate::journal::Decision;
use crate::plan::{PhaseKind, Plan};
use crate::units::{Moment, thousands};

/// A detector that needs more bad messages in a row than this would see an outage too late to be of use: the background is too bad.
pub(super) const N_DOWN_MOST: u32 = 10;

/// Whether the steady state holds: each target over a baseline passes, each journey had traffic, and its background failures are rare
/// enough to tell an outage from them.
pub fn steady(plan: &Plan, observation: &Observation) -> Result<(), String> {
    if !plan.phases.iter().any(|phase| phase.kind == PhaseKind::Baseline) {
        return Ok(());
    }
    for (decision, figures) in detectors(plan, observation).iter().zip(&observation.journeys) {
        if let Decision::Detector { n_down, bad, all, .. } = decision {
            if *all == 0 {
                return Err(format!("journey {}: no message was judged in the baseline", figures.id));
            }
            if *n_down > N_DOWN_MOST {
                let (id, most) = (&figures.id, cause(plan, figures, *bad));
                let (bad, all) = (thousands(*bad), thousands(*all));
                return Err(format!("journey {id}: {bad} of {all} messages of the baseline were bad{most}"));
            }
        }
    }
    for target in plan.targets.iter().filter(|target| target.steady_state) {
        let judged = judge_target(plan, observation, target);
        if judged.verdict != TargetOutcome::Pass {
            return Err(format!("target {}: {}", judged.name, judged.why));
        }
    }
    Ok(())
}

/// What most of the bad messages of the baseline had come to, behind a colon; nothing if that is not known.
fn cause(plan: &Plan, figures: &JourneyFigures, bad: u64) -> String {
    let cells = figures.cells.iter().filter(|cell| plan.phases[cell.phase.index()].kind == PhaseKind::Baseline);
    let not_taken = cells.map(|cell| cell.messages.refused + cell.messages.indeterminate + cell.messages.unsent).sum();
    let taken = bad.saturating_sub(not_taken);
    if taken > not_taken {
        let late = if figures.basis == JourneyBasis::Acceptance { "acknowledged" } else { "received" };
        return format!(": most were acknowledged, and not {late} in time");
    }
    let most = figures.failed.iter().filter(|failed| failed.ending.is_some()).max_by_key(|failed| failed.attempts);
    most.map_or_else(String::new, |failed| {
        let ended = failed.ended();
        let status = if failed.status > 0 { format!(" {}", failed.status) } else { String::new() };
        let code = if failed.code.is_empty() { String::new() } else { format!(" {}", failed.code) };
        let answer = if (status.len() + code.len()) > 0 { format!(",{status}{code}") } else { String::new() };
        let at = failed.route.as_ref().map(|route| format!(" at {route}")).unwrap_or_default();
        format!(": most often {ended}{answer}{at}")
    })
}

/// The outage detectors' parameters, from the background failures of the baseline: what is journalled once, when it ends.
pub fn detectors(plan: &Plan, observation: &Observation) -> Vec<Decision> {
    observation.journeys.iter().map(|figures| detector(plan, figures)).collect()
}

fn detector(plan: &Plan, figures: &JourneyFigures) -> Decision {
    let baseline = figures.cells.iter().filter(|cell| plan.phases[cell.phase.index()].kind == PhaseKind::Baseline);
    let (good, all) = baseline.fold((0, 0), |(good, all), cell| (good + cell.good, all + cell.valid));
    let planned = plan.journeys[figures.journey.index()].planned(plan.end().since(Moment::ZERO));
    let bad = all - good;
    Decision::Detector { journey: figures.journey, n_down: n_down(bad, all, planned), bad, all, planned }
}
