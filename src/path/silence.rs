//! `timeout` on a connection on which nothing moves: it counts from when it goes on, and at its lift the connection ends.

use std::future::poll_fn;

use super::fate::{Ending, Fate, Stage, Unit};
use super::leg::{About, Leg};
use crate::control::{Arming, Snapshot, Ticket, Wish};
use crate::plan::{Direction, Fault};
use crate::units::{Moment, Span};
use crate::world::Clock;

/// What a connection knows of the silence that is asked for.
#[derive(Default)]
pub(super) struct Silence {
    /// The epoch in which it was last looked for.
    seen: Option<u64>,
    ticket: Ticket,
    /// The serial numbers of the faults that have met this connection as it stood: each decides once.
    met: Vec<u64>,
    by: Option<By>,
}

/// The fault that has silenced the connection.
struct By {
    fault: Arming,
    fate: Fate,
    after: Option<Span>,
    /// When something came last that it could swallow, or when it went on.
    since: Moment,
}

impl Silence {
    /// Looks for faults that have gone on; whether one has, or an earlier one is no longer on: what it swallowed cannot come back. One that is
    /// changed begins anew, if it still means this connection.
    fn look(&mut self, leg: &Leg, ways: &[Direction]) -> Heard {
        let board = &leg.shared.at.board;
        if self.seen == Some(board.epoch()) {
            return Heard::Nothing;
        }
        let snapshot = board.snapshot();
        self.seen = Some(snapshot.epoch);
        if let Some(By { fault: by, .. }) = &self.by {
            let now = snapshot.faults.iter().find(|fault| fault.id == by.id);
            return match now {
                Some(fault) if fault == by => Heard::Nothing,
                Some(fault) if self.meets(leg, fault, &snapshot, &BOTH) => Heard::Nothing,
                _ => Heard::Lifted,
            };
        }
        let silenced = snapshot.faults.iter().any(|fault| self.meets(leg, fault, &snapshot, ways));
        if silenced { Heard::Silenced } else { Heard::Nothing }
    }

    /// Whether a fault silences the connection from now on.
    fn meets(&mut self, leg: &Leg, fault: &Arming, on: &Snapshot, ways: &[Direction]) -> bool {
        if !matches!(fault.inject.fault, Fault::Timeout { .. }) || self.met.contains(&fault.serial) {
            return false;
        }
        self.met.push(fault.serial);
        let at = leg.now();
        let unit = |way: Direction| Unit { stage: Stage::Quiet(way), number: 0, at };
        let fate = ways.iter().find_map(|way| leg.met(fault, unit(*way), on));
        let Some(fate @ Fate { ending: Some(Ending::Swallow(after)), .. }) = fate else { return false };
        self.by = Some(By { fault: fault.clone(), fate, after, since: at });
        true
    }

    /// Meets the faults that are on when the connection begins.
    pub(super) fn of(leg: &Leg) -> Self {
        let mut silence = Self::default();
        silence.look(leg, &BOTH);
        silence
    }

    /// Whether the connection is silent.
    pub(super) fn is_on(&self) -> bool {
        self.by.is_some()
    }

    /// Returns when the connection, on which no exchange is under way, is to be closed, which is written down: not if it was busy at the lift,
    /// with what was let through.
    pub(super) async fn over(&mut self, leg: &Leg) {
        if matches!(self.look(leg, &BOTH), Heard::Lifted) {
            return;
        }
        self.end(leg).await;
        self.note(leg, leg.unknown());
    }

    /// Returns when the silence has lasted as long as it shall, or is lifted.
    pub(super) async fn end(&mut self, leg: &Leg) {
        while !matches!(self.look(leg, &BOTH), Heard::Lifted) {
            let at = self.by.as_ref().and_then(|by| by.after.map(|after| by.since + after));
            let changed = self.changed(leg);
            match at {
                None => changed.await,
                Some(at) => {
                    if leg.shared.at.world.clock.timeout(at, changed).await.is_err() {
                        return;
                    }
                }
            }
        }
    }

    /// Returns when a fault that goes on swallows what travels in one of these directions, which is written down.
    pub(super) async fn begins(&mut self, leg: &Leg, about: About, ways: &[Direction]) {
        // Who was silenced before and got here was let through.
        if self.by.is_some() {
            std::future::pending::<()>().await;
        }
        while !matches!(self.look(leg, ways), Heard::Silenced) {
            self.changed(leg).await;
        }
        self.note(leg, about);
    }

    async fn changed(&mut self, leg: &Leg) {
        let Self { seen, ticket, .. } = self;
        let seen = seen.unwrap_or_default();
        poll_fn(|cx| leg.shared.at.board.poll_changed(seen, Wish::Standing, ticket, cx)).await;
    }

    /// Something has come: the silence begins anew.
    pub(super) fn broken(&mut self, clock: &Clock) {
        if let Some(by) = &mut self.by {
            by.since = clock.now();
        }
    }

    fn note(&self, leg: &Leg, about: About) {
        if let Some(By { fault, fate, .. }) = &self.by {
            leg.hit(fault, fate, about, 1, leg.now());
        }
    }
}

pub(super) const BOTH: [Direction; 2] = [Direction::ToEndpoint, Direction::FromEndpoint];

enum Heard {
    Nothing,
    Silenced,
    Lifted,
}
