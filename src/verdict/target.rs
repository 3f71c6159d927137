//! One target against one observation.

use super::evidence::{Evidence, evidence, too_few_are};
use super::windows::Hinge;
use super::{TargetOutcome, TargetVerdict};
use crate::analysis::{Observation, Stalled};
use crate::journal::End;
use crate::plan::{Bound, Confidence, Expr, Metric, MetricKind, Op, Plan, Target};
use crate::units::{six_digits, thousands};

/// Judges one target by what is known now. That more may come is the caller's to consider.
pub(super) fn judge_target(plan: &Plan, observation: &Observation, target: &Target) -> TargetVerdict {
    let blank = blank(target);
    if let Some(why) = never_looked_at(plan, observation, target) {
        return TargetVerdict { verdict: TargetOutcome::NotEvaluated, why, ..blank };
    }
    let evidence = match evidence(plan, observation, target) {
        Ok(evidence) => evidence,
        Err(missing) => return TargetVerdict { n: missing.n, why: missing.why, ..blank },
    };
    let (low, high) = interval(target, &evidence);
    let (verdict, why) = if let Bound::Previous(_) = target.expr.bound {
        let basis = &evidence.basis;
        (TargetOutcome::NotEvaluated, format!("no earlier run that passed has such a figure to compare with; {basis}"))
    } else if let Some(why) = disturbed(plan, observation, target).or_else(|| too_few(target, &evidence)) {
        (TargetOutcome::Inconclusive, why)
    } else {
        let verdict = decide(target, (low, high));
        (verdict, reason(target, &evidence, verdict))
    };
    TargetVerdict {
        verdict,
        observed: evidence.observed,
        low: Some(low),
        high: Some(high).filter(|high| high.is_finite()),
        n: evidence.n,
        n_effective: evidence.shown.map(|shown| shown.effective),
        window: evidence.window.map(|windowed| windowed.worst),
        why,
        ..blank
    }
}

/// A target of which nothing is known.
pub(super) fn blank(target: &Target) -> TargetVerdict {
    TargetVerdict {
        name: target.name.clone(),
        expr: target.text.clone(),
        measure: target.expr.measure(),
        claim: target.claim.clone(),
        source: target.source.clone(),
        level: target.level,
        verdict: TargetOutcome::Inconclusive,
        confidence: target.judged_by(),
        observed: None,
        low: None,
        high: None,
        n: 0,
        n_effective: None,
        window: None,
        why: String::new(),
    }
}

