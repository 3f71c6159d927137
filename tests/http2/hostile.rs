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

/// Whether a block of an answer begins with this status. HPACK has 200 in a table, and writes others in digits or in Huffman's code
/// (RFC 7541, appendices A and B), of which each digit has five or six bits.
fn says(block: &[u8], status: &str) -> bool {
    let code = |digit: u8| match digit {
        b'0'..=b'2' => (u64::from(digit - b'0'), 5),
        digit => (0x19 + u64::from(digit - b'3'), 6),
    };
    let join = |(bits, count): (u64, usize), (code, more)| (bits << more | code, count + more);
    let (bits, count) = status.bytes().map(code).fold((0, 0), join);
    let bytes = count.div_ceil(8);
    let padding = bytes * 8 - count;
    let huffman = (bits << padding | ((1 << padding) - 1)).to_be_bytes();
    // Behind the name's index and the value's length.
    let value = block.get(2..).unwrap_or_default();
    (status == "200" && block.first() == Some(&0x88))
        || value.starts_with(&huffman[8 - bytes..])
        || value.starts_with(status.as_bytes())
}

/// Asks on a new connection with a block of fields, and gets the block of the answer.
fn answer(rig: &Rig, block: &[u8]) -> Vec<u8> {
    let mut conn = rig.raw();
    conn.write_all(&frame(HEADERS, END_STREAM | END_HEADERS, 1, block)).expect("it reads");
    wait_for(&mut conn, &[HEADERS]).expect("an answer").1
}

/// Whoever is named has to be who was asked for, in the authority and in the `Host`; the rest is refused, and told.
#[test]
fn another_host_is_refused_and_told() {
    let rig = Rig::start();
    let named = |scheme: &str, authority: &str, more: &[(&str, &str)]| {
        let own = [(":method", "GET"), (":scheme", scheme), (":authority", authority), (":path", "/")];
        own.iter().chain(more).flat_map(|(name, value)| field(name, value)).collect::<Vec<_>>()
    };
    for block in [
        named("https", "evil.example", &[]),
        named("https", "h2.example:444", &[]),
        named("https", "h2.example", &[("host", "evil.example")]),
        named("http", "h2.example", &[]),
    ] {
        let answer = answer(&rig, &block);
        assert!(says(&answer, "421"), "{answer:x?}");
    }
    assert!(says(&answer(&rig, &named("https", "H2.EXAMPLE:443", &[])), "200"), "the same host in other words");
    let log = std::fs::read_to_string(&rig.log).expect("a log");
    assert_eq!(log.matches("another host is asked for").count(), 4, "{log}");
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
        refused(&rig, &request(more));
    }
    // And a value with a line in it.
    refused(&rig, &request(&[("x", "a\r\nb: c")]));
}

/// A stream that nobody answers: it is broken off, or its connection is.
fn refused(rig: &Rig, block: &[u8]) {
    let mut conn = rig.raw();
    conn.write_all(&frame(HEADERS, END_STREAM | END_HEADERS, 1, block)).expect("it reads");
    let (kind, reason) = wait_for(&mut conn, &[HEADERS, RST_STREAM, GOAWAY]).expect("it is broken off");
    assert!(kind == GOAWAY || (kind == RST_STREAM && reason == PROTOCOL_ERROR), "{kind} {reason:x?} for {block:x?}");
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
    let (_, goaway) = wait_for(&mut conn, &[GOAWAY]).expect("a word of farewell");
    assert_eq!(&goaway[4..8], ENHANCE_YOUR_CALM);
    assert!(says(&answer(&rig, &request(&[])), "200"), "others are served");
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
    let told = wait_for(&mut conn, &[GOAWAY]);
    assert!(told.is_some() || sent < 1_200, "it took all of it");
}

/// A head that is too large for one is the stream's own fault.
#[test]
fn a_large_head_is_refused() {
    let rig = Rig::start();
    let mut conn = rig.raw();
    conn.write_all(&frame(HEADERS, END_STREAM, 1, &request(&[]))).expect("it reads");
    // Each field counts for its bytes and 32 more (RFC 9113 §6.5.2): four frames of these are 78,400, where 65,536 are allowed.
    let part: Vec<u8> = (0..140).flat_map(|_| field("x-filler", &"y".repeat(100))).collect();
    for number in 1..=4 {
        let flags = if number == 4 { END_HEADERS } else { 0 };
        conn.write_all(&frame(CONTINUATION, flags, 1, &part)).expect("it reads");
    }
    let (_, answer) = wait_for(&mut conn, &[HEADERS]).expect("an answer");
    assert!(says(&answer, "431"), "{answer:x?}");
}
