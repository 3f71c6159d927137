//! What nobody should say over HTTP/2.

use std::io::Write;

use crate::rig::{Rig, field, frame, request, wait_for};

const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const GOAWAY: u8 = 7;
const CONTINUATION: u8 = 9;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

const PROTOCOL_ERROR: [u8; 4] = [0, 0, 0, 1];
const ENHANCE_YOUR_CALM: [u8; 4] = [0, 0, 0, 11];

/// The status of the next answer, of which HPACK says only an index for common ones (RFC 7541, appendix A), or the digits.
fn status(content: &[u8]) -> String {
    match content[0] {
        0x88 => "200".into(),
        0x8c => "400".into(),
        _ => {
            let digits: Vec<_> = content[2..].iter().copied().take(3).collect();
            String::from_utf8_lossy(&digits).into_owned()
        }
    }
}

/// Whoever is named has to be who was asked for, in the authority and in the `Host`; the rest is refused, and told.
#[test]
fn another_host_is_refused_and_told() {
    let rig = Rig::start();
    let mut conn = rig.raw();
    let named = |scheme: &str, authority: &str, more: &[(&str, &str)]| {
        let own = [(":method", "GET"), (":scheme", scheme), (":authority", authority), (":path", "/")];
        own.iter().chain(more).flat_map(|(name, value)| field(name, value)).collect::<Vec<_>>()
    };
    let mut stream = 1;
    for block in [
        named("https", "evil.example", &[]),
        named("https", "h2.example:444", &[]),
        named("https", "h2.example", &[("host", "evil.example")]),
        named("http", "h2.example", &[]),
    ] {
        conn.write_all(&frame(HEADERS, END_STREAM | END_HEADERS, stream, &block)).expect("it reads");
        let (_, answer) = wait_for(&mut conn, HEADERS).expect("an answer");
        assert!(huffman_or_plain(&answer, "421"), "{answer:x?}");
        stream += 2;
    }
    conn.write_all(&frame(HEADERS, END_STREAM | END_HEADERS, stream, &named("https", "H2.EXAMPLE:443", &[])))
        .expect("it reads");
    assert_eq!(status(&wait_for(&mut conn, HEADERS).expect("an answer").1), "200", "the same host in other words");
    let log = std::fs::read_to_string(&rig.log).expect("a log");
    assert_eq!(log.matches("another host is asked for").count(), 4, "{log}");
}

/// Whether a block begins with this status, in digits or in Huffman's code (RFC 7541, appendix B): of each digit five or six bits.
fn huffman_or_plain(block: &[u8], status: &str) -> bool {
    let code = |digit: u8| match digit {
        b'0'..=b'2' => (u64::from(digit - b'0'), 5),
        digit => (0x19 + u64::from(digit - b'3'), 6),
    };
    let (bits, count) =
        status.bytes().map(code).fold((0, 0), |(bits, count), (code, more)| (bits << more | code, count + more));
    let bytes = usize::div_ceil(count, 8);
    let padded = bits << (bytes * 8 - count) | ((1 << (bytes * 8 - count)) - 1);
    let huffman = &padded.to_be_bytes()[8 - bytes..];
    let said = &block[2..];
    said.starts_with(huffman) || said.starts_with(status.as_bytes())
}

/// What HTTP/1.1 says of its framing has no place here: it could mean something to whoever reads it next.
#[test]
fn what_frames_the_other_version_is_refused() {
    let rig = Rig::start();
    for more in [
        &[("transfer-encoding", "chunked")][..],
        &[("connection", "close")],
        &[("upgrade", "websocket")],
        &[("te", "gzip")],
        &[("content-length", "5")],
        &[("content-length", "5"), ("content-length", "6")],
        &[("Upper", "case")],
        &[(":path", "/again")],
        &[("a", "b"), (":late", "pseudo")],
    ] {
        let mut conn = rig.raw();
        conn.write_all(&frame(HEADERS, END_STREAM | END_HEADERS, 1, &request(more))).expect("it reads");
        let (_, reason) = wait_for(&mut conn, RST_STREAM).expect("the stream is broken off");
        assert_eq!(reason, PROTOCOL_ERROR, "{more:?}");
    }
    // And a value with a line in it.
    let mut conn = rig.raw();
    conn.write_all(&frame(HEADERS, END_STREAM | END_HEADERS, 1, &request(&[("x", "a\r\nb: c")]))).expect("it reads");
    assert!(wait_for(&mut conn, HEADERS).is_none(), "nobody answers that");
}

/// CVE-2023-44487: asked, and given up, thousands of times.
#[test]
fn a_flood_of_resets_ends_the_connection() {
    let rig = Rig::start();
    let mut conn = rig.raw();
    for number in 0..4_000 {
        let stream = 2 * number + 1;
        let asked = frame(HEADERS, END_STREAM | END_HEADERS, stream, &request(&[]));
        let given_up = frame(RST_STREAM, 0, stream, &[0, 0, 0, 8]);
        if conn.write_all(&[asked, given_up].concat()).is_err() {
            break;
        }
    }
    let (_, goaway) = wait_for(&mut conn, GOAWAY).expect("a word of farewell");
    assert_eq!(&goaway[4..8], ENHANCE_YOUR_CALM);
    // Far less than was asked has reached the host, and others are served.
    let mut other = rig.raw();
    other.write_all(&frame(HEADERS, END_STREAM | END_HEADERS, 1, &request(&[]))).expect("it reads");
    assert_eq!(status(&wait_for(&mut other, HEADERS).expect("an answer").1), "200");
}

/// A head that never ends.
#[test]
fn a_flood_of_continuations_ends_the_connection() {
    let rig = Rig::start();
    let mut conn = rig.raw();
    conn.write_all(&frame(HEADERS, END_STREAM, 1, &request(&[]))).expect("it reads");
    let part: Vec<u8> = (0..50).flat_map(|_| field("x-filler", &"y".repeat(100))).collect();
    // A hundred times what a head may have.
    let sent = (0..1_200).take_while(|_| conn.write_all(&frame(CONTINUATION, 0, 1, &part)).is_ok()).count();
    let told = wait_for(&mut conn, GOAWAY);
    assert!(told.is_some() || sent < 1_200, "it took all of it");
}

/// A head that is too large for one is the stream's own fault.
#[test]
fn a_large_head_is_refused() {
    let rig = Rig::start();
    let mut conn = rig.raw();
    conn.write_all(&frame(HEADERS, END_STREAM, 1, &request(&[]))).expect("it reads");
    let part: Vec<u8> = (0..100).flat_map(|_| field("x-filler", &"y".repeat(100))).collect();
    for _ in 0..6 {
        conn.write_all(&frame(CONTINUATION, 0, 1, &part)).expect("it reads");
    }
    conn.write_all(&frame(CONTINUATION, END_HEADERS, 1, &[])).expect("it reads");
    let (_, answer) = wait_for(&mut conn, HEADERS).expect("an answer");
    assert!(huffman_or_plain(&answer, "431"), "{answer:x?}");
}
