use std::fmt;

use serde::Serialize;

use super::Report;
use super::words::plain;
use crate::plan::Level;
use crate::verdict::TargetOutcome;

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
    pub fn sentence(self, report: &Report<'_>) -> &'static str {
        match self {
            Self::Pass => "Every target that must hold was met.",
            Self::Fail => "At least one target that must hold was missed.",
            Self::Inconclusive => "The drill cannot say: something it needed to know is not known.",
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
            Self::Inconclusive if judgement.steady => {
                let unknown = targets(TargetOutcome::Inconclusive).chain(targets(TargetOutcome::NotEvaluated));
                of_the_run.chain(unknown.map(|name| format!("not known: {name}"))).collect()
            }
            _ => of_the_run.collect(),
        }
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
