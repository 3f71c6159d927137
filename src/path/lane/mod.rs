//! One direction of a byte stream. As long as no fault concerns it, bytes are only carried; otherwise each unit is read, decided, kept in
//! order until it is due, and written. The only place where bytes wait.

mod active;
mod carry;
mod exchange;
mod framing;
mod held;
mod inlet;
mod kept;
mod out;
mod queue;
mod swallow;
mod tally;

use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;

use self::active::{Active, gather};
use self::carry::{Carried, Carry, Way};
use self::framing::Framing;
use self::inlet::Inlet;
use self::queue::{Block, Chunk, How, Queue, Wait, What};
use self::swallow::Swallowed;
use self::tally::Tally;
use super::fate::{Change, Ending, Fate, Stage, Unit, decide};
use super::leg::{About, Leg};
use crate::control::{Arming, Wish};
use crate::plan::{Direction, Fault};
use crate::units::{Moment, Span};
use crate::world::{Conn, Until};

/// How a connection ends before its streams do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cut {
    /// A side broke off, or a fault resets the connection: whoever is there sees a reset.
    Reset,
    /// A fault closes it: both sides see the end.
    Close,
}

/// What all faults together do to a unit.
#[derive(Default)]
struct Decided {
    fate: Fate,
    /// The one that ends it, if one does.
    by: Option<Arming>,
    /// Whether a limit is reached with it.
    full: bool,
}

/// One direction of one connection.
pub(super) struct Lane {
    leg: Arc<Leg>,
    about: About,
    stage: Stage,
    /// The faults that concern it, as of this epoch.
    active: Vec<Active>,
    seen: u64,
    queue: Queue,
    /// The memory that it counts for by now.
    held: usize,
    units: u64,
    /// How many bytes of the first unit may go on and when, once that is decided.
    piece: Option<(usize, Moment)>,
    carry: Carry,
    /// Where frames begin and end, on a WebSocket.
    framing: Option<Box<Framing>>,
    timer: Option<Until>,
    inlet: Inlet,
    /// Whether the peer does not take any more for now.
    blocked: bool,
    /// Whether what comes is kept back for now.
    kept: bool,
    /// Whether the reading side has ended.
    ended: bool,
    swallowed: Option<Swallowed>,
    /// The connection is cut at that moment.
    cut: Option<(Moment, Cut)>,
    tally: Tally,
}

impl Lane {
    pub(super) fn new(leg: &Arc<Leg>, about: About, stage: Stage) -> Self {
        Self {
            leg: Arc::clone(leg),
            about,
            stage,
            active: Vec::new(),
            seen: u64::MAX,
            queue: Queue::default(),
            held: 0,
            units: 0,
            piece: None,
            carry: Carry::default(),
            framing: matches!(stage, Stage::Frame(_)).then(Box::default),
            timer: None,
            inlet: Inlet::default(),
            blocked: false,
            kept: false,
            ended: false,
            swallowed: None,
            cut: None,
            tally: Tally::new(Arc::clone(leg), about),
        }
    }

    /// What has been read already.
    pub(super) fn begin(&mut self, read: Bytes) -> Result<(), Cut> {
        self.refresh()?;
        if read.is_empty() { Ok(()) } else { self.arrived(read.into()) }
    }

