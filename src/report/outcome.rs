use std::fmt;

use serde::Serialize;

use super::Report;

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
