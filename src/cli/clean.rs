//! Undoing what earlier drills left outside.

use std::fmt::Write;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use tokio::sync::watch;

use super::exit::Exit;
use super::say;
use crate::control::Secrets;
use crate::draw::Seed;
use crate::injector::{Drill, Entry, Found, Injector, Settled, Standing, UndoLog, UndoLogError, outstanding};
use crate::plan::Template;
use crate::world::{self, Interrupt};

/// Where drills are written unless somebody says otherwise.
const DEFAULT: &str = "reports";

#[derive(Args)]
#[command(after_help = CLEAN_CODES)]
pub(super) struct Clean {
    /// The directory of reports, of a scenario's, or of one run.
    #[arg(value_name = "DIR", default_value = DEFAULT)]
    directory: PathBuf,
    /// Undo what is listed: run the programs, and make the requests.
    #[arg(long)]
    allow_actions: bool,
    /// List only, whatever else is said.
    #[arg(long)]
    dry_run: bool,
    /// Strike out what is listed without undoing it: you have undone it by hand.
    #[arg(long, conflicts_with = "allow_actions")]
    forget: bool,
}

const CLEAN_CODES: &str = "\
Exit codes:
  0  nothing is left
  2  bad usage
  5  an undo log cannot be read or written
  6  something is left";

/// Lists what is left, and undoes it if that is allowed.
pub(super) fn clean(args: &Clean) -> Exit {
    let found = match outstanding(&args.directory) {
        Ok(found) => found,
        // Where no drill was ever played, none has left anything.
        Err(error) if error.kind() == io::ErrorKind::NotFound && args.directory == Path::new(DEFAULT) => Vec::new(),
        Err(error) => {
            say::error(&format!(
                "cannot read `{}`: {error}; name the directory of reports, or of a run",
                args.directory.display()
            ));
            return Exit::Usage;
        }
    };
    say::data(listed(&found).as_bytes());
    if found.is_empty() {
        say::line(&format!("firedrill: nothing is left outside by the drills in {}", args.directory.display()));
        return Exit::Done;
    }
    if args.dry_run || !(args.allow_actions || args.forget) {
        let directory = args.directory.display();
        let may = found.iter().any(|found| matches!(found.standing, Standing::Left(..)));
        let how = format!("; `firedrill clean --allow-actions {directory}` undoes what is left, the last first");
        say::line(&format!("firedrill: nothing was changed{}", if may { &how } else { "" }));
        return Exit::Left;
    }
    let Ok(interrupt) = Interrupt::install() else {
        say::error("the system refuses to tell of signals; nothing was changed");
        return Exit::Environment;
    };
    let exits: Vec<Exit> = found.iter().map(|found| one(args, found, &interrupt)).collect();
    let worst = [Exit::Environment, Exit::Left].into_iter().find(|exit| exits.contains(exit));
    worst.unwrap_or(Exit::Done)
}

/// What is left, log by log.
fn listed(found: &[Found]) -> String {
    let mut text = String::new();
    for Found { path, standing } in found {
        // Writing to a string does not fail.
        let _ = match standing {
            Standing::Left(drill, entries) => write_left(&mut text, path, drill.as_ref(), entries),
            Standing::Running => {
                writeln!(text, "{}: its drill is still running, and undoes it itself when it ends", path.display())
            }
            Standing::Unreadable(error) => writeln!(text, "{error}"),
        };
    }
    text
}

fn write_left(text: &mut String, path: &Path, drill: Option<&Drill>, entries: &[Entry]) -> std::fmt::Result {
    write!(text, "{}", path.display())?;
    if let Some(drill) = drill {
        // To the second: the directory's name says it to the millisecond.
        let second = drill
            .started
            .parse()
            .ok()
            .and_then(|at: jiff::Timestamp| jiff::Timestamp::from_second(at.as_second()).ok());
        let begun = second.map_or_else(|| drill.started.clone(), |at| at.to_string());
        write!(text, " ({}, begun {begun} on {})", drill.scenario, drill.host)?;
    }
    writeln!(text)?;
    for entry in entries {
        writeln!(text, "  {}, since {:.3} s after the start: {}", entry.inject, entry.at_s, entry.does)?;
        writeln!(text, "    undone by: {}", entry.undoes)?;
    }
    Ok(())
}

