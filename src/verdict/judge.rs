//! All targets and the run itself.

use super::control;
use super::findings::findings;
use super::steady::{N_DOWN_MOST, steady};
use super::target::{blank, judge_target, stood_still};
use super::{Judgement, TargetOutcome, TargetVerdict};
use crate::analysis::{ActionFigures, Observation, PhaseFigures};
use crate::journal::{Control, Decision, End, Event};
use crate::plan::{Level, PhaseKind, Plan, Target, Verdict};
use crate::units::{six_digits, thousands};

/// Judges a drill.
///
/// Fail if a must-target failed; else inconclusive if a must-target is not known or the run itself proves nothing; else pass. A
/// baseline that was not steady is inconclusive whatever the targets say.
pub fn judge(plan: &Plan, observation: &Observation) -> Judgement {
    let targets: Vec<TargetVerdict> = plan
        .targets
        .iter()
        .map(|target| match aborted(observation, target) {
            Some(decided) => decided,
            None => unless_more_may_come(observation, judge_target(plan, observation, target)),
        })
        .collect();
    let unsteady = not_steady(plan, observation, &targets);
    let troubles = control::troubles(plan, observation);
    let mut reasons = reasons(plan, observation);
    reasons.extend(control::reasons(&troubles));
    reasons.extend(unsteady.iter().map(|why| match why.as_str() {
        "" => "the steady state did not hold".to_owned(),
        why => format!("the steady state did not hold: {why}"),
    }));
    let must =
        |outcome: TargetOutcome| targets.iter().any(|target| target.level == Level::Must && target.verdict == outcome);
    let verdict = if unsteady.is_some() {
        Verdict::Inconclusive
    } else if must(TargetOutcome::Fail) {
        Verdict::Fail
    } else if must(TargetOutcome::Inconclusive) || must(TargetOutcome::NotEvaluated) || !reasons.is_empty() {
        Verdict::Inconclusive
    } else {
        Verdict::Pass
    };
    let findings = [findings(observation), troubles].concat();
    let (left, bugs) = (left(observation), observation.conservation.clone());
    Judgement { targets, verdict, reasons, findings, left, unsteady, bugs, end: observation.end }
}

/// A target that ended the drill failed by the figures on which that was decided.
fn aborted(observation: &Observation, target: &Target) -> Option<TargetVerdict> {
    observation.controls.iter().find_map(|control| {
        let Event::Decided { decision, .. } = &control.event else { return None };
        let Decision::Abort { target: name, expr, observed, low, high, n, why } = decision else { return None };
        let (observed, low, high, n, why) = (*observed, *low, *high, *n, why.clone());
        let failed = TargetVerdict { verdict: TargetOutcome::Fail, observed, low, high, n, why, ..blank(target) };
        (*name == target.name && *expr == target.text).then_some(failed)
    })
}

/// A promise that was broken stays broken, but one that was kept so far may still be broken.
fn unless_more_may_come(observation: &Observation, judged: TargetVerdict) -> TargetVerdict {
    // Of a drill that ended with its baseline, the baseline is all there is.
    let over = observation.finished || observation.end == Some(End::NotSteady);
    if over || judged.verdict != TargetOutcome::Pass {
        return judged;
    }
    let why = format!("the run did not finish; so far: {}", judged.why);
    TargetVerdict { verdict: TargetOutcome::Inconclusive, why, ..judged }
}

/// Why the baseline was not steady: what the gate said at its time, a steady-state target that failed after all, a background of
/// failures in which no outage could be told, or a target that ended the drill before the gate was asked, where that would not have held.
fn not_steady(plan: &Plan, observation: &Observation, targets: &[TargetVerdict]) -> Option<String> {
    let gate = observation.steady.as_ref();
    if let Some(gate) = gate.filter(|gate| !gate.held) {
        return Some(gate.why.clone());
    }
    if observation.end == Some(End::NotSteady) {
        return Some(String::new());
    }
    let conditions = plan.targets.iter().zip(targets).filter(|(target, _)| target.steady_state);
    let failed = conditions.map(|(_, judged)| judged).find(|judged| judged.verdict == TargetOutcome::Fail);
    if let Some(failed) = failed {
        let after_all = if gate.is_some() { AFTER_ALL } else { "" };
        return Some(format!("target {}: {}{after_all}", failed.name, failed.why));
    }
    if let Some(figures) = observation.journeys.iter().find(|figures| figures.n_down > N_DOWN_MOST) {
        let (id, n) = (&figures.id, figures.n_down);
        return Some(format!("journey {id} would need {n} bad messages in a row to tell an outage"));
    }
    let aborted = |control: &Control| matches!(&control.event, Event::Decided { decision: Decision::Abort { .. }, .. });
    let in_peace = gate.is_none() && observation.controls.iter().any(aborted);
    let why = in_peace.then(|| steady(plan, observation).err()).flatten()?;
    Some(format!("{why}; a target ended the drill before its baseline was over"))
}

/// Behind why a steady state did not hold that had held when it was asked for: messages were still under way then.
const AFTER_ALL: &str = "; when the baseline ended it held, by what was known then";

