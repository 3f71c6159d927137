//! Bodies of the proxy's control interface: whatever comes is read or refused, and never ends the program.
#![no_main]

libfuzzer_sys::fuzz_target!(|body: &[u8]| {
    let _ = firedrill::proxy::gojson::parse(body);
    let _ = firedrill::proxy::input::decode(body);
});
