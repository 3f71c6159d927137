//! WebSocket frames in a byte stream: where each begins and ends, and what its first bytes say. Pure; nothing is unmasked, and no payload is
//! kept. RFC 6455 §5.

use crate::limits::WEBSOCKET_CONTROL_BYTES;

/// What a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opcode {
    /// More of a message that began before.
    Continuation,
    /// The beginning of a text.
    Text,
    /// The beginning of a binary message.
    Binary,
    /// The end of the connection.
    Close,
    /// A question whether the other side is there.
    Ping,
    /// The answer to it.
    Pong,
}

impl Opcode {
    fn of(bits: u8) -> Option<Self> {
        Some(match bits {
            0 => Self::Continuation,
            1 => Self::Text,
            2 => Self::Binary,
            8 => Self::Close,
            9 => Self::Ping,
            10 => Self::Pong,
            _ => return None,
        })
    }

    /// Whether it stands between the frames of a message.
    pub fn is_control(self) -> bool {
        matches!(self, Self::Close | Self::Ping | Self::Pong)
    }
}

/// What the first bytes of a frame say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Whether it is the last frame of its message.
    pub last: bool,
    /// The three bits that extensions give a meaning, such as compression; kept as they are.
    pub reserved: u8,
    /// What it is.
    pub opcode: Opcode,
    /// The key that its payload is masked with, as clients do.
    pub mask: Option<[u8; 4]>,
    /// How many bytes its payload has.
    pub payload: u64,
}

/// The bytes are no WebSocket's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Wrong {
    /// An opcode that RFC 6455 keeps for later.
    #[error("unknown opcode {0}")]
    Opcode(u8),
    /// A control frame that is not alone, or longer than 125 bytes.
    #[error("a control frame in several parts, or too long")]
    Control,
    /// A length that is not written in its shortest way, or has its highest bit set.
    #[error("a length that is not written as it must be")]
    Length,
    /// A message begins within another, or goes on where none began.
    #[error("a message out of turn")]
    Turn,
}

/// The longest head of a frame: two bytes, eight of the length, four of the mask.
const HEADER_BYTES: usize = 14;

/// A piece of a byte stream: always a part of one frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    /// How many of the bytes at hand it takes.
    pub bytes: usize,
    /// The frame's header, in the piece in which it becomes known.
    pub header: Option<Header>,
    /// Whether the frame ends with it.
    pub ends: bool,
}

/// Cuts one direction of a WebSocket's byte stream into frames, however the bytes arrive.
#[derive(Clone, Debug, Default)]
pub struct Cutter {
    /// The beginning of a header that is not complete.
    head: [u8; HEADER_BYTES],
    held: usize,
    /// What is left of the payload of a frame whose header is known.
    payload: Option<u64>,
    /// Whether a message is under way.
    within: bool,
}

impl Cutter {
    /// The next piece at the beginning of `bytes`: up to the end of the frame, or all of them; `None` if there are none. To be called with
    /// what follows until nothing is left.
    ///
    /// # Errors
    /// [`Wrong`], after which nothing is known of where frames begin.
    pub fn next(&mut self, bytes: &[u8]) -> Result<Option<Piece>, Wrong> {
        if bytes.is_empty() {
            return Ok(None);
        }
        let (mut taken, mut header) = (0, None);
        while self.payload.is_none() {
            let Some(byte) = bytes.get(taken) else {
                return Ok(Some(Piece { bytes: taken, header: None, ends: false }));
            };
            self.head[self.held] = *byte;
            (self.held, taken) = (self.held + 1, taken + 1);
            if let Some(read) = read(&self.head[..self.held])? {
                self.turn(&read)?;
                (self.held, self.payload, header) = (0, Some(read.payload), Some(read));
            }
        }
        let left = self.payload.unwrap_or_default();
        let rest = bytes.len() - taken;
        let part = usize::try_from(left).map_or(rest, |left| left.min(rest));
        let left = left - part as u64;
        self.payload = (left > 0).then_some(left);
        Ok(Some(Piece { bytes: taken + part, header, ends: left == 0 }))
    }

