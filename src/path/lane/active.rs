//! The faults that concern one direction of one connection, and what they remember of it.

use std::sync::Arc;

use crate::control::{Arming, Snapshot};
use crate::draw::Key;
use crate::path::fate::{self, Past, Stage};
use crate::path::leg::{About, Leg};
use crate::plan::Fault;
use crate::units::{Moment, Share, Size, Span, Throughput};

/// A fault that is on, for one lane.
pub(super) struct Active {
    pub(super) fault: Arming,
    pub(super) past: Past,
    /// When its pace is free again.
    free: Moment,
    /// Pieces that it has cut, for the draws of their sizes.
    pieces: u64,
}

/// Paces are kept in pieces that take this long, so that a change of the rate is felt within it.
const PIECE: Span = Span::from_millis(10);

/// The faults of a snapshot that can do something to units of this stage, with what was remembered of those that were on before.
pub(super) fn gather(snapshot: &Snapshot, before: Vec<Active>, leg: &Leg, about: About, stage: Stage) -> Vec<Active> {
    let facts = leg.facts(about);
    let mut known = before;
    let mut gathered = Vec::new();
    for fault in &snapshot.faults {
        let earlier = known.iter().position(|active| active.fault.id == fault.id).map(|at| known.swap_remove(at));
        let (mut past, free, pieces) = match earlier {
            Some(active) if active.fault == *fault => (active.past, active.free, active.pieces),
            // Changed: what it has counted stays, what it had reserved does not, and what waited has waited at the earlier pace.
            Some(active) => (active.past.changed(), leg.now(), 0),
            None => (Past::default(), Moment::ZERO, 0),
        };
        if fate::concerns(fault, &mut past, &facts, leg.part(), stage) {
            gathered.push(Active { fault: Arc::clone(fault), past, free, pieces });
        }
    }
    gathered
}

impl Active {
    /// Cuts a piece off `len` bytes that could go from `from` on: how many, and when they may.
    pub(super) fn pace(&mut self, leg: u64, from: Moment, len: usize) -> (usize, Moment) {
        match &self.fault.inject.fault {
            Fault::Bandwidth { rate, shared } => {
                let level = self.fault.level(from);
                let Some(rate) = slowed(*rate, level) else { return (len, from) };
                let piece = usize::try_from(rate.carries(PIECE)).unwrap_or(usize::MAX).clamp(1, len);
                let takes = rate.time(piece as u64);
                let at = if *shared {
                    self.fault.shared_pace(from, takes)
                } else {
                    self.free = self.free.max(from) + takes;
                    self.free
                };
                (piece, at)
            }
            Fault::Slicer { size, variation, pause } => {
                let piece = slice(self.fault.key.part(leg).name("slice"), self.pieces, *size, *variation).min(len);
                self.pieces += 1;
                let at = self.free.max(from);
                self.free = at + *pause;
                (piece, at)
            }
            _ => (len, from),
        }
    }

    /// Whether it cuts and paces.
    pub(super) fn paces(&self) -> bool {
        matches!(self.fault.inject.fault, Fault::Bandwidth { .. } | Fault::Slicer { .. })
    }
}

/// A rate at a level: as asked at all of it, without bound at nothing.
#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rate")]
fn slowed(rate: Throughput, level: Share) -> Option<Throughput> {
    if level == Share::ALL {
        return Some(rate);
    }
    let fraction = level.fraction();
    (fraction > 0.0).then(|| Throughput::new((rate.bytes() as f64 / fraction) as u64)).flatten()
}

/// A size between `size` − `variation` and `size` + `variation`, each as likely as the others, and at least one.
fn slice(key: Key, piece: u64, size: Size, variation: Size) -> usize {
    let spread = u32::try_from(2 * variation.0 + 1).unwrap_or(u32::MAX);
    let bytes = size.0.saturating_sub(variation.0) + u64::from(key.draw(piece).below(spread));
    usize::try_from(bytes.max(1)).unwrap_or(usize::MAX)
}
