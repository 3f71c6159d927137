//! Bytes that wait for their moment, in order.

use std::collections::VecDeque;

use super::active::Active;
use crate::draw::Draw;
use crate::path::fate::Unit;
use crate::units::{InjectId, Moment, Span};

/// A unit that has arrived and not gone on.
pub(super) struct Chunk {
    pub(super) what: What,
    /// What it is, and since when it is on its way: since it arrived, or since nothing has held it any more.
    pub(super) unit: Unit,
    /// How much longer it takes without any fault.
    pub(super) fixed: Span,
    /// What faults do to it.
    pub(super) waits: Vec<Wait>,
}

/// Bytes of which the first have gone on.
#[derive(Clone, Debug)]
pub(super) struct Block {
    bytes: Vec<u8>,
    at: usize,
}

impl Block {
    pub(super) fn new(bytes: Vec<u8>) -> Self {
        Self { bytes, at: 0 }
    }

    pub(super) fn len(&self) -> usize {
        self.bytes.len() - self.at
    }

    pub(super) fn rest(&self) -> &[u8] {
        &self.bytes[self.at..]
    }

    /// Leaves so many bytes of one that has not begun to go on.
    pub(super) fn truncate(&mut self, len: usize) {
        self.bytes.truncate(len);
    }

    /// Flips the bit that a draw says.
    pub(super) fn flip(&mut self, draw: Draw) {
        let bit = draw.below(u32::try_from(self.bytes.len() * 8).unwrap_or(u32::MAX)) as usize;
        if let Some(byte) = self.bytes.get_mut(bit / 8) {
            *byte ^= 1 << (bit % 8);
        }
    }
}

/// What is in a unit.
#[derive(Debug)]
pub(super) enum What {
    Bytes(Block),
    /// The end of the stream.
    End,
    /// The end of the connection, by a fault.
    Close,
}

/// What one fault does to one unit, as long as it is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Wait {
    /// The fault's serial number.
    pub(super) fault: u64,
    pub(super) how: How,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum How {
    Delay(Span),
    Hold,
    /// By the pace of this inject, also when its parameters are changed meanwhile.
    Pace(InjectId),
}

/// The units of a lane, and those that are kept back while later ones overtake them.
#[derive(Default)]
pub(super) struct Queue {
    chunks: VecDeque<Chunk>,
    aside: Vec<Chunk>,
    weight: usize,
    /// When the unit before the first was due: jitter never reorders a stream.
    floor: Moment,
}

impl Chunk {
    /// When it may go on; `None` while it is held.
    pub(super) fn due(&self, active: &[Active]) -> Option<Moment> {
        let mut due = self.unit.at + self.fixed;
        for wait in self.waits.iter().filter(|wait| is_on(active, wait.fault)) {
            match wait.how {
                How::Delay(span) => due = due + span,
                How::Hold => return None,
                How::Pace(_) => {}
            }
        }
        Some(due)
    }

    /// Whether one of these faults holds it.
    pub(super) fn is_held(&self, faults: &[u64]) -> bool {
        self.waits.iter().any(|wait| wait.how == How::Hold && faults.contains(&wait.fault))
    }

    /// Whether a part of it has gone on.
    fn has_begun(&self) -> bool {
        matches!(&self.what, What::Bytes(block) if block.at > 0)
    }

    /// What it takes to keep it: a small one far more than its bytes, a large one all of the block that it was read to, until it is gone.
    fn weight(&self) -> usize {
        let bytes = match &self.what {
            What::Bytes(block) => block.bytes.capacity(),
            What::End | What::Close => 0,
        };
        bytes + size_of::<Self>() + self.waits.capacity() * size_of::<Wait>()
    }
}

/// What was lifted no longer counts.
fn is_on(active: &[Active], fault: u64) -> bool {
    active.iter().any(|active| active.fault.serial == fault)
}

impl Queue {
    pub(super) fn is_empty(&self) -> bool {
        self.chunks.is_empty() && self.aside.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.chunks.len() + self.aside.len()
    }

    /// The memory that what waits takes.
    pub(super) fn weight(&self) -> usize {
        self.weight
    }

    pub(super) fn push(&mut self, chunk: Chunk) {
        self.weight += chunk.weight();
        self.chunks.push_back(chunk);
    }

    /// Keeps a unit back until it is due, while later ones go on.
    pub(super) fn keep_aside(&mut self, chunk: Chunk) {
        self.weight += chunk.weight();
        self.aside.push(chunk);
    }

    /// When the first unit may go on; `None` if there is none, or it is held. Nothing overtakes the end, which waits for those aside.
    pub(super) fn due(&self, active: &[Active]) -> Option<Moment> {
        let first = self.chunks.front()?;
        let due = first.due(active)?.max(self.floor);
        if matches!(first.what, What::Bytes(_)) {
            return Some(due);
        }
        self.aside.iter().try_fold(due, |due, chunk| Some(due.max(chunk.due(active)?)))
    }

