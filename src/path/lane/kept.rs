//! A lane whose first bytes are kept back until it is known what they say.

use std::task::{Context, Poll};

use super::{Cut, Lane};
use crate::world::Conn;

impl Lane {
    /// Whether what comes is kept back from now on: it is decided as ever, and waits.
    pub(in crate::path) fn keep_back(&mut self, kept: bool) {
        self.kept = kept;
    }

    /// Reads once, if that is wanted and there is room; an end is nothing. What has come is to [`Lane::come`] when it has been looked at.
    pub(in crate::path) fn poll_come(
        &mut self,
        cx: &mut Context<'_>,
        from: &Conn,
        wanted: bool,
    ) -> Poll<Result<Vec<u8>, Cut>> {
        loop {
            self.refresh()?;
            // What waits is not for the writer to wake us for.
            self.blocked = true;
            if wanted
                && !self.ended
                && self.has_room()?
                && let Poll::Ready(bytes) = self.inlet.read(cx, from)
            {
                let bytes = bytes.map_err(|_| Cut::Reset)?;
                self.leg.to.meter.count(self.direction()).read(bytes.len());
                return Poll::Ready(Ok(bytes));
            }
            if self.sleeps(cx)? {
                return Poll::Pending;
            }
        }
    }

    /// Decides what has come.
    pub(in crate::path) fn come(&mut self, bytes: Vec<u8>) -> Result<(), Cut> {
        self.refresh()?;
        self.arrived(bytes)
    }

    /// Whether nothing more is read.
    pub(in crate::path) fn has_ended(&self) -> bool {
        self.ended
    }
}
