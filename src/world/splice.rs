//! Bytes from one socket to another through a pipe of the kernel's, without a copy in this process.

use std::io::Error;
use std::os::fd::{AsFd, OwnedFd};
use std::task::{Context, Poll, ready};

use bytes::BytesMut;
use rustix::io::{Errno, retry_on_intr};
use rustix::pipe::{PipeFlags, SpliceFlags, fcntl_getpipe_size, fcntl_setpipe_size, pipe_with, splice};
use tokio::io::Interest;
use tokio::net::TcpStream;

use crate::limits::{LEAST_SPLICE_BYTES, SPLICE_BYTES};

/// A pipe of the kernel's that carries one direction of a spliced stream. It takes two descriptors.
///
/// It is as large as the system allows, [`SPLICE_BYTES`] at most: without privilege a user's pipes share 64 MiB (`pipe-user-pages-soft`),
/// after which new ones hold two pages. [`capacity`](Self::capacity) tells.
#[derive(Debug)]
pub struct Pipe {
    reads: OwnedFd,
    writes: OwnedFd,
    capacity: usize,
    held: usize,
    /// Small pieces have taken all of its places, although it could hold more bytes.
    out_of_places: bool,
}

impl Pipe {
    /// An empty pipe.
    ///
    /// # Errors
    /// If the system has no descriptors to give, or no pages; `Unsupported` where there is no splicing.
    pub fn new() -> Result<Self, Error> {
        let (reads, writes) = pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK)?;
        let capacity = grow(&writes)?;
        Ok(Self { reads, writes, capacity, held: 0, out_of_places: false })
    }

    /// The most bytes that this holds.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// The bytes that this holds: they were read from one socket and not yet written to another.
    #[must_use]
    pub fn len(&self) -> usize {
        self.held
    }

    /// Whether this holds nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.held == 0
    }

    /// Whether nothing more goes in before something comes out. A pipe is full by bytes, or by pieces: it has a place for every four
    /// KiB, and a small segment takes one to itself.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.out_of_places || self.held >= self.capacity
    }

    /// Appends all that this holds to `into`, and tells how many bytes that were.
    ///
    /// # Errors
    /// None that a healthy system gives; what was read before stays appended.
    pub fn drain(&mut self, into: &mut BytesMut) -> Result<usize, Error> {
        let all = self.held;
        let start = into.len();
        into.resize(start + all, 0);
        while self.held > 0 {
            let at = into.len() - self.held;
            let read = retry_on_intr(|| rustix::io::read(&self.reads, &mut into[at..]));
            if let Some(count) = read.ok().filter(|count| *count > 0) {
                self.held -= count;
            } else {
                into.truncate(at);
                return Err(read.err().unwrap_or(Errno::PIPE).into());
            }
        }
        self.out_of_places = false;
        Ok(all)
    }

    /// From the socket into the pipe. `Ready(0)` is the end of the stream; `Pending` of a pipe that is full wakes nobody.
    pub(super) fn poll_fill(&mut self, from: &TcpStream, cx: &mut Context<'_>) -> Poll<Result<usize, Error>> {
        loop {
            if self.is_full() {
                return Poll::Pending;
            }
            ready!(from.poll_read_ready(cx))?;
            match from.try_io(Interest::READABLE, || self.fill(from)) {
                // Either full, or tokio has taken note that the socket is not ready: the next turn tells, and has us woken.
                Ok(None) => {}
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
                Ok(Some(count)) => return Poll::Ready(Ok(count)),
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }

    /// `None` if the pipe is full. `WouldBlock` must mean that the socket has nothing, as it makes tokio wait for its next sign of life.
    fn fill(&mut self, from: &TcpStream) -> Result<Option<usize>, Error> {
        let room = self.capacity - self.held;
        match retry_on_intr(|| splice(from, None, &self.writes, None, room, gently())) {
            Ok(count) => {
                self.held += count;
                Ok(Some(count))
            }
            // An empty pipe has places. Otherwise whatever still lies in the socket is there because no place was left; what arrives
            // after we have looked is a new sign of life.
            Err(Errno::AGAIN) if self.held > 0 && rustix::io::ioctl_fionread(from)? > 0 => {
                self.out_of_places = true;
                Ok(None)
            }
            Err(errno) => Err(errno.into()),
        }
    }

    /// From the pipe to the socket: at least a byte, or `Ready(0)` if the pipe is empty.
    pub(super) fn poll_pour(&mut self, to: &TcpStream, cx: &mut Context<'_>) -> Poll<Result<usize, Error>> {
        while self.held > 0 {
            ready!(to.poll_write_ready(cx))?;
            // The pipe holds something, so that this blocks only for the socket. Told exactly how much, the kernel does not wait for more.
            let pour = || Ok(retry_on_intr(|| splice(&self.reads, None, to, None, self.held, gently()))?);
            match to.try_io(Interest::WRITABLE, pour) {
                // The pipe does hold something: a kernel that says otherwise must not keep us going round.
                Ok(0) => return Poll::Ready(Err(std::io::ErrorKind::WriteZero.into())),
                Ok(count) => {
                    self.held -= count;
                    self.out_of_places = false;
                    return Poll::Ready(Ok(count));
                }
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
        Poll::Ready(Ok(0))
    }
}

fn gently() -> SpliceFlags {
    SpliceFlags::NONBLOCK | SpliceFlags::MOVE
}

/// Makes a pipe as large as the system allows, and tells how large that is.
fn grow(pipe: &impl AsFd) -> Result<usize, Error> {
    let mut size = SPLICE_BYTES;
    while size >= LEAST_SPLICE_BYTES {
        match fcntl_setpipe_size(pipe, size) {
            Ok(size) => return Ok(size),
            // The user's share or the largest size is exceeded, or memory is short: less may do.
            Err(Errno::PERM | Errno::BUSY | Errno::NOMEM) => size /= 2,
            Err(errno) => return Err(errno.into()),
        }
    }
    Ok(fcntl_getpipe_size(pipe)?)
}
