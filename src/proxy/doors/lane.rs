//! One direction of a connection.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::watch;

use super::{Active, Kind, Shared};
use crate::draw::Key;
use crate::limits::CHUNK_BYTES;
use crate::plan::Direction;
use crate::units::{Moment, Span};

/// How a connection ends before both directions did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// In order, for both sides.
    Close,
    /// Broken off.
    Reset,
}

pub(super) struct Lane<'s> {
    shared: &'s Shared,
    direction: Direction,
    number: u64,
    key: Key,
    changes: watch::Receiver<Arc<Vec<Arc<Active>>>>,
    /// Chunks so far.
    units: u64,
    /// Bytes that passed under a fault that counts, by its name.
    passed: BTreeMap<String, u64>,
}

enum Event {
    Data(usize),
    Changed,
    Silence,
}

impl<'s> Lane<'s> {
    pub(super) fn new(shared: &'s Shared, number: u64, direction: Direction) -> Self {
        let key = shared.key.part(number).part(u64::from(direction == Direction::FromEndpoint));
        let changes = shared.faults.subscribe();
        Self { shared, direction, number, key, changes, units: 0, passed: BTreeMap::new() }
    }

    /// Carries bytes until the end of the stream, which it passes on.
    pub(super) async fn run(
        mut self,
        mut from: impl AsyncRead + Unpin,
        mut to: impl AsyncWrite + Unpin,
    ) -> Result<(), Outcome> {
        let mut buffer = Vec::new();
        let mut swallowed = false;
        let mut last = self.shared.world.clock.now();
        loop {
            self.changes.mark_unchanged();
            let deadline = match self.timeout() {
                Some(after) => last + after,
                None if swallowed => return Err(Outcome::Close),
                None => Moment::MAX,
            };
            match self.next(&mut from, &mut buffer, deadline).await? {
                // A timeout that was armed in the middle of a silence counts from now.
                Event::Changed => {
                    last = self.shared.world.clock.now();
                    continue;
                }
                Event::Silence => return Err(Outcome::Close),
                Event::Data(0) => return self.end(&mut to).await,
                Event::Data(bytes) => self.shared.counters.read(self.direction, bytes),
            }
            last = self.shared.world.clock.now();
            self.units += 1;
            self.reset_if_due().await?;
            if let Some(fault) = self.on().find(|active| matches!(active.fault.kind, Kind::Timeout { .. })) {
                fault.hit(last);
                swallowed = true;
                continue;
            }
            self.hold(last).await;
            let pass = self.allowed(buffer.len());
            self.write(&mut to, &buffer[..pass.0]).await?;
            if pass.1 {
                return Err(Outcome::Close);
            }
        }
    }

    /// The faults of this direction that chose this connection.
    fn on(&self) -> impl Iterator<Item = Arc<Active>> + use<> {
        let (direction, number, key) = (self.direction, self.number, self.shared.key);
        let faults = Arc::clone(&self.shared.faults.borrow());
        let chosen = move |active: &Arc<Active>| {
            let draw = key.name(&active.fault.name).part(u64::from(direction == Direction::FromEndpoint)).draw(number);
            [direction, Direction::Both].contains(&active.fault.direction) && draw.unit() < active.fault.share
        };
        (0..faults.len()).map(move |at| Arc::clone(&faults[at])).filter(chosen)
    }

    /// Whether everything is swallowed, and for how long silence is borne.
    fn timeout(&self) -> Option<Span> {
        self.on().find_map(|active| match active.fault.kind {
            Kind::Timeout { after } => Some(after.unwrap_or(Span::MAX)),
            _ => None,
        })
    }

    /// Waits for bytes, for a change, since a timeout acts without data, or for the silence to have lasted too long.
    async fn next(
        &mut self,
        from: &mut (impl AsyncRead + Unpin),
        buffer: &mut Vec<u8>,
        deadline: Moment,
    ) -> Result<Event, Outcome> {
        buffer.clear();
        buffer.reserve(CHUNK_BYTES);
        tokio::select! {
            biased;
            _ = self.changes.changed() => Ok(Event::Changed),
            () = self.shared.world.clock.until(deadline), if deadline != Moment::MAX => Ok(Event::Silence),
            read = from.read_buf(buffer) => read.map(Event::Data).map_err(|_| Outcome::Reset),
        }
    }

    async fn end(&mut self, to: &mut (impl AsyncWrite + Unpin)) -> Result<(), Outcome> {
        self.reset_if_due().await?;
        let at = self.shared.world.clock.now();
        let delay = |lane: &Self| {
            let slow = lane.on().find_map(|active| match active.fault.kind {
                Kind::SlowClose { delay } => Some((active, delay)),
                _ => None,
            });
            slow.map_or(Span::ZERO, |(active, delay)| {
                active.hit(at);
                delay
            })
        };
        self.wait(at, delay).await;
        to.shutdown().await.map_err(|_| Outcome::Reset)
    }

