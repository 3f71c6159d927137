use crate::plan::{PhaseKind, Plan};
use crate::units::{InjectId, Moment, PhaseId};

/// What the conductor does at a moment, in the order in which it does what falls together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Cue {
    /// A fault goes off.
    Lift(InjectId),
    /// The baseline is over: is the state steady?
    Gate,
    /// A phase begins.
    Phase(PhaseId),
    /// A fault goes on.
    Apply(InjectId),
    /// The last phase is over.
    End,
}

/// Every cue of a plan, in order.
pub(super) fn cues(plan: &Plan) -> Vec<(Moment, Cue)> {
    let mut cues: Vec<_> = plan.phase_ids().map(|(id, phase)| (phase.start, Cue::Phase(id))).collect();
    let baseline = plan.phases.iter().filter(|phase| phase.kind == PhaseKind::Baseline);
    cues.extend(baseline.map(|phase| (phase.end(), Cue::Gate)).next_back());
    for (id, inject) in plan.inject_ids() {
        cues.push((inject.start, Cue::Apply(id)));
        cues.push((inject.end, Cue::Lift(id)));
    }
    cues.push((plan.end(), Cue::End));
    cues.sort_unstable();
    cues
}
