use std::fmt;

use serde::Serialize;

use super::Report;
use super::words::plain;
use crate::plan::Level;
use crate::verdict::{TargetOutcome, TargetVerdict};

/// How the whole drill came out: its exit code in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// Every must-target passed.
    Pass,
    /// Nothing failed, but something is not known.
    Inconclusive,
    /// A must-target failed.
    Fail,
    /// A condition of its guard stopped it. Nothing does so yet; journals may tell of it.
    Stopped,
    /// A person interrupted it.
    Interrupted,
    /// The environment failed, or firedrill did.
    Error,
}

impl Outcome {
    /// What an exit code means.
    pub fn of(exit_code: u8) -> Self {
        match exit_code {
            0 => Self::Pass,
            1 => Self::Fail,
            3 => Self::Inconclusive,
            4 => Self::Stopped,
            130 => Self::Interrupted,
            _ => Self::Error,
        }
    }

    /// A sign beside the word, so that colour is never alone.
    pub fn sign(self) -> &'static str {
        match self {
            Self::Pass => "✔",
            Self::Fail => "✘",
            Self::Inconclusive => "?",
            Self::Stopped | Self::Interrupted => "■",
            Self::Error => "!",
        }
    }

    /// What it means, in a sentence.
    pub fn sentence(self, report: &Report<'_>) -> String {
        match self {
            Self::Inconclusive => no_verdict(report),
            _ => self.plainly(report).to_owned(),
        }
    }

    fn plainly(self, report: &Report<'_>) -> &'static str {
        match self {
            Self::Pass => "Every target that must hold was met.",
            Self::Fail => "At least one target that must hold was missed.",
            Self::Inconclusive => "No verdict: something that the drill needed to know is not known.",
            Self::Stopped => "The drill was stopped before its end.",
            Self::Interrupted => "The drill was interrupted before its end.",
            Self::Error if report.exit_code == 70 => "firedrill itself failed: its books do not balance.",
            Self::Error if report.exit_code == 6 => {
                "Something outside is still as the drill made it: an undo failed. Clean up first."
            }
            Self::Error => "The environment failed: the drill says nothing about the system.",
        }
    }

    /// Why it came out so, what decided it first. What would only keep a drill from saying anything does not make one fail.
    pub fn reasons(self, report: &Report<'_>) -> Vec<String> {
        let judgement = report.judgement;
        let of_the_run = judgement.bugs.iter().chain(&judgement.reasons).map(|reason| plain(reason));
        let targets = |outcome| {
            let decisive = judgement.targets.iter().filter(|target| target.level == Level::Must);
            decisive.filter(move |target| target.verdict == outcome).map(|target| plain(&target.name))
        };
        match self {
            Self::Fail => {
                let missed = targets(TargetOutcome::Fail).map(|name| format!("missed: {name}"));
                missed.chain(of_the_run.map(|reason| format!("by itself only inconclusive: {reason}"))).collect()
            }
            // Of a baseline that was not steady all of them are unknown, and the reason says why.
            Self::Inconclusive if judgement.unsteady.is_none() => {
                // One that stands alone is told by the sentence already.
                let unknown: Vec<_> = unjudged(report).map(|target| plain(&target.name)).collect();
                let alone = unknown.len() == 1 && judgement.bugs.is_empty() && judgement.reasons.is_empty();
                let unknown = unknown.into_iter().filter(|_| !alone).map(|name| format!("not known: {name}"));
                of_the_run.chain(unknown).collect()
            }
            _ => of_the_run.collect(),
        }
    }
}

/// The targets that must hold and of which it is not known whether they do.
fn unjudged<'a>(report: &Report<'a>) -> impl Iterator<Item = &'a TargetVerdict> + use<'a> {
    let open = |target: &&TargetVerdict| {
        target.level == Level::Must
            && matches!(target.verdict, TargetOutcome::Inconclusive | TargetOutcome::NotEvaluated)
    };
    report.judgement.targets.iter().filter(open)
}

/// Why there is no verdict: the one target that could not be judged, how many there are, or that none has to hold.
fn no_verdict(report: &Report<'_>) -> String {
    let judgement = report.judgement;
    if judgement.unsteady.is_some() {
        return Outcome::Inconclusive.plainly(report).to_owned();
    }
    if judgement.targets.iter().all(|target| target.level != Level::Must) {
        return "No verdict: no target is marked as one that must hold.".to_owned();
    }
    let open: Vec<&TargetVerdict> = unjudged(report).collect();
    match open[..] {
        [one] if !one.why.is_empty() => {
            format!("No verdict: `{}` cannot be judged: {}.", plain(&one.name), plain(&one.why).trim_end_matches('.'))
        }
        [] => Outcome::Inconclusive.plainly(report).to_owned(),
        _ => format!("No verdict: {} targets that must hold cannot be judged.", open.len()),
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pass => "pass",
            Self::Inconclusive => "inconclusive",
            Self::Fail => "fail",
            Self::Stopped => "stopped",
            Self::Interrupted => "interrupted",
            Self::Error => "error",
        })
    }
}