    /// Waits for what `delay` says, looking again whenever faults change.
    async fn wait(&mut self, at: Moment, delay: impl Fn(&Self) -> Span) {
        loop {
            self.changes.mark_unchanged();
            let due = at + delay(self);
            if self.shared.world.clock.now() >= due {
                return;
            }
            let mut changes = self.changes.clone();
            tokio::select! {
                biased;
                _ = changes.changed() => {}
                () = self.shared.world.clock.until(due) => return,
            }
        }
    }

    async fn reset_if_due(&mut self) -> Result<(), Outcome> {
        let reset = |active: Arc<Active>| match active.fault.kind {
            Kind::Reset { after } => Some((active, after)),
            _ => None,
        };
        if let Some((active, after)) = self.on().find_map(reset) {
            active.hit(self.shared.world.clock.now());
            self.shared.world.clock.sleep(after).await;
            return Err(Outcome::Reset);
        }
        Ok(())
    }

    /// Waits for as long as latency and bandwidth hold a chunk back.
    async fn hold(&mut self, at: Moment) {
        for active in self.on().filter(|active| matches!(active.fault.kind, Kind::Latency { .. })) {
            active.hit(at);
        }
        self.wait(at, |lane| {
            lane.on().fold(Span::ZERO, |sum, active| match active.fault.kind {
                Kind::Latency { delay, jitter } => sum + lane.jittered(&active, delay, jitter),
                _ => sum,
            })
        })
        .await;
    }

    /// Drawn once for each chunk, however often it is asked for.
    fn jittered(&self, active: &Active, delay: Span, jitter: Span) -> Span {
        let swing = self.key.name(&active.fault.name).draw(self.units).unit() * 2.0 - 1.0;
        Span::from_secs_f64(delay.secs_f64() + jitter.secs_f64() * swing)
    }

    /// How many of these bytes may pass, and whether the connection ends after them.
    fn allowed(&mut self, bytes: usize) -> (usize, bool) {
        let (mut allowed, mut over) = (bytes, false);
        for active in self.on() {
            if let Kind::LimitData { bytes: limit } = active.fault.kind {
                let passed = self.passed.entry(active.fault.name.clone()).or_default();
                let left = usize::try_from(limit.saturating_sub(*passed)).unwrap_or(usize::MAX);
                over |= allowed >= left;
                allowed = allowed.min(left);
                *passed += allowed as u64;
                if over {
                    active.hit(self.shared.world.clock.now());
                }
            }
        }
        (allowed, over)
    }

    async fn write(&mut self, to: &mut (impl AsyncWrite + Unpin), mut bytes: &[u8]) -> Result<(), Outcome> {
        while !bytes.is_empty() {
            let (size, pause) = self.piece(bytes.len());
            let (piece, rest) = bytes.split_at(size);
            let at = self.shared.world.clock.now();
            self.wait(at, |lane| lane.paced(size, at)).await;
            to.write_all(piece).await.map_err(|_| Outcome::Reset)?;
            self.shared.counters.written(self.direction, size);
            self.pause(pause).await;
            bytes = rest;
        }
        Ok(())
    }

    /// Waits between two pieces, for as long as anything slices.
    async fn pause(&mut self, pause: Span) {
        if pause.is_zero() {
            return;
        }
        let at = self.shared.world.clock.now();
        let slices = |lane: &Self| lane.on().any(|active| matches!(active.fault.kind, Kind::Slicer { .. }));
        self.wait(at, |lane| if slices(lane) { pause } else { Span::ZERO }).await;
    }

    /// How long so many bytes take under a bandwidth.
    fn paced(&self, bytes: usize, at: Moment) -> Span {
        let pace = |active: Arc<Active>| match active.fault.kind {
            Kind::Bandwidth { rate } => {
                active.hit(at);
                Some(if rate == 0 { Span::MAX } else { Span::from_secs_f64(bytes as f64 / rate as f64) })
            }
            _ => None,
        };
        self.on().filter_map(pace).max().unwrap_or(Span::ZERO)
    }

    fn piece(&mut self, most: usize) -> (usize, Span) {
        for active in self.on() {
            if let Kind::Slicer { size, variation, pause } = active.fault.kind {
                active.hit(self.shared.world.clock.now());
                self.units += 1;
                let variation = u32::try_from(variation.min(size.saturating_sub(1))).unwrap_or(u32::MAX / 2);
                let swing = u64::from(self.key.name(&active.fault.name).draw(self.units).below(2 * variation + 1));
                let piece = (size + swing).saturating_sub(u64::from(variation)).max(1);
                return (usize::try_from(piece).unwrap_or(most).min(most), pause);
            }
        }
        (most, Span::ZERO)
    }
}
