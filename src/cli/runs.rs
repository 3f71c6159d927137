//! `rehearse --runs N`: one drill under many seeds, on all cores, judged by how many plays keep each promise.

use std::num::NonZeroUsize;
use std::panic;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use clap::Args;

use super::exit::Exit;
use super::judge::judged;
use super::play::{self, Failure};
use super::run_dir::RunDir;
use super::{Format, Rehearse, environment, live, load, preflight, previous, real, say, values};
use crate::control::Secrets;
use crate::draw::Seed;
use crate::drill::{self, PlayError};
use crate::journal::{Start, WorldKind, Writer};
use crate::limits;
use crate::plan::Plan;
use crate::report::{self, Environment, RunsReport};
use crate::units::{Share, thousands};
use crate::verdict::{self, PlayOutcome, Runs};
use crate::world::Interrupt;

#[derive(Args)]
pub(super) struct Many {
    /// Play the drill with so many seeds, from its own upward, and judge each target by how many plays keep it.
    #[arg(long, value_name = "N", value_parser = values::runs)]
    pub(super) runs: Option<u32>,
    /// How many of them to play at a time [default: one a core].
    #[arg(long, value_name = "N", requires = "runs", value_parser = values::workers)]
    jobs: Option<NonZeroUsize>,
    /// The share of all plays that has to keep a target.
    #[arg(long, value_name = "SHARE", default_value = "95%", value_parser = share, requires = "runs")]
    at_least: Share,
}

fn share(text: &str) -> Result<Share, String> {
    let share: Share = text.parse().map_err(|error| format!("{error}"))?;
    match share.fraction() {
        f if f <= 0.0 => Err("no play has to keep anything then".to_owned()),
        f if f >= 1.0 => {
            Err("no number of plays shows that every play keeps something: ask for less, such as 99%".to_owned())
        }
        _ => Ok(share),
    }
}

/// Plays a scenario many times.
pub(super) fn runs(args: &Rehearse) -> Exit {
    match try_runs(args) {
        Ok(exit) | Err(Failure::Exit(exit)) => exit,
        Err(Failure::Environment(error)) => {
            live::clear();
            say::error(&error.to_string());
            Exit::Environment
        }
    }
}

/// What all plays have in common.
struct Drill<'a> {
    plan: Arc<Plan>,
    source: &'a str,
    secrets: Secrets,
    started: String,
    interrupt: Interrupt,
    quiet: bool,
}

fn try_runs(args: &Rehearse) -> Result<Exit, Failure> {
    let Rehearse { play: common, start, many } = args;
    if common.format == Format::Junit {
        say::error("JUnit XML tells of one play: print many as terminal, json, markdown or html");
        return Ok(Exit::Usage);
    }
    let (source, loaded) = load::load(&common.scenario, common.quiet).map_err(Failure::Exit)?;
    let mut plan = loaded.plan;
    previous::compare(&mut plan, &common.reports, WorldKind::Virtual);
    plan.starts(*start);
    let plan = Arc::new(plan);
    let first = load::seed(common.seed, &plan);
    let asked = many.runs.unwrap_or(1);
    if first.0.checked_add(u64::from(asked) - 1).is_none() {
        say::error(&format!(
            "there are no {} seeds from {} upward; begin with a smaller one",
            thousands(asked.into()),
            first.0
        ));
        return Ok(Exit::Usage);
    }
    let secrets = real::secrets(&plan, WorldKind::Virtual).map_err(Failure::Exit)?;
    let interrupt = Interrupt::install()?;
    let began = jiff::Timestamp::now();
    let dir = RunDir::create(&common.reports, &plan.name, began, (WorldKind::Virtual, first), Some(asked))?;
    preflight::check(&plan, WorldKind::Virtual, &dir.path).inspect_err(|_| drop(std::fs::remove_dir(&dir.path)))?;
    let environment = environment::environment(began);
    play::before(&dir, &source.text, &plan, &environment)?;
    dir.point_latest();
    let (quiet, started) = (common.quiet, start.to_string());
    let drill = Drill { plan, source: &source.text, secrets, started, interrupt, quiet };
    if let (Err(fewest), false) = (Runs::enough(asked, many.at_least), quiet) {
        let would = fewest.map_or(String::new(), |fewest| format!("; {} would do", thousands(fewest)));
        say::line(&format!("so few plays cannot show that {} of all keep a target{would}", many.at_least));
    }
    let jobs = many.jobs.or_else(|| thread::available_parallelism().ok()).map_or(1, NonZeroUsize::get);
    let plays = drill.play_all(first, asked, jobs)?;
    let runs = Runs::of(&drill.plan, plays, asked, many.at_least);
    let written = drill.write_some(&dir, &runs, &environment)?;
    let start = Start::of(&drill.plan, WorldKind::Virtual, first, &drill.started);
    let report = RunsReport { plan: &drill.plan, start: &start, runs: &runs, written: &written };
    finish(&dir, &report, environment, common.format)?;
    Ok(Exit::Judged(runs.exit_code))
}

