//! Judging and rendering: the same code after a play and on a recorded run.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;

use super::exit::Exit;
use super::run_dir::RunDir;
use super::{Format as Shown, ReportFormat, play, say};
use crate::analysis::{Folds, Observation};
use crate::journal::{self, Export, Integrity, ReadError, Recording, Start};
use crate::plan::Plan;
use crate::report::{self, Format, Promises, RenderError, Screen};
use crate::scenario;
use crate::verdict::{self, Judgement};

const JUDGE_CODES: &str = "\
Exit codes: those of the run by these promises, as `firedrill --help` lists them, and
  1  a must-target failed, or the journal was altered: nothing is judged on it then
  2  bad usage: no recorded run is there, or the targets are not right";

const REPORT_CODES: &str = "\
Exit codes:
  0  done, whatever the verdict is
  1  the journal was altered: nothing is told of it
  2  bad usage: no recorded run is there
  5  a file cannot be written";

#[derive(Args)]
#[command(after_help = JUDGE_CODES)]
pub(super) struct Judge {
    /// The directory of the run, or of its journal.
    run: PathBuf,
    /// Judge against the `targets:` of this file instead of the run's own; every format names it, with its SHA-256 (`judged_against` in
    /// JSON).
    #[arg(long, value_name = "FILE")]
    targets: Option<PathBuf>,
    /// What to print.
    #[arg(long, value_enum, default_value_t = Shown::Terminal)]
    format: Shown,
}

#[derive(Args)]
#[command(after_help = REPORT_CODES)]
pub(super) struct Report {
    /// The directory of the run, or of its journal.
    run: PathBuf,
    /// Print this format instead of writing every file of the run's directory again.
    #[arg(long, value_enum)]
    format: Option<ReportFormat>,
}

/// A judged run with its rendered files.
pub(super) struct Files {
    observation: Observation,
    judgement: Judgement,
    against: Option<Promises>,
    /// File names with contents.
    pub(super) rendered: Vec<(&'static str, Vec<u8>)>,
}

/// Judges an observation by its own promises and renders every file.
pub(super) fn judged(plan: &Plan, start: &Start, observation: &Observation) -> Result<Files, RenderError> {
    judged_against(plan, start, observation, None)
}

/// The same by promises that may be of another file.
fn judged_against(
    plan: &Plan,
    start: &Start,
    observation: &Observation,
    against: Option<Promises>,
) -> Result<Files, RenderError> {
    let judgement = verdict::judge(plan, observation);
    let mut files = Files { observation: observation.clone(), judgement, against, rendered: Vec::new() };
    for format in Format::ALL {
        if let Some(name) = format.file() {
            let bytes = report::render(format, &files.report(plan, start))?;
            files.rendered.push((name, bytes));
        }
    }
    Ok(files)
}

impl Files {
    fn report<'a>(&'a self, plan: &'a Plan, start: &'a Start) -> report::Report<'a> {
        let exit_code = verdict::exit_code(&self.judgement, self.observation.end);
        let (observation, judgement, against) = (&self.observation, &self.judgement, self.against.as_ref());
        report::Report { plan, start, observation, judgement, exit_code, against }
    }

    pub(super) fn exit(&self) -> Exit {
        Exit::Judged(verdict::exit_code(&self.judgement, self.observation.end))
    }

    /// What is printed.
    pub(super) fn shown(
        &self,
        format: Format,
        start: &Start,
        plan: &Plan,
        run: Option<&str>,
    ) -> Result<Vec<u8>, RenderError> {
        let report = self.report(plan, start);
        match format {
            Format::Terminal => {
                let screen = Screen { directory: run, ..say::screen() };
                Ok(report::terminal(&report, &screen).into_bytes())
            }
            format => report::render(format, &report),
        }
    }
}

/// A recorded run, read back.
pub(super) struct Read {
    pub(super) start: Start,
    pub(super) plan: Plan,
    pub(super) observation: Observation,
    pub(super) integrity: Integrity,
    /// Whose targets the plan has, if not the run's own.
    against: Option<Promises>,
}

/// Reads a run, with other targets than its own if a file names them: the folds look at what targets ask for.
pub(super) fn read(run: &Path, targets: Option<&Path>) -> Result<Read, Exit> {
    let told = |error: ReadError| unreadable(&error);
    let recording = Recording::open(run).map_err(told)?;
    let start = recording.start.clone();
    let mut plan = journal::plan(&start).map_err(told)?;
    let mut against = None;
    if let Some(file) = targets {
        let read = scenario::read(file).and_then(|source| Ok((scenario::targets(&source, &plan)?, source)));
        let (promised, source) = read.map_err(|found| {
            say::line(&found.to_string());
            Exit::Usage
        })?;
        plan.targets = promised;
        against = Some(Promises::of(&source.name, &source.text));
    }
    let plan = Arc::new(plan);
    let mut folds = Folds::new(Arc::clone(&plan), start.seed);
    let integrity = recording.fold(&mut folds).map_err(told)?;
    let observation = folds.observe(None);
    drop(folds);
    Ok(Read { plan: Arc::unwrap_or_clone(plan), start, observation, integrity, against })
}

