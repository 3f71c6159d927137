//! The body of an answer, changed as a broken middle box changes it. Pure.
//!
//! A box that writes a text of its own knows that what described the body no longer holds. One that loses the rest of a body does not:
//! it tells the new length, since it frames anew what it sends, and leaves codings, digests and tags to whoever checks them.

use super::body::Body;
use super::head::{Bad, Framing};

/// What frames a body: told anew for whatever stands in its place.
pub(super) const FRAMING: &[&[u8]] = &[b"content-length", b"transfer-encoding", b"trailer"];

/// What is said of a body's very bytes (RFC 9110 §8.4, §8.8, §14.4; RFC 9530 and its predecessors).
pub(super) const OF_BYTES: &[&[u8]] = &[
    b"content-encoding",
    b"content-range",
    b"content-md5",
    b"content-digest",
    b"repr-digest",
    b"digest",
    b"etag",
    b"last-modified",
];

/// The head of an answer in whose place another text stands.
pub(super) fn replaced(head: &[u8], length: usize) -> Vec<u8> {
    let mut new = without(head, &[FRAMING, OF_BYTES]);
    new.extend_from_slice(format!("content-length: {length}\r\n\r\n").as_bytes());
    new
}

/// The head of an answer that says how long it is, and becomes shorter.
fn shortened(head: &[u8], length: u64) -> Vec<u8> {
    let mut new = without(head, &[FRAMING]);
    new.extend_from_slice(format!("content-length: {length}\r\n\r\n").as_bytes());
    new
}

/// A head without some fields, and without the empty line that ends it.
pub(super) fn without(head: &[u8], fields: &[&[&[u8]]]) -> Vec<u8> {
    let stays = |line: &&[u8]| {
        let name = line.split(|byte| *byte == b':').next().unwrap_or_default();
        !line.iter().all(u8::is_ascii_whitespace)
            && !fields.iter().copied().flatten().any(|field| name.eq_ignore_ascii_case(field))
    };
    head.split_inclusive(|byte| *byte == b'\n').filter(stays).flatten().copied().collect()
}

/// A body of which only the first bytes pass. What passes before the cut is what came, chunk by chunk: only the chunk in which the cut
/// falls is told anew.
pub(super) struct Truncation {
    framing: Framing,
    /// How many bytes of content may still pass.
    left: u64,
    chunks: Body,
    /// A chunk's size as it came, until it is known whether the chunk passes.
    size: Vec<u8>,
    /// Whether the chunk that is passing is the last one.
    cutting: bool,
}

impl Truncation {
    pub(super) fn new(framing: Framing, most: u64) -> Self {
        Self { framing, left: most, chunks: Body::new(framing), size: Vec::new(), cutting: false }
    }

    /// The head that goes with it, before anything has passed.
    pub(super) fn head(&self, head: &[u8]) -> Vec<u8> {
        match self.framing {
            Framing::Length(length) => shortened(head, length.min(self.left)),
            Framing::None | Framing::Chunked | Framing::UntilEnd => head.to_vec(),
        }
    }

    /// Passes as much of the next part of the body as may pass; whether that was the last, so that something has been cut off, or will be.
    pub(super) fn pass(&mut self, part: &[u8], out: &mut Vec<u8>) -> Result<bool, Bad> {
        match self.framing {
            Framing::Chunked => self.chunks(part, out),
            framing => {
                let passes = usize::try_from(self.left).map_or(part.len(), |left| left.min(part.len()));
                out.extend_from_slice(&part[..passes]);
                self.left -= passes as u64;
                // Whoever says no length shows with the next byte that there is more.
                Ok(passes < part.len() || (self.left == 0 && matches!(framing, Framing::Length(_))))
            }
        }
    }

