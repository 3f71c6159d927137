//! Whether a drill came out as its scenario expects: by its verdict, and because of the targets it names.

use serde::Serialize;

use super::{Judgement, TargetOutcome, TargetVerdict};
use crate::plan::{Expectation, Level, Verdict};

/// What a scenario expects of itself, and whether it came out so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Expected {
    /// The verdict that is expected.
    pub verdict: Verdict,
    /// The targets that it is because of.
    pub because: Vec<String>,
    /// Whether all of it came out so.
    pub met: bool,
    /// What came out otherwise, each in a few words; empty if it is met.
    #[serde(skip)]
    pub differs: Vec<String>,
}

impl Expected {
    /// Compares an expectation with a judgement. A break is found by exactly the targets that are named: each of them failed, and no
    /// other that must hold.
    pub fn of(expect: &Expectation, judgement: &Judgement) -> Self {
        let mut differs = Vec::new();
        let word = judgement.word();
        if word != expect.verdict.to_string() {
            differs.push(format!("the verdict is {word}"));
        }
        for name in &expect.because {
            match judgement.targets.iter().find(|target| target.name == *name) {
                None => differs.push(format!("{name} was not judged")),
                Some(target) if !explains(expect.verdict, target.verdict) => differs.push(became(target)),
                Some(_) => {}
            }
        }
        // Without a name nothing is said of which target it is.
        if expect.verdict == Verdict::Fail && !expect.because.is_empty() {
            let others = judgement.targets.iter().filter(|target| !expect.because.contains(&target.name));
            let failed = others.filter(|other| other.level == Level::Must && other.verdict == TargetOutcome::Fail);
            differs.extend(failed.map(|other| format!("{} failed and is not named", other.name)));
        }
        let Expectation { verdict, because } = expect.clone();
        Self { verdict, because, met: differs.is_empty(), differs }
    }
}

/// Whether a target that came out so makes such a verdict.
fn explains(verdict: Verdict, target: TargetOutcome) -> bool {
    match target {
        TargetOutcome::Pass => verdict == Verdict::Pass,
        TargetOutcome::Fail => verdict == Verdict::Fail,
        TargetOutcome::Inconclusive | TargetOutcome::NotEvaluated => verdict == Verdict::Inconclusive,
    }
}

fn became(target: &TargetVerdict) -> String {
    let name = &target.name;
    match target.verdict {
        TargetOutcome::Pass => format!("{name} passed"),
        TargetOutcome::Fail => format!("{name} failed"),
        TargetOutcome::Inconclusive => format!("{name} is inconclusive"),
        TargetOutcome::NotEvaluated => format!("{name} was not evaluated"),
    }
}