/// Judges a recorded run again.
pub(super) fn judge(args: &Judge) -> Exit {
    let read = match read(&args.run, args.targets.as_deref()) {
        Ok(read) => read,
        Err(exit) => return exit,
    };
    tell(&read.integrity);
    let shown = judged_against(&read.plan, &read.start, &read.observation, read.against)
        .and_then(|files| Ok((files.shown(args.format.into(), &read.start, &read.plan, None)?, files.exit())));
    match shown {
        Ok((bytes, exit)) => {
            say::data(&bytes);
            exit
        }
        Err(error) => failed(&error),
    }
}

/// Renders a recorded run again.
pub(super) fn report(args: &Report) -> Exit {
    if args.format.is_some_and(|format| format.rendered().is_none()) {
        return export(&args.run);
    }
    let read = match read(&args.run, None) {
        Ok(read) => read,
        Err(exit) => return exit,
    };
    tell(&read.integrity);
    let files = match judged(&read.plan, &read.start, &read.observation) {
        Ok(files) => files,
        Err(error) => return failed(&error),
    };
    let Some(format) = args.format.and_then(ReportFormat::rendered) else {
        return rewrite(&args.run, &files);
    };
    match files.shown(format, &read.start, &read.plan, None) {
        Ok(bytes) => say::data(&bytes),
        Err(error) => return failed(&error),
    }
    Exit::Done
}

/// Writes every rendered file of a run's directory again.
fn rewrite(run: &Path, files: &Files) -> Exit {
    if !run.join(journal::DIRECTORY).is_dir() {
        say::error(&format!("`{}` is not a run's directory; name one, or print a --format", run.display()));
        return Exit::Usage;
    }
    let dir = RunDir { path: run.to_path_buf() };
    for (name, bytes) in &files.rendered {
        if let Err(error) = dir.write(name, bytes) {
            return failed(&error);
        }
        say::line(&format!("wrote {}", run.join(name).display()));
    }
    match play::manifest(&dir) {
        Ok(()) => Exit::Done,
        Err(error) => failed(&*error),
    }
}

/// Every record as a JSON line.
fn export(run: &Path) -> Exit {
    match try_export(run) {
        Ok(()) => Exit::Done,
        Err(error) => unreadable(&error),
    }
}

fn try_export(run: &Path) -> Result<(), ReadError> {
    let recording = Recording::open(run)?;
    let plan = journal::plan(&recording.start)?;
    let export = Export::new(&plan);
    let mut lines = say::Lines::new();
    lines.put(&export.start(&recording.start));
    let mut records = recording.records()?;
    for record in &mut records {
        let (position, record) = record?;
        lines.put(&export.record(position, &record));
    }
    lines.end();
    tell(records.integrity());
    Ok(())
}

/// Says what a reader should know about the journal itself.
pub(super) fn tell(integrity: &Integrity) {
    if integrity.torn_bytes > 0 {
        say::line(&format!("the journal ends in the middle of a block: {} bytes are left out", integrity.torn_bytes));
    }
    if !integrity.sealed {
        say::line("the journal has no seal: the run did not finish");
    }
}

fn unreadable(error: &ReadError) -> Exit {
    let nearby = match error {
        ReadError::Missing(place) => latest(place).map_or(String::new(), |run| format!(", such as {}", run.display())),
        _ => String::new(),
    };
    say::error(&format!("{error}{nearby}"));
    if error.is_damage() { Exit::Damaged } else { Exit::Usage }
}

/// The last run of a scenario, if a directory is where its runs lie, or where those of scenarios do.
fn latest(place: &Path) -> Option<PathBuf> {
    let of = |scenario: &Path| {
        let run = scenario.join("latest");
        run.join(journal::DIRECTORY).join(journal::FILE).is_file().then_some(run)
    };
    of(place).or_else(|| {
        let mut scenarios: Vec<_> = fs::read_dir(place).ok()?.flatten().map(|entry| entry.path()).collect();
        scenarios.sort();
        scenarios.iter().find_map(|scenario| of(scenario))
    })
}

fn failed(error: &dyn std::error::Error) -> Exit {
    say::error(&error.to_string());
    Exit::Environment
}