fn one(args: &Clean, found: &Found, interrupt: &Interrupt) -> Exit {
    let drill = match &found.standing {
        Standing::Left(drill, _) => drill.as_ref(),
        Standing::Running => return Exit::Left,
        Standing::Unreadable(_) => return Exit::Environment,
    };
    let here = host();
    if let Some(drill) = drill.filter(|drill| drill.host != here && !args.forget) {
        say::error(&format!(
            "{} is of the machine {}, and this is {here}: clean up there, or undo it by hand and strike it out with --forget",
            found.path.display(),
            drill.host
        ));
        return Exit::Left;
    }
    let told = UndoLog::open(&found.path)
        .and_then(|log| if args.forget { forget(&log) } else { undo(&Arc::new(log), interrupt) });
    match told {
        Ok(0) => Exit::Done,
        Ok(_) | Err(UndoLogError::Running(_)) => Exit::Left,
        Err(error) => {
            say::error(&error.to_string());
            Exit::Environment
        }
    }
}

/// Strikes out what somebody has undone by hand.
fn forget(log: &UndoLog) -> Result<usize, UndoLogError> {
    for entry in log.outstanding() {
        log.settle(entry.number, Settled::ByHand)?;
        say::line(&format!("firedrill: {} is struck out, and was not undone: {}", entry.inject, entry.undoes));
    }
    Ok(0)
}

/// Undoes everything in a log, the last first, and says what came of it. Returns how much is left.
///
/// # Errors
/// If the system gives no world to do it in.
pub(super) fn undo(log: &Arc<UndoLog>, interrupt: &Interrupt) -> Result<usize, UndoLogError> {
    let entries = log.outstanding();
    let names = entries.iter().flat_map(|entry| entry.undo.templates()).flat_map(Template::variables);
    let secrets = Secrets::known(names, |name| std::env::var(name).ok());
    let done = world::enter_sockets(Seed(1), async |world| {
        let injector = Injector { world, secrets, log: Arc::clone(log) };
        for entry in &entries {
            if interrupt.is_raised() {
                break;
            }
            each(&injector, entry).await;
        }
    });
    done.map_err(|source| UndoLogError::System { path: log.path().to_owned(), source })?;
    Ok(log.outstanding().len())
}

async fn each(injector: &Injector, entry: &Entry) {
    if let Some(running) = entry.running.filter(crate::injector::Running::is_there) {
        let pid = running.pid;
        say::error(&format!(
            "{}: the program that does it is still running as process {pid}: wait for it, or end it (kill -- -{pid}), and clean up again",
            entry.inject
        ));
        return;
    }
    say::line(&format!("firedrill: {}: {}", entry.inject, entry.undoes));
    let (_never, cut) = watch::channel(false);
    let came = injector.undo(entry, cut).await;
    if came.is_done() {
        say::line(&format!("firedrill: {} is undone", entry.inject));
    } else {
        say::error(&format!(
            "{} is not undone: {}; mend that and clean up again, or undo it by hand and strike it out with --forget",
            entry.inject, came.why
        ));
    }
}

/// Says what earlier drills in these reports have left, if anything.
pub(super) fn warn(reports: &Path) {
    // Reports that are not there yet hold nothing.
    let Ok(found) = outstanding(reports) else { return };
    let left = found.iter().filter(|found| !matches!(found.standing, Standing::Running));
    let paths: Vec<_> = left.map(|found| found.path.display().to_string()).collect();
    if !paths.is_empty() {
        say::line(&format!(
            "firedrill: warning: earlier drills left something outside as they made it ({}); `firedrill clean {}` lists it",
            paths.join(", "),
            reports.display()
        ));
    }
}

/// This machine's name.
pub(super) fn host() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}
