//! The first message of TLS out of arbitrary bytes: no panic, and the same in one piece and byte by byte.
#![no_main]

use firedrill::path::ways::hello::read;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let whole = read(bytes);
    let first = (0..=bytes.len()).map(|end| read(&bytes[..end])).find(|found| *found != Ok(None));
    assert_eq!(first.unwrap_or(Ok(None)), whole);
});