    /// Whether the stream stands between two frames, where another may be put in.
    pub fn is_between(&self) -> bool {
        self.held == 0 && self.payload.is_none()
    }

    /// Whether a message has begun and not ended; control frames may stand within.
    pub fn is_within_message(&self) -> bool {
        self.within
    }

    fn turn(&mut self, header: &Header) -> Result<(), Wrong> {
        if header.opcode.is_control() {
            return Ok(());
        }
        if (header.opcode == Opcode::Continuation) != self.within {
            return Err(Wrong::Turn);
        }
        self.within = !header.last;
        Ok(())
    }
}

/// Reads a header; `None` if `head` does not hold all of it. `head` grows byte by byte.
fn read(head: &[u8]) -> Result<Option<Header>, Wrong> {
    let opcode = Opcode::of(head[0] & 0x0f).ok_or(Wrong::Opcode(head[0] & 0x0f))?;
    let (last, reserved) = (head[0] & 0x80 != 0, head[0] >> 4 & 0x07);
    let Some(second) = head.get(1) else { return Ok(None) };
    let short = u64::from(second & 0x7f);
    if opcode.is_control() && (!last || short > WEBSOCKET_CONTROL_BYTES) {
        return Err(Wrong::Control);
    }
    // The lengths that are written in so many bytes more.
    let (more, range) = match short {
        126 => (2, 126..=u64::from(u16::MAX)),
        127 => (8, u64::from(u16::MAX) + 1..=u64::MAX >> 1),
        _ => (0, 0..=125),
    };
    let Some(written) = head.get(2..2 + more) else { return Ok(None) };
    let payload = if more == 0 { short } else { written.iter().fold(0, |length, byte| length << 8 | u64::from(*byte)) };
    if !range.contains(&payload) {
        return Err(Wrong::Length);
    }
    let mask = match (second & 0x80 != 0, head.get(2 + more..6 + more)) {
        (false, _) => None,
        (true, Some(mask)) => Some([mask[0], mask[1], mask[2], mask[3]]),
        (true, None) => return Ok(None),
    };
    Ok(Some(Header { last, reserved, opcode, mask, payload }))
}

