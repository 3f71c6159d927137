//! Recorded runs side by side, each judged again from its journal.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::exit::Exit;
use super::judge::{self, Read};
use super::{run_dir, say};
use crate::report::{self, COMPARED_MOST, Compared, Format, Report};
use crate::verdict;

#[derive(Args)]
#[command(after_help = CODES)]
pub(super) struct Compare {
    /// The directories of the runs, or of their journals, the earlier ones first.
    #[arg(required = true, num_args = 2..)]
    runs: Vec<PathBuf>,
    /// Compare runs of different scenarios or variants all the same.
    #[arg(long)]
    different: bool,
    /// What to print.
    #[arg(long, value_enum, default_value_t = Shown::Terminal)]
    format: Shown,
}

/// The formats of a comparison.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Shown {
    /// Tables for a person.
    Terminal,
    /// The runs, their targets and the differences, for scripts.
    Json,
    /// The same tables as Markdown.
    Markdown,
    /// One self-contained page.
    Html,
}

impl From<Shown> for Format {
    fn from(shown: Shown) -> Self {
        match shown {
            Shown::Terminal => Self::Terminal,
            Shown::Json => Self::Json,
            Shown::Markdown => Self::Markdown,
            Shown::Html => Self::Html,
        }
    }
}

const CODES: &str = "\
Exit codes:
  0  done, whatever the verdicts are
  1  a journal was altered: nothing is told of it
  2  bad usage: no recorded run is there, or they are of different scenarios";

/// Prints runs side by side.
pub(super) fn compare(args: &Compare) -> Exit {
    if args.runs.len() > COMPARED_MOST {
        say::error(&format!("{} runs do not fit side by side: name at most {COMPARED_MOST}", args.runs.len()));
        return Exit::Usage;
    }
    let read: Result<Vec<Read>, Exit> = args.runs.iter().map(|run| judge::read(run, None)).collect();
    let read = match read {
        Ok(read) => read,
        Err(exit) => return exit,
    };
    if let Some(other) = read.iter().find(|run| played(run) != played(&read[0])).filter(|_| !args.different) {
        say::error(&format!(
            "these are runs of different scenarios, {} and {}: what differs may be the drill; compare them all the same with --different",
            played(&read[0]),
            played(other)
        ));
        return Exit::Usage;
    }
    let judgements: Vec<_> = read.iter().map(|run| verdict::judge(&run.plan, &run.observation)).collect();
    let names: Vec<_> = args.runs.iter().map(|run| run.display().to_string()).collect();
    let compared: Vec<_> = read
        .iter()
        .zip(&judgements)
        .zip(args.runs.iter().zip(&names))
        .map(|((run, judgement), (path, directory))| {
            judge::tell(&run.integrity);
            let exit_code = verdict::exit_code(judgement, run.observation.end);
            let Read { plan, start, observation, .. } = run;
            let report = Report { plan, start, observation, judgement, exit_code, against: None };
            Compared { directory, played: run_dir::played(path), report }
        })
        .collect();
    match report::compare(args.format.into(), &compared, &say::screen()) {
        Ok(shown) => {
            say::data(&shown.unwrap_or_default());
            Exit::Done
        }
        Err(error) => {
            say::error(&error.to_string());
            Exit::Environment
        }
    }
}

/// The scenario of a run, and its variant if there is one.
fn played(run: &Read) -> String {
    let variant = run.plan.variant.as_ref().map_or(String::new(), |variant| format!(" ({variant})"));
    format!("`{}`{variant}", run.plan.name)
}
