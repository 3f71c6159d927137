//! What HTTP is refused, what is bounded, and that nothing of it reaches the endpoint.

use std::io::ErrorKind;

use firedrill::limits::{HEAD_BYTES, HEAD_FIELDS, HEAD_TIMEOUT, KEEP_ALIVE, READ_BYTES, UNIT_BODY_BYTES};
use firedrill::units::Span;
use firedrill::world::{Conn, World};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::buffers::buffers_of_two_connections;
use crate::http::{ANSWER, NOTHING, REQUEST, asked, client, hear, played, rest, say, silent};
use crate::rig::{GATEWAY, PURCHASING, Rig, SERVICE};

/// Says something that is to be refused, and hears with which status; nothing may reach the endpoint.
async fn refused(world: &World, request: &[u8]) -> String {
    let (rig, listener) = played(world, NOTHING).await;
    let mut near = client(&rig).await;
    // It may be refused before all of it is sent.
    let _ = near.write_all(request).await;
    let said = rest(&mut near).await;
    let soon = rig.now() + Span::from_millis(20);
    assert!(world.clock.timeout(soon, listener.accept()).await.is_err(), "{}", request.escape_ascii());
    let said = String::from_utf8(said).expect("text");
    assert!(said.contains("\r\nconnection: close\r\n"), "{said}");
    said.split(' ').nth(1).unwrap_or_default().to_owned()
}

pub(crate) async fn nothing_that_two_could_read_differently_passes(world: World) {
    let post =
        |fields: &str| format!("POST / HTTP/1.1\r\nHost: x\r\n{fields}\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\n");
    let table = [
        (post("Content-Length: 5\r\nTransfer-Encoding: chunked"), "400"),
        (post("Content-Length: 5\r\nContent-Length: 6"), "400"),
        (post("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity"), "400"),
        (post("Transfer-Encoding : chunked"), "400"),
        (post("X: a\r\n folded"), "400"),
        (post("X: a\nContent-Length: 5"), "400"),
        (post("X: a\rContent-Length: 5"), "400"),
        ("GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nHost: x\r\n\r\n-5\r\n".to_owned(), "400"),
        ("GET / HTTP/1.1\r\n\r\n".to_owned(), "400"),
        ("GET / HTTP/3.0\r\nHost: x\r\n\r\n".to_owned(), "505"),
        ("CONNECT x:443 HTTP/1.1\r\nHost: x:443\r\n\r\n".to_owned(), "405"),
        ("\u{16}\u{3}\u{1} this is no HTTP at all\r\n\r\n".to_owned(), "400"),
    ];
    for (request, status) in table {
        assert_eq!(refused(&world, request.as_bytes()).await, status, "{request:?}");
    }
}

pub(crate) async fn a_head_is_bounded(world: World) {
    let long = format!("GET / HTTP/1.1\r\nHost: x\r\nX: {}", "a".repeat(4 * HEAD_BYTES));
    assert_eq!(refused(&world, long.as_bytes()).await, "431");
    let many = format!("GET / HTTP/1.1\r\nHost: x\r\n{}\r\n", "X: a\r\n".repeat(HEAD_FIELDS));
    assert_eq!(refused(&world, many.as_bytes()).await, "431");
}

