//! The reading side of a lane on which faults are on.

use std::future::Future;
use std::io;
use std::pin::pin;
use std::task::{Context, Poll};

use tokio::io::AsyncReadExt;

use crate::limits::{CHUNK_BYTES, SPARE_BLOCKS};
use crate::path::scratch;
use crate::world::Conn;

/// Reads chunks: small ones into memory of their own size, large ones in a row into blocks that are used again.
#[derive(Default)]
pub(super) struct Inlet {
    spare: Vec<Vec<u8>>,
    /// Whether the last chunk was a large one.
    large: bool,
}

/// From this size on a chunk may keep the whole block that it was read to.
const LARGE: usize = CHUNK_BYTES / 4;

impl Inlet {
    /// The next chunk; an empty one at the end.
    pub(super) fn read(&mut self, cx: &mut Context<'_>, from: &Conn) -> Poll<io::Result<Vec<u8>>> {
        if self.large { self.read_block(cx, from) } else { self.read_scratch(cx, from) }
    }

    fn read_scratch(&mut self, cx: &mut Context<'_>, from: &Conn) -> Poll<io::Result<Vec<u8>>> {
        scratch::read(cx, from, CHUNK_BYTES, |_, read| {
            self.large = read.len() >= LARGE;
            read.to_vec()
        })
    }

    fn read_block(&mut self, cx: &mut Context<'_>, from: &Conn) -> Poll<io::Result<Vec<u8>>> {
        let mut block = self.spare.pop().unwrap_or_else(|| Vec::with_capacity(CHUNK_BYTES));
        let read = {
            let mut conn = from;
            pin!(conn.read_buf(&mut block)).poll(cx)
        };
        let Poll::Ready(read) = read else {
            self.recycle(block);
            return Poll::Pending;
        };
        if read? < LARGE {
            self.large = false;
            let small = block.clone();
            self.recycle(block);
            return Poll::Ready(Ok(small));
        }
        Poll::Ready(Ok(block))
    }

    /// Takes a block back that has gone on.
    pub(super) fn recycle(&mut self, mut block: Vec<u8>) {
        if block.capacity() >= CHUNK_BYTES && self.spare.len() < SPARE_BLOCKS {
            block.clear();
            self.spare.push(block);
        }
    }
}
