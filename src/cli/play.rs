//! Playing a drill: load, look ahead, make the run's directory, play, judge, write, tell.

use std::fs::File;
use std::sync::Arc;

use clap::Args;

use super::exit::Exit;
use super::judge::{Files, judged};
use super::outside::{self, Outside};
use super::run_dir::{RunDir, RunDirError};
use super::{Play, clean, environment, foreign, live, load, preflight, previous, real, say};
use crate::analysis::Observation;
use crate::drill::{self, Live};
use crate::journal::{End, Finished, Start, WorldKind, Writer};
use crate::plan::Plan;
use crate::report::{self, Environment};

#[derive(Args)]
#[command(after_help = super::EXIT_CODES)]
pub(super) struct Run {
    #[command(flatten)]
    pub(super) play: Play,
    /// Let the scenario act outside of firedrill: run its programs and make its requests, which `firedrill plan` shows to the letter.
    #[arg(long)]
    pub(super) allow_actions: bool,
    #[command(flatten)]
    pub(super) trust: Trust,
}

/// By whom TLS ends at ways in, and begins anew.
#[derive(Args, Clone, Default)]
pub(super) struct Trust {
    /// The directory of the authority that signs for hosts with whom TLS ends here (`intercept` of a way in), made on first use; programs
    /// are to trust its `ca.pem`.
    #[arg(long, value_name = "DIR")]
    pub(super) ca: Option<std::path::PathBuf>,
    /// Certificates that such hosts may have besides the public ones.
    #[arg(long, value_name = "FILE")]
    pub(super) upstream_ca: Option<std::path::PathBuf>,
}

/// In which world, and what is allowed there.
pub(super) struct How {
    pub(super) world: WorldKind,
    /// The drill's own start, in the virtual one.
    pub(super) start: Option<jiff::Timestamp>,
    /// Whether it may act outside of firedrill.
    pub(super) allow_actions: bool,
    /// By whom TLS ends at ways in.
    pub(super) trust: Trust,
}

/// Plays a scenario in a world.
pub(super) fn play(args: &Play, how: &How) -> Exit {
    let log = outside::Log::default();
    log.before(match try_play(args, how, &log) {
        Ok(exit) | Err(Failure::Exit(exit)) => exit,
        Err(Failure::Environment(error)) => {
            live::clear();
            say::error(&error.to_string());
            Exit::Environment
        }
    })
}

/// Why a play came to no end.
pub(super) enum Failure {
    Exit(Exit),
    Environment(Box<dyn std::error::Error>),
}

impl<E: std::error::Error + 'static> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Environment(Box::new(error))
    }
}

fn try_play(args: &Play, how: &How, log: &outside::Log) -> Result<Exit, Failure> {
    let How { world, start, allow_actions, trust } = how;
    let (world, start, allow_actions) = (*world, *start, *allow_actions);
    let (source, loaded) = load::load(&args.scenario, args.quiet).map_err(Failure::Exit)?;
    let mut plan = loaded.plan;
    previous::compare(&mut plan, &args.reports, world);
    // The wall time goes to the directory's name and environment.json, and in sockets to block 0. It decides whose month's budget is spent.
    let began = jiff::Timestamp::now();
    let start = start.unwrap_or(began);
    plan.starts(start);
    let plan = Arc::new(plan);
    let seed = load::seed(args.seed, &plan);
    let outside = Outside::check(&plan, world, allow_actions, log).map_err(Failure::Exit)?;
    let secrets = real::secrets(&plan, world).map_err(Failure::Exit)?;
    let interception = foreign::interception(&plan, world, trust).map_err(Failure::Exit)?;
    if world == WorldKind::Sockets {
        clean::warn(&args.reports);
    }
    // From here on there is something to end in order.
    let interrupt = outside.interrupt()?;
    let start = Start::of(&plan, world, seed, &start.to_string());
    let dir = RunDir::create(&args.reports, &plan.name, began, (world, seed), None)?;
    preflight::check(&plan, world, &dir.path).inspect_err(|_| drop(std::fs::remove_dir(&dir.path)))?;
    let environment = environment::environment(began);
    before(&dir, &source.text, &plan, &environment)?;
    let writer = Writer::create(&dir.path, &start)?;
    let undo = outside.log(&dir.path, &plan, &start)?;
    dir.point_latest();

    let watch = (!args.quiet && world == WorldKind::Sockets).then(|| live::watch(Arc::clone(&plan)));
    let ways_in = foreign::ways_in(&plan, world, interception, &dir);
    let staged = drill::Play { ways_in, plan: Arc::clone(&plan), seed, secrets, writer, interrupt, undo, watch };
    let finished = match world {
        WorldKind::Sockets => outside::run(staged),
        WorldKind::Virtual => drill::rehearse(staged),
    }?;
    live::clear();

    let observation = observed(&finished);
    let files = judged(&plan, &start, &observation)?;
    let written = after(&dir, &files, environment);
    // Figures that no disk takes are shown all the same.
    let path = dir.path.display().to_string();
    say::data(&files.shown(args.format.into(), &start, &plan, Some(&path))?);
    if let Some(failure) = &finished.failure {
        say::error(&failure.to_string());
    }
    written.map(|()| files.exit())
}

/// What was observed of a play that is over.
pub(super) fn observed(finished: &Finished<Live>) -> Observation {
    let mut observation = finished.sink.folds.observe(None);
    if finished.failure.is_some() {
        // Whatever was seen, the journal that should prove it is not all there.
        observation.end = Some(End::Failed);
        observation.finished = false;
    }
    observation
}

/// What stands before anything starts.
pub(super) fn before(dir: &RunDir, scenario: &str, plan: &Plan, environment: &Environment) -> Result<(), Failure> {
    dir.write("scenario.yaml", scenario.as_bytes())?;
    dir.write("plan.json", plan.canonical_json().as_bytes())?;
    dir.write("environment.json", &serde_json::to_vec_pretty(environment)?)?;
    Ok(())
}

/// What stands after it has ended.
pub(super) fn after(dir: &RunDir, files: &Files, environment: Environment) -> Result<(), Failure> {
    for (name, bytes) in &files.rendered {
        dir.write(name, bytes)?;
    }
    ended(dir, environment)
}

/// Says when it ended, and lists what stands there.
pub(super) fn ended(dir: &RunDir, environment: Environment) -> Result<(), Failure> {
    let environment = Environment { ended: Some(jiff::Timestamp::now().to_string()), ..environment };
    dir.write("environment.json", &serde_json::to_vec_pretty(&environment)?)?;
    manifest(dir).map_err(Failure::Environment)
}

/// Lists every file of the run's directory with its digest.
pub(super) fn manifest(dir: &RunDir) -> Result<(), Box<dyn std::error::Error>> {
    let mut listed = Vec::new();
    for name in FILES {
        let path = dir.path.join(name);
        match File::open(&path).and_then(|file| report::Entry::read(name, file)) {
            Ok(entry) => listed.push(entry),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(RunDirError::reading(&path, error).into()),
        }
    }
    Ok(dir.write(report::MANIFEST, &report::manifest(listed)?)?)
}

/// Every file of a run's directory but the manifest itself.
const FILES: [&str; 10] = [
    "scenario.yaml",
    "plan.json",
    "environment.json",
    foreign::FILE,
    "undo.jsonl",
    "journal/journal.fdj",
    "summary.json",
    "report.html",
    "report.md",
    "junit.xml",
];
