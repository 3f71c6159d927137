//! One connection of the memory world: two bounded pipes that behave as a loopback TCP connection does on Linux.

use std::collections::VecDeque;
use std::io::{Error, ErrorKind, IoSlice};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use tokio::io::ReadBuf;

use crate::limits::PIPE_BYTES;

/// Both ends of a connection, under one lock: a reset changes both at once, and in a world of one thread nobody ever waits for it.
pub(super) struct Link(Mutex<[End; 2]>);

/// Which of the two ends.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Connector = 0,
    Acceptor = 1,
}

/// What one end knows.
#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is one independent flag of a TCP connection")]
struct End {
    /// What the other end has sent and this end has not read.
    received: VecDeque<u8>,
    /// The other end sends no more.
    fin: bool,
    /// The other end has broken the connection off.
    reset: bool,
    /// This end was broken off from this side.
    aborted: bool,
    /// This end is gone: nobody reads, nobody writes.
    closed: bool,
    /// This end wrote to one that is gone, and has been told so.
    refused: bool,
    reader: Option<Waker>,
    writer: Option<Waker>,
}

impl End {
    fn wake_reader(&mut self) {
        if let Some(waker) = self.reader.take() {
            waker.wake();
        }
    }

    fn wake_writer(&mut self) {
        if let Some(waker) = self.writer.take() {
            waker.wake();
        }
    }

    fn wake(&mut self) {
        self.wake_reader();
        self.wake_writer();
    }
}

fn wait(slot: &mut Option<Waker>, cx: &Context<'_>) {
    match slot {
        Some(waker) => waker.clone_from(cx.waker()),
        None => *slot = Some(cx.waker().clone()),
    }
}

impl Link {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self(Mutex::default()))
    }

    /// The end at `side`, then the other. Wakers only put a task on a queue, so they are called under the lock.
    fn with<T>(&self, side: Side, f: impl FnOnce(&mut End, &mut End) -> T) -> T {
        let mut ends: MutexGuard<'_, [End; 2]> = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let [connector, acceptor] = &mut *ends;
        match side {
            Side::Connector => f(connector, acceptor),
            Side::Acceptor => f(acceptor, connector),
        }
    }

    /// What was received comes first, even before a reset: the kernel, too, hands over what had arrived by then.
    pub(super) fn poll_read(&self, side: Side, cx: &Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<Result<(), Error>> {
        self.with(side, |own, other| {
            if own.aborted {
                return Poll::Ready(Err(ErrorKind::ConnectionAborted.into()));
            }
            if !own.received.is_empty() {
                take(&mut own.received, buf);
                other.wake_writer();
            } else if own.fin {
                // The end of the stream.
            } else if own.reset {
                return Poll::Ready(Err(ErrorKind::ConnectionReset.into()));
            } else if buf.remaining() > 0 {
                wait(&mut own.reader, cx);
                return Poll::Pending;
            }
            Poll::Ready(Ok(()))
        })
    }

    pub(super) fn poll_write(
        &self,
        side: Side,
        cx: &Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<Result<usize, Error>> {
        self.with(side, |own, other| {
            let all: usize = slices.iter().map(|slice| slice.len()).sum();
            if let Some(error) = refusal(own, other) {
                return Poll::Ready(Err(error.into()));
            }
            if other.closed {
                // The first bytes to a peer that is gone leave without complaint and are answered with a reset.
                own.refused = true;
                return Poll::Ready(Ok(all));
            }
            let mut space = PIPE_BYTES.saturating_sub(other.received.len());
            if space == 0 && all > 0 {
                wait(&mut own.writer, cx);
                return Poll::Pending;
            }
            let before = space;
            for slice in slices {
                let part = &slice[..slice.len().min(space)];
                other.received.extend(part);
                space -= part.len();
            }
            if space < before {
                other.wake_reader();
            }
            Poll::Ready(Ok(before - space))
        })
    }

    /// Sends the end of the stream; the other direction goes on.
    pub(super) fn shutdown(&self, side: Side) -> Result<(), Error> {
        self.with(side, |own, other| {
            if own.aborted {
                return Err(ErrorKind::ConnectionAborted.into());
            }
            if !own.reset {
                other.fin = true;
                other.wake_reader();
            }
            Ok(())
        })
    }

    /// Breaks the connection off: the other end sees a reset, this end sees that it aborted.
    pub(super) fn reset(&self, side: Side) {
        self.with(side, |own, other| {
            if !own.closed && !own.aborted {
                own.aborted = true;
                own.received = VecDeque::new();
                other.reset = true;
                own.wake();
                other.wake();
            }
        });
    }

    /// This end is dropped. If it leaves bytes unread, the other end sees a reset, as it would from the kernel.
    pub(super) fn close(&self, side: Side) {
        self.with(side, |own, other| {
            own.closed = true;
            (own.reader, own.writer) = (None, None);
            if !own.received.is_empty() {
                own.received = VecDeque::new();
                other.reset = true;
            } else if !own.aborted && !own.reset {
                other.fin = true;
            }
            other.wake();
        });
    }
}

/// Moves as much as fits.
fn take(from: &mut VecDeque<u8>, to: &mut ReadBuf<'_>) {
    let count = from.len().min(to.remaining());
    let (front, back) = from.as_slices();
    let of_front = count.min(front.len());
    to.put_slice(&front[..of_front]);
    to.put_slice(&back[..count - of_front]);
    from.drain(..count);
}

/// Why `own` cannot write at all.
fn refusal(own: &End, other: &End) -> Option<ErrorKind> {
    if own.aborted {
        Some(ErrorKind::ConnectionAborted)
    } else if own.reset && !own.fin {
        Some(ErrorKind::ConnectionReset)
    } else if own.reset || own.refused || other.fin {
        Some(ErrorKind::BrokenPipe)
    } else {
        None
    }
}
