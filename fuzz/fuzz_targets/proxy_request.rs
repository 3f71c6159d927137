//! Heads of requests to a proxy out of arbitrary bytes: no panic.
#![no_main]

use firedrill::path::http::Proxied;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(asked) = Proxied::read(bytes) {
        assert!(asked.site.port > 0);
    }
});
