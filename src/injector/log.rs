//! The undo log: one JSON line an entry, on disk before what it undoes is done.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

use super::scan::FILE;
use crate::limits::UNDO_LOG_BYTES;
use crate::plan::{Action, Call};
use crate::units::{Moment, Span};

/// Which drill it is: the first line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drill {
    /// The version of firedrill.
    pub firedrill: String,
    /// The scenario.
    pub scenario: String,
    /// When it started, RFC 3339.
    pub started: String,
    /// On which machine.
    pub host: String,
}

/// Something that was perhaps done, and how it is undone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Its number in its log, from 1.
    pub number: u32,
    /// The inject.
    pub inject: String,
    /// When it was written, in seconds of the drill.
    pub at_s: f64,
    /// What was about to be done, in words.
    pub does: String,
    /// What undoes it, in words.
    pub undoes: String,
    /// The directory in which programs are run.
    pub from: PathBuf,
    /// What undoes it.
    pub undo: Call,
    /// How long that may take.
    pub timeout: Span,
    /// The program that does it, since it was started.
    #[serde(skip)]
    pub running: Option<Running>,
}

/// A program that was started, which may outlive a drill that was killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Running {
    /// The entry.
    number: u32,
    /// The program, which leads a group of its own.
    pub pid: i32,
    /// When it was started, as the system tells; `None` where it does not.
    ticks: Option<u64>,
}

/// Why an entry needs no undo any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Settled {
    /// It was undone.
    Undone,
    /// It was never even begun.
    NeverDone,
    /// Somebody says that it was undone by hand.
    ByHand,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    Drill(Drill),
    Act(Box<Entry>),
    Running(Running),
    Settled { number: u32, how: Settled },
}

/// Why an undo log cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum UndoLogError {
    /// The system refuses.
    #[error("cannot use the undo log {}: {source}", path.display())]
    System {
        /// The log.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The drill that writes it is still there.
    #[error("the drill of {} is still running, and undoes it itself when it ends", .0.display())]
    Running(PathBuf),
    /// It is no undo log, or was damaged.
    #[error("line {line} of {} is no line of an undo log: look at the file, and undo by hand what it lists", path.display())]
    Damaged {
        /// The log.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
    },
}

/// An undo log that this process holds the lock of.
#[derive(Debug)]
pub struct UndoLog {
    path: PathBuf,
    from: PathBuf,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    file: File,
    /// How much of it are whole lines.
    whole: u64,
    entries: BTreeMap<u32, Entry>,
    last: u32,
}

/// A lock belongs to all copies of a file's handle, and a process that is just being started has one until it has become its own program.
impl Drop for State {
    fn drop(&mut self) {
        let _ = self.file.unlock();
    }
}

/// What stands in a log.
pub(super) struct Contents {
    pub(super) drill: Option<Drill>,
    /// Those that are not settled.
    pub(super) entries: BTreeMap<u32, Entry>,
    last: u32,
    /// How much of it are whole lines.
    whole: u64,
}

impl UndoLog {
    /// Makes the log of a drill in its run's directory, with the lock, on disk before it returns. Programs will be run in `from`.
    ///
    /// # Errors
    /// If the system refuses.
    pub fn create(run: &Path, drill: &Drill, from: PathBuf) -> Result<Self, UndoLogError> {
        let path = run.join(FILE);
        let made = || {
            let file = OpenOptions::new().append(true).create_new(true).open(&path)?;
            // Whoever looks for leftovers holds it for a moment only.
            file.lock()?;
            let state = State { file, whole: 0, entries: BTreeMap::new(), last: 0 };
            let log = Self { path: path.clone(), from, state: Mutex::new(state) };
            log.lock().write(&Line::Drill(drill.clone()))?;
            sync_names(&path)?;
            Ok(log)
        };
        made().map_err(|source| UndoLogError::System { path: path.clone(), source })
    }

    /// Takes over the log of a drill that is gone.
    ///
    /// # Errors
    /// If its drill is still there, it is damaged, or the system refuses.
    pub fn open(path: &Path) -> Result<Self, UndoLogError> {
        let system = |source| UndoLogError::System { path: path.to_owned(), source };
        let file = OpenOptions::new().read(true).append(true).open(path).map_err(system)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(UndoLogError::Running(path.to_owned())),
            Err(TryLockError::Error(source)) => return Err(system(source)),
        }
        let Contents { entries, last, whole, .. } = read(path, &file)?;
        // A line that was cut off announces something that was never done, since that comes after the whole line.
        file.set_len(whole).map_err(system)?;
        let state = State { file, whole, entries, last };
        Ok(Self { path: path.to_owned(), from: PathBuf::new(), state: Mutex::new(state) })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What is not settled, in the order in which it has to be undone: the last first.
    pub fn outstanding(&self) -> Vec<Entry> {
        self.lock().entries.values().rev().cloned().collect()
    }