    fn chunks(&mut self, part: &[u8], out: &mut Vec<u8>) -> Result<bool, Bad> {
        let mut at = 0;
        while at < part.len() {
            let Some(data) = self.chunks.data() else {
                self.frame(part[at], out)?;
                at += 1;
                if self.cutting && self.left == 0 {
                    out.extend_from_slice(b"0\r\n\r\n");
                    return Ok(true);
                }
                continue;
            };
            let most = data.min(if self.cutting { self.left } else { data });
            let passes = usize::try_from(most).map_or(part.len() - at, |most| most.min(part.len() - at));
            self.chunks.take(&part[at..at + passes])?;
            out.extend_from_slice(&part[at..at + passes]);
            self.left -= passes as u64;
            at += passes;
            if self.cutting && self.left == 0 {
                out.extend_from_slice(b"\r\n0\r\n\r\n");
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Takes a byte of what stands around the data.
    fn frame(&mut self, byte: u8, out: &mut Vec<u8>) -> Result<(), Bad> {
        let of_size = self.chunks.is_at_size();
        self.chunks.take(&[byte])?;
        let held = if of_size { &mut self.size } else { &mut *out };
        held.push(byte);
        if !of_size || self.chunks.is_at_size() {
            return Ok(());
        }
        let size = std::mem::take(&mut self.size);
        match self.chunks.data() {
            Some(data) if data > self.left => {
                self.cutting = true;
                if self.left > 0 {
                    out.extend_from_slice(format!("{:x}\r\n", self.left).as_bytes());
                }
            }
            _ => out.extend_from_slice(&size),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What passes of a body that comes in pieces of this length, and whether it is cut.
    fn truncated(framing: Framing, body: &[u8], most: u64, piece: usize) -> (Vec<u8>, bool) {
        let (mut truncation, mut out) = (Truncation::new(framing, most), Vec::new());
        let cut = body.chunks(piece).any(|part| truncation.pass(part, &mut out).expect("well framed"));
        (out, cut)
    }

    #[test]
    fn only_the_chunk_with_the_cut_is_told_anew() {
        let body = b"3;x\r\nabc\r\n04\r\ndefg\r\n0\r\nT: u\r\n\r\n";
        for (most, expected) in [
            (0, &b"0\r\n\r\n"[..]),
            (2, b"2\r\nab\r\n0\r\n\r\n"),
            (3, b"3;x\r\nabc\r\n0\r\n\r\n"),
            (5, b"3;x\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"),
        ] {
            for piece in 1..=body.len() {
                assert_eq!(
                    truncated(Framing::Chunked, body, most, piece),
                    (expected.to_vec(), true),
                    "{most}, {piece}"
                );
            }
        }
        for piece in 1..=body.len() {
            assert_eq!(truncated(Framing::Chunked, body, 7, piece), (body.to_vec(), false), "untouched");
        }
    }

    #[test]
    fn a_replaced_body_is_not_described_by_what_was_said_of_the_old_one() {
        let head = b"HTTP/1.1 200 OK\r\nContent-Type: a/b\r\nContent-Encoding: gzip\r\nETag: \"x\"\r\nX-Digest: 1\r\n\
            Content-MD5: y\r\nDigest: z\r\nRepr-Digest: z\r\nContent-Digest: z\r\nContent-Range: bytes 0-1/2\r\n\
            Last-Modified: z\r\nTransfer-Encoding: chunked\r\nTrailer: z\r\n\r\n";
        let expected = "HTTP/1.1 200 OK\r\nContent-Type: a/b\r\nX-Digest: 1\r\ncontent-length: 3\r\n\r\n";
        assert_eq!(String::from_utf8_lossy(&replaced(head, 3)), expected);
    }

    proptest! {
        #[test]
        fn whatever_is_cut_is_the_beginning(content in proptest::collection::vec(any::<u8>(), 0..300), most in 0_u64..320, piece in 1_usize..50) {
            let first = &content[..content.len().min(usize::try_from(most).expect("small"))];
            let (out, _) = truncated(Framing::Length(content.len() as u64), &content, most, piece);
            prop_assert_eq!(&out[..], first);
            let (out, cut) = truncated(Framing::UntilEnd, &content, most, piece);
            prop_assert_eq!((&out[..], cut), (first, first.len() < content.len()));
            let mut chunked = Vec::new();
            for chunk in content.chunks(7) {
                chunked.extend_from_slice(format!("{:X}\r\n", chunk.len()).as_bytes());
                chunked.extend_from_slice(chunk);
                chunked.extend_from_slice(b"\r\n");
            }
            chunked.extend_from_slice(b"0\r\n\r\n");
            let (out, cut) = truncated(Framing::Chunked, &chunked, most, piece);
            prop_assert_eq!((&*super::super::body::content(Framing::Chunked, &out), cut), (first, first.len() < content.len()));
        }
    }
}