    /// Passes bytes on until the reading side ends, which is passed on too: a half-closed connection stays half open. The `last` direction
    /// of a connection, whose other one is over, may leave that to whoever closes the connection then.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>, from: &Conn, to: &Conn, last: bool) -> Poll<Result<(), Cut>> {
        loop {
            self.refresh()?;
            if self.is_clear() {
                let way = Way { last, ..way(&self.leg, self.stage, from, to) };
                match ready!(self.carry.poll(cx, way, self.seen)).map_err(|_| Cut::Reset)? {
                    Carried::Ended => return Poll::Ready(Ok(())),
                    Carried::Switched(None) => {}
                    Carried::Switched(Some(read)) => {
                        self.refresh()?;
                        self.arrived(read)?;
                    }
                }
                continue;
            }
            let mut moved = self.write(cx, to)?;
            if self.ended && self.queue.is_empty() && self.swallowed.is_none() && self.cut.is_none() {
                return Poll::Ready(Ok(()));
            }
            moved |= self.read(cx, from)?;
            if !moved && self.sleeps(cx)? {
                return Poll::Pending;
            }
        }
    }

    /// Whether nothing has come yet.
    pub(super) fn is_untouched(&self) -> bool {
        self.units == 0 && !self.ended && !self.carry.begun
    }

    /// What has to be told to a lane for which nothing moves.
    pub(super) fn wish(&self) -> Wish {
        if self.queue.is_empty() || self.kept { Wish::Standing } else { Wish::Any }
    }

    /// Whether bytes need only be carried.
    fn is_clear(&self) -> bool {
        self.active.is_empty()
            && self.queue.is_empty()
            && self.swallowed.is_none()
            && self.cut.is_none()
            && !self.ended
            && self.framing.is_none()
            && (self.leg.is_instant() || matches!(self.stage, Stage::Bytes(_)))
    }

    /// Learns what has been switched.
    fn refresh(&mut self) -> Result<(), Cut> {
        let board = &self.leg.shared.at.board;
        if board.epoch() == self.seen {
            return Ok(());
        }
        let snapshot = board.snapshot();
        self.seen = snapshot.epoch;
        if snapshot.faults.is_empty() && self.active.is_empty() {
            return Ok(());
        }
        let paces = self.paces();
        let met = if self.queue.is_empty() { Vec::new() } else { self.serials() };
        let before = std::mem::take(&mut self.active);
        self.active = gather(&snapshot, before, &self.leg, self.about, self.stage);
        if paces != self.paces() {
            // What was reserved of them no longer holds. Otherwise it does: who reserves again for every change never comes to send.
            self.piece = None;
        }
        self.swallow_from_now()?;
        self.judge_held_again(&met)
    }

    /// Which paces are in force.
    fn paces(&self) -> Vec<u64> {
        self.active.iter().filter(|active| active.paces()).map(|active| active.fault.serial).collect()
    }

    /// Reads once, if there is room. Whether something came.
    fn read(&mut self, cx: &mut Context<'_>, from: &Conn) -> Result<bool, Cut> {
        if self.ended || !self.has_room()? {
            return Ok(false);
        }
        let Poll::Ready(bytes) = self.inlet.read(cx, from) else { return Ok(false) };
        let bytes = bytes.map_err(|_| Cut::Reset)?;
        self.leg.to.meter.count(self.direction()).read(bytes.len());
        self.refresh()?;
        self.arrived(bytes)?;
        Ok(true)
    }

    /// Bytes have come, or none: the end.
    fn arrived(&mut self, bytes: Vec<u8>) -> Result<(), Cut> {
        if !bytes.is_empty() {
            return if self.framing.is_some() { self.frames(&bytes) } else { self.take(self.stage, bytes) };
        }
        self.ended = true;
        self.unfinished()?;
        self.end()
    }

    /// Decides the fate of bytes that have just arrived.
    fn take(&mut self, stage: Stage, bytes: Vec<u8>) -> Result<(), Cut> {
        let unit = Unit { stage, number: self.units, at: self.leg.now() };
        self.units += 1;
        let (what, fixed) = (What::Bytes(Block::new(bytes)), self.leg.link_delay(stage, unit.number));
        if self.meets(Chunk { what, unit, fixed, waits: Vec::new() }, &[], false)? {
            self.close();
        }
        Ok(())
    }

    /// Decides what those faults that a unit has not `met` do to it, which is on its way from now on. Whether a limit is reached with it.
    fn meets(&mut self, mut chunk: Chunk, met: &[u64], aside: bool) -> Result<bool, Cut> {
        chunk.unit.at = self.leg.now();
        let Decided { fate, by, full } = self.decide(&mut chunk, met);
        if let Some((ending, by)) = fate.ending.zip(by) {
            self.ends(&ending, by, chunk.unit.at, fate.delay)?;
            return Ok(false);
        }
        match (&fate.change, &mut chunk.what) {
            (Some(Change::Flip(draw)), What::Bytes(block)) => block.flip(*draw),
            (Some(Change::Vanish), _) => return Ok(false),
            _ => {}
        }
        self.keep(chunk, if aside { Some(&Change::Overtaken) } else { fate.change.as_ref() });
        Ok(full)
    }

    /// The connection is closed when what waits has gone on.
    fn close(&mut self) {
        self.keep(self.ending(What::Close), None);
        self.ended = true;
    }

    fn keep(&mut self, chunk: Chunk, change: Option<&Change>) {
        match change {
            Some(Change::Overtaken) => self.queue.keep_aside(chunk),
            Some(Change::Repeat) => {
                let again = Chunk {
                    what: if let What::Bytes(block) = &chunk.what { What::Bytes(block.clone()) } else { What::End },
                    waits: chunk.waits.clone(),
                    ..chunk
                };
                self.queue.push(chunk);
                self.queue.push(again);
            }
            _ => self.queue.push(chunk),
        }
        self.account();
    }

    /// Tells the bound for all what this one holds by now.
    fn account(&mut self) {
        let held = self.queue.weight() + self.framing.as_ref().map_or(0, |framing| framing.len());
        self.leg.shared.buffers.account(self.held, held);
        self.held = held;
    }

    /// What all faults do to a unit but those that it has met.
    fn decide(&mut self, chunk: &mut Chunk, met: &[u64]) -> Decided {
        let facts = self.leg.facts(self.about);
        let Decided { mut fate, mut by, mut full } = Decided::default();
        for active in self.active.iter_mut().filter(|active| !met.contains(&active.fault.serial)) {
            let hit = decide(&active.fault, &mut active.past, &facts, self.leg.part(), chunk.unit);
            let Some(hit) = hit else { continue };
            self.tally.add(&active.fault, &hit, chunk.unit.at);
            let how = match (&active.fault.inject.fault, &mut chunk.what) {
                (Fault::LimitData { bytes: limit }, What::Bytes(block)) => {
                    let left = limit.0.saturating_sub(active.past.passed);
                    block.truncate(usize::try_from(left).unwrap_or(usize::MAX));
                    active.past.passed += block.len() as u64;
                    full |= active.past.passed >= limit.0;
                    continue;
                }
                _ if active.paces() => How::Pace(active.fault.id),
                _ if hit.hold => How::Hold,
                _ => How::Delay(hit.delay),
            };
            chunk.waits.push(Wait { fault: active.fault.serial, how });
            if hit.ending.is_some() {
                by.get_or_insert_with(|| Arc::clone(&active.fault));
            }
            fate = fate.and(hit);
        }
        Decided { fate, by, full }
    }

    /// With a unit a fault ends the connection, or all that comes.
    fn ends(&mut self, ending: &Ending, by: Arming, now: Moment, delay: Span) -> Result<(), Cut> {
        match ending {
            Ending::Swallow(after) => self.swallowed_one(by, *after, now),
            Ending::Reset => {
                self.cut.get_or_insert((now + delay, Cut::Reset));
            }
            Ending::Refuse(_) | Ending::Close | Ending::CloseSocket(_) | Ending::Unresolved(_) => {
                return Err(Cut::Close);
            }
        }
        Ok(())
    }

    /// The reading side has ended: so does the other, when what waits has gone on, or there is a reset instead.
    fn end(&mut self) -> Result<(), Cut> {
        self.meets(self.ending(What::End), &[], false).map(|_| ())
    }

    /// An end as a unit.
    fn ending(&self, what: What) -> Chunk {
        let unit = Unit { stage: Stage::End(self.direction()), number: 0, at: self.leg.now() };
        Chunk { what, unit, fixed: Span::ZERO, waits: Vec::new() }
    }

    fn direction(&self) -> Direction {
        self.stage.direction().unwrap_or(Direction::Both)
    }
}

fn way<'a>(leg: &'a Leg, stage: Stage, from: &'a Conn, to: &'a Conn) -> Way<'a> {
    let count = leg.to.meter.count(stage.direction().unwrap_or_default());
    Way { from, to, last: false, count, board: &leg.shared.at.board, buffers: &leg.shared.buffers }
}

impl Drop for Lane {
    fn drop(&mut self) {
        self.leg.shared.buffers.account(self.held, 0);
    }
}
