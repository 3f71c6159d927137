//! What `cargo fuzz` looks for by millions of inputs holds for some here, so that no target in `fuzz/` rots unseen. The targets are the very
//! files that it builds, with a macro of our own in the place of the library's, which would bring a fuzzer in C++ with it.

extern crate self as libfuzzer_sys;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use proptest::prelude::*;

/// Makes a test of each target, with how some of those begin that it is for, since little that is random gets beyond that.
macro_rules! targets {
    ($($name:ident: $file:literal, $begun:expr;)*) => {
        $(
            #[path = $file]
            #[expect(unused_attributes, reason = "as a program it has no `main`")]
            mod $name;
        )*

        const TARGETS: &[&str] = &[$(stringify!($name)),*];

        mod holds {
            use super::*;

            proptest! {
                #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]
                $(
                    #[test]
                    fn $name(number: u16, begun in prop::sample::select($begun), rest in prop::collection::vec(any::<u8>(), 0..200)) {
                        let begun: &[u8] = begun;
                        super::$name::target(number, begun);
                        super::$name::target(number, &[begun, &rest].concat());
                    }
                )*
            }
        }
    };
}

targets! {
    api_json: "../fuzz/fuzz_targets/api_json.rs", vec![&b""[..], b"{\"name\":\"a\",", b"[{\"name\":"];
    client_hello: "../fuzz/fuzz_targets/client_hello.rs", vec![&b""[..], b"\x16\x03\x01\x00\x80\x01\x00\x00\x7c"];
    http_head: "../fuzz/fuzz_targets/http_head.rs",
        vec![&b""[..], b"GET / HTTP/1.1\r\nHost: a\r\n", b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"];
    proxy_protocol: "../fuzz/fuzz_targets/proxy_protocol.rs",
        vec![&b""[..], b"PROXY TCP6 fd00::9 fd00::2 5 6\r\n", b"\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x0c"];
    proxy_request: "../fuzz/fuzz_targets/proxy_request.rs", vec![&b""[..], b"CONNECT a:1 HTTP/1.1\r\n\r\n", b"GET http://"];
    smtp: "../fuzz/fuzz_targets/smtp.rs", vec![&b""[..], b"EHLO a\r\n", b"EHLO a\r\nMAIL FROM:<a@a>\r\nRCPT TO:<b@a>\r\nDATA\r\n"];
    socks: "../fuzz/fuzz_targets/socks.rs", vec![&b""[..], b"\x05\x01\x00\x03", b"\x05\x01", b"\x01\x03"];
    websocket_frames: "../fuzz/fuzz_targets/websocket_frames.rs", vec![&b""[..], b"\x81\x05hello", b"\x01\xfe\x00\x80"];
}

/// Every target is here, and is known to `cargo fuzz`.
#[test]
fn all_of_them_are_held() {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
    let files = fs::read_dir(fuzz.join("fuzz_targets")).expect("targets");
    let name = |file: fs::DirEntry| file.path().file_stem().map(|name| name.to_string_lossy().into_owned());
    let files: BTreeSet<_> = files.map(|file| name(file.expect("a file")).expect("a name")).collect();
    assert_eq!(files, TARGETS.iter().map(|name| (*name).to_owned()).collect());
    let manifest = fs::read_to_string(fuzz.join("Cargo.toml")).expect("a manifest");
    let known = manifest.lines().filter_map(|line| line.strip_prefix("path = \"fuzz_targets/")?.strip_suffix(".rs\""));
    assert_eq!(files, known.map(str::to_owned).collect());
}

/// Stands behind the targets, which import it as they would the library's.
mod instead {
    /// A target as a function.
    #[macro_export]
    macro_rules! fuzz_target {
        (|$bytes:ident: &[u8]| $body:block) => {
            pub(super) fn target(_: u16, $bytes: &[u8]) {
                $body
            }
        };
        (|$input:ident: (u16, &[u8])| $body:block) => {
            pub(super) fn target(number: u16, bytes: &[u8]) {
                let $input = (number, bytes);
                $body
            }
        };
    }
}
