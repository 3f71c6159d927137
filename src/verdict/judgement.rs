use serde::Serialize;

use super::Finding;
use crate::journal::End;
use crate::plan::{Level, Measure, Verdict};

/// What the drill showed, measured against what was promised.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Judgement {
    /// Every target, in the order of the plan.
    pub targets: Vec<TargetVerdict>,
    /// Over all must-targets and the run itself. How the drill ended is `end`.
    pub verdict: Verdict,
    /// Why the run as a whole is inconclusive, one sentence each, whatever its targets say; empty if it is not. Of one that failed they
    /// are not why.
    pub reasons: Vec<String>,
    /// What else the drill showed. What of it decides anything stands among the reasons as well.
    pub findings: Vec<Finding>,
    /// The injects that left something outside as the drill made it, by name: somebody has to undo it.
    pub left: Vec<String>,
    /// Why the baseline was not steady, if it was not: then the run is inconclusive whatever the targets say. What the gate said at its
    /// time need not be the last word: it says nothing of messages that were still under way.
    pub unsteady: Option<String>,
    /// Broken conservation lines: bugs in firedrill.
    pub bugs: Vec<String>,
    /// How the drill ended; `None` if the journal has no seal.
    pub end: Option<End>,
}

/// One target, judged.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TargetVerdict {
    /// The target's name.
    #[serde(rename = "id")]
    pub name: String,
    /// The expression as written.
    pub expr: String,
    /// What its figure is.
    #[serde(skip)]
    pub measure: Measure,
    /// The claim that what is promised is taken from, by name.
    pub claim: Option<String>,
    /// Where else it comes from, if the scenario says so.
    pub source: Option<String>,
    /// How much it matters.
    pub level: Level,
    /// Kept, broken, or not known.
    pub verdict: TargetOutcome,
    /// What it was judged by: `point`, `lower95`, `upper95` or `interval95`.
    pub confidence: &'static str,
    /// The figure: seconds for times, a fraction for shares, a count, or how many in a second.
    pub observed: Option<f64>,
    /// The truth is at least this, in the same unit: the truth of this play if it was judged by the point, else of what such messages
    /// show, with 95 % confidence on this side (of `interval95`, on both sides together).
    pub low: Option<f64>,
    /// The truth is at most this, likewise; `None` = no bound.
    pub high: Option<f64>,
    /// How many samples it stands on: messages, deliveries or outages.
    pub n: u64,
    /// How many independent samples they are worth, where that is counted.
    pub n_effective: Option<f64>,
    /// The window with the worst figure, of a target that has to be kept in every one; or one with too few messages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window: Option<WorstWindow>,
    /// One sentence: why.
    pub why: String,
}

/// One of a target's windows.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WorstWindow {
    /// The journey's name, …
    #[serde(skip_serializing_if = "Option::is_none")]
    pub journey: Option<String>,
    /// … or that of the way in by which programs came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub way: Option<String>,
    /// When it began …
    pub start_s: f64,
    /// … and ended.
    pub end_s: f64,
    /// How many windows were over, of all journeys or ways in together.
    pub of: u64,
}

/// What became of a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TargetOutcome {
    /// Kept.
    Pass,
    /// Broken.
    Fail,
    /// Not known, with a reason.
    Inconclusive,
    /// Never looked at, with a reason.
    NotEvaluated,
}
