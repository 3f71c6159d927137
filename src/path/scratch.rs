//! Where everything is read to. What comes is mostly far smaller than the most that can, and thousands of connections wait for one.

use std::cell::RefCell;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, ReadBuf};

use crate::limits::CHUNK_BYTES;
use crate::world::Conn;

thread_local! {
    static SCRATCH: RefCell<Vec<u8>> = RefCell::new(vec![0; CHUNK_BYTES]);
}

/// Reads once, at most so many bytes, and hands over what came: nothing at the end. `then` must not read in its turn.
pub(super) fn read<T>(
    cx: &mut Context<'_>,
    from: &Conn,
    most: usize,
    then: impl FnOnce(&mut Context<'_>, &[u8]) -> T,
) -> Poll<io::Result<T>> {
    SCRATCH.with_borrow_mut(|scratch| {
        let most = most.min(scratch.len());
        let mut buf = ReadBuf::new(&mut scratch[..most]);
        ready!(Pin::new(&mut &*from).poll_read(cx, &mut buf))?;
        Poll::Ready(Ok(then(cx, buf.filled())))
    })
}
