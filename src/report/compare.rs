//! Runs of one drill side by side: quarter against quarter.

mod outages;

use serde::Serialize;

use self::outages::Outages;

use super::names::{Names, bound_of, figure, level};
use super::sheet::{Sheet, tone};
use super::view::{Cell, Table, badge, contrast_row, difference};
use super::words::{NONE, plain};
use super::{Format, Outcome, RenderError, Report, Screen, summary};
use crate::analysis::{Arms, compare as contrasts};
use crate::journal::WorldKind;
use crate::verdict::{TargetOutcome, TargetVerdict};

/// The most runs that are shown side by side: more columns nobody reads.
pub const MOST: usize = 8;

/// The columns of the runs, in the order in which they were named.
const COLUMNS: [&str; MOST] = ["#Run 1", "#Run 2", "#Run 3", "#Run 4", "#Run 5", "#Run 6", "#Run 7", "#Run 8"];

const RUNS: [&str; 7] = ["Run", "Scenario", "Played", "Drill's clock", "#Seed", "Verdict", "Directory"];

/// One of the runs.
pub struct Compared<'a> {
    /// The directory, as named.
    pub directory: &'a str,
    /// When it was really played, RFC 3339, if its directory's name says so.
    pub played: Option<String>,
    /// What it showed.
    pub report: Report<'a>,
}

#[derive(Serialize)]
struct Summary<'a> {
    runs: Vec<RunSummary<'a>>,
    notes: Vec<String>,
    targets: Vec<TargetSummary<'a>>,
    /// Single events, of which nothing is said that is more than chance.
    recovery: Vec<Outages<'a>>,
    /// The last run beside the first.
    journeys: Vec<JourneySummary<'a>>,
}

#[derive(Serialize)]
struct RunSummary<'a> {
    directory: &'a str,
    firedrill: &'a str,
    scenario: &'a str,
    variant: Option<&'a str>,
    world: WorldKind,
    seed: u64,
    /// By the drill's own clock, which in virtual time is fixed.
    started: &'a str,
    /// When it was really played, if its directory's name says so.
    played: Option<&'a str>,
    plan_sha256: &'a str,
    verdict: Outcome,
}

#[derive(Serialize)]
struct TargetSummary<'a> {
    id: &'a str,
    /// Run by run; `null` where a run has no such target.
    runs: Vec<Option<&'a TargetVerdict>>,
    /// By how much the figure of the last run exceeds that of the first, where both have one and promise the same.
    difference: Option<f64>,
}

#[derive(Serialize)]
struct JourneySummary<'a> {
    id: &'a str,
    phases: Vec<PhaseSummary>,
}

#[derive(Serialize)]
struct PhaseSummary {
    phase: String,
    figures: Vec<Change>,
}

/// A figure in the first run and in the last. Shares are fractions, latencies milliseconds.
#[derive(Serialize)]
struct Change {
    figure: &'static str,
    first: Option<f64>,
    last: Option<f64>,
    difference: Option<f64>,
    low: Option<f64>,
    high: Option<f64>,
    /// Whether it is more than chance.
    shown: bool,
    n: [u64; 2],
    /// How many independent messages these are worth: a row of failures is one piece of news.
    n_effective: [u64; 2],
}

/// Renders runs side by side, the earlier ones first; `None` in a format that tells of one run only, and of fewer than two runs.
///
/// # Errors
/// If a template or the JSON fails: a bug.
pub fn compare(format: Format, runs: &[Compared<'_>], screen: &Screen<'_>) -> Result<Option<Vec<u8>>, RenderError> {
    let [first, .., last] = runs else { return Ok(None) };
    let side = Side { runs, first, last };
    Ok(Some(match format {
        Format::Terminal => side.sheet(true).terminal(screen).into_bytes(),
        Format::Json => summary::json(&side.summary())?,
        Format::Markdown => side.sheet(false).markdown()?.into_bytes(),
        Format::Html => side.sheet(false).html()?.into_bytes(),
        Format::Junit => return Ok(None),
    }))
}

struct Side<'a> {
    runs: &'a [Compared<'a>],
    first: &'a Compared<'a>,
    last: &'a Compared<'a>,
}

impl<'a> Compared<'a> {
    fn target(&self, name: &str) -> Option<&'a TargetVerdict> {
        self.report.judgement.targets.iter().find(|target| target.name == name)
    }

    fn outcome(&self) -> Outcome {
        Outcome::of(self.report.exit_code)
    }

    /// When it was really played: over sockets the drill's own clock is the world's.
    fn when(&self) -> Cell {
        let start = self.report.start;
        let over_sockets = (start.world == WorldKind::Sockets).then_some(&start.started);
        let known = self.played.as_ref().or(over_sockets);
        known.map_or_else(|| NONE.into(), |moment| to_the_second(&plain(moment)).into())
    }

    /// The scenario, and its variant if there is one.
    fn played(&self) -> (&'a str, Option<&'a str>) {
        (&self.report.plan.name, self.report.plan.variant.as_deref())
    }
}

