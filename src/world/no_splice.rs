//! Where the system cannot splice: a pipe that cannot be had.

use std::convert::Infallible;
use std::io::{Error, ErrorKind};
use std::task::{Context, Poll};

use bytes::BytesMut;
use tokio::net::TcpStream;

/// A pipe of the kernel's that carries one direction of a spliced stream. This system has none.
#[derive(Debug)]
pub struct Pipe(Infallible);

impl Pipe {
    /// An empty pipe.
    ///
    /// # Errors
    /// Always `Unsupported`.
    pub fn new() -> Result<Self, Error> {
        Err(ErrorKind::Unsupported.into())
    }

    /// The most bytes that this holds.
    #[must_use]
    pub fn capacity(&self) -> usize {
        match self.0 {}
    }

    /// The bytes that this holds.
    #[must_use]
    pub fn len(&self) -> usize {
        match self.0 {}
    }

    /// Whether this holds nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        match self.0 {}
    }

    /// Whether nothing more goes in before something comes out.
    #[must_use]
    pub fn is_full(&self) -> bool {
        match self.0 {}
    }

    /// Appends all that this holds to `into`.
    ///
    /// # Errors
    /// None.
    pub fn drain(&mut self, _into: &mut BytesMut) -> Result<usize, Error> {
        match self.0 {}
    }

    pub(super) fn poll_fill(&mut self, _from: &TcpStream, _cx: &mut Context<'_>) -> Poll<Result<usize, Error>> {
        match self.0 {}
    }

    pub(super) fn poll_pour(&mut self, _to: &TcpStream, _cx: &mut Context<'_>) -> Poll<Result<usize, Error>> {
        match self.0 {}
    }
}
