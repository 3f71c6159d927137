//! Heads and bodies, by example and at random: whatever comes in whatever pieces, nothing panics, and what passes passes whole.

use proptest::collection::vec;
use proptest::prelude::*;

use super::body::content;
use super::head::space;
use super::*;
use crate::limits::{CHUNK_EXTENSION_BYTES, HEAD_BYTES, HEAD_FIELDS};
use crate::vendor::Head;

/// What is read of a request's head: its framing, or what is wrong with it.
fn framing(head: &str) -> Result<Framing, Bad> {
    let length = Finder::default().find(head.as_bytes())?.expect("a whole head");
    Request::read(&head.as_bytes()[..length], &mut space()).map(|request| request.framing)
}

fn request(fields: &str) -> Result<Framing, Bad> {
    framing(&format!("POST / HTTP/1.1\r\nHost: x\r\n{fields}\r\n"))
}

#[test]
fn what_two_could_read_differently_is_refused() {
    let table = [
        ("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", 400),
        ("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", 400),
        ("Content-Length: 5\r\nContent-Length: 6\r\n", 400),
        ("Content-Length: 5\r\nContent-Length: 5\r\n", 400),
        ("Content-Length: 5, 5\r\n", 400),
        ("Content-Length: +5\r\n", 400),
        ("Content-Length: -5\r\n", 400),
        ("Content-Length: 0x5\r\n", 400),
        ("Content-Length: 5 5\r\n", 400),
        ("Content-Length:\r\n", 400),
        ("Content-Length: 18446744073709551616\r\n", 400),
        ("Content-Length : 5\r\n", 400),
        ("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", 400),
        ("Transfer-Encoding: chunked, identity\r\n", 400),
        ("Transfer-Encoding: gzip, chunked\r\n", 400),
        ("Transfer-Encoding: xchunked\r\n", 400),
        ("Transfer-Encoding: \"chunked\"\r\n", 400),
        ("Transfer-Encoding : chunked\r\n", 400),
        (" Transfer-Encoding: chunked\r\n", 400),
        ("X: a\r\n b\r\n", 400),
        ("X: a\nTransfer-Encoding: chunked\r\n", 400),
        ("X: a\rTransfer-Encoding: chunked\r\n", 400),
        ("X: a\0b\r\n", 400),
        ("X\r\n", 400),
        (": a\r\n", 400),
        ("Host: y\r\n", 400),
    ];
    for (fields, status) in table {
        assert_eq!(request(fields).map_err(Bad::status), Err(status), "{fields:?}");
    }
    let heads = [
        ("GET / HTTP/1.1\r\n\r\n", 400),
        ("GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        ("GET /a b HTTP/1.1\r\nHost: x\r\n\r\n", 505),
        ("GET  / HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        ("GET\t/ HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        ("GET / HTTP/1.1\nHost: x\n\n", 400),
        ("GET / HTTP/2.0\r\nHost: x\r\n\r\n", 505),
        ("PRI * HTTP/2.0\r\n\r\n", 505),
        ("CONNECT x:443 HTTP/1.1\r\nHost: x\r\n\r\n", 405),
    ];
    for (head, status) in heads {
        assert_eq!(framing(head).map_err(Bad::status), Err(status), "{head:?}");
    }
}

#[test]
fn what_is_plain_passes() {
    assert_eq!(request(""), Ok(Framing::None));
    assert_eq!(request("CONTENT-LENGTH:  5 \r\n"), Ok(Framing::Length(5)));
    assert_eq!(request("transfer-encoding: Chunked\r\n"), Ok(Framing::Chunked));
    assert_eq!(framing("GET / HTTP/1.0\r\n\r\n"), Ok(Framing::None));
}

#[test]
fn an_answers_body_ends_as_rfc_9112_says() {
    let read = |head: &str, to_head| Answer::read(head.as_bytes(), to_head).map(|answer| answer.framing);
    let ok = "HTTP/1.1 200 OK\r\n";
    assert_eq!(read(&format!("{ok}\r\n"), false), Ok(Framing::UntilEnd));
    assert_eq!(read(&format!("{ok}Content-Length: 7\r\n\r\n"), false), Ok(Framing::Length(7)));
    assert_eq!(read(&format!("{ok}Content-Length: 7\r\n\r\n"), true), Ok(Framing::None));
    assert_eq!(read(&format!("{ok}Transfer-Encoding: gzip, chunked\r\n\r\n"), false), Ok(Framing::Chunked));
    assert_eq!(read(&format!("{ok}Transfer-Encoding: gzip\r\n\r\n"), false), Ok(Framing::UntilEnd));
    for status in ["100", "101", "199", "204", "304"] {
        let head = format!("HTTP/1.1 {status} x\r\nContent-Length: 7\r\n\r\n");
        assert_eq!(read(&head, false), Ok(Framing::None), "{status}");
    }
    for wrong in [
        "Content-Length: 7\r\nTransfer-Encoding: chunked\r\n",
        "Content-Length: 7\r\nContent-Length: 8\r\n",
        "Content-Length: x\r\n",
    ] {
        assert!(read(&format!("{ok}{wrong}\r\n"), false).is_err(), "{wrong}");
    }
    let keeps = |head: &str| Answer::read(head.as_bytes(), false).expect("an answer").keeps_open;
    assert!(keeps("HTTP/1.1 204 x\r\n\r\n") && !keeps("HTTP/1.1 204 x\r\nConnection: a, Close\r\n\r\n"));
    assert!(!keeps("HTTP/1.0 204 x\r\n\r\n") && keeps("HTTP/1.0 204 x\r\nConnection: Keep-Alive\r\n\r\n"));
    assert!(!keeps("HTTP/1.1 200 x\r\n\r\n"), "its body ends with the connection");
}

#[test]
fn a_head_is_bounded() {
    let long = format!("GET / HTTP/1.1\r\nHost: x\r\nX: {}", "a".repeat(HEAD_BYTES));
    assert_eq!(Finder::default().find(long.as_bytes()), Err(Bad::TooLarge));
    let many = "X: a\r\n".repeat(HEAD_FIELDS);
    assert_eq!(request(&many).map_err(Bad::status), Err(431));
    assert_eq!(request(&many[6..]), Ok(Framing::None), "with the host so many as are allowed");
}

#[test]
fn a_vendor_reads_what_is_there() {
    let target = |target: &str| {
        let head =
            format!("POST {target} HTTP/1.1\r\nHost: x\r\nX-Key: first\r\nx-key: second\r\nOther: \u{e9}\r\n\r\n");
        let mut space = space();
        let request = Request::read(head.as_bytes(), &mut space).expect("a request");
        assert_eq!((request.method(), request.header("x-key"), request.header("other")), ("POST", Some("first"), None));
        request.path().to_owned()
    };
    for (raw, path) in [
        ("/v1.0/a?b=/c", "/v1.0/a"),
        ("/", "/"),
        ("http://host/a/b?c", "/a/b"),
        ("http://host", "/"),
        ("http://host?x", "/"),
        ("*", "*"),
        ("//double//x", "//double//x"),
    ] {
        assert_eq!(target(raw), path, "{raw}");
    }
}

/// Takes a body that arrives in pieces of these lengths, over and over; how much of it there was, or what is wrong.
fn taken(framing: Framing, bytes: &[u8], pieces: &[usize]) -> Result<(usize, bool), Bad> {
    let (mut body, mut at) = (Body::new(framing), 0);
    for length in pieces.iter().cycle() {
        let end = (at + length.max(&1)).min(bytes.len());
        let count = body.take(&bytes[at..end])?;
        assert!(count <= end - at);
        at += count;
        if at < end || at == bytes.len() {
            break;
        }
    }
    Ok((at, body.is_over()))
}

#[test]
fn chunks_are_read_as_they_are_written() {
    let whole = |body: &str| taken(Framing::Chunked, body.as_bytes(), &[usize::MAX >> 1]);
    for body in [
        "0\r\n\r\n",
        "5\r\nhello\r\n0\r\n\r\n",
        "5;a=b;c=\"d\"\r\nhello\r\n000\r\n\r\n",
        "A \r\n0123456789\r\n0\r\nX: trailer\r\nY: z\r\n\r\n",
    ] {
        assert_eq!(whole(body), Ok((body.len(), true)), "{body:?}");
        assert_eq!(whole(&format!("{body}GET")), Ok((body.len(), true)), "{body:?}: what follows is not taken");
        assert_eq!(whole(&body[..body.len() - 1]), Ok((body.len() - 1, false)), "{body:?}");
    }
    assert_eq!(&*content(Framing::Chunked, b"5;x\r\nhello\r\n2\r\n!!\r\n0\r\nA: b\r\n\r\n"), b"hello!!");
    for body in [
        "\r\n",
        "g\r\n",
        "-1\r\n",
        "+1\r\n",
        "0x5\r\n",
        " 5\r\n",
        "5\nhello",
        "5\r\r",
        "5\r\nhello!\r\n",
        "5\r\nhello\n",
        "5\r\nhello\r0",
        "00000000000000000\r\n",
        "5;\n",
        "5;\0\r\n",
        "5 5\r\n",
        "0\r\n X: folded\r\n",
        "0\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n",
        "0\r\nX : a\r\n\r\n",
        "0\r\n: a\r\n\r\n",
        "0\r\nX\r\n\r\n",
        "0\r\nX\n",
        "0\r\n\n",
    ] {
        assert!(whole(body).is_err(), "{body:?}");
    }
    let bomb = format!("1;{}\r\n", "x".repeat(CHUNK_EXTENSION_BYTES));
    assert!(whole(&bomb).is_err(), "one long extension");
    assert!(whole(&"1;xx\r\na\r\n".repeat(CHUNK_EXTENSION_BYTES / 3 + 1)).is_err(), "many short ones");
    assert_eq!(whole(&format!("0\r\nX: {}", "y".repeat(HEAD_BYTES))), Err(Bad::TooLarge), "trailers");
}

fn chunked(chunks: &[Vec<u8>], trailer: bool) -> Vec<u8> {
    let mut bytes = Vec::new();
    for chunk in chunks.iter().filter(|chunk| !chunk.is_empty()) {
        bytes.extend_from_slice(format!("{:x};n\r\n", chunk.len()).as_bytes());
        bytes.extend_from_slice(chunk);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(if trailer { b"0\r\nDigest: x\r\n\r\n" } else { b"0\r\n\r\n" });
    bytes
}

proptest! {
    #[test]
    fn any_split_of_chunks_is_the_same_body(
        chunks in vec(vec(any::<u8>(), 0..300), 0..8),
        trailer: bool,
        pieces in vec(1_usize..200, 1..6),
        rest in vec(any::<u8>(), 0..20),
    ) {
        let body = chunked(&chunks, trailer);
        prop_assert_eq!(&*content(Framing::Chunked, &body), chunks.concat());
        let followed = [&body[..], &rest].concat();
        prop_assert_eq!(taken(Framing::Chunked, &followed, &pieces), Ok((body.len(), true)));
    }

    #[test]
    fn any_split_of_a_head_is_the_same_head(
        fields in vec(("[A-Za-z][A-Za-z0-9-]{0,20}", "[ -~]{0,40}"), 0..20),
        pieces in vec(1_usize..50, 1..5),
        rest in vec(any::<u8>(), 0..40),
    ) {
        let lines = fields.iter().fold(String::new(), |lines, (name, value)| lines + "X" + name + ": " + value + "\r\n");
        let head = format!("GET / HTTP/1.1\r\nHost: x\r\n{lines}\r\n");
        let all = [head.as_bytes(), &rest].concat();
        let (mut finder, mut at, mut found) = (Finder::default(), 0, Ok(None));
        for length in pieces.iter().cycle() {
            at = (at + length).min(all.len());
            found = finder.find(&all[..at]);
            if found != Ok(None) || at == all.len() {
                break;
            }
        }
        prop_assert_eq!(found, Ok(Some(head.len())));
        prop_assert!(Request::read(head.as_bytes(), &mut space()).is_ok());
    }

    #[test]
    fn garbage_never_panics_and_is_never_taken_for_more_than_it_is(bytes in vec(any::<u8>(), 0..400), length: u64, pieces in vec(1_usize..50, 1..4)) {
        for framing in [Framing::None, Framing::Length(length), Framing::Chunked, Framing::UntilEnd] {
            prop_assert_eq!(taken(framing, &bytes, &pieces), taken(framing, &bytes, &[usize::MAX >> 1]));
        }
        if let Ok(Some(end)) = Finder::default().find(&bytes) {
            prop_assert!(end <= bytes.len());
        }
        let _ = (Request::read(&bytes, &mut space()), Answer::read(&bytes, false));
    }

    #[test]
    fn a_head_that_passes_is_a_head(fields in "((content-length|transfer-encoding|[A-Za-z-]{1,8})[: ]{0,2}(chunked|[a-z0-9, ]{0,12})[\r\n]{1,3}){0,5}") {
        // Whatever passes has lines that everybody cuts alike, and says at most one thing about its body.
        if let Ok(framing) = request_or_partial(&fields) {
            let text = fields.to_ascii_lowercase();
            prop_assert!(!text.replace("\r\n", "").contains(['\r', '\n']));
            if matches!(framing, Framing::Length(_)) {
                prop_assert_eq!(text.matches("content-length").count(), 1);
            }
        }
    }
}

/// As `request`, for fields that may end the head early.
fn request_or_partial(fields: &str) -> Result<Framing, Bad> {
    let head = format!("POST / HTTP/1.1\r\nHost: x\r\n{fields}\r\n");
    match Finder::default().find(head.as_bytes())? {
        Some(length) if length == head.len() => {
            Request::read(head.as_bytes(), &mut space()).map(|request| request.framing)
        }
        _ => Err(Bad::LineEnd),
    }
}
