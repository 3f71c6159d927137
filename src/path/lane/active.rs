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
    slices: Slices,
    /// Whether it was asked what it does to a lane on which nothing moves.
    pub(super) stood: bool,
}

/// What a slicer has cut.
#[derive(Clone, Copy, Default)]
struct Slices {
    /// How many so far, for the draws of their sizes.
    cut: u64,
    /// What is left of the one under way: another fault's pace may cut it once more.
    left: usize,
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
        let (mut past, free, slices, stood) = match earlier {
            Some(active) if active.fault == *fault => (active.past, active.free, active.slices, active.stood),
            // Changed: what it has counted stays, what it had reserved does not, and what waited has waited at the earlier pace.
            Some(active) => (active.past.changed(), leg.now(), Slices::default(), false),
            None => (Past::default(), Moment::ZERO, Slices::default(), false),
        };
        if fate::concerns(fault, &mut past, &facts, leg.part(), stage) {
            gathered.push(Active { fault: Arc::clone(fault), past, free, slices, stood });
        }
    }
    gathered
}

impl Active {
    /// Cuts a piece off the `len` bytes that are left of a unit that is due: how many go at once.
    pub(super) fn cut(&mut self, leg: u64, due: Moment, len: usize) -> usize {
        match &self.fault.inject.fault {
            Fault::Bandwidth { rate, .. } => {
                let piece = slowed(*rate, self.fault.level(due)).map_or(u64::MAX, |rate| rate.carries(PIECE));
                usize::try_from(piece).unwrap_or(usize::MAX).max(1).min(len)
            }
            Fault::Slicer { size, variation, .. } => {
                if self.slices.left == 0 {
                    let key = self.fault.key.part(leg).name("slice");
                    self.slices.left = slice(key, self.slices.cut, *size, *variation).min(len);
                    self.slices.cut += 1;
                }
                self.slices.left.min(len)
            }
            _ => len,
        }
    }

    /// Takes the time that a piece of `len` bytes needs, from when it is due: when it may go.
    pub(super) fn reserve(&mut self, due: Moment, len: usize) -> Moment {
        match &self.fault.inject.fault {
            Fault::Bandwidth { rate, shared } => {
                let Some(rate) = slowed(*rate, self.fault.level(due)) else { return due };
                let takes = rate.time(len as u64);
                if *shared {
                    return self.fault.shared_pace(due, takes);
                }
                self.free = self.free.max(due) + takes;
                self.free
            }
            Fault::Slicer { pause, .. } => {
                let at = self.free.max(due);
                self.slices.left = self.slices.left.saturating_sub(len);
                self.free = if self.slices.left == 0 { at + *pause } else { at };
                at
            }
            _ => due,
        }
    }

    /// Whether it cuts bytes into pieces, and paces them.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::Armed;
    use crate::draw::Seed;
    use crate::plan::{Aim, Inject, Pick, Shape};
    use crate::units::InjectId;

    fn active(fault: Fault) -> Active {
        let (aim, shape, pick) = (Aim::everyone(), Shape::default(), Pick::default());
        let inject =
            Inject { name: "x".into(), fault, aim, shape, pick, start: Moment::ZERO, end: Moment::MAX, during: None };
        let fault = Arc::new(Armed::new(inject, InjectId(0), None, Seed(1), Moment::ZERO));
        Active { fault, past: Past::default(), free: Moment::ZERO, slices: Slices::default(), stood: false }
    }

    /// A unit of which a limit has left nothing is no piece of one byte.
    #[test]
    fn nothing_is_cut_off_nothing() {
        let rate = Throughput::new(1).expect("a rate");
        assert_eq!(active(Fault::Bandwidth { rate, shared: false }).cut(0, Moment::ZERO, 0), 0);
        let slicer = Fault::Slicer { size: Size(1), variation: Size(0), pause: Span::ZERO };
        assert_eq!(active(slicer).cut(0, Moment::ZERO, 0), 0);
    }

    /// A slice of ten bytes that a slow rate cuts into ten pieces has one pause, behind its last.
    #[test]
    fn a_slice_that_is_cut_once_more_has_one_pause() {
        let mut slicer = active(Fault::Slicer { size: Size(10), variation: Size(0), pause: Span::from_millis(7) });
        let mut sent = Vec::new();
        for left in (1..=20).rev() {
            assert!(slicer.cut(0, Moment::ZERO, left) >= 1);
            sent.push(slicer.reserve(Moment::ZERO, 1).since(Moment::ZERO));
        }
        assert_eq!(sent, [[Span::ZERO; 10], [Span::from_millis(7); 10]].concat());
    }
}
