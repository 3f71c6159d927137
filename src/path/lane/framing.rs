//! The frames of a WebSocket as units. A message is one, with all its fragments; so is a control frame, which may stand between them.

use bytes::BytesMut;

use super::{Cut, Lane};
use crate::limits::MESSAGE_BYTES;
use crate::path::fate::Stage;
use crate::path::frames::{Cutter, Piece};

/// What is there of a frame and of the message that it belongs to.
#[derive(Default)]
pub(super) struct Framing {
    cutter: Cutter,
    message: BytesMut,
    control: BytesMut,
    /// What the frame is that is under way: whether a control frame, and whether the last of its message.
    kind: Option<(bool, bool)>,
    /// The beginning of a frame whose header is not complete.
    head: BytesMut,
}

impl Framing {
    /// Puts a piece where it belongs; a unit, if one is complete, and whether it is a control frame.
    fn put(&mut self, piece: Piece, bytes: &[u8]) -> Option<(bool, BytesMut)> {
        self.head.extend_from_slice(bytes);
        if let Some(header) = piece.header {
            self.kind = Some((header.opcode.is_control(), header.last));
        }
        let (control, last) = self.kind?;
        let unit = if control { &mut self.control } else { &mut self.message };
        unit.unsplit(self.head.split());
        if !piece.ends {
            return None;
        }
        self.kind = None;
        (control || last).then(|| (control, unit.split()))
    }

    pub(super) fn len(&self) -> usize {
        self.message.len() + self.control.len() + self.head.len()
    }

    /// All that is there of units that are not complete, in an order in which it may stand.
    fn rest(mut self) -> BytesMut {
        self.message.unsplit(self.control);
        self.message.unsplit(self.head);
        self.message
    }
}

impl Lane {
    /// Decides the fates of the messages and control frames that are complete with these bytes.
    pub(super) fn frames(&mut self, bytes: &[u8]) -> Result<(), Cut> {
        let mut at = 0;
        while at < bytes.len() {
            let Some(framing) = &mut self.framing else {
                return self.take(self.stage, bytes[at..].to_vec());
            };
            // Not what a WebSocket says: whoever reads it will complain, and not we.
            let Ok(piece) = framing.cutter.next(&bytes[at..]) else {
                self.no_frames()?;
                continue;
            };
            let Some(piece) = piece else { break };
            let unit = framing.put(piece, &bytes[at..at + piece.bytes]);
            at += piece.bytes;
            let too_long = framing.len() > MESSAGE_BYTES;
            if let Some((control, unit)) = unit {
                let stage = if control { Stage::Chunk(self.direction()) } else { self.stage };
                self.take(stage, unit.into())?;
            } else if too_long {
                self.no_frames()?;
            }
        }
        self.account();
        Ok(())
    }

    /// Whether more may be read. A message that waits for its rest, with nothing before it that could make room, goes on as bytes.
    pub(super) fn has_room(&mut self) -> Result<bool, Cut> {
        if !self.leg.shared.buffers.has_room(self.held) && self.queue.is_empty() {
            self.no_frames()?;
        }
        Ok(self.leg.shared.buffers.has_room(self.held))
    }

    /// From now on it is a byte stream like any other: its messages are too long to be kept as a whole, or it is no WebSocket.
    fn no_frames(&mut self) -> Result<(), Cut> {
        self.stage = Stage::Chunk(self.direction());
        self.unfinished()
    }

    /// What is there of a message that will not be complete goes on as it is.
    pub(super) fn unfinished(&mut self) -> Result<(), Cut> {
        match self.framing.take().map(|framing| framing.rest()) {
            Some(rest) if !rest.is_empty() => self.take(Stage::Chunk(self.direction()), rest.into()),
            _ => Ok(()),
        }
    }

    /// The connection is closed in the words of a WebSocket, after what waits.
    pub(in crate::path) fn say_and_close(&mut self, frame: &[u8]) -> Result<(), Cut> {
        self.refresh()?;
        self.framing = None;
        self.take(Stage::Chunk(self.direction()), frame.to_vec())?;
        self.close();
        Ok(())
    }
}
