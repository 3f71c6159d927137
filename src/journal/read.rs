//! Reading a journal: every block is checked before anything in it is believed.

use std::io;
use std::path::{Path, PathBuf};

use super::block::{Damage, VERSION};
use super::blocks::Blocks;
use super::codec;
use super::collector::Sink;
use super::record::{Record, Start};
use super::wire::{DecodeError, In};
use super::writer::{DIRECTORY, FILE};

/// Why a journal cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// There is no journal.
    #[error("there is no journal in {}: name a run's directory, its journal directory or a {FILE}", .0.display())]
    Missing(PathBuf),
    /// The system failed.
    #[error("cannot read {}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file is none of ours.
    #[error("{} is not a journal of firedrill: name a run's directory, its journal directory or a {FILE}", .0.display())]
    NotAJournal(PathBuf),
    /// The run was killed before block 0 was written.
    #[error("{} holds no complete first block: the run ended before it began; play it again", .0.display())]
    NoStart(PathBuf),
    /// Block 0 is whole, but is no start.
    #[error("the first block of {} is no start: {source}; read it with the version that wrote it", path.display())]
    Start {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// The journal is not what was written.
    #[error("the journal was altered: block {block}: {damage}; nothing from there on can be relied on")]
    Altered {
        /// The first block that is not right.
        block: u32,
        /// What is wrong with it.
        damage: Damage,
    },
    /// A later version wrote it.
    #[error(
        "block {block} has format version {found}, this program reads up to {VERSION}; read it with a later version"
    )]
    Version {
        /// The block.
        block: u32,
        /// Its version.
        found: u16,
    },
    /// The block is as it was written, but this program cannot read the record.
    #[error("record {position} in block {block} cannot be read: {source}")]
    Record {
        /// The block.
        block: u32,
        /// The record's position.
        position: u64,
        /// Why.
        source: DecodeError,
    },
    /// The plan is not the one whose digest was recorded.
    #[error("the recorded plan has the digest {found}, not {stated} as recorded: it was changed")]
    PlanDigest {
        /// The digest in block 0.
        stated: String,
        /// The digest of the plan in block 0.
        found: String,
    },
    /// The plan is one that this version cannot read.
    #[error("the recorded plan cannot be read: {source}; read it with firedrill {firedrill}, which wrote it")]
    Plan {
        /// The version that wrote it.
        firedrill: String,
        /// What is wrong with it.
        source: serde_json::Error,
    },
}

/// A recorded run.
#[derive(Clone, Debug)]
pub struct Recording {
    /// What the run was started with.
    pub start: Start,
    path: PathBuf,
}

/// What a journal is worth as evidence.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Integrity {
    /// Whole blocks, the first included.
    pub blocks: u64,
    /// Records in them, those that this version does not know included.
    pub records: u64,
    /// Records of kinds that only a later version knows.
    pub skipped: u64,
    /// Bytes behind the last whole block: a write that was cut off.
    pub torn_bytes: u64,
    /// Whether the run was finished.
    pub sealed: bool,
    /// The first block that is not what was written.
    pub altered_at: Option<u32>,
}

/// The records of a journal in their order, each with its position. Holds one block at a time; ends after the first error.
pub struct Records {
    blocks: Blocks,
    /// Where in the block's payload the next record begins, and how many are left.
    at: usize,
    left: u32,
    integrity: Integrity,
    done: bool,
}

impl ReadError {
    /// Whether the evidence is not what was recorded, and not the reader's mistake.
    pub fn is_damage(&self) -> bool {
        matches!(self, Self::Altered { .. } | Self::PlanDigest { .. })
    }
}

impl Recording {
    /// Opens the journal at `path`: a run's directory, its journal directory or the file itself. Checks and reads block 0.
    pub fn open(path: &Path) -> Result<Self, ReadError> {
        let candidates = [path.to_path_buf(), path.join(FILE), path.join(DIRECTORY).join(FILE)];
        let path = candidates.into_iter().find(|path| path.is_file()).ok_or(ReadError::Missing(path.into()))?;
        let mut blocks = Blocks::open(&path)?;
        match blocks.next() {
            Ok(Some(_)) => {}
            // What is called a journal claims to be one, whatever became of it.
            Ok(None) | Err(ReadError::Altered { .. })
                if path.file_name() != Some(FILE.as_ref()) && !blocks.seem_ours() =>
            {
                return Err(ReadError::NotAJournal(path));
            }
            Ok(None) => return Err(ReadError::NoStart(path)),
            Err(error) => return Err(error),
        }
        match serde_json::from_slice(blocks.payload()) {
            Ok(start) => Ok(Self { start, path }),
            Err(source) => Err(ReadError::Start { path, source }),
        }
    }

