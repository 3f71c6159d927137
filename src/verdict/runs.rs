//! Many plays of one drill, each with a seed of its own: how many of them kept each promise, and what that shows of plays that nobody made.

use serde::Serialize;

use super::judge::exit_code;
use super::{Judgement, TargetOutcome};
use crate::confidence::{self, RISK};
use crate::draw::Seed;
use crate::plan::{Level, Measure, Plan};
use crate::units::{Share, six_digits, thousands};

/// What one play came to.
#[derive(Clone, Debug, PartialEq)]
pub struct PlayOutcome {
    /// Its seed.
    pub seed: Seed,
    /// What a process that played it alone would exit with.
    pub exit_code: u8,
    /// Why it proves nothing as a whole; empty if it does.
    pub reasons: Vec<String>,
    /// What became of each target, in the order of the plan, and its figure.
    targets: Vec<(TargetOutcome, Option<f64>)>,
}

impl PlayOutcome {
    /// Takes down what was judged.
    ///
    /// A play whose baseline was not steady says nothing of any promise, and one that proves nothing for another reason keeps none: it may
    /// break one all the same.
    pub fn of(seed: Seed, judgement: &Judgement) -> Self {
        let proves = judgement.reasons.is_empty();
        let outcome = |verdict| match verdict {
            TargetOutcome::Fail if judgement.unsteady.is_none() => TargetOutcome::Fail,
            TargetOutcome::Pass if judgement.unsteady.is_none() && proves => TargetOutcome::Pass,
            _ => TargetOutcome::Inconclusive,
        };
        Self {
            seed,
            exit_code: exit_code(judgement, judgement.end),
            reasons: judgement.reasons.clone(),
            targets: judgement.targets.iter().map(|target| (outcome(target.verdict), target.observed)).collect(),
        }
    }

    /// The targets that it missed, by their place in the plan.
    pub fn missed(&self) -> impl Iterator<Item = usize> {
        let missed = self.targets.iter().enumerate().filter(|(_, (outcome, _))| *outcome == TargetOutcome::Fail);
        missed.map(|(index, _)| index)
    }
}

/// What many plays show together.
#[derive(Clone, Debug, PartialEq)]
pub struct Runs {
    /// How many were to be made.
    pub asked: u32,
    /// The share of plays that has to keep a target.
    pub at_least: Share,
    /// Those that were made, in the order of their seeds.
    pub plays: Vec<PlayOutcome>,
    /// Every target, in the order of the plan.
    pub targets: Vec<TargetRuns>,
    /// What the process exits with.
    pub exit_code: u8,
}

/// One target over many plays.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TargetRuns {
    /// The target's name.
    #[serde(rename = "id")]
    pub name: String,
    /// The expression as written.
    pub expr: String,
    /// What its figure is.
    #[serde(skip)]
    pub measure: Measure,
    /// How much it matters.
    pub level: Level,
    /// Whether a large enough share of plays keeps it.
    pub verdict: TargetOutcome,
    /// How many plays kept it, …
    pub kept: u64,
    /// … broke it, …
    pub missed: u64,
    /// … and left it open.
    pub unknown: u64,
    /// At least such a share of plays keeps it, with 95 % confidence: as if none of those that left it open did.
    pub low: f64,
    /// At most such a share, likewise: as if all of those did.
    pub high: f64,
    /// The figures of the plays that have one; `None` if none has.
    pub figures: Option<Spread>,
    /// One sentence: why.
    pub why: String,
}

/// How a figure differs from play to play.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Spread {
    /// The smallest.
    pub min: f64,
    /// The median, by nearest rank.
    pub median: f64,
    /// The largest.
    pub max: f64,
    /// Of how many plays; the others have none, or one that is not bounded.
    pub n: u64,
}

