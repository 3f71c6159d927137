//! Bodies: where they end, byte by byte, without keeping any. Pure.

use std::borrow::Cow;

use super::head::{Bad, Framing};
use crate::limits::{CHUNK_EXTENSION_BYTES, HEAD_BYTES};

/// The rest of a body that is passing.
#[derive(Clone, Debug)]
pub struct Body(Rest);

#[derive(Clone, Debug)]
enum Rest {
    Length(u64),
    Chunks(Chunks),
    UntilEnd,
    Ended,
}

impl Body {
    /// A body of which nothing has passed.
    pub fn new(framing: Framing) -> Self {
        Self(match framing {
            Framing::None | Framing::Length(0) => Rest::Ended,
            Framing::Length(length) => Rest::Length(length),
            Framing::Chunked => Rest::Chunks(Chunks::default()),
            Framing::UntilEnd => Rest::UntilEnd,
        })
    }

    /// Takes what comes next; returns how many of `bytes` belong to the body, which is all of them unless it ends among them.
    ///
    /// # Errors
    /// [`Bad::Chunk`] or [`Bad::TooLarge`], after which nothing may be passed on any more.
    pub fn take(&mut self, bytes: &[u8]) -> Result<usize, Bad> {
        self.take_with(bytes, |_| {})
    }

    fn take_with(&mut self, bytes: &[u8], data: impl FnMut(&[u8])) -> Result<usize, Bad> {
        let taken = match &mut self.0 {
            Rest::Ended => 0,
            Rest::UntilEnd => bytes.len(),
            Rest::Length(left) => {
                let taken = usize::try_from(*left).map_or(bytes.len(), |left| left.min(bytes.len()));
                *left -= taken as u64;
                if *left == 0 {
                    self.0 = Rest::Ended;
                }
                taken
            }
            Rest::Chunks(chunks) => {
                let taken = chunks.take(bytes, data)?;
                if chunks.at == At::End {
                    self.0 = Rest::Ended;
                }
                taken
            }
        };
        Ok(taken)
    }

    /// How many bytes of content are next before anything else is, in a chunk that has begun.
    pub(super) fn data(&self) -> Option<u64> {
        match &self.0 {
            Rest::Chunks(Chunks { at: At::Data(left), .. }) => Some(*left),
            _ => None,
        }
    }

    /// Whether a chunk's size is next, or what is left of its line.
    pub(super) fn is_at_size(&self) -> bool {
        let Rest::Chunks(chunks) = &self.0 else { return false };
        matches!(chunks.at, At::Size { .. } | At::AfterSize(_) | At::Extension(_) | At::SizeLf(_))
    }

    /// Whether all of it has passed.
    pub fn is_over(&self) -> bool {
        matches!(self.0, Rest::Ended)
    }

    /// The connection has ended: whether the body has, too.
    pub fn ends_here(&self) -> bool {
        matches!(self.0, Rest::Ended | Rest::UntilEnd)
    }
}

/// What a whole body says, without its chunks' frames.
pub fn content(framing: Framing, body: &[u8]) -> Cow<'_, [u8]> {
    if framing != Framing::Chunked {
        return body.into();
    }
    let mut content = Vec::with_capacity(body.len());
    // What is wrong with it was found when it was taken.
    let _ = Body::new(framing).take_with(body, |data| content.extend_from_slice(data));
    content.into()
}

/// Chunked coding, RFC 9112 §7.1.
#[derive(Clone, Debug, Default)]
struct Chunks {
    at: At,
    extensions: usize,
    trailers: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    Size {
        digits: u8,
        size: u64,
    },
    /// Behind the size; spaces may stand before an extension.
    AfterSize(u64),
    Extension(u64),
    SizeLf(u64),
    Data(u64),
    DataCr,
    DataLf,
    /// At the beginning of a trailer, or of the empty line that ends them.
    Line,
    TrailerName,
    Trailer,
    TrailerLf,
    LastLf,
    End,
}

