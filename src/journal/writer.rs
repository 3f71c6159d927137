//! Writing a journal, block by block.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::block::{HEADER, Hash, Header};
use super::codec;
use super::record::{Record, Start};
use crate::limits::{BLOCK_BYTES, BLOCK_READ_BYTES, BLOCK_SPAN};
use crate::units::Moment;

/// The journal's directory in a run's directory.
pub const DIRECTORY: &str = "journal";
/// The journal's file in its directory.
pub const FILE: &str = "journal.fdj";

/// Where blocks go: anything that can be written to and told to keep what was written.
pub trait Store: Write + Send + 'static {
    /// Returns when everything written would survive a power cut. Stores without a medium have nothing to do.
    fn sync(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Store for File {
    fn sync(&mut self) -> io::Result<()> {
        self.sync_all()
    }
}

/// For plays whose folds are wanted and whose journal is not.
impl Store for io::Sink {}

/// The journal could not be written. The play goes on without it; its folds stay right, but nothing proves them.
#[derive(Clone, Debug, thiserror::Error)]
#[error("cannot write the journal {}: {source}; free space or choose another directory with --reports, then play again", path.display())]
pub struct WriteError {
    /// The file.
    pub path: PathBuf,
    /// What the system said.
    pub source: Arc<io::Error>,
}

/// Encodes records into blocks and writes each block when it closes. Only what is in a closed block is journalled.
pub struct Writer {
    store: Box<dyn Store>,
    path: PathBuf,
    previous: Hash,
    sequence: u32,
    /// The open block: room for its header, then its records.
    block: Vec<u8>,
    records: u32,
    first: Moment,
    scratch: Vec<u8>,
    framed: Vec<u8>,
}

impl Writer {
    /// Creates `journal/journal.fdj` in the run's directory and writes block 0, synced. Fails if there is a journal already.
    pub fn create(run: &Path, start: &Start) -> Result<Self, WriteError> {
        let directory = run.join(DIRECTORY);
        let path = directory.join(FILE);
        let failed = |source: io::Error| WriteError { path: path.clone(), source: Arc::new(source) };
        fs::create_dir_all(&directory).map_err(failed)?;
        let file = OpenOptions::new().write(true).create_new(true).open(&path).map_err(failed)?;
        let writer = Self::new(Box::new(file), &path, start)?;
        // The file's name is durable only when its directory is.
        File::open(&directory).and_then(|directory| directory.sync_all()).map_err(failed)?;
        Ok(writer)
    }

    /// A journal in `store`, with block 0 written and synced. `path` only names it in errors.
    pub fn new(store: Box<dyn Store>, path: &Path, start: &Start) -> Result<Self, WriteError> {
        let mut writer = Self {
            store,
            path: path.into(),
            previous: [0; 32],
            sequence: 0,
            block: vec![0; HEADER],
            records: 0,
            first: Moment::ZERO,
            scratch: Vec::new(),
            framed: Vec::new(),
        };
        writer.write_start(start).map_err(|source| writer.error(source))?;
        Ok(writer)
    }

    fn write_start(&mut self, start: &Start) -> io::Result<()> {
        // By way of a `Value`, which sorts the keys: canonical, like the plan within.
        let json = serde_json::to_value(start)?.to_string();
        self.block.extend_from_slice(json.as_bytes());
        self.write_block()?;
        self.store.sync()
    }

    /// Adds a record to the open block; closes the block before it, if it does not fit or lies a second or more after its first.
    pub fn append(&mut self, record: &Record) -> Result<(), WriteError> {
        self.framed.clear();
        codec::encode(record, &mut self.scratch, &mut self.framed);
        let late = record.at().since(self.first) >= BLOCK_SPAN;
        if self.is_open() && (late || self.block.len() + self.framed.len() > BLOCK_BYTES) {
            self.close_block()?;
        }
        if !self.is_open() {
            self.first = record.at();
        }
        self.block.extend_from_slice(&self.framed);
        self.records += 1;
        Ok(())
    }

    /// Closes and writes the open block, if anything stands in it.
    pub fn close_block(&mut self) -> Result<(), WriteError> {
        if self.is_open() {
            self.write_block().map_err(|source| self.error(source))?;
        }
        Ok(())
    }

    /// Returns when all closed blocks would survive a power cut.
    pub fn sync(&mut self) -> Result<(), WriteError> {
        self.store.flush().and_then(|()| self.store.sync()).map_err(|source| self.error(source))
    }

    /// Whether records stand in the open block, and the number that it will have.
    pub(super) fn open_block(&self) -> Option<u32> {
        self.is_open().then_some(self.sequence)
    }

    fn is_open(&self) -> bool {
        self.records > 0
    }

    fn write_block(&mut self) -> io::Result<()> {
        if self.block.len() - HEADER > BLOCK_READ_BYTES as usize {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "a block too large to be read again"));
        }
        let header = Header::new(self.sequence, &self.previous, self.records, &self.block[HEADER..]);
        self.block[..HEADER].copy_from_slice(&header.to_bytes());
        let written = self.store.write_all(&self.block);
        self.block.truncate(HEADER);
        self.records = 0;
        self.previous = header.hash;
        self.sequence += 1;
        written
    }

    fn error(&self, source: io::Error) -> WriteError {
        WriteError { path: self.path.clone(), source: Arc::new(source) }
    }
}