    /// When the first of those aside is due.
    pub(super) fn due_aside(&self, active: &[Active]) -> Option<Moment> {
        self.aside.iter().filter_map(|chunk| chunk.due(active)).min()
    }

    /// Puts those aside whose moment has come in front of all that wait, but for a unit of which a part has gone on; whether there were any.
    pub(super) fn rejoin(&mut self, now: Moment, active: &[Active]) -> bool {
        let before = self.aside.len();
        let front = usize::from(self.chunks.front().is_some_and(Chunk::has_begun));
        while let Some(at) = self.aside.iter().position(|chunk| chunk.due(active).is_some_and(|due| due <= now)) {
            let chunk = self.aside.remove(at);
            self.chunks.insert(front, chunk);
        }
        self.aside.len() < before
    }

    pub(super) fn first(&mut self) -> Option<&mut Chunk> {
        self.chunks.front_mut()
    }

    /// So many bytes of the first unit have gone on, which was due at that moment; at its end the next becomes the first, and its memory is
    /// free for others.
    pub(super) fn gone(&mut self, len: usize, due: Moment) -> Option<Vec<u8>> {
        let first = self.chunks.front_mut()?;
        if let What::Bytes(block) = &mut first.what {
            block.at += len;
            if block.len() > 0 {
                return None;
            }
        }
        self.floor = due;
        let gone = self.chunks.pop_front()?;
        self.weight -= gone.weight();
        match gone.what {
            What::Bytes(block) => Some(block.bytes),
            What::End | What::Close => None,
        }
    }

    /// Whether one of these faults holds anything.
    pub(super) fn is_held(&self, faults: &[u64]) -> bool {
        !faults.is_empty() && self.chunks.iter().chain(&self.aside).any(|chunk| chunk.is_held(faults))
    }

    /// Takes everything out: what waits in order, and what is aside.
    pub(super) fn take(&mut self) -> (VecDeque<Chunk>, Vec<Chunk>) {
        self.weight = 0;
        (std::mem::take(&mut self.chunks), std::mem::take(&mut self.aside))
    }

    /// Forgets everything: it was swallowed.
    pub(super) fn clear(&mut self) {
        self.chunks.clear();
        self.aside.clear();
        self.weight = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::path::fate::Stage;
    use crate::plan::Direction;

    fn at(millis: u64) -> Moment {
        Moment::ZERO + Span::from_millis(millis)
    }

    fn unit(text: &str, due: u64) -> Chunk {
        let what = if text.is_empty() { What::End } else { What::Bytes(Block::new(text.as_bytes().to_vec())) };
        let unit = Unit { stage: Stage::Chunk(Direction::ToEndpoint), number: 0, at: at(due) };
        Chunk { what, unit, fixed: Span::ZERO, waits: Vec::new() }
    }

    /// All that may go by then, at most so many bytes at once, until the peer takes no more.
    fn gone(queue: &mut Queue, now: Moment, piece: usize, mut pieces: usize) -> String {
        let mut text = String::new();
        queue.rejoin(now, &[]);
        while let Some(due) = queue.due(&[]).filter(|due| *due <= now && pieces > 0) {
            let Some(first) = queue.first() else { break };
            let What::Bytes(block) = &first.what else {
                text.push('.');
                queue.gone(0, due);
                continue;
            };
            let len = piece.min(block.len());
            text.push_str(std::str::from_utf8(&block.rest()[..len]).expect("letters"));
            queue.gone(len, due);
            pieces -= 1;
        }
        text
    }

    /// A frame of which a part is out: whatever is put into it is no frame any more.
    #[test]
    fn what_was_aside_goes_between_two_units_and_not_into_one() {
        let mut queue = Queue::default();
        queue.keep_aside(unit("aside", 5));
        queue.push(unit("first", 0));
        queue.push(unit("second", 0));
        assert_eq!(gone(&mut queue, at(1), 3, 1), "fir");
        assert_eq!(gone(&mut queue, at(5), 9, 9), "stasidesecond");
    }

    #[test]
    fn the_end_waits_for_what_was_aside() {
        let mut queue = Queue::default();
        queue.keep_aside(unit("aside", 5));
        queue.push(unit("first", 0));
        queue.push(unit("", 1));
        assert_eq!(gone(&mut queue, at(1), 9, 9), "first");
        assert_eq!(gone(&mut queue, at(5), 9, 9), "aside.");
        assert!(queue.is_empty() && queue.weight() == 0);
    }

    #[test]
    fn what_goes_in_pieces_leaves_no_weight() {
        let mut queue = Queue::default();
        queue.push(unit("first", 0));
        assert!(queue.weight() > 5);
        assert_eq!(gone(&mut queue, at(0), 2, 9), "first");
        assert_eq!(queue.weight(), 0);
    }
}
