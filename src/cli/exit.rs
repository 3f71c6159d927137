use std::panic::{self, AssertUnwindSafe};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};

use super::say;
use crate::world;

/// The documented exit codes that a command ends with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Exit {
    /// As the judgement says.
    Judged(u8),
    /// Done, with nothing to judge.
    Done,
    /// Bad usage or a bad scenario: nothing was started.
    Usage,
    /// A recorded run is not what was recorded.
    Damaged,
    /// The environment failed.
    Environment,
    /// Something outside is still as a drill made it.
    Left,
}

/// Whether any thread or task of this process panicked: the run's figures are not to be trusted then.
static PANICKED: AtomicBool = AtomicBool::new(false);

const BUG: u8 = 70;

impl Exit {
    /// Whether it is a bug of firedrill's, which comes before all else.
    pub(super) fn is_bug(self) -> bool {
        self.code() == BUG
    }

    pub(super) fn code(self) -> u8 {
        match self {
            Self::Judged(code) => code,
            Self::Done => 0,
            Self::Damaged => 1,
            Self::Usage => 2,
            Self::Environment => 5,
            Self::Left => 6,
        }
    }
}

/// A limit of files' sizes is met as a full disk is. Where the system refuses the handler, there is the signal as before.
pub(super) fn survive_file_limit() {
    if let Err(error) = world::survive_file_limit() {
        tracing::warn!(%error, "a limit of files' sizes would end this at once");
    }
}

/// Runs a command. A panic anywhere is a bug in firedrill and exits with 70, whatever else holds.
pub(super) fn guard(command: impl FnOnce() -> Exit) -> ExitCode {
    let default = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        PANICKED.store(true, Ordering::Release);
        default(info);
    }));
    let exit = panic::catch_unwind(AssertUnwindSafe(command));
    match exit {
        Ok(exit) if !PANICKED.load(Ordering::Acquire) => ExitCode::from(unless_lost(exit.code())),
        _ => {
            say::error("this is a bug in firedrill; please report it with the lines above and the run's journal");
            ExitCode::from(BUG)
        }
    }
}

/// What could not be said is the environment's failure, whatever it was.
fn unless_lost(code: u8) -> u8 {
    match say::lost() {
        Some(error) if code != BUG => {
            say::error(&format!("cannot write to standard output: {error}"));
            Exit::Environment.code()
        }
        _ => code,
    }
}
