//! WebSocket frames out of arbitrary bytes: no panic, and the same frames in one piece and byte by byte.
#![no_main]

use firedrill::path::frames::{Cutter, Header, Wrong};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    assert_eq!(frames(bytes, 1), frames(bytes, bytes.len()));
});

/// Every frame that ends, with where it does, in a stream that arrives in pieces of this length.
fn frames(stream: &[u8], piece: usize) -> Result<Vec<(Header, usize)>, Wrong> {
    let (mut cutter, mut at, mut open, mut found) = (Cutter::default(), 0, None, Vec::new());
    for arrived in stream.chunks(piece.max(1)) {
        let mut rest = arrived;
        while let Some(cut) = cutter.next(rest)? {
            assert!(0 < cut.bytes && cut.bytes <= rest.len());
            (rest, at, open) = (&rest[cut.bytes..], at + cut.bytes, cut.header.or(open));
            if cut.ends {
                found.push((open.take().expect("a header before an end"), at));
            }
        }
    }
    Ok(found)
}