/// Writes the files over all plays, and prints one of them.
fn finish(dir: &RunDir, report: &RunsReport<'_>, environment: Environment, format: Format) -> Result<(), Failure> {
    for format in report::Format::ALL {
        if let (Some(name), Some(bytes)) = (format.file(), report::runs(format, report, &report::Screen::default())?) {
            dir.write(name, &bytes)?;
        }
    }
    play::ended(dir, environment)?;
    if let Some(bytes) = report::runs(format.into(), report, &say::screen())? {
        say::data(&bytes);
    }
    if format == Format::Terminal {
        say::data(format!("\n  Everything about it: {}\n", dir.path.display()).as_bytes());
    }
    Ok(())
}

impl Drill<'_> {
    /// Every play, in the order of the seeds whichever ended first. After an interruption those that were over.
    fn play_all(&self, first: Seed, asked: u32, jobs: usize) -> Result<Vec<PlayOutcome>, PlayError> {
        let (next, over) = (AtomicU32::new(0), AtomicU32::new(0));
        let worker = || {
            let mut played = Vec::new();
            loop {
                let nth = next.fetch_add(1, Ordering::Relaxed);
                if nth >= asked || self.interrupt.is_raised() {
                    return played;
                }
                let outcome = self.play(Seed(first.0 + u64::from(nth)));
                let failed = outcome.is_err();
                played.push((nth, outcome));
                if failed {
                    next.store(asked, Ordering::Relaxed);
                }
                self.tell(over.fetch_add(1, Ordering::Relaxed) + 1, asked);
            }
        };
        let mut played = Vec::new();
        thread::scope(|scope| -> Result<(), std::io::Error> {
            let mut workers = Vec::new();
            for _ in 0..jobs.min(asked as usize) {
                // A play is as deep as one on the main thread.
                workers.push(thread::Builder::new().stack_size(8 << 20).spawn_scoped(scope, worker)?);
            }
            for worker in workers {
                match worker.join() {
                    Ok(some) => played.extend(some),
                    Err(bug) => panic::resume_unwind(bug),
                }
            }
            Ok(())
        })?;
        live::clear();
        played.sort_by_key(|(nth, _)| *nth);
        let outcomes = played.into_iter().map(|(_, outcome)| outcome).collect::<Result<Vec<_>, _>>()?;
        // What the interruption cut off says nothing.
        let cut = |play: &PlayOutcome| self.interrupt.is_raised() && play.exit_code == 130;
        Ok(outcomes.into_iter().filter(|play| !cut(play)).collect())
    }

    /// One play, of which only what it came to is kept.
    fn play(&self, seed: Seed) -> Result<PlayOutcome, PlayError> {
        let start = Start::of(&self.plan, WorldKind::Virtual, seed, &self.started);
        let nowhere = Writer::new(Box::new(std::io::sink()), Path::new("nowhere"), &start);
        let writer = nowhere.map_err(|error| PlayError::Environment(std::io::Error::other(error)))?;
        let finished = drill::rehearse(self.staged(seed, writer))?;
        Ok(PlayOutcome::of(seed, &verdict::judge(&self.plan, &play::observed(&finished))))
    }

    fn staged(&self, seed: Seed, writer: Writer) -> drill::Play {
        drill::Play {
            ways_in: None,
            plan: Arc::clone(&self.plan),
            seed,
            secrets: self.secrets.clone(),
            writer,
            interrupt: self.interrupt.clone(),
            undo: None,
            watch: None,
        }
    }

    /// How far it is: ten times in all where nobody looks at a terminal.
    fn tell(&self, over: u32, asked: u32) {
        if self.quiet {
            return;
        }
        let line = format!("{} of {} plays are over", thousands(over.into()), thousands(asked.into()));
        if say::is_watched() {
            say::anew(&line);
        } else if over.is_multiple_of(asked.div_ceil(10)) {
            say::line(&line);
        }
    }

    /// Writes down the first plays that did not pass: the same bytes as if each had been played alone.
    fn write_some(&self, dir: &RunDir, runs: &Runs, environment: &Environment) -> Result<Vec<(u64, String)>, Failure> {
        let mut written = Vec::new();
        let open = runs.plays.iter().filter(|play| play.exit_code != 0).take(limits::RUNS_WRITTEN);
        for play in open {
            if self.interrupt.is_raised() {
                break;
            }
            let (place, name) = dir.play(play.seed)?;
            let start = Start::of(&self.plan, WorldKind::Virtual, play.seed, &self.started);
            play::before(&place, self.source, &self.plan, environment)?;
            let finished = drill::rehearse(self.staged(play.seed, Writer::create(&place.path, &start)?))?;
            let files = judged(&self.plan, &start, &play::observed(&finished))?;
            play::after(&place, &files, environment.clone())?;
            written.push((play.seed.0, name));
        }
        Ok(written)
    }
}
