//! Heads and bodies out of arbitrary bytes: no panic, nothing taken that is not there, and the same in one piece and byte by byte.
#![no_main]

use firedrill::path::http::{Answer, Body, Finder, Framing, Request, head::space};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let whole = Finder::default().find(bytes);
    let mut finder = Finder::default();
    let dripped = (0..=bytes.len()).map(|end| finder.find(&bytes[..end])).find(|found| *found != Ok(None));
    assert_eq!(dripped.unwrap_or(Ok(None)), whole);
    let head = whole.ok().flatten().unwrap_or(bytes.len());
    let (head, rest) = bytes.split_at(head);
    let mut space = space();
    let asked = Request::read(head, &mut space).map(|request| request.framing);
    let answered = Answer::read(head, false).map(|answer| answer.framing);
    for framing in [asked, answered, Ok(Framing::Chunked)].into_iter().flatten() {
        assert_eq!(dripping(framing, rest), at_once(framing, rest));
    }
});

/// How much of the bytes is the body, taken at once; `None` if it is none.
fn at_once(framing: Framing, bytes: &[u8]) -> Option<usize> {
    let taken = Body::new(framing).take(bytes).ok()?;
    assert!(taken <= bytes.len());
    Some(taken)
}

/// The same, byte by byte.
fn dripping(framing: Framing, bytes: &[u8]) -> Option<usize> {
    let mut body = Body::new(framing);
    for (at, byte) in bytes.iter().enumerate() {
        if body.take(std::slice::from_ref(byte)).ok()? == 0 {
            return Some(at);
        }
    }
    Some(bytes.len())
}