/// A close frame as it is written: a status code (RFC 6455 §7.4) and a reason, of which as much is kept as fits into a control frame.
/// Clients mask, endpoints do not.
pub fn close(code: u16, reason: &str, mask: Option<[u8; 4]>) -> Vec<u8> {
    let room = usize::try_from(WEBSOCKET_CONTROL_BYTES).unwrap_or(usize::MAX) - 2;
    let fits = (0..=reason.len().min(room)).rev().find(|end| reason.is_char_boundary(*end)).unwrap_or_default();
    let mut payload = code.to_be_bytes().to_vec();
    payload.extend_from_slice(&reason.as_bytes()[..fits]);
    // At most 125, as above.
    let length = u8::try_from(payload.len()).unwrap_or(u8::MAX >> 1);
    let mut frame = vec![0x88, length | if mask.is_some() { 0x80 } else { 0 }];
    if let Some(mask) = mask {
        frame.extend_from_slice(&mask);
        payload.iter_mut().zip(mask.iter().cycle()).for_each(|(byte, key)| *byte ^= key);
    }
    frame.extend_from_slice(&payload);
    frame
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use tokio_tungstenite::tungstenite::protocol::frame::Frame;
    use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};

    use super::*;

    /// All frames of a stream that arrives in pieces of these lengths, over and over: each with where it ends.
    fn frames(stream: &[u8], pieces: &[usize]) -> Result<Vec<(Header, usize)>, Wrong> {
        let (mut cutter, mut at, mut open, mut found) = (Cutter::default(), 0, None, Vec::new());
        let mut lengths = pieces.iter().cycle();
        while at < stream.len() {
            let end = (at + lengths.next().copied().unwrap_or(usize::MAX).max(1)).min(stream.len());
            while at < end {
                let Some(piece) = cutter.next(&stream[at..end])? else { break };
                assert!(piece.bytes > 0 && at + piece.bytes <= end, "{piece:?}");
                at += piece.bytes;
                open = piece.header.or(open);
                if piece.ends {
                    found.push((open.take().expect("a header before an end"), at));
                    assert!(cutter.is_between());
                }
            }
        }
        Ok(found)
    }

    /// A stream of messages as another implementation writes them, with the ends of its frames.
    fn stream(messages: &[(usize, usize, bool, bool)]) -> (Vec<u8>, Vec<usize>) {
        let (mut bytes, mut ends) = (Vec::new(), Vec::new());
        for (length, parts, masked, ping) in messages {
            for part in 0..*parts {
                let opcode = OpCode::Data(if part == 0 { Data::Binary } else { Data::Continue });
                let data = Frame::message(vec![7; *length], opcode, part + 1 == *parts);
                let between = ping.then(|| Frame::ping(vec![1; length % 126]));
                for mut frame in [Some(data), between].into_iter().flatten() {
                    if *masked {
                        frame.header_mut().mask = Some([1, 2, 3, 4]);
                    }
                    frame.format(&mut bytes).expect("room");
                    ends.push(bytes.len());
                }
            }
        }
        (bytes, ends)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn any_split_gives_the_same_frames(
            messages in vec((0_usize..70_000, 1_usize..4, any::<bool>(), any::<bool>()), 1..6),
            pieces in vec(1_usize..5_000, 1..8),
        ) {
            let (bytes, ends) = stream(&messages);
            let whole = frames(&bytes, &[usize::MAX]).expect("frames");
            prop_assert_eq!(whole.iter().map(|(_, end)| *end).collect::<Vec<_>>(), ends);
            prop_assert_eq!(&frames(&bytes, &pieces).expect("frames"), &whole);
            prop_assert_eq!(&frames(&bytes, &[1]).expect("frames"), &whole);
            prop_assert!(whole.iter().all(|(header, _)| header.mask.is_none() || header.mask == Some([1, 2, 3, 4])));
        }

        #[test]
        fn garbage_is_frames_or_an_error(bytes in vec(any::<u8>(), 0..600), pieces in vec(1_usize..20, 1..4)) {
            prop_assert_eq!(frames(&bytes, &pieces), frames(&bytes, &[usize::MAX]));
        }
    }

    #[test]
    fn what_is_no_frame_is_an_error() {
        for (bytes, wrong) in [
            (&[0x83, 0][..], Wrong::Opcode(3)),
            (&[0x09, 0], Wrong::Control),
            (&[0x89, 126, 0, 200], Wrong::Control),
            (&[0x82, 126, 0, 125], Wrong::Length),
            (&[0x82, 127, 0, 0, 0, 0, 0, 0, 255, 255], Wrong::Length),
            (&[0x82, 127, 0x80, 0, 0, 0, 0, 0, 0, 0], Wrong::Length),
            (&[0x80, 0], Wrong::Turn),
            (&[0x02, 0, 0x82, 0], Wrong::Turn),
        ] {
            assert_eq!(frames(bytes, &[usize::MAX]), Err(wrong), "{bytes:?}");
        }
    }

    #[test]
    fn a_close_frame_is_one_as_others_write_it() {
        use tokio_tungstenite::tungstenite::protocol::frame::{CloseFrame, Utf8Bytes, coding::CloseCode};
        let mut theirs = Vec::new();
        let said = CloseFrame { code: CloseCode::Away, reason: Utf8Bytes::from_static("maintenance") };
        Frame::close(Some(said)).format(&mut theirs).expect("room");
        assert_eq!(close(1001, "maintenance", None), theirs);
        let masked = close(1001, &"维".repeat(100), Some([9, 8, 7, 6]));
        // 125 less the code is 123: 41 characters of three bytes.
        let found = frames(&masked, &[1]).expect("a frame");
        let header = found[0].0;
        assert_eq!((header.opcode, header.payload, header.mask), (Opcode::Close, 125, Some([9, 8, 7, 6])));
        assert_eq!(masked.len(), 2 + 4 + 125);
    }
}
