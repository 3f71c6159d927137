//! Bytes that wait for their moment, in order.

use std::collections::VecDeque;

use super::active::Active;
use crate::units::{InjectId, Moment, Span};

/// A unit that has arrived and not gone on.
pub(super) struct Chunk {
    pub(super) what: What,
    pub(super) arrived: Moment,
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
    bytes: usize,
    /// When the unit before the first was due: jitter never reorders a stream.
    floor: Moment,
}

impl Chunk {
    /// When it may go on; `None` while it is held.
    pub(super) fn due(&self, active: &[Active]) -> Option<Moment> {
        let mut due = self.arrived + self.fixed;
        for wait in self.waits.iter().filter(|wait| is_on(active, wait.fault)) {
            match wait.how {
                How::Delay(span) => due = due + span,
                How::Hold => return None,
                How::Pace(_) => {}
            }
        }
        Some(due)
    }

    fn len(&self) -> usize {
        match &self.what {
            What::Bytes(bytes) => bytes.len(),
            What::End | What::Close => 0,
        }
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

    /// The bytes that wait.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn push(&mut self, chunk: Chunk) {
        self.bytes += chunk.len();
        self.chunks.push_back(chunk);
    }

    /// Keeps a unit back until it is due, while later ones go on.
    pub(super) fn keep_aside(&mut self, chunk: Chunk) {
        self.bytes += chunk.len();
        self.aside.push(chunk);
    }

    /// When the first unit may go on; `None` if there is none, or it is held.
    pub(super) fn due(&self, active: &[Active]) -> Option<Moment> {
        self.chunks.front().and_then(|chunk| chunk.due(active)).map(|due| due.max(self.floor))
    }

    /// When the first of those aside is due.
    pub(super) fn due_aside(&self, active: &[Active]) -> Option<Moment> {
        self.aside.iter().filter_map(|chunk| chunk.due(active)).min()
    }

    /// Puts those aside whose moment has come in front of all that wait; whether there were any.
    pub(super) fn rejoin(&mut self, now: Moment, active: &[Active]) -> bool {
        let before = self.aside.len();
        while let Some(at) = self.aside.iter().position(|chunk| chunk.due(active).is_some_and(|due| due <= now)) {
            let chunk = self.aside.remove(at);
            self.chunks.push_front(chunk);
        }
        self.aside.len() < before
    }

    pub(super) fn first(&mut self) -> Option<&mut Chunk> {
        self.chunks.front_mut()
    }

    /// So many bytes of the first unit have gone on, which was due at that moment; at its end the next becomes the first, and its memory is
    /// free for others.
    pub(super) fn gone(&mut self, len: usize, due: Moment) -> Option<Vec<u8>> {
        self.bytes -= len;
        let first = self.chunks.front_mut()?;
        if let What::Bytes(block) = &mut first.what {
            block.at += len;
            if block.len() > 0 {
                return None;
            }
        }
        self.floor = due;
        match self.chunks.pop_front()?.what {
            What::Bytes(block) => Some(block.bytes),
            What::End | What::Close => None,
        }
    }

    /// Forgets everything: it was swallowed.
    pub(super) fn clear(&mut self) {
        self.chunks.clear();
        self.aside.clear();
        self.bytes = 0;
    }
}
