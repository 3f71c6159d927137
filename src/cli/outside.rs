//! What a drill that acts outside needs besides its plan.

use std::fmt::Write;
use std::panic::{self, AssertUnwindSafe};
use std::path::Path;
use std::sync::{Arc, OnceLock};

use super::exit::Exit;
use super::{clean, say};
use crate::drill::{self, Live, Play, PlayError};
use crate::injector::{self, Drill, UndoLog, UndoLogError};
use crate::journal::{Finished, Start, WorldKind};
use crate::plan::{Half, Plan};
use crate::world::{Hold, Interrupt};

/// What acts outside, if anything does in this world.
pub(super) struct Outside {
    acts: bool,
    log: Log,
}

/// The undo log of a run, known once the run has a directory. Cheap to clone.
#[derive(Clone, Default)]
pub(super) struct Log(Arc<OnceLock<Arc<UndoLog>>>);

impl Log {
    /// How much stands in it.
    fn left(&self) -> usize {
        self.0.get().map_or(0, |log| log.outstanding().len())
    }

    /// How the command ends: whatever else holds, with what is left outside. Neither journal nor report need know of that, where the disk is
    /// full.
    pub(super) fn before(&self, exit: Exit) -> Exit {
        if self.left() > 0 && !exit.is_bug() { Exit::Left } else { exit }
    }
}

impl Outside {
    /// Looks whether the drill may act outside, and whether it can. Nothing was started if not.
    pub(super) fn check(plan: &Plan, world: WorldKind, allowed: bool, log: &Log) -> Result<Self, Exit> {
        let acts = world == WorldKind::Sockets && plan.actions().next().is_some();
        if acts && !allowed {
            say::error(&refused(plan));
            return Err(Exit::Usage);
        }
        if acts {
            for (_, inject, action) in plan.actions() {
                for half in [Half::Act, Half::Undo] {
                    injector::possible(action.half(half)).map_err(|why| {
                        say::error(&format!("inject `{}`: {why}", inject.name));
                        Exit::Usage
                    })?;
                }
            }
        }
        Ok(Self { acts, log: log.clone() })
    }

    /// Handlers of signals. While something outside waits to be undone, the second signal does not end the process.
    ///
    /// # Errors
    /// If the system refuses them.
    pub(super) fn interrupt(&self) -> std::io::Result<Interrupt> {
        if !self.acts {
            return Interrupt::install();
        }
        let log = self.log.clone();
        Interrupt::install_holding(move |signals| {
            if log.left() == 0 {
                return Hold::NOTHING;
            }
            match signals {
                1 => say::note("interrupted; what was done outside is being undone"),
                2 => say::note("what was done outside is being undone; once more ends this at once and leaves it"),
                _ => {
                    if let Some(log) = log.0.get() {
                        tell(log.as_ref());
                    }
                    return Hold::given_up(Exit::Left.code());
                }
            }
            Hold::SOMETHING
        })
    }

    /// The undo log of a run, on disk.
    ///
    /// # Errors
    /// If the system refuses it.
    pub(super) fn log(&self, run: &Path, plan: &Plan, start: &Start) -> Result<Option<Arc<UndoLog>>, UndoLogError> {
        if !self.acts {
            return Ok(None);
        }
        let system = |source| UndoLogError::System { path: run.to_owned(), source };
        let drill = Drill {
            firedrill: env!("CARGO_PKG_VERSION").to_owned(),
            scenario: plan.name.clone(),
            started: start.started.clone(),
            host: clean::host(),
        };
        let from = std::env::current_dir().map_err(system)?;
        let log = Arc::new(UndoLog::create(run, &drill, from)?);
        Ok(Some(Arc::clone(self.log.0.get_or_init(|| log))))
    }
}

/// Plays over sockets. Whatever ends that, also a bug, what was done outside is undone.
pub(super) fn run(play: Play) -> Result<Finished<Live>, PlayError> {
    let log = play.undo.clone();
    let played = panic::catch_unwind(AssertUnwindSafe(|| drill::run(play)));
    if let (Some(log), false) = (&log, matches!(played, Ok(Ok(_)))) {
        // A person's wish to end it has been heard.
        if let Err(error) = clean::undo(log, &Interrupt::none()) {
            say::error(&error.to_string());
        }
    }
    if let Some(log) = &log {
        tell(log);
    }
    played.unwrap_or_else(|panicked| panic::resume_unwind(panicked))
}

/// Says what is left, if anything is.
fn tell(log: &UndoLog) {
    let left = log.outstanding();
    for entry in &left {
        say::error(&format!("inject `{}` is still in force outside; it is undone by: {}", entry.inject, entry.undoes));
    }
    if !left.is_empty() {
        let run = log.path().parent().unwrap_or(Path::new("."));
        say::error(&format!("undo that by hand, or with `firedrill clean --allow-actions {}`", run.display()));
    }
}

fn refused(plan: &Plan) -> String {
    let mut text = "this drill acts outside of firedrill:".to_owned();
    for (_, inject, action) in plan.actions() {
        // Writing to a string does not fail.
        let _ = write!(text, "\n  {}: {}\n    undone by: {}", inject.name, action.act, action.undo);
    }
    text + "\nif you want that on this machine, play it with --allow-actions; nothing was started"
}
