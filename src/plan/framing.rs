//! Where a frame begins and ends in a stream of bytes. Pure.

use serde::{Deserialize, Serialize};

/// How frames are told apart on a bare connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Framing {
    /// Each is a line that a line feed ends; a carriage return before it belongs to the end.
    #[default]
    Lines,
    /// The same, written with a carriage return before the line feed.
    Crlf,
    /// Its length in bytes stands before it, in two bytes, the higher first.
    Length16,
    /// The same in four bytes.
    Length32,
}

/// A frame in what has come: where it lies, and how many bytes it takes up with what tells it apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cut {
    /// The frame itself.
    pub frame: std::ops::Range<usize>,
    /// How many bytes are over with it.
    pub taken: usize,
}

/// A frame that is longer than may be: larger than anybody keeps, or than its framing can say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a frame that is too long")]
pub struct TooLong;

impl Framing {
    /// The words of scenarios.
    pub const WORDS: [(&'static str, Self); 4] =
        [("lines", Self::Lines), ("crlf", Self::Crlf), ("length16", Self::Length16), ("length32", Self::Length32)];

    /// The first frame at the beginning of `bytes`; `None` if it is not all there.
    ///
    /// # Errors
    /// If it is, or will be, longer than `most`.
    pub fn cut(self, bytes: &[u8], most: usize) -> Result<Option<Cut>, TooLong> {
        let (start, length, end) = match self {
            Self::Lines | Self::Crlf => match memchr::memchr(b'\n', bytes) {
                Some(at) => (0, at - usize::from(bytes[..at].ends_with(b"\r")), at + 1),
                // A carriage return may be the last byte that has come.
                None if bytes.len() > most + 1 => return Err(TooLong),
                None => return Ok(None),
            },
            Self::Length16 | Self::Length32 => {
                let head = if self == Self::Length16 { 2 } else { 4 };
                let Some(written) = bytes.get(..head) else { return Ok(None) };
                let length = written.iter().fold(0, |length, byte| length << 8 | usize::from(*byte));
                (head, length, head + length)
            }
        };
        if length > most {
            return Err(TooLong);
        }
        Ok((bytes.len() >= end).then(|| Cut { frame: start..start + length, taken: end }))
    }

    /// A frame as it is written. A line break within a line is written as a space: it would end the line.
    ///
    /// # Errors
    /// If it is longer than its length can say.
    pub fn write(self, text: &str) -> Result<Vec<u8>, TooLong> {
        let line = |end: &str| {
            let mut line = text.replace(['\r', '\n'], " ");
            line.push_str(end);
            line.into_bytes()
        };
        let counted = |length: &[u8]| [length, text.as_bytes()].concat();
        match self {
            Self::Lines => Ok(line("\n")),
            Self::Crlf => Ok(line("\r\n")),
            Self::Length16 => {
                u16::try_from(text.len()).map(|length| counted(&length.to_be_bytes())).map_err(|_| TooLong)
            }
            Self::Length32 => {
                u32::try_from(text.len()).map(|length| counted(&length.to_be_bytes())).map_err(|_| TooLong)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Every frame of a stream that arrives in pieces of these lengths, over and over.
    fn frames(framing: Framing, stream: &[u8], pieces: &[usize]) -> Result<Vec<Vec<u8>>, TooLong> {
        let (mut held, mut found) = (Vec::new(), Vec::new());
        let (mut rest, mut lengths) = (stream, pieces.iter().cycle());
        while !rest.is_empty() {
            let (now, later) = rest.split_at(lengths.next().map_or(1, |length| *length).clamp(1, rest.len()));
            held.extend_from_slice(now);
            rest = later;
            while let Some(Cut { frame, taken }) = framing.cut(&held, 64)? {
                found.push(held[frame].to_vec());
                held.drain(..taken);
            }
        }
        Ok(found)
    }

    proptest! {
        #[test]
        fn any_split_gives_the_frames_that_were_written(
            texts in prop::collection::vec("[a-z ]{0,40}", 0..6),
            pieces in prop::collection::vec(1_usize..20, 1..4),
            framing in 0_usize..4,
        ) {
            let framing = Framing::WORDS[framing].1;
            let stream: Vec<u8> = texts.iter().flat_map(|text| framing.write(text).expect("short")).collect();
            let found = frames(framing, &stream, &pieces).expect("short");
            prop_assert_eq!(found, texts.iter().map(|text| text.clone().into_bytes()).collect::<Vec<_>>());
        }

        #[test]
        fn garbage_is_frames_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..300), pieces in prop::collection::vec(1_usize..20, 1..4)) {
            for (_, framing) in Framing::WORDS {
                let _ = frames(framing, &bytes, &pieces);
            }
        }
    }

    #[test]
    fn what_is_too_long_is_told_before_it_is_kept() {
        assert_eq!(Framing::Lines.cut(&[b'a'; 66], 64), Err(TooLong));
        assert_eq!(Framing::Lines.cut(&[b'a'; 65], 64), Ok(None), "a carriage return may be the last");
        assert_eq!(Framing::Length32.cut(&[0xff; 4], 64), Err(TooLong));
        assert_eq!(Framing::Length16.cut(&[0, 65], 64), Err(TooLong));
        assert_eq!(Framing::Length16.write(&"a".repeat(65_536)), Err(TooLong));
    }

    #[test]
    fn a_line_break_does_not_end_a_line_early() {
        assert_eq!(Framing::Crlf.write("a\r\nb").as_deref(), Ok(&b"a  b\r\n"[..]));
        assert_eq!(Framing::Crlf.cut(b"a\nb", 64), Ok(Some(Cut { frame: 0..1, taken: 2 })), "whoever reads takes both");
    }
}
