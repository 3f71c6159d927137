//! The blocks of a journal file, one after another, each checked against its checksums and the chain.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use super::block::{self, Damage, HEADER, Hash, Header, VERSION};
use super::read::ReadError;
use crate::limits::BLOCK_READ_BYTES;

pub(super) struct Blocks {
    file: BufReader<File>,
    path: PathBuf,
    /// The number of the block that is due.
    sequence: u32,
    previous: Hash,
    payload: Vec<u8>,
    torn: usize,
    /// Whether the file begins like a journal, as far as was read.
    ours: bool,
}

impl Blocks {
    pub(super) fn open(path: &Path) -> Result<Self, ReadError> {
        let file = File::open(path).map_err(|source| ReadError::Io { path: path.into(), source })?;
        let file = BufReader::new(file);
        Ok(Self { file, path: path.into(), sequence: 0, previous: [0; 32], payload: Vec::new(), torn: 0, ours: false })
    }

    /// The contents of the block that `next` read last.
    pub(super) fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// Whether the file begins like a journal; known when `next` was asked once.
    pub(super) fn seem_ours(&self) -> bool {
        self.ours
    }

    /// How many bytes stand behind the last whole block; known when `next` has found the end.
    pub(super) fn torn_bytes(&self) -> u64 {
        self.torn as u64
    }

    /// Reads and checks the next block; `None` at the end of the file or where a write was cut off.
    pub(super) fn next(&mut self) -> Result<Option<Header>, ReadError> {
        self.payload.clear();
        self.fill(HEADER)?;
        if self.sequence == 0 {
            self.ours = block::is_like_a_block(&self.payload);
        }
        let Ok(head) = <&[u8; HEADER]>::try_from(&self.payload[..]) else {
            self.torn = self.payload.len();
            return Ok(None);
        };
        let header = Header::from_bytes(head).map_err(|damage| self.altered(damage))?;
        // A later version may mean anything by what follows, so this comes before all other checks.
        if header.version == 0 || header.version > VERSION {
            return Err(ReadError::Version { block: self.sequence, found: header.version });
        }
        if header.sequence != self.sequence {
            return Err(self.altered(Damage::Sequence { found: header.sequence }));
        }
        if header.length > BLOCK_READ_BYTES {
            return Err(self.altered(Damage::Length));
        }
        self.payload.clear();
        self.fill(header.length as usize)?;
        if self.payload.len() < header.length as usize {
            self.torn = HEADER + self.payload.len();
            return Ok(None);
        }
        header.check(&self.previous, &self.payload).map_err(|damage| self.altered(damage))?;
        self.previous = header.hash;
        self.sequence += 1;
        Ok(Some(header))
    }

    /// Reads up to `len` bytes into the payload; fewer only at the end of the file.
    fn fill(&mut self, len: usize) -> Result<(), ReadError> {
        let read = self.file.by_ref().take(len as u64).read_to_end(&mut self.payload);
        read.map(drop).map_err(|source: io::Error| ReadError::Io { path: self.path.clone(), source })
    }

    fn altered(&self, damage: Damage) -> ReadError {
        ReadError::Altered { block: self.sequence, damage }
    }
}
