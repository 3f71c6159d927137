//! The writing side of a lane: what may go, when, and in which pieces.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::AsyncWrite;

use super::active::Active;
use super::queue::{Chunk, How, What};
use super::{Cut, Lane};
use crate::units::Moment;
use crate::world::Conn;

impl Lane {
    /// Writes whatever may go. Whether something went.
    pub(super) fn write(&mut self, cx: &mut Context<'_>, to: &Conn) -> Result<bool, Cut> {
        let moved = self.write_due(cx, to)?;
        self.account();
        Ok(moved)
    }

    fn write_due(&mut self, cx: &mut Context<'_>, to: &Conn) -> Result<bool, Cut> {
        let mut moved = false;
        match self.carry.pour(cx, to, self.leg.to.meter.count(self.direction())) {
            Poll::Pending => {
                // What is due waits for the same peer, which wakes us.
                self.blocked = true;
                return Ok(false);
            }
            Poll::Ready(poured) => poured.map_err(|_| Cut::Reset)?,
        }
        if self.swallowed.is_some() {
            self.queue.clear();
            return Ok(false);
        }
        self.blocked = false;
        if self.queue.rejoin(self.leg.now(), &self.active) {
            self.piece = None;
        }
        while let Some(due) = self.queue.due(&self.active) {
            let now = self.leg.now();
            // What is not due takes nothing of a pace yet: others may share it.
            if due > now {
                break;
            }
            let (len, at) = self.first_piece(due);
            if at > now {
                break;
            }
            let Some(Chunk { what, .. }) = self.queue.first() else { break };
            let sent = match what {
                What::Close => return Err(Cut::Close),
                What::End => Pin::new(&mut &*to).poll_shutdown(cx).map_ok(|()| 0),
                What::Bytes(block) => Pin::new(&mut &*to).poll_write(cx, &block.rest()[..len]),
            };
            let Poll::Ready(sent) = sent else {
                self.blocked = true;
                break;
            };
            let sent = sent.map_err(|_: io::Error| Cut::Reset)?;
            self.leg.to.meter.count(self.direction()).written(sent);
            if let Some(block) = self.queue.gone(sent, due) {
                self.inlet.recycle(block);
            }
            self.piece = (sent < len).then(|| (len - sent, at));
            moved = true;
        }
        Ok(moved)
    }

    /// How many bytes of the first unit may go on and when: all of it when it is due, or less and later, as the smallest piece and the
    /// slowest pace say.
    fn first_piece(&mut self, due: Moment) -> (usize, Moment) {
        if let Some(decided) = self.piece {
            return decided;
        }
        let Some(first) = self.queue.first() else { return (0, due) };
        let What::Bytes(block) = &first.what else { return (0, due) };
        let of_first = |active: &&mut Active| first.waits.iter().any(|wait| wait.how == How::Pace(active.fault.id));
        let mut len = block.len();
        for active in self.active.iter_mut().filter(of_first) {
            len = active.cut(self.leg.part(), due, len);
        }
        let mut at = due;
        for active in self.active.iter_mut().filter(of_first) {
            at = at.max(active.reserve(due, len));
        }
        self.piece = Some((len, at));
        (len, at)
    }

    /// Arranges to be woken; `false` if there is something to be done already.
    pub(super) fn sleeps(&mut self, cx: &mut Context<'_>) -> Result<bool, Cut> {
        let piece = self.piece.map(|(_, at)| at);
        let first = self.queue.due(&self.active).map(|due| piece.map_or(due, |at| at.max(due)));
        let aside = self.queue.due_aside(&self.active);
        let swallowed = self.swallowed.as_ref().map(|swallowed| swallowed.closes);
        let cut = self.cut.map(|(at, _)| at);
        let now = self.leg.now();
        if swallowed.is_some_and(|at| at <= now) {
            return Err(self.swallowed_long_enough());
        }
        if let Some((at, cut)) = self.cut
            && at <= now
        {
            return Err(cut);
        }
        if !self.blocked && first.is_some_and(|at| at <= now) {
            // It has become due since we looked.
            return Ok(false);
        }
        // One that is due and blocked waits for the peer to read, which wakes us.
        let first = first.filter(|at| *at > now);
        let Some(next) = [first, aside, swallowed, cut].into_iter().flatten().min() else { return Ok(true) };
        if next == Moment::MAX {
            return Ok(true);
        }
        let timer = self.timer.get_or_insert_with(|| self.leg.shared.at.world.clock.until(next));
        if timer.at() != next {
            timer.reset(next);
        }
        Ok(Pin::new(timer).poll(cx).is_pending())
    }
}
