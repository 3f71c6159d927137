//! The twin's account of what it took, as lines of JSON. Answers never wait for the disk: a line is gathered in memory, and a thread
//! writes what was gathered.

use std::cell::RefCell;
use std::fmt::Display;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use ring::digest;
use serde::{Serialize, Serializer};

use crate::endpoint::{Accepted, Ledger};
use crate::limits::{LEDGER_BYTES, LEDGER_PAUSE};
use crate::plan::message;
use crate::units::MessageId;

/// Why a ledger is not kept, or not whole.
#[derive(Debug, thiserror::Error)]
pub(super) enum LedgerError {
    #[error("cannot open the ledger `{0}`: {1}; name another file with --ledger")]
    Open(PathBuf, io::Error),
    #[error("cannot write to the ledger `{0}`: {1}; messages that were accepted since are not in it")]
    Write(PathBuf, io::Error),
    #[error(
        "the ledger `{0}` is written more slowly than messages come, and {LEDGER_BYTES} bytes wait for its disk; \
         messages that were accepted since are not in it"
    )]
    Slow(PathBuf),
    #[error("the system gives no thread for the ledger: {0}")]
    Thread(io::Error),
}

/// Writes a ledger, on a thread of its own.
pub(super) struct Keeper {
    shared: Arc<Shared>,
    writer: JoinHandle<()>,
}

struct Shared {
    path: PathBuf,
    /// The wall time at the twin's own beginning.
    began: jiff::Timestamp,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    gathered: Vec<u8>,
    closing: bool,
    failure: Option<LedgerError>,
}

/// One message.
#[derive(Serialize)]
struct Line<'a> {
    at: Shown<jiff::Timestamp>,
    id: &'a str,
    /// Which message of a drill it is, as its text begins with it.
    message: Option<Shown<MessageId>>,
    sender: &'a str,
    recipients: &'a [&'a str],
    capability: &'static str,
    bytes: usize,
    sha256: Hex,
}

/// As people write it.
struct Shown<T>(T);

impl<T: Display> Serialize for Shown<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// A digest in hexadecimal.
struct Hex([u8; 64]);

impl Hex {
    fn of(text: &str) -> Self {
        let mut hex = [0; 64];
        let digest = digest::digest(&digest::SHA256, text.as_bytes());
        for (pair, byte) in hex.chunks_exact_mut(2).zip(digest.as_ref()) {
            pair.copy_from_slice(&[byte >> 4, byte & 0xf].map(|nibble| b"0123456789abcdef"[usize::from(nibble)]));
        }
        Self(hex)
    }
}

impl Serialize for Hex {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // Digits are UTF-8.
        serializer.serialize_str(std::str::from_utf8(&self.0).unwrap_or_default())
    }
}

thread_local! {
    /// Where a line is made, before anybody else has to wait for it.
    static LINE: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

impl Keeper {
    /// Adds to the file, which is made if it is not there. `began` is the wall time at the twin's own beginning.
    pub(super) fn open(path: &Path, began: jiff::Timestamp) -> Result<Self, LedgerError> {
        let file = OpenOptions::new().append(true).create(true).open(path);
        let file = file.map_err(|error| LedgerError::Open(path.to_owned(), error))?;
        let (state, changed) = (Mutex::default(), Condvar::new());
        let shared = Arc::new(Shared { path: path.to_owned(), began, state, changed });
        let writing = Arc::clone(&shared);
        let writer = std::thread::Builder::new().name("ledger".into()).spawn(move || writing.write(file));
        Ok(Self { shared, writer: writer.map_err(LedgerError::Thread)? })
    }

    /// Where a twin hands its messages.
    pub(super) fn ledger(&self) -> Ledger {
        let shared = Arc::clone(&self.shared);
        Ledger::to(move |accepted| shared.note(accepted))
    }

    /// Whether messages are accepted that do not get into it.
    pub(super) fn has_failed(&self) -> bool {
        self.shared.lock().failure.is_some()
    }

    /// Returns when all that was accepted is in the file.
    ///
    /// # Errors
    /// If it is not.
    pub(super) fn close(self) -> Result<(), LedgerError> {
        self.shared.lock().closing = true;
        self.shared.changed.notify_one();
        // A panic of its thread is a bug that has been told already.
        let _ = self.writer.join();
        self.shared.lock().failure.take().map_or(Ok(()), Err)
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, accepted: &Accepted<'_>) {
        LINE.with_borrow_mut(|line| {
            line.clear();
            let written = serde_json::to_writer(&mut *line, &self.line(accepted));
            debug_assert!(written.is_ok(), "memory takes it, and JSON takes texts and numbers");
            line.push(b'\n');
            let mut state = self.lock();
            if state.failure.is_some() {
                return;
            }
            if state.gathered.len() + line.len() > LEDGER_BYTES {
                state.failure = Some(LedgerError::Slow(self.path.clone()));
                return;
            }
            let is_first = state.gathered.is_empty();
            state.gathered.extend_from_slice(line);
            drop(state);
            if is_first {
                self.changed.notify_one();
            }
        });
    }

    fn line<'a>(&self, accepted: &Accepted<'a>) -> Line<'a> {
        let Accepted { at, id, sender, recipients, capability, text } = *accepted;
        let since = jiff::SignedDuration::from_nanos(i64::try_from(at.nanos()).unwrap_or(i64::MAX));
        Line {
            at: Shown(self.began.saturating_add(since).unwrap_or(self.began)),
            id,
            message: message::id(text).map(Shown),
            sender,
            recipients,
            capability: capability.name(),
            bytes: text.len(),
            sha256: Hex::of(text),
        }
    }

    /// Writes until it is closed and nothing is left.
    fn write(&self, mut file: File) {
        let mut writing = Vec::new();
        loop {
            let mut state = self.lock();
            while state.gathered.is_empty() && !state.closing {
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
            if !state.closing {
                let pause = LEDGER_PAUSE.into();
                let waited = self.changed.wait_timeout_while(state, pause, |state| !state.closing);
                state = waited.unwrap_or_else(PoisonError::into_inner).0;
            }
            std::mem::swap(&mut state.gathered, &mut writing);
            let is_last = state.closing;
            drop(state);
            if let Err(error) = file.write_all(&writing) {
                // What was told first counts.
                self.lock().failure.get_or_insert(LedgerError::Write(self.path.clone(), error));
                return;
            }
            writing.clear();
            if is_last {
                return;
            }
        }
    }
}