/// Why the run as a whole proves nothing.
fn reasons(plan: &Plan, observation: &Observation) -> Vec<String> {
    let mut reasons = Vec::new();
    if plan.targets.iter().all(|target| target.level != Level::Must) {
        reasons.push("no target is marked must".to_owned());
    }
    let came = observation.observed.iter().any(|way| way.figures.asked > 0);
    if observation.messages.intended == 0 && !came {
        reasons.push("there was no traffic".to_owned());
    }
    if observation.end.is_none() {
        reasons.push("the journal has no seal: the run did not finish".to_owned());
    }
    reasons.extend(unproven(observation));
    let judged = |meets: &dyn Fn(f64, f64) -> bool| {
        let mut phases = plan.phases.iter().filter(|phase| phase.kind != PhaseKind::Warmup);
        phases.any(|phase| meets(phase.start.secs_f64(), phase.end().secs_f64()))
    };
    for slow in observation.sender.slow.iter().filter(|slow| judged(&|from, until| slow.meets(from, until))) {
        let (journey, from, to) = (&slow.journey, six_digits(slow.from_s), six_digits(slow.to_s));
        reasons.push(format!("the sender of {journey} was too slow from {from} s to {to} s"));
    }
    let stalled = observation.sender.stalled.iter();
    reasons.extend(stalled.filter(|stalled| judged(&|from, until| stalled.meets(from, until))).map(stood_still));
    if observation.sender.unsent_lag > 0 {
        let unsent = observation.sender.unsent_lag;
        reasons.push(format!("the sender was so late that it gave up {} messages", thousands(unsent)));
    }
    if observation.overdue > 0 {
        reasons.push(format!("{} records came when their message was over", observation.overdue));
    }
    for gap in &observation.gaps {
        let (from, to) = (six_digits(gap.from_s), six_digits(gap.to_s));
        reasons.push(format!("{} records were lost between {from} s and {to} s", thousands(gap.lost)));
    }
    reasons
}

/// What was to be injected, was due, and concerned no message: phases of kind fault, then injects. A drill that stands on other injects
/// still says nothing of this one.
fn unproven(observation: &Observation) -> Vec<String> {
    if observation.end == Some(End::NotSteady) {
        return Vec::new();
    }
    let over = |end_s: f64| observation.finished || observation.at.secs_f64() >= end_s;
    let phases = observation.phases.iter().filter(|phase| phase.kind == PhaseKind::Fault && over(phase.end_s));
    let acted = |phase: &PhaseFigures| in_force(observation, phase, ActionFigures::is_done);
    let rehearsed = |phase: &PhaseFigures| in_force(observation, phase, ActionFigures::is_rehearsed);
    let bit =
        |phase: &PhaseFigures| phase.message_hits + phase.observed_hits + phase.audit_hits + phase.background_hits > 0;
    let idle = phases.filter(|phase| !bit(phase) && !acted(phase)).map(|phase| {
        let why = if rehearsed(phase) { ": what is done outside is not done in a rehearsal" } else { "" };
        format!("no fault bit in phase {}{why}", phase.phase)
    });
    let injects = observation.injects.iter().filter(|inject| {
        let hits = inject.message_hits + inject.observed_hits + inject.audit_hits + inject.background_hits;
        over(inject.planned_s[1]) && hits == 0
    });
    let blunt = injects.filter(|inject| inject.action.is_none() || inject.applied_s.is_none());
    let blunt = blunt.map(|inject| match inject.hits {
        _ if inject.action.is_some() => format!("inject {} was never done", inject.id),
        0 => format!("inject {} never bit", inject.id),
        1 => format!("inject {} hit once, but never a message", inject.id),
        hits => format!("inject {} hit {} times, but never a message", inject.id, thousands(hits)),
    });
    idle.chain(blunt).collect()
}

/// Whether an action that is `what` was in force at some time of a phase.
fn in_force(observation: &Observation, phase: &PhaseFigures, what: fn(&ActionFigures) -> bool) -> bool {
    observation.injects.iter().filter(|inject| inject.action.as_ref().is_some_and(what)).any(|inject| {
        let lifted_s = inject.lifted_s.unwrap_or(f64::INFINITY);
        inject.applied_s.is_some_and(|applied_s| applied_s < phase.end_s && lifted_s > phase.start_s)
    })
}

/// What was done outside and not undone. Of a run without a seal nobody knows: it may go on, or have been cleaned up after.
fn left(observation: &Observation) -> Vec<String> {
    let sealed = observation.end.is_some();
    let left = observation.injects.iter().filter(|inject| inject.action.as_ref().is_some_and(|action| action.left));
    left.filter(|_| sealed).map(|inject| inject.id.clone()).collect()
}

/// The exit code: if several reasons hold, the first of 70, 6, 5, 130, 4, 1, 3, 0.
pub fn exit_code(judgement: &Judgement, end: Option<End>) -> u8 {
    if !judgement.bugs.is_empty() {
        return 70;
    }
    match (end, judgement.verdict) {
        (Some(End::Bug), _) => 70,
        _ if !judgement.left.is_empty() => 6,
        (Some(End::Failed), _) => 5,
        (Some(End::Interrupted), _) => 130,
        (Some(End::Stopped), _) => 4,
        (Some(End::NotSteady), _) | (_, Verdict::Inconclusive) => 3,
        (_, Verdict::Fail) => 1,
        (_, Verdict::Pass) => 0,
    }
}

impl Judgement {
    /// The run's verdict in one word, as in `summary.json`.
    pub fn word(&self) -> &'static str {
        match exit_code(self, self.end) {
            0 => "pass",
            1 => "fail",
            3 => "inconclusive",
            4 => "stopped",
            130 => "interrupted",
            _ => "error",
        }
    }
}