/// Between what the truth lies that the target is about: of this play, or of what its messages show.
fn interval(target: &Target, evidence: &Evidence) -> (f64, f64) {
    match (target.confidence, evidence.shown) {
        (Confidence::Bound | Confidence::Interval, Some(shown)) => (shown.low, shown.high),
        _ => (evidence.low, evidence.high),
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates")]
fn rounded(samples: f64) -> String {
    thousands(libm::round(samples) as u64)
}

fn too_few(target: &Target, evidence: &Evidence) -> Option<String> {
    let (n, enough) = (evidence.n, target.min_samples);
    // Windows with too few are told by their evidence, beside those that had enough.
    (n < enough && target.sliding.is_none()).then(|| format!("{}, {} would do", too_few_are(n), thousands(enough)))
}

/// What the verdict stands on; where messages are too few for a bound, how many would do; where a measurement is not close enough, why.
fn reason(target: &Target, evidence: &Evidence, verdict: TargetOutcome) -> String {
    let (basis, shown) = match evidence.window.as_ref().and_then(|windowed| windowed.hinge.as_ref()) {
        Some(Hinge { basis, shown }) => (&format!("{}; {basis}", evidence.basis), *shown),
        None => (&evidence.basis, evidence.shown),
    };
    let Some(shown) = shown.filter(|_| target.confidence != Confidence::Point) else {
        let known = verdict != TargetOutcome::Inconclusive || evidence.observed.is_none();
        return if known { basis.clone() } else { format!("{basis}{}", too_wide(target, evidence)) };
    };
    let worth = match rounded(shown.effective) {
        _ if shown.n as f64 - shown.effective < 0.5 => String::new(),
        one if one == "1" => " (worth one independent one, since neighbours fare alike)".to_owned(),
        many => format!(" (worth {many} independent ones, since neighbours fare alike)"),
    };
    let open = verdict == TargetOutcome::Inconclusive;
    match open.then(|| shown.enough()) {
        None => format!("{basis}{worth}"),
        // How many more it would take, were they sent faster, grows as fast as they come.
        Some(Some(_)) if shown.effective * 2.0 < shown.n as f64 => format!("{basis}{worth}: {}", alike(target)),
        Some(Some(enough)) => {
            format!("{basis}{worth}: too few to tell with 95 % confidence, about {} would do", thousands(enough))
        }
        Some(None) => format!("{basis}{worth}: no number of such messages could tell with 95 % confidence"),
    }
}

/// What helps where neighbours fare alike, and what does not.
fn alike(target: &Target) -> String {
    let same = if target.expr.metric == Metric::Availability { "of the same outage" } else { "in the same time" };
    format!(
        "too few to tell with 95 % confidence. More messages {same} do not help; play longer, many plays (`--runs`), or write \
         `confidence: point` to judge this play alone"
    )
}

/// Between what the figure lies, and its bound between them; without an upper end, the basis says what never ended.
fn too_wide(target: &Target, &Evidence { low, high, .. }: &Evidence) -> String {
    if !high.is_finite() {
        return String::new();
    }
    let Expr { metric, bound, .. } = target.expr;
    let measure = target.expr.measure();
    let beside = |value| measure.beside(value, bound.value());
    let (low, high, bound) = (beside(low), beside(high), measure.written(bound.value()));
    // Outages of our own journeys are known to within two gaps between messages and two deadlines.
    let ours = (metric.is_of_outages() || target.window.is_some()) && !metric.is_observed();
    let closer = if ours { ": more messages, or a shorter deadline, would tell it more closely" } else { "" };
    if low == high {
        return format!("; it is too close to its bound of {bound} to tell");
    }
    format!("; it lies between {low} and {high}, with its bound of {bound} between them{closer}")
}

/// Pass if the comparison holds wherever in the interval the truth lies, fail if it holds nowhere. That an interval holds a value is all
/// that is asked of it.
pub(super) fn decide(target: &Target, (low, high): (f64, f64)) -> TargetOutcome {
    let (op, bound) = (target.expr.op, target.expr.bound.value());
    if target.confidence == Confidence::Interval {
        return if (low..=high).contains(&bound) { TargetOutcome::Pass } else { TargetOutcome::Fail };
    }
    let (all, some) = match op {
        Op::Le | Op::Lt => (op.holds(high, bound), op.holds(low, bound)),
        Op::Ge | Op::Gt => (op.holds(low, bound), op.holds(high, bound)),
        Op::Eq => (op.holds(low, bound) && op.holds(high, bound), low <= bound && bound <= high),
    };
    match (all, some) {
        (true, _) => TargetOutcome::Pass,
        (false, true) => TargetOutcome::Inconclusive,
        (false, false) => TargetOutcome::Fail,
    }
}

fn never_looked_at(plan: &Plan, observation: &Observation, target: &Target) -> Option<String> {
    let of = target.expr.of;
    let of_outages = target.expr.metric.kind() == MetricKind::OutageTime;
    let selects_injects = of_outages || target.expr.metric == Metric::TimeToRevoke;
    if of.inject.is_some() && !selects_injects {
        return Some("an inject selects outages, which this figure has none of".to_owned());
    }
    if of.route.is_some() && of_outages {
        return Some("recovery is told of whole journeys, whichever route carried them".to_owned());
    }
    if observation.end == Some(End::NotSteady) && !target.steady_state {
        return Some("nothing was injected, because the steady state did not hold".to_owned());
    }
    let mut phases = target.phases.iter().map(|phase| &plan.phases[phase.index()]);
    if !observation.finished && phases.all(|phase| phase.start >= observation.at) {
        return Some("the drill did not come that far".to_owned());
    }
    None
}

/// What makes the figures of a target's phases unreliable: a sender that did not keep up, or records that were lost or
/// came too late.
///
/// A receipt may come long after its message was due, so that whatever was lost after a phase began may be missing from its figures.
pub(super) fn disturbed(plan: &Plan, observation: &Observation, target: &Target) -> Option<String> {
    let phases = || target.phases.iter().map(|phase| &plan.phases[phase.index()]);
    let lost = |from: f64| phases().any(|phase| from >= phase.start.secs_f64());
    if let Some(gap) = observation.gaps.iter().find(|gap| lost(gap.to_s)) {
        return Some(format!("{} records were lost at {} s", thousands(gap.lost), six_digits(gap.from_s)));
    }
    if target.expr.metric.is_observed() {
        // What our own senders did late says nothing of what others asked for.
        return None;
    }
    if observation.overdue > 0 {
        return Some(format!("{} records came when their message was over", observation.overdue));
    }
    let slow = observation.sender.slow.iter().find(|slow| {
        plan.selects(&target.expr.of, slow.journey_id)
            && phases().any(|phase| slow.meets(phase.start.secs_f64(), phase.end().secs_f64()))
    });
    if let Some(slow) = slow {
        return Some(format!("the sender of {} was too slow at {} s", slow.journey, six_digits(slow.from_s)));
    }
    let stalled = observation.sender.stalled.iter().find(|stalled| {
        plan.selects(&target.expr.of, stalled.journey_id)
            && phases().any(|phase| stalled.meets(phase.start.secs_f64(), phase.end().secs_f64()))
    });
    stalled.map(stood_still)
}

/// That firedrill itself got no time, in a sentence.
pub(super) fn stood_still(Stalled { journey, from_s, to_s, .. }: &Stalled) -> String {
    let (from, to) = (six_digits(*from_s), six_digits(*to_s));
    format!(
        "the sender stood still from {from} s to {to} s, with messages of {journey} under way: its machine could not carry the drill beside all else that it did"
    )
}
