//! Many plays of one drill: a summary for scripts, and pages that name the plays to look at.

use serde::Serialize;

use super::names::{Names, bound_of, figure, level};
use super::sheet::{Sheet, tone};
use super::view::{Cell, Table, Tone, badge};
use super::words::{NONE, count, percent_beside, percent_exact, plain, plural, span};
use super::{Format, Outcome, RenderError, Screen, summary};
use crate::journal::Start;
use crate::plan::{Level, Plan};
use crate::verdict::{PlayOutcome, Runs, Spread, TargetOutcome, TargetRuns};

/// What a report over many plays is made of.
pub struct RunsReport<'a> {
    /// What was played.
    pub plan: &'a Plan,
    /// Block 0 of the first play: version, world, first seed, start.
    pub start: &'a Start,
    /// What the plays show together.
    pub runs: &'a Runs,
    /// The directories of the plays that were written down, by seed, as the report names them.
    pub written: &'a [(u64, String)],
}

/// The most plays that did not pass which a page lists; `summary.json` has them all.
const LISTED: usize = 50;

#[derive(Serialize)]
struct Summary<'a> {
    firedrill: &'a str,
    scenario: &'a str,
    variant: Option<&'a str>,
    question: Option<&'a str>,
    world: crate::journal::WorldKind,
    first_seed: u64,
    runs: u32,
    played: usize,
    at_least: f64,
    plan_sha256: &'a str,
    verdict: Outcome,
    exit_code: u8,
    started: &'a str,
    targets: &'a [TargetRuns],
    plays: Vec<PlaySummary<'a>>,
}

#[derive(Serialize)]
struct PlaySummary<'a> {
    seed: u64,
    verdict: Outcome,
    exit_code: u8,
    missed: Vec<&'a str>,
    reasons: &'a [String],
    directory: Option<&'a str>,
}

/// Renders it; `None` in a format that tells of one play only.
///
/// # Errors
/// If a template or the JSON fails: a bug.
pub fn runs(format: Format, report: &RunsReport<'_>, screen: &Screen<'_>) -> Result<Option<Vec<u8>>, RenderError> {
    Ok(Some(match format {
        Format::Terminal => report.sheet(true).terminal(screen).into_bytes(),
        Format::Json => summary::json(&report.summary())?,
        Format::Markdown => report.sheet(false).markdown()?.into_bytes(),
        Format::Html => report.sheet(false).html()?.into_bytes(),
        Format::Junit => return Ok(None),
    }))
}

impl<'a> RunsReport<'a> {
    fn outcome(&self) -> Outcome {
        Outcome::of(self.runs.exit_code)
    }