impl Runs {
    /// Judges plays of one plan. `asked` is how many there were to be: with fewer, somebody interrupted them.
    pub fn of(plan: &Plan, plays: Vec<PlayOutcome>, asked: u32, at_least: Share) -> Self {
        let targets: Vec<_> = (0..plan.targets.len()).map(|index| target(plan, &plays, index, at_least)).collect();
        let exit_code = worst(&plays).unwrap_or_else(|| judged(&targets));
        let exit_code = if plays.len() < asked as usize { exit_code_of_few(exit_code) } else { exit_code };
        Self { asked, at_least, plays, targets, exit_code }
    }

    /// Whether so many plays can show so large a share at all; else how many would do, if all of them kept everything.
    ///
    /// # Errors
    /// If they are too few: how many would do; `None` if no number would.
    pub fn enough(plays: u32, at_least: Share) -> Result<(), Option<u64>> {
        let fewest = confidence::fewest(at_least.fraction(), RISK);
        if fewest.is_some_and(|fewest| u64::from(plays) >= fewest) { Ok(()) } else { Err(fewest) }
    }
}

/// What went wrong in a play other than that it kept nothing: the first that holds for any counts for all.
const WRONG: [u8; 5] = [70, 6, 5, 130, 4];

fn worst(plays: &[PlayOutcome]) -> Option<u8> {
    WRONG.into_iter().find(|code| plays.iter().any(|play| play.exit_code == *code))
}

/// An interruption counts before whatever the plays that were made show, and after what is worse.
fn exit_code_of_few(code: u8) -> u8 {
    if matches!(code, 70 | 6 | 5) { code } else { 130 }
}

fn judged(targets: &[TargetRuns]) -> u8 {
    let must = || targets.iter().filter(|target| target.level == Level::Must);
    if must().any(|target| target.verdict == TargetOutcome::Fail) {
        1
    } else if must().next().is_none() || must().any(|target| target.verdict != TargetOutcome::Pass) {
        3
    } else {
        0
    }
}

fn target(plan: &Plan, plays: &[PlayOutcome], index: usize, at_least: Share) -> TargetRuns {
    let planned = &plan.targets[index];
    let told = || plays.iter().filter_map(|play| play.targets.get(index));
    let count = |outcome| told().filter(|(told, _)| *told == outcome).count() as u64;
    let (kept, missed) = (count(TargetOutcome::Pass), count(TargetOutcome::Fail));
    let all = plays.len() as u64;
    let unknown = all - kept - missed;
    let n = all as f64;
    let low = if all == 0 { 0.0 } else { confidence::at_least(kept as f64, n, RISK) };
    let high = if all == 0 { 1.0 } else { confidence::at_most((kept + unknown) as f64, n, RISK) };
    let asked = at_least.fraction();
    let verdict = match (low >= asked, high < asked) {
        (true, _) => TargetOutcome::Pass,
        (_, true) => TargetOutcome::Fail,
        _ => TargetOutcome::Inconclusive,
    };
    let open = if unknown == 0 { String::new() } else { format!(", {} left it open", thousands(unknown)) };
    let more = match verdict {
        TargetOutcome::Inconclusive if unknown == 0 => too_few(kept as f64 / n, asked).unwrap_or_default(),
        _ => String::new(),
    };
    let why = format!("{} of {} plays kept it{open}{more}", thousands(kept), thousands(all));
    TargetRuns {
        name: planned.name.clone(),
        expr: planned.text.clone(),
        measure: planned.expr.measure(),
        level: planned.level,
        verdict,
        kept,
        missed,
        unknown,
        low,
        high,
        figures: spread(told().filter_map(|(_, figure)| *figure).collect()),
        why,
    }
}

/// How many plays would tell, if they went on as they did.
fn too_few(came: f64, asked: f64) -> Option<String> {
    let enough = confidence::enough(came, asked, RISK)?;
    Some(format!(
        ": too few to tell whether {} % of all do, {} would do if they went on like that",
        six_digits(asked * 100.0),
        thousands(enough)
    ))
}

fn spread(mut figures: Vec<f64>) -> Option<Spread> {
    figures.sort_by(f64::total_cmp);
    let (min, max) = (*figures.first()?, *figures.last()?);
    let median = figures[(figures.len() - 1) / 2];
    Some(Spread { min, median, max, n: figures.len() as u64 })
}
