//! A lane for the bytes of requests or answers, which come one after another and have passed the gate as what they are.

use std::future::poll_fn;
use std::task::{Context, Poll};

use super::{Cut, Lane};
use crate::control::{Ticket, Wish};
use crate::world::Conn;

impl Lane {
    /// Whether nothing concerns the next bytes: they may go straight to the socket.
    pub(in crate::path) fn passes(&mut self) -> Result<bool, Cut> {
        self.refresh()?;
        Ok(self.is_clear())
    }

    /// Sends bytes as the faults that are on let them go; returns when they have gone.
    pub(in crate::path) async fn send(&mut self, to: &Conn, bytes: Vec<u8>) -> Result<(), Cut> {
        self.hand(bytes)?;
        self.emptied(to).await
    }

    /// Sends the end as the faults that are on let it go.
    pub(in crate::path) async fn finish(&mut self, to: &Conn) -> Result<(), Cut> {
        self.refresh()?;
        self.ended = true;
        self.end()?;
        self.emptied(to).await
    }

    /// Takes bytes, which then go as the faults that are on let them.
    pub(in crate::path) fn hand(&mut self, bytes: Vec<u8>) -> Result<(), Cut> {
        self.take(self.stage, bytes)
    }

    async fn emptied(&mut self, to: &Conn) -> Result<(), Cut> {
        let mut ticket = Ticket::default();
        poll_fn(|cx| self.poll_emptied(cx, to, &mut ticket)).await
    }

    /// Sends what waits; ready when all of it has gone.
    pub(in crate::path) fn poll_emptied(
        &mut self,
        cx: &mut Context<'_>,
        to: &Conn,
        ticket: &mut Ticket,
    ) -> Poll<Result<(), Cut>> {
        loop {
            self.refresh()?;
            let moved = self.write(cx, to)?;
            if self.queue.is_empty() && self.cut.is_none() {
                return Poll::Ready(Ok(()));
            }
            let board = &self.leg.shared.at.board;
            if !moved && board.poll_changed(self.seen, Wish::Any, ticket, cx).is_pending() && self.sleeps(cx)? {
                return Poll::Pending;
            }
        }
    }
}