    fn summary(&self) -> Summary<'_> {
        Summary {
            firedrill: &self.start.firedrill,
            scenario: &self.plan.name,
            variant: self.plan.variant.as_deref(),
            question: self.plan.question.as_deref(),
            world: self.start.world,
            first_seed: self.start.seed.0,
            runs: self.runs.asked,
            played: self.runs.plays.len(),
            at_least: self.runs.at_least.fraction(),
            plan_sha256: &self.start.plan_sha256,
            verdict: self.outcome(),
            exit_code: self.runs.exit_code,
            started: &self.start.started,
            targets: &self.runs.targets,
            plays: self.runs.plays.iter().map(|play| self.play(play)).collect(),
        }
    }

    fn play<'p>(&'p self, play: &'p PlayOutcome) -> PlaySummary<'p> {
        PlaySummary {
            seed: play.seed.0,
            verdict: Outcome::of(play.exit_code),
            exit_code: play.exit_code,
            missed: self.missed(play).collect(),
            reasons: &play.reasons,
            directory: self.directory(play),
        }
    }

    fn missed<'p>(&'p self, play: &'p PlayOutcome) -> impl Iterator<Item = &'a str> {
        play.missed().filter_map(|index| self.plan.targets.get(index)).map(|target| target.name.as_str())
    }

    fn directory(&self, play: &PlayOutcome) -> Option<&str> {
        self.written.iter().find(|(seed, _)| *seed == play.seed.0).map(|(_, directory)| directory.as_str())
    }

    /// The page; a narrow one says less of each target.
    fn sheet(&self, narrow: bool) -> Sheet {
        let Runs { plays, asked, .. } = self.runs;
        let variant = self.plan.variant.as_deref().map_or(String::new(), |variant| format!(", {}", plain(variant)));
        let open: Vec<_> = plays.iter().filter(|play| play.exit_code != 0).collect();
        let mut tables = vec![self.targets(narrow)];
        tables.extend((!open.is_empty()).then(|| self.plays(&open)));
        let link = |play: &&&PlayOutcome| {
            let directory = self.directory(play)?;
            Some((format!("seed {}: {}", play.seed.0, Outcome::of(play.exit_code)), directory.to_owned()))
        };
        Sheet {
            kicker: "Many plays",
            title: format!("{}{variant}: {}", plain(&self.plan.name), plural((*asked).into(), "play", "plays")),
            question: self.plan.question.as_deref().map(plain),
            verdict: Some((self.outcome(), self.sentence())),
            notes: self.notes(open.len()),
            tables,
            links: open.iter().filter_map(|play| link(&play)).collect(),
        }
    }

    fn sentence(&self) -> String {
        let share = percent_exact(self.runs.at_least.fraction());
        match self.outcome() {
            Outcome::Pass => format!("At least {share} of all plays keep every target that must hold."),
            Outcome::Fail => format!("Fewer than {share} of all plays keep some target that must hold."),
            Outcome::Inconclusive => format!("The plays do not show whether {share} of all keep what must hold."),
            Outcome::Stopped => "A stop condition stopped at least one play.".into(),
            Outcome::Interrupted => "The plays were interrupted.".into(),
            Outcome::Error => "At least one play could not be played as it should.".into(),
        }
    }

    fn notes(&self, open: usize) -> Vec<String> {
        let Runs { plays, asked, .. } = self.runs;
        let played = plays.len() as u64;
        let first = self.start.seed.0;
        let mut notes = match plays.last() {
            Some(last) => vec![format!(
                "{} in virtual time with the seeds {first} to {}: {} passed, {} did not.",
                plural(played, "play", "plays"),
                last.seed.0,
                count(played - open as u64),
                count(open as u64)
            )],
            None => vec!["No play was made to its end.".to_owned()],
        };
        if plays.len() < *asked as usize {
            notes.push(format!("{} were not made.", count(u64::from(*asked) - played)));
        }
        notes.push(
            "Shares of plays lie between exact bounds, each with 95 % confidence; a play that left a target open counts for the worse \
             on either side."
                .into(),
        );
        notes.push("Any of them can be played again to the byte, by its seed: firedrill rehearse FILE --seed N, with the same --variant and --set.".into());
        notes
    }

    fn targets(&self, narrow: bool) -> Table {
        let titles = ["Target", "Promised", "#Kept", "#Missed", "#Open", "#Of all plays", "#Figure", "Verdict", "Why"];
        let mut table = Table::new("What was promised, and how many plays kept it", &titles);
        for (target, planned) in self.runs.targets.iter().zip(&self.plan.targets) {
            table.rows.push(vec![
                Cell::name(plain(&target.name)).with(level(target.level)),
                Names(self.plan).promise(planned).into(),
                count(target.kept).into(),
                count(target.missed).into(),
                count(target.unknown).into(),
                self.of_all(target).into(),
                figures(target, bound_of(self.plan, &target.name)),
                Cell::badge(badge(target.verdict), tone_of(target)),
                plain(&target.why).into(),
            ]);
        }
        let few = ["Target", "Kept", "Missed", "Open", "Of all plays", "Figure", "Verdict"];
        if narrow { table.only(&few) } else { table }
    }

    /// Between what the share of all plays lies that keep it, beside the share that is asked for.
    fn of_all(&self, target: &TargetRuns) -> String {
        let asked = self.runs.at_least.fraction();
        span(&percent_beside(target.low, asked), &percent_beside(target.high, asked))
    }

    fn plays(&self, open: &[&PlayOutcome]) -> Table {
        let more = open.len().saturating_sub(LISTED);
        let caption = match more {
            0 => "Plays that did not pass".to_owned(),
            more => format!("The first plays that did not pass; {} more did not", count(more as u64)),
        };
        let mut table = Table::new(caption, &["#Seed", "Verdict", "Missed", "Why it proves nothing"]);
        for play in open.iter().take(LISTED) {
            let outcome = Outcome::of(play.exit_code);
            let missed: Vec<_> = self.missed(play).map(plain).collect();
            let reasons: Vec<_> = play.reasons.iter().map(|reason| plain(reason)).collect();
            let or_none = |words: Vec<String>| if words.is_empty() { NONE.to_owned() } else { words.join("; ") };
            table.rows.push(vec![
                play.seed.0.to_string().into(),
                Cell::badge(format!("{} {outcome}", outcome.sign()), tone(outcome)),
                or_none(missed).into(),
                or_none(reasons).into(),
            ]);
        }
        table
    }
}

/// A target that decides nothing is never red.
fn tone_of(target: &TargetRuns) -> Tone {
    match (target.verdict, target.level) {
        (TargetOutcome::Pass, _) => Tone::Good,
        (TargetOutcome::Fail, Level::Must) => Tone::Bad,
        _ => Tone::Warn,
    }
}

/// The median, and below it from where to where.
fn figures(target: &TargetRuns, bound: Option<f64>) -> Cell {
    let Some(Spread { min, median, max, .. }) = target.figures else { return NONE.into() };
    let show = |value: f64| figure(target.measure, value, bound);
    let cell = Cell::from(show(median));
    if show(min) == show(max) { cell } else { cell.with(span(&show(min), &show(max))) }
}