impl Default for At {
    fn default() -> Self {
        Self::Size { digits: 0, size: 0 }
    }
}

impl Chunks {
    fn take(&mut self, bytes: &[u8], mut data: impl FnMut(&[u8])) -> Result<usize, Bad> {
        let mut at = 0;
        while at < bytes.len() && self.at != At::End {
            if let At::Data(left) = self.at {
                let part = usize::try_from(left).map_or(bytes.len() - at, |left| left.min(bytes.len() - at));
                data(&bytes[at..at + part]);
                at += part;
                let left = left - part as u64;
                self.at = if left == 0 { At::DataCr } else { At::Data(left) };
            } else {
                self.at = self.next(bytes[at])?;
                at += 1;
            }
        }
        Ok(at)
    }

    fn next(&mut self, byte: u8) -> Result<At, Bad> {
        Ok(match (self.at, byte) {
            (At::Size { digits, size }, _) if byte.is_ascii_hexdigit() => {
                // Sixteen digits fill a length; more are zeros at best.
                if digits == 16 {
                    return Err(Bad::Chunk("a size of more than 16 digits"));
                }
                At::Size { digits: digits + 1, size: size << 4 | u64::from(hex(byte)) }
            }
            (At::Size { digits: 0, .. }, _) => return Err(Bad::Chunk("a chunk without a size")),
            (At::Size { size, .. } | At::AfterSize(size) | At::Extension(size), b'\r') => At::SizeLf(size),
            (At::Size { size, .. } | At::AfterSize(size), b' ' | b'\t') => self.extension(At::AfterSize(size))?,
            (At::Size { size, .. } | At::AfterSize(size), b';') => self.extension(At::Extension(size))?,
            (At::Extension(_), _) if is_text(byte) => self.extension(self.at)?,
            (At::SizeLf(0) | At::TrailerLf, b'\n') => At::Line,
            (At::SizeLf(size), b'\n') => At::Data(size),
            (At::DataCr, b'\r') => At::DataLf,
            (At::DataLf, b'\n') => At::default(),
            (At::Line, b'\r') => At::LastLf,
            (At::Line, b' ' | b'\t') => return Err(Bad::Chunk("a folded trailer")),
            (At::Line | At::TrailerName, _) if is_token(byte) => self.trailer(At::TrailerName)?,
            // A line without a name could be the next request to whoever knows no trailers.
            (At::TrailerName, b':') => self.trailer(At::Trailer)?,
            (At::Line | At::TrailerName, _) => return Err(Bad::Chunk("a trailer without a name")),
            (At::Trailer, _) if is_text(byte) => self.trailer(At::Trailer)?,
            (At::Trailer, b'\r') => At::TrailerLf,
            (At::LastLf, b'\n') => At::End,
            (At::Size { .. } | At::AfterSize(_), _) => return Err(Bad::Chunk("a size that is no number")),
            (At::DataCr | At::DataLf, _) => return Err(Bad::Chunk("a chunk longer than its size")),
            _ => return Err(Bad::Chunk("a line that does not end with CR LF, or is no text")),
        })
    }

    fn extension(&mut self, at: At) -> Result<At, Bad> {
        self.extensions += 1;
        if self.extensions > CHUNK_EXTENSION_BYTES { Err(Bad::Chunk("too many extensions")) } else { Ok(at) }
    }

    fn trailer(&mut self, at: At) -> Result<At, Bad> {
        self.trailers += 1;
        if self.trailers > HEAD_BYTES { Err(Bad::TooLarge) } else { Ok(at) }
    }
}

fn hex(byte: u8) -> u8 {
    match byte {
        b'0'..=b'9' => byte - b'0',
        _ => (byte | 0x20) - b'a' + 10,
    }
}

/// What a field's name is made of (RFC 9110 §5.6.2).
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// What may stand in a line: no control characters but the tabulator.
fn is_text(byte: u8) -> bool {
    byte == b'\t' || (byte >= b' ' && byte != 0x7f)
}
