//! Messages of SOCKS 5 out of arbitrary bytes: no panic, nothing taken that is not there, and the same in one piece and byte by byte.
#![no_main]

use firedrill::path::ways::socks::{Read, login, methods, request};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    check(bytes, methods);
    check(bytes, login);
    check(bytes, request);
});

fn check<T: PartialEq + std::fmt::Debug>(bytes: &[u8], read: impl Fn(&[u8]) -> Read<T>) {
    let whole = read(bytes);
    if let Ok(Some((_, length))) = &whole {
        assert!(*length <= bytes.len());
    }
    let first = (0..=bytes.len()).map(|end| read(&bytes[..end])).find(|found| !matches!(found, Ok(None)));
    assert_eq!(first.unwrap_or(Ok(None)), whole);
}