impl<'a> Side<'a> {
    /// Every target of any run, in the order in which they come.
    fn targets(&self) -> Vec<&'a str> {
        let mut names: Vec<&str> = Vec::new();
        for target in self.runs.iter().flat_map(|run| &run.report.judgement.targets) {
            if !names.contains(&target.name.as_str()) {
                names.push(&target.name);
            }
        }
        names
    }

    /// By how much a target's figure is larger in the last run. Of promises that differ, figures do as well.
    fn difference(&self, name: &str) -> Option<f64> {
        let (first, last) = (self.first.target(name)?, self.last.target(name)?);
        Some(last.observed? - first.observed?).filter(|_| first.expr == last.expr)
    }

    /// The journeys of both the first run and the last, phase by phase.
    fn journeys(&self) -> Vec<(&'a str, Vec<Arms>)> {
        let figures = |run: &Compared<'a>| run.report.observation.journeys.iter();
        let both = figures(self.last).filter_map(|last| {
            let first = figures(self.first).find(|first| first.id == last.id)?;
            let arms = contrasts((self.last.report.plan, last), (self.first.report.plan, first));
            Some((last.id.as_str(), arms))
        });
        both.collect()
    }

    /// What keeps the runs from being the same drill twice.
    fn notes(&self) -> Vec<String> {
        let differ = |what: &dyn Fn(&Compared<'_>) -> String| {
            let first = what(self.first);
            self.runs.iter().any(|run| what(run) != first)
        };
        let mut notes = Vec::new();
        if differ(&|run| format!("{:?}", run.played())) {
            notes.push("These are runs of different scenarios: what differs may be the drill.".to_owned());
        } else if differ(&|run| run.report.start.plan_sha256.clone()) {
            notes.push("The plans differ: the scenario was changed between the runs, or firedrill was.".to_owned());
        }
        if differ(&|run| format!("{:?}", run.report.start.world)) {
            notes.push(
                "Some were played over sockets and some in virtual time, where a computer takes no time.".to_owned(),
            );
        }
        notes.push(format!(
            "Differences are those of {} from Run 1. 'More than chance' is wrong at most once in twenty.",
            self.newest()
        ));
        notes
    }

    fn summary(&self) -> Summary<'a> {
        let run = |run: &'a Compared<'a>| {
            let (scenario, variant) = run.played();
            let start = run.report.start;
            RunSummary {
                directory: run.directory,
                firedrill: &start.firedrill,
                scenario,
                variant,
                world: start.world,
                seed: start.seed.0,
                started: &start.started,
                played: run.played.as_deref(),
                plan_sha256: &start.plan_sha256,
                verdict: run.outcome(),
            }
        };
        let target = |id: &'a str| TargetSummary {
            id,
            runs: self.runs.iter().map(|run| run.target(id)).collect(),
            difference: self.difference(id),
        };
        let journey =
            |(id, arms): (&'a str, Vec<Arms>)| JourneySummary { id, phases: arms.into_iter().map(phase).collect() };
        Summary {
            runs: self.runs.iter().map(run).collect(),
            notes: self.notes(),
            targets: self.targets().into_iter().map(target).collect(),
            recovery: self.outages(),
            journeys: self.journeys().into_iter().map(journey).collect(),
        }
    }

    fn sheet(&self, narrow: bool) -> Sheet {
        let mut tables = vec![self.runs_table(narrow), self.targets_table(narrow)];
        tables.push(self.outages_table());
        tables.extend(self.journeys().iter().map(|(id, arms)| self.changes(id, arms, narrow)));
        Sheet {
            kicker: "Comparison",
            title: plain(&self.last.report.plan.name),
            question: self.last.report.plan.question.as_deref().map(plain),
            verdict: None,
            notes: self.notes(),
            tables,
            // A page has them in its table: a link would have to know where the page will lie.
            links: if narrow { self.directories() } else { Vec::new() },
        }
    }

    /// What the last run is called.
    fn newest(&self) -> &'static str {
        self.column().trim_start_matches('#')
    }

    /// The last run's column.
    fn column(&self) -> &'static str {
        COLUMNS[self.runs.len().clamp(1, MOST) - 1]
    }

    /// Where each run lies.
    fn directories(&self) -> Vec<(String, String)> {
        let named = self.runs.iter().zip(COLUMNS);
        named.map(|(run, column)| (column.trim_start_matches('#').to_owned(), plain(run.directory))).collect()
    }

    fn runs_table(&self, narrow: bool) -> Table {
        let mut table = Table::new("The runs", &RUNS);
        for (run, column) in self.runs.iter().zip(COLUMNS) {
            let (name, variant) = run.played();
            let variant = variant.map_or(String::new(), |variant| format!(", {}", plain(variant)));
            let outcome = run.outcome();
            table.rows.push(vec![
                Cell::name(column.trim_start_matches('#')),
                (plain(name) + &variant).into(),
                run.when(),
                to_the_second(&plain(&run.report.start.started)).into(),
                run.report.start.seed.0.to_string().into(),
                Cell::badge(format!("{} {outcome}", outcome.sign()), tone(outcome)),
                plain(run.directory).into(),
            ]);
        }
        if narrow { table.only(&["Run", "Scenario", "Played", "Drill's clock", "Seed", "Verdict"]) } else { table }
    }

    fn targets_table(&self, narrow: bool) -> Table {
        let titles: Vec<_> = ["Target", "Promised"]
            .into_iter()
            .chain(COLUMNS.into_iter().take(self.runs.len()))
            .chain(["#Difference"])
            .collect();
        let mut table = Table::new("What was promised and what was observed", &titles);
        for name in self.targets() {
            let mut row = vec![self.head(name), self.promised(name)];
            row.extend(self.runs.iter().map(|run| {
                let bound = bound_of(run.report.plan, name);
                run.target(name).map_or_else(|| NONE.into(), |target| observed(target, bound))
            }));
            let measure = self.last.target(name).map(|target| target.measure);
            let shown = self.difference(name).zip(measure).map(|(by, measure)| difference(measure, by));
            row.push(shown.unwrap_or_else(|| NONE.to_owned()).into());
            table.rows.push(row);
        }
        let kept: Vec<_> =
            titles.iter().map(|title| title.trim_start_matches('#')).filter(|title| *title != "Promised").collect();
        if narrow { table.only(&kept) } else { table }
    }

    /// The target's name, and how much it matters in the newest run that has it.
    fn head(&self, name: &str) -> Cell {
        let newest = self.runs.iter().rev().find_map(|run| run.target(name));
        newest.map_or_else(|| Cell::name(plain(name)), |target| Cell::name(plain(name)).with(level(target.level)))
    }

    /// A journey in the last run beside the first, figure by figure, in the order of the runs.
    fn changes(&self, id: &str, arms: &[Arms], narrow: bool) -> Table {
        let titles = [
            "Phase",
            "Figure",
            COLUMNS[0],
            self.column(),
            "#Difference",
            "#At least (97.5 %)",
            "#At most (97.5 %)",
            "More than chance",
        ];
        let mut table = Table::new(format!("{}, {} beside Run 1", plain(id), self.newest()), &titles);
        for phase in arms {
            table.rows.extend(phase.figures.iter().map(|contrast| {
                let mut row = contrast_row(&phase.phase, contrast);
                row.swap(2, 3);
                row
            }));
        }
        let kept = ["Phase", "Figure", "Run 1", self.newest(), "Difference", "More than chance"];
        if narrow { table.only(&kept) } else { table }
    }

    fn promised(&self, name: &str) -> Cell {
        let promise = |run: &Compared<'_>| {
            let target = run.report.plan.targets.iter().find(|target| target.name == name)?;
            Some(Names(run.report.plan).promise(target))
        };
        let mut all: Vec<String> = self.runs.iter().filter_map(promise).collect();
        all.dedup();
        all.join("; then ").into()
    }
}

/// A moment of the calendar without what is less than a second.
fn to_the_second(moment: &str) -> String {
    moment.split_once('.').map_or_else(|| moment.to_owned(), |(whole, _)| format!("{whole}Z"))
}

/// What one run observed, with its verdict.
fn observed(target: &TargetVerdict, bound: Option<f64>) -> Cell {
    let shown = target.observed.map_or_else(|| NONE.to_owned(), |value| figure(target.measure, value, bound));
    let verdict = match target.verdict {
        TargetOutcome::NotEvaluated => "not evaluated",
        other => badge(other),
    };
    Cell::from(shown).with(verdict)
}

fn phase(arms: Arms) -> PhaseSummary {
    let change = |one: crate::analysis::Contrast| Change {
        figure: one.figure,
        first: one.control,
        last: one.exposed,
        difference: one.difference,
        low: one.low,
        high: one.high,
        shown: one.shown,
        n: [one.n[1], one.n[0]],
        n_effective: [one.n_effective[1], one.n_effective[0]],
    };
    PhaseSummary { phase: arms.phase, figures: arms.figures.into_iter().map(change).collect() }
}