/// Chunks that turn out to be none when the request is on its way already: both sides end, and no end of a body is made up.
pub(crate) async fn a_body_that_goes_wrong_is_broken_off(world: World) {
    let (rig, listener) = played(&world, NOTHING).await;
    let mut near = client(&rig).await;
    let head: &[u8] = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
    let mut far = asked(&listener, &mut near, head).await;
    say(&mut near, b"5\r\nhello!!0\r\n\r\n").await;
    assert!(!rest(&mut far).await.ends_with(b"0\r\n\r\n"));
    assert!(rest(&mut near).await.is_empty());
    // And an answer that is none.
    for wrong in ["HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", "SSH-2.0-x\r\n\r\n"] {
        let mut near = client(&rig).await;
        say(&mut near, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await;
        let (mut far, _) = listener.accept().await.expect("the path dials");
        hear(&mut far, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await;
        say(&mut far, wrong.as_bytes()).await;
        assert!(rest(&mut near).await.is_empty(), "{wrong}");
    }
}

/// What a path that holds nothing back may have taken from a sender whose receiver stands still: the buffers on the way, and what the path
/// has read.
fn ahead(world: &World) -> usize {
    buffers_of_two_connections(world) + 8 * READ_BYTES
}

/// How large a body is that nothing on the way can take before it is read.
fn large(world: &World) -> usize {
    (2 * ahead(world)).max(64 << 20)
}

/// Bytes that are not where they belong show.
fn pattern(at: usize) -> u8 {
    u8::try_from(at / 7 % 251).expect("a byte")
}

/// Writes as much as fits while nobody reads, and the rest while somebody does; every byte of so many arrives, in its place.
async fn streams(world: &World, from: &mut Conn, to: &mut Conn, large: usize) {
    let (mut sent, mut block) = (0, vec![0; 1 << 16]);
    let fill = |block: &mut Vec<u8>, at: usize| (at..).zip(block.iter_mut()).for_each(|(at, byte)| *byte = pattern(at));
    fill(&mut block, 0);
    loop {
        let until = world.clock.now() + Span::from_millis(200);
        match world.clock.timeout(until, from.write(&block[sent % (1 << 16)..])).await {
            Ok(written) => sent += written.expect("an open connection"),
            Err(_) => break,
        }
        if sent % (1 << 16) == 0 {
            assert!(sent < large, "somebody holds all of it");
            fill(&mut block, sent);
        }
    }
    assert!(sent <= ahead(world), "{sent} bytes are held for a receiver that stands still");
    let sending = async {
        while sent < large {
            fill(&mut block, sent);
            let size = block.len().min(large - sent);
            from.write_all(&block[..size]).await.expect("an open connection");
            sent += size;
        }
    };
    let receiving = async {
        let (mut at, mut block) = (0, vec![0; 1 << 16]);
        while at < large {
            let size = block.len().min(large - at);
            let read = to.read(&mut block[..size]).await.expect("an open connection");
            assert!(read > 0, "it ends after {at} bytes");
            assert!((at..).zip(&block[..read]).all(|(at, byte)| *byte == pattern(at)), "at {at}");
            at += read;
        }
    };
    futures_util::future::join(sending, receiving).await;
}

pub(crate) async fn large_bodies_stream_in_bounded_memory(world: World) {
    let large = large(&world);
    let (rig, listener) = played(&world, NOTHING).await;
    let mut near = client(&rig).await;
    let head = format!("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {large}\r\n\r\n");
    let mut far = asked(&listener, &mut near, head.as_bytes()).await;
    streams(&world, &mut near, &mut far, large).await;
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {large}\r\n\r\n");
    say(&mut far, head.as_bytes()).await;
    hear(&mut near, head.as_bytes()).await;
    streams(&world, &mut far, &mut near, large).await;
    // The connection goes on.
    say(&mut near, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await;
    hear(&mut far, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await;
}

/// An endpoint that has heard enough says so before the body is over, and the client hears it although it is still sending.
pub(crate) async fn an_early_answer_is_heard(world: World) {
    let large = large(&world);
    let (rig, listener) = played(&world, NOTHING).await;
    let mut near = client(&rig).await;
    let head = format!("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {large}\r\n\r\n");
    let mut far = asked(&listener, &mut near, head.as_bytes()).await;
    let answer: &[u8] = b"HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
    let (mut reads, mut writes) = tokio::io::split(near);
    let sending = async {
        // Up to where it is told that nobody reads.
        while writes.write_all(&[0; 1 << 14]).await.is_ok() {}
    };
    let answering = async {
        rig.sleep(20).await;
        say(&mut far, answer).await;
        let mut said = vec![0; answer.len()];
        reads.read_exact(&mut said).await.expect("an answer");
        assert_eq!(said, answer);
    };
    futures_util::future::join(sending, answering).await;
}

/// Of a hundred mebibytes, promised or in chunks, the twins that only a drill has take no more than any twin does: a service by description and a
/// gateway say 413 through the path, and answer whoever comes next.
pub(crate) async fn a_twin_refuses_what_is_too_large_and_goes_on(world: World) {
    const BLOCK: usize = 16 << 10;
    let rig = Rig::twins(&world, "").await;
    let account = rig.plan.member(PURCHASING, 0);
    let (whole, chunk) = (vec![b'x'; BLOCK], [format!("{BLOCK:x}\r\n").as_bytes(), &[b'x'; BLOCK], b"\r\n"].concat());
    for (endpoint, target) in [(SERVICE, "/factory-1"), (GATEWAY, "/v1/messages")] {
        let asks = |length: &str| {
            format!(
                "POST {target} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer x\r\nConnection: close\r\n{length}\r\n\r\n"
            )
        };
        for (length, block) in [("Content-Length: 104857600", &whole), ("Transfer-Encoding: chunked", &chunk)] {
            let (mut reads, mut writes) = tokio::io::split(rig.dial(account, endpoint).await);
            writes.write_all(asks(length).as_bytes()).await.expect("an open connection");
            let sending = async {
                for _ in 0..(100 << 20) / BLOCK {
                    if writes.write_all(block).await.is_err() {
                        return;
                    }
                }
                panic!("{target} has taken all of it");
            };
            let mut said = Vec::new();
            // Once it is refused the connection ends, in whichever way.
            let _ = futures_util::future::join(sending, reads.read_to_end(&mut said)).await.1;
            assert!(said.starts_with(b"HTTP/1.1 413 "), "{target}, {length}: {}", said.escape_ascii());
        }
        let mut next = rig.dial(account, endpoint).await;
        say(&mut next, (asks("Content-Length: 1") + "x").as_bytes()).await;
        let said = rest(&mut next).await;
        assert!(said.starts_with(b"HTTP/1.1 401 "), "{target} afterwards: {}", said.escape_ascii());
    }
}

/// A byte a second, for ever, which is let go with a word: also over real sockets, where bytes that nobody reads would turn that into a reset.
/// It takes as long as the bound, which nobody may set.
pub(crate) async fn a_slow_head_is_let_go(world: World) {
    let (rig, _listener) = played(&world, NOTHING).await;
    let (near, began) = (client(&rig).await, rig.now());
    let (mut reads, mut writes) = tokio::io::split(near);
    let dripping = async {
        for byte in b"GET / HTTP/1.1\r\nX: ".iter().chain(std::iter::repeat(&b'a')) {
            if writes.write_all(&[*byte]).await.is_err() {
                return;
            }
            rig.sleep(1_000).await;
        }
    };
    let mut heard = [0; 12];
    tokio::select! {
        biased;
        read = reads.read_exact(&mut heard) => assert!(read.is_ok()),
        () = dripping => panic!("it is let go without a word"),
    }
    assert_eq!(&heard, b"HTTP/1.1 408");
    // From its first byte, which is sent at once.
    assert!(rig.now().since(began) <= HEAD_TIMEOUT + rig.slack(), "{}", rig.now().since(began));
}

/// In virtual time only: it takes as long as the bounds say.
pub(crate) async fn whoever_is_slow_is_let_go(world: World) {
    let (rig, listener) = played(&world, NOTHING).await;
    // Says nothing at all.
    let (mut near, began) = (client(&rig).await, rig.now());
    assert!(rest(&mut near).await.is_empty());
    assert!(rig.now().since(began) <= HEAD_TIMEOUT + rig.slack(), "{}", rig.now().since(began));
    a_slow_head_is_let_go(world.clone()).await;
    // Empty lines for ever, which mean nothing.
    let (near, began) = (client(&rig).await, rig.now());
    let (mut reads, mut writes) = tokio::io::split(near);
    let dripping = async {
        while writes.write_all(b"\r\n").await.is_ok() {
            rig.sleep(7_000).await;
        }
    };
    tokio::select! {
        biased;
        read = reads.read_u8() => assert!(read.is_err()),
        () = dripping => {}
    }
    let took = rig.now().since(began);
    assert!(took <= HEAD_TIMEOUT + rig.slack(), "{took}");
    // A body that goes as one unit and never comes: the endpoint could not lose its patience with it.
    let (mut near, began) = (client(&rig).await, rig.now());
    say(&mut near, b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhal").await;
    hear(&mut near, b"HTTP/1.1 408").await;
    let took = rig.now().since(began);
    assert!(took >= HEAD_TIMEOUT && took <= HEAD_TIMEOUT + rig.slack(), "{took}");
    // Between exchanges there is more time, each time anew.
    let mut near = client(&rig).await;
    let most = KEEP_ALIVE.nanos() / 1_000_000;
    let (request, answer) = (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"HTTP/1.1 204 No Content\r\n\r\n");
    say(&mut near, request).await;
    let (mut far, _) = listener.accept().await.expect("the path dials");
    for _ in 0..3 {
        hear(&mut far, request).await;
        say(&mut far, answer).await;
        hear(&mut near, answer).await;
        rig.sleep(most - 100).await;
        say(&mut near, request).await;
    }
    hear(&mut far, request).await;
    say(&mut far, answer).await;
    hear(&mut near, answer).await;
    let began = rig.now();
    assert!(silent(&rig, &mut near).await);
    assert!(rest(&mut near).await.is_empty());
    let took = rig.now().since(began);
    assert!(took >= KEEP_ALIVE && took <= KEEP_ALIVE + rig.slack(), "{took}");
}

/// An endpoint that answers before it has read all of a request reads the rest of that, and not the next request in the midst of it.
pub(crate) async fn an_early_answer_cuts_no_request(world: World) {
    let (rig, listener) = played(&world, NOTHING).await;
    let mut near = client(&rig).await;
    // As much as goes as one unit, which with its head is more than a pipe holds.
    let request = [
        format!("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {UNIT_BODY_BYTES}\r\n\r\n").as_bytes(),
        &vec![b'b'; UNIT_BODY_BYTES],
    ]
    .concat();
    say(&mut near, &request).await;
    let (mut far, _) = listener.accept().await.expect("the path dials");
    // The way is over once the first byte is there.
    hear(&mut far, &request[..1]).await;
    say(&mut far, ANSWER).await;
    hear(&mut near, ANSWER).await;
    say(&mut near, REQUEST).await;
    // On the old connection if all of the request had left before, as the buffers of sockets are large; else on a new one.
    let dialled = world.clock.timeout(rig.now() + Span::from_millis(200), listener.accept()).await;
    let first = if let Ok(next) = dialled {
        let (mut next, _) = next.expect("the path dials");
        hear(&mut next, REQUEST).await;
        say(&mut next, ANSWER).await;
        rest(&mut far).await
    } else {
        let soon = rig.now() + Span::from_secs(5);
        let whole = world.clock.timeout(soon, hear(&mut far, &request[1..])).await;
        assert!(whole.is_ok(), "it goes on on the old connection, without the rest of the first request");
        hear(&mut far, REQUEST).await;
        say(&mut far, ANSWER).await;
        request[1..].to_vec()
    };
    assert!(request[1..].starts_with(&first), "nothing else has come on the old connection");
    hear(&mut near, ANSWER).await;
}

/// A body that ends with its connection has not ended if that was reset: the client sees a reset, too.
pub(crate) async fn what_was_reset_does_not_seem_whole(world: World) {
    let (rig, listener) = played(&world, NOTHING).await;
    let mut near = client(&rig).await;
    let mut far = asked(&listener, &mut near, REQUEST).await;
    let answer: &[u8] = b"HTTP/1.1 200 OK\r\n\r\nhalf of ";
    say(&mut far, answer).await;
    hear(&mut near, answer).await;
    far.reset();
    assert_eq!(near.read_u8().await.expect_err("no end").kind(), ErrorKind::ConnectionReset);
    // And one whose length is said ends where the endpoint ended it.
    let mut near = client(&rig).await;
    let mut far = asked(&listener, &mut near, REQUEST).await;
    let answer: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\nhalf of ";
    say(&mut far, answer).await;
    drop(far);
    assert_eq!(rest(&mut near).await, answer);
    // The other way: the endpoint sees that the client has gone in the midst of a body.
    for goes in [Conn::reset, drop] {
        let mut near = client(&rig).await;
        let head: &[u8] = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhe";
        let mut far = asked(&listener, &mut near, head).await;
        goes(near);
        assert!(rest(&mut far).await.is_empty(), "no end of the body is made up");
    }
}
