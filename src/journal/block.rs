//! Blocks: what makes a journal tamper-evident and readable after a crash.
//!
//! ```text
//! magic 4 · version u16 · sequence u32 · payload length u32 · record count u32 · CRC-32 of the payload · SHA-256 · CRC-32 of all before
//! ```
//!
//! All numbers are little-endian. The SHA-256 covers the previous block's (32 zeros before block 0), the header before it and the payload,
//! so that no block can be changed, left out or moved without changing all later ones. The header has a checksum of its own, because
//! otherwise a damaged length of the last block could not be told from a write that was cut off. This layout is the same in all versions.

use ring::digest::{Context, SHA256};

/// The version of the payloads that this program writes, and the newest it reads.
pub const VERSION: u16 = 1;

/// The bytes of a header.
pub(super) const HEADER: usize = 58;

const MAGIC: [u8; 4] = *b"FDJ\n";
const HASHED: usize = 22;

/// Whether bytes begin like a block, or would with the magic put right: no other file does.
pub(super) fn is_like_a_block(bytes: &[u8]) -> bool {
    let begun = bytes.len().min(MAGIC.len());
    if bytes[..begun] == MAGIC[..begun] {
        return true;
    }
    let Ok(mut head) = <[u8; HEADER]>::try_from(bytes) else { return false };
    head[..MAGIC.len()].copy_from_slice(&MAGIC);
    Header::from_bytes(&head).is_ok()
}

/// A SHA-256.
pub(super) type Hash = [u8; 32];

/// What stands before the payload of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub version: u16,
    pub sequence: u32,
    pub length: u32,
    pub records: u32,
    pub crc: u32,
    pub hash: Hash,
}

/// Why bytes are not the block that is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Damage {
    /// Not the beginning of a block.
    #[error("its header is damaged")]
    Header,
    /// The header of another block.
    #[error("block {found} stands in its place")]
    Sequence {
        /// The block that stands there.
        found: u32,
    },
    /// The payload is longer than any that is written.
    #[error("it claims to be larger than a block can be")]
    Length,
    /// The payload is not the one that was written.
    #[error("its contents do not match their checksum")]
    Checksum,
    /// The block does not continue the one before it.
    #[error("its hash does not follow from the block before it")]
    Chain,
    /// Something stands behind the seal.
    #[error("something was added behind the seal")]
    AfterSeal,
    /// The seal counts other records than there are.
    #[error("its seal counts other records than there are")]
    Seal,
}

impl Header {
    /// The header of `payload`, the block after the one whose hash is `previous`.
    pub(super) fn new(sequence: u32, previous: &Hash, records: u32, payload: &[u8]) -> Self {
        let length = u32::try_from(payload.len()).unwrap_or(u32::MAX);
        let crc = crc32fast::hash(payload);
        let mut header = Self { version: VERSION, sequence, length, records, crc, hash: [0; 32] };
        header.hash = header.chained(previous, payload);
        header
    }

    /// The hash this block must have after `previous`.
    fn chained(&self, previous: &Hash, payload: &[u8]) -> Hash {
        let mut context = Context::new(&SHA256);
        context.update(previous);
        context.update(&self.to_bytes()[..HASHED]);
        context.update(payload);
        let mut hash = [0; 32];
        hash.copy_from_slice(context.finish().as_ref());
        hash
    }

    /// The header as it is written.
    pub(super) fn to_bytes(self) -> [u8; HEADER] {
        let mut bytes = [0; HEADER];
        bytes[..4].copy_from_slice(&MAGIC);
        bytes[4..6].copy_from_slice(&self.version.to_le_bytes());
        bytes[6..10].copy_from_slice(&self.sequence.to_le_bytes());
        bytes[10..14].copy_from_slice(&self.length.to_le_bytes());
        bytes[14..18].copy_from_slice(&self.records.to_le_bytes());
        bytes[18..22].copy_from_slice(&self.crc.to_le_bytes());
        bytes[22..54].copy_from_slice(&self.hash);
        let check = crc32fast::hash(&bytes[..54]);
        bytes[54..].copy_from_slice(&check.to_le_bytes());
        bytes
    }

    /// Reads a header of any version.
    pub(super) fn from_bytes(bytes: &[u8; HEADER]) -> Result<Self, Damage> {
        let u32_at = |at: usize| u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
        if bytes[..4] != MAGIC || u32_at(54) != crc32fast::hash(&bytes[..54]) {
            return Err(Damage::Header);
        }
        let mut hash = [0; 32];
        hash.copy_from_slice(&bytes[22..54]);
        let version = u16::from_le_bytes([bytes[4], bytes[5]]);
        Ok(Self { version, sequence: u32_at(6), length: u32_at(10), records: u32_at(14), crc: u32_at(18), hash })
    }

    /// Whether `payload` is what was written under this header, right after the block whose hash is `previous`.
    pub(super) fn check(&self, previous: &Hash, payload: &[u8]) -> Result<(), Damage> {
        if crc32fast::hash(payload) != self.crc {
            return Err(Damage::Checksum);
        }
        if self.chained(previous, payload) != self.hash {
            return Err(Damage::Chain);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_reads_back_and_every_flipped_bit_shows() {
        let header = Header::new(3, &[7; 32], 2, b"payload");
        let bytes = header.to_bytes();
        assert_eq!(Header::from_bytes(&bytes), Ok(header));
        assert_eq!(header.check(&[7; 32], b"payload"), Ok(()));
        assert_eq!(header.check(&[8; 32], b"payload"), Err(Damage::Chain));
        assert_eq!(header.check(&[7; 32], b"paYload"), Err(Damage::Checksum));
        for bit in 0..HEADER * 8 {
            let mut flipped = bytes;
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(Header::from_bytes(&flipped), Err(Damage::Header), "bit {bit}");
        }
    }
}