    /// Writes down how an action is undone. It is on disk when this returns.
    ///
    /// # Errors
    /// If the system refuses; then nothing may be done.
    pub fn begin(&self, inject: &str, at: Moment, action: &Action) -> Result<Entry, UndoLogError> {
        let mut state = self.lock();
        let entry = Entry {
            number: state.last + 1,
            inject: inject.to_owned(),
            at_s: at.secs_f64(),
            does: action.act.to_string(),
            undoes: action.undo.to_string(),
            from: self.from.clone(),
            undo: action.undo.clone(),
            timeout: action.timeout,
            running: None,
        };
        state.write(&Line::Act(Box::new(entry.clone()))).map_err(|source| self.refused(source))?;
        state.last = entry.number;
        state.entries.insert(entry.number, entry.clone());
        Ok(entry)
    }

    /// Notes which program does it. Not synced: where the machine goes down, the program does, too.
    pub(super) fn running(&self, number: u32, pid: i32) {
        let running = Running { number, pid, ticks: ticks(pid) };
        let mut state = self.lock();
        if let Some(entry) = state.entries.get_mut(&number) {
            entry.running = Some(running);
        }
        if let Err(error) = state.append(&Line::Running(running)) {
            tracing::warn!(%error, "the undo log does not name a program that was started");
        }
    }

    /// Strikes an entry out. That is on disk when this returns.
    ///
    /// # Errors
    /// If the system refuses; then the entry is undone once more by whoever finds it.
    pub fn settle(&self, number: u32, how: Settled) -> Result<(), UndoLogError> {
        let mut state = self.lock();
        state.entries.remove(&number);
        state.write(&Line::Settled { number, how }).map_err(|source| self.refused(source))
    }

    fn refused(&self, source: io::Error) -> UndoLogError {
        UndoLogError::System { path: self.path.clone(), source }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn append(&mut self, line: &Line) -> io::Result<()> {
        let mut text = serde_json::to_vec(line)?;
        text.push(b'\n');
        // Of a line that a full disk has cut off nothing may stay: what follows would be no line any more.
        if self.file.metadata()?.len() != self.whole {
            self.file.set_len(self.whole)?;
        }
        self.file.write_all(&text)?;
        self.whole += text.len() as u64;
        Ok(())
    }

    fn write(&mut self, line: &Line) -> io::Result<()> {
        self.append(line)?;
        self.file.sync_all()
    }
}

/// Puts a file's name on disk, and those of the directories that were made for it: its run's, its scenario's and that of reports for certain,
/// and any of those above.
fn sync_names(file: &Path) -> io::Result<()> {
    for (above, directory) in directories(file).enumerate() {
        let synced = File::open(directory).and_then(|directory| directory.sync_all());
        // What lies further out was mostly there before, and need not be ours to read.
        if above < 3 {
            synced?;
        }
    }
    Ok(())
}

/// The directories that a file lies in, the innermost first. What is named from here lies here.
fn directories(file: &Path) -> impl Iterator<Item = &Path> {
    let here = |directory| if directory == Path::new("") { Path::new(".") } else { directory };
    file.ancestors().skip(1).map(here)
}

/// Reads a log.
pub(super) fn read(path: &Path, file: &File) -> Result<Contents, UndoLogError> {
    let mut text = Vec::new();
    let system = |source| UndoLogError::System { path: path.to_owned(), source };
    file.take(UNDO_LOG_BYTES).read_to_end(&mut text).map_err(system)?;
    let whole = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
    let mut contents = Contents { drill: None, entries: BTreeMap::new(), last: 0, whole: whole as u64 };
    for (line, bytes) in (1..).zip(text[..whole].split_inclusive(|byte| *byte == b'\n')) {
        let damaged = |_| UndoLogError::Damaged { path: path.to_owned(), line };
        contents.add(serde_json::from_slice(bytes).map_err(damaged)?);
    }
    Ok(contents)
}

impl Contents {
    fn add(&mut self, line: Line) {
        match line {
            Line::Drill(drill) => self.drill = Some(drill),
            Line::Act(entry) => {
                self.last = self.last.max(entry.number);
                self.entries.insert(entry.number, *entry);
            }
            Line::Running(running) => {
                if let Some(entry) = self.entries.get_mut(&running.number) {
                    entry.running = Some(running);
                }
            }
            Line::Settled { number, .. } => drop(self.entries.remove(&number)),
        }
    }
}

impl Running {
    /// Whether the program that does it is still there, so that undoing it would come too early.
    pub fn is_there(&self) -> bool {
        // Another program may have the number by now. Whether it can be signalled says nothing: one that became somebody else's, such as
        // by `sudo`, cannot.
        self.ticks.is_some() && ticks(self.pid) == self.ticks
    }
}

/// When a process was started, in ticks since the machine was: field 22 of `/proc/PID/stat`. `None` if it has ended.
fn ticks(pid: i32) -> Option<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name of the program, in parentheses, may hold anything; the state is the field behind it.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    let state = fields.next()?;
    if state == "Z" { None } else { fields.nth(18)?.parse().ok() }
}

#[cfg(test)]
mod tests;
