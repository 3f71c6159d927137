//! Finding what earlier drills left.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use super::log::{self, Drill, Entry, UndoLogError};

/// The undo log's name in a run's directory.
pub const FILE: &str = "undo.jsonl";

/// An undo log in which something stands.
pub struct Found {
    /// The log.
    pub path: PathBuf,
    /// What stands in it.
    pub standing: Standing,
}

/// What stands in a log.
pub enum Standing {
    /// This was perhaps done and not undone, in the order in which it has to be undone.
    Left(Option<Drill>, Vec<Entry>),
    /// Its drill is still there, and undoes it itself.
    Running,
    /// It cannot be read.
    Unreadable(UndoLogError),
}

/// Every log below a directory of reports, or of one scenario or run, in which something stands, in order of path. Logs in which all is
/// settled are left out.
///
/// # Errors
/// If the directory itself cannot be read.
pub fn outstanding(directory: &Path) -> io::Result<Vec<Found>> {
    let mut logs = Vec::new();
    fs::read_dir(directory)?;
    gather(directory, 2, &mut logs);
    logs.sort();
    Ok(logs.into_iter().filter_map(look).collect())
}

/// Logs in a directory, and in those within it so many levels down. What cannot be read is none of ours.
fn gather(directory: &Path, levels: u8, logs: &mut Vec<PathBuf>) {
    let log = directory.join(FILE);
    if log.is_file() {
        return logs.push(log);
    }
    if levels == 0 {
        return;
    }
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        // `latest` is a link to a run that is found anyway.
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            gather(&entry.path(), levels - 1, logs);
        }
    }
}

fn look(path: PathBuf) -> Option<Found> {
    let standing = match read(&path) {
        Ok(Standing::Left(_, entries)) if entries.is_empty() => return None,
        Ok(standing) => standing,
        Err(error) => Standing::Unreadable(error),
    };
    Some(Found { path, standing })
}

fn read(path: &Path) -> Result<Standing, UndoLogError> {
    let system = |source| UndoLogError::System { path: path.to_owned(), source };
    let file = File::open(path).map_err(system)?;
    match file.try_lock_shared() {
        Err(TryLockError::WouldBlock) => return Ok(Standing::Running),
        Err(TryLockError::Error(source)) => return Err(system(source)),
        Ok(()) => {}
    }
    let contents = log::read(path, &file)?;
    Ok(Standing::Left(contents.drill, contents.entries.into_values().rev().collect()))
}