    /// The file that is read.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// All records, from the first. Each call reads the file again.
    pub fn records(&self) -> Result<Records, ReadError> {
        let mut blocks = Blocks::open(&self.path)?;
        blocks.next()?;
        let integrity = Integrity { blocks: 1, ..Integrity::default() };
        Ok(Records { blocks, at: 0, left: 0, integrity, done: false })
    }

    /// Gives every record to `sink`, as the collector of the live run did.
    pub fn fold(&self, sink: &mut impl Sink) -> Result<Integrity, ReadError> {
        let mut records = self.records()?;
        for record in &mut records {
            let (position, record) = record?;
            sink.record(position, &record);
        }
        Ok(records.integrity)
    }

    /// Whether the journal ends with a seal; reads all of it. An altered journal is an error.
    pub fn sealed(&self) -> Result<bool, ReadError> {
        self.fold(&mut ()).map(|integrity| integrity.sealed)
    }
}

/// Reads all of a journal and says what it is worth. That it was altered is an answer here, not an error.
pub fn verify(path: &Path) -> Result<Integrity, ReadError> {
    let altered_at_start = Integrity { altered_at: Some(0), ..Integrity::default() };
    let recording = match Recording::open(path) {
        Err(ReadError::Altered { .. }) => return Ok(altered_at_start),
        recording => recording?,
    };
    let mut records = recording.records()?;
    match records.find_map(Result::err) {
        None | Some(ReadError::Altered { .. }) => Ok(records.integrity),
        Some(error) => Err(error),
    }
}

impl Iterator for Records {
    type Item = Result<(u64, Record), ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let next = self.advance().transpose();
        if !matches!(next, Some(Ok(_))) {
            self.done = true;
        }
        if let Some(Err(ReadError::Altered { block, .. })) = &next {
            self.integrity.altered_at = Some(*block);
            self.integrity.sealed = false;
        }
        next
    }
}

impl Records {
    /// What has been found so far; complete when the iterator has ended.
    pub fn integrity(&self) -> &Integrity {
        &self.integrity
    }

    fn advance(&mut self) -> Result<Option<(u64, Record)>, ReadError> {
        loop {
            if self.left == 0 && !self.next_block()? {
                return Ok(None);
            }
            if self.left == 0 {
                continue;
            }
            if self.integrity.sealed {
                return Err(self.altered(Damage::AfterSeal));
            }
            let mut input = In(&self.blocks.payload()[self.at..]);
            let before = input.0.len();
            let decoded = codec::decode(&mut input);
            self.at += before - input.0.len();
            let record = decoded.map_err(|source| self.unreadable(source))?;
            let position = self.integrity.records;
            self.integrity.records += 1;
            self.left -= 1;
            match record {
                None => self.integrity.skipped += 1,
                Some(Record::Seal(seal)) if seal.records != position => return Err(self.altered(Damage::Seal)),
                Some(record) => {
                    self.integrity.sealed = matches!(record, Record::Seal(_));
                    return Ok(Some((position, record)));
                }
            }
        }
    }

    /// Loads the next block; `false` at the end.
    fn next_block(&mut self) -> Result<bool, ReadError> {
        if self.integrity.blocks > 1 && self.at != self.blocks.payload().len() {
            return Err(self.unreadable(DecodeError::Count));
        }
        let next = self.blocks.next()?;
        self.integrity.torn_bytes = self.blocks.torn_bytes();
        let behind = next.is_some() || self.integrity.torn_bytes > 0;
        if self.integrity.sealed && behind {
            let block = u32::try_from(self.integrity.blocks).unwrap_or(u32::MAX);
            return Err(ReadError::Altered { block, damage: Damage::AfterSeal });
        }
        let Some(header) = next else { return Ok(false) };
        self.integrity.blocks += 1;
        self.at = 0;
        self.left = header.records;
        Ok(true)
    }

    /// The block that is being read.
    fn block(&self) -> u32 {
        u32::try_from(self.integrity.blocks - 1).unwrap_or(u32::MAX)
    }

    fn altered(&self, damage: Damage) -> ReadError {
        ReadError::Altered { block: self.block(), damage }
    }

    fn unreadable(&self, source: DecodeError) -> ReadError {
        ReadError::Record { block: self.block(), position: self.integrity.records, source }
    }
}

#[cfg(test)]
mod tests;
