//! HTTP as bytes: what goes in comes out, one exchange after another, and the endpoint sees nothing that two could read differently.

use std::net::SocketAddr;

use firedrill::units::Span;
use firedrill::world::{Conn, Listener, World};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::rig::{DINGTALK, PURCHASING, Rig};

/// A fault that hits nobody here.
pub(crate) const NOTHING: &str = "  nothing: { during: fault, partition: { link: hk-singapore } }";

pub(crate) const REQUEST: &[u8] = b"GET /one HTTP/1.1\r\nHost: x\r\n\r\n";
pub(crate) const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/// A path to an endpoint that the test plays itself.
pub(crate) async fn played(world: &World, injects: &str) -> (Rig, Listener) {
    let listener = world.net.bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.expect("a port");
    let rig = Rig::build(world, injects, Some(listener.local_addr())).await;
    (rig, listener)
}

/// A client's connection to it.
pub(crate) async fn client(rig: &Rig) -> Conn {
    rig.dial(rig.plan.member(PURCHASING, 0), DINGTALK).await
}

pub(crate) async fn say(conn: &mut Conn, bytes: &[u8]) {
    conn.write_all(bytes).await.expect("an open connection");
}

/// Reads exactly these bytes.
pub(crate) async fn hear(conn: &mut Conn, bytes: &[u8]) {
    let mut read = vec![0; bytes.len()];
    conn.read_exact(&mut read).await.expect("as many bytes");
    assert_eq!(read.escape_ascii().to_string(), bytes.escape_ascii().to_string());
}

/// Reads up to the end, which may be a reset.
pub(crate) async fn rest(conn: &mut Conn) -> Vec<u8> {
    let mut all = Vec::new();
    // What came before a reset counts.
    let _ = conn.read_to_end(&mut all).await;
    all
}

/// Whether nothing comes for a while.
pub(crate) async fn silent(rig: &Rig, conn: &mut Conn) -> bool {
    let until = rig.now() + Span::from_millis(100);
    rig.world.clock.timeout(until, conn.read_u8()).await.is_err()
}

/// A client asks, and the endpoint hears it over a connection that the path dials.
pub(crate) async fn asked(listener: &Listener, near: &mut Conn, request: &[u8]) -> Conn {
    say(near, request).await;
    let (mut far, _) = listener.accept().await.expect("the path dials");
    hear(&mut far, request).await;
    far
}

/// Whether nobody dials for a while.
async fn nobody(rig: &Rig, listener: &Listener) -> bool {
    let until = rig.now() + Span::from_millis(100);
    rig.world.clock.timeout(until, listener.accept()).await.is_err()
}

pub(crate) async fn bytes_arrive_as_they_were_sent(world: World) {
    let (rig, listener) = played(&world, NOTHING).await;
    let mut near = client(&rig).await;
    let request: &[u8] =
        b"POST /a?b=%20 HTTP/1.1\r\nhOsT:x\r\nX-B:  two  spaces  \r\nx-a: 1\r\nX-B: \xe9\r\nACCEPT: */*\r\n\
        Content-length: 5\r\nconnection: Keep-Alive, X-Hop\r\nX-Hop: y\r\n\r\nhello";
    let answer: &[u8] =
        b"HTTP/1.1 200 \r\nsErVeR:   old\r\nSet-Cookie: a\r\nset-cookie: b\r\nCONTENT-LENGTH: 3\r\n\r\nbye";
    let mut far = asked(&listener, &mut near, request).await;
    say(&mut far, answer).await;
    hear(&mut near, answer).await;
    // The next goes over the same two connections, in pieces, and an empty line before it is overlooked.
    for piece in [&b"\r\nGET /two HT"[..], b"TP/1.1\r\nHost: ", b"x\r\n\r", b"\n"] {
        say(&mut near, piece).await;
        rig.sleep(1).await;
    }
    hear(&mut far, b"GET /two HTTP/1.1\r\nHost: x\r\n\r\n").await;
    for piece in [&b"HTTP/1.1 200 OK\r\nContent-"[..], b"Length: 2\r\n\r\no", b"k"] {
        say(&mut far, piece).await;
        rig.sleep(1).await;
    }
    hear(&mut near, ANSWER).await;
    // HTTP/1.0 neither names a host nor stays, unless it says so.
    say(&mut near, b"GET / HTTP/1.0\r\n\r\n").await;
    hear(&mut far, b"GET / HTTP/1.0\r\n\r\n").await;
    say(&mut far, ANSWER).await;
    hear(&mut near, ANSWER).await;
    assert!(rest(&mut near).await.is_empty() && rest(&mut far).await.is_empty(), "both have ended");
}

pub(crate) async fn pipelined_requests_are_answered_in_order(world: World) {
    let (rig, listener) = played(&world, NOTHING).await;
    let mut near = client(&rig).await;
    let requests: [&[u8]; 3] = [
        b"GET /1 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST /2 HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody",
        REQUEST,
    ];
    say(&mut near, &requests.concat()).await;
    let (mut far, _) = listener.accept().await.expect("the path dials");
    for (request, n) in requests.iter().zip(1..) {
        hear(&mut far, request).await;
        assert!(silent(&rig, &mut far).await, "one at a time");
        say(&mut far, format!("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n{n}").as_bytes()).await;
    }
    for n in 1..=3 {
        hear(&mut near, format!("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n{n}").as_bytes()).await;
    }
}

pub(crate) async fn chunks_and_trailers_pass(world: World) {
    let (rig, listener) = played(&world, NOTHING).await;
    let mut near = client(&rig).await;
    let head: &[u8] = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTrailer: Digest\r\n\r\n";
    let body: &[u8] = b"5;x=\"y\"\r\nhello\r\n0A\r\n0123456789\r\n000\r\nDigest: z\r\n\r\n";
    let mut far = asked(&listener, &mut near, head).await;
    // It streams: each byte arrives before the next is sent.
    for byte in body {
        say(&mut near, &[*byte]).await;
        hear(&mut far, &[*byte]).await;
    }
    let answer: &[u8] = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    say(&mut far, answer).await;
    hear(&mut near, answer).await;
    for byte in body {
        say(&mut far, &[*byte]).await;
        hear(&mut near, &[*byte]).await;
    }
    // And where the body ended the next exchange begins.
    say(&mut near, REQUEST).await;
    hear(&mut far, REQUEST).await;
}

pub(crate) async fn answers_without_a_body_have_none(world: World) {
    let (rig, listener) = played(&world, NOTHING).await;
    let mut near = client(&rig).await;
    say(&mut near, b"HEAD / HTTP/1.1\r\nHost: x\r\n\r\n").await;
    let (mut far, _) = listener.accept().await.expect("the path dials");
    hear(&mut far, b"HEAD / HTTP/1.1\r\nHost: x\r\n\r\n").await;
    let mut answers = ["200 OK\r\nContent-Length: 7", "204 No Content", "304 Not Modified\r\nContent-Length: 7"]
        .map(|head| format!("HTTP/1.1 {head}\r\n\r\n").into_bytes());
    answers[2].splice(0..0, *b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n");
    for answer in answers {
        say(&mut far, &answer).await;
        hear(&mut near, &answer).await;
        say(&mut near, REQUEST).await;
        hear(&mut far, REQUEST).await;
    }
    // One without a length ends with the connection.
    say(&mut far, b"HTTP/1.1 200 OK\r\n\r\nup to ").await;
    rig.sleep(1).await;
    say(&mut far, b"the end").await;
    drop(far);
    assert_eq!(rest(&mut near).await, b"HTTP/1.1 200 OK\r\n\r\nup to the end");
}

pub(crate) async fn whoever_waits_for_a_continue_gets_it(world: World) {
    let (rig, listener) = played(&world, NOTHING).await;
    let mut near = client(&rig).await;
    let head: &[u8] = b"PUT / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n";
    let mut far = asked(&listener, &mut near, head).await;
    say(&mut far, b"HTTP/1.1 100 Continue\r\n\r\n").await;
    hear(&mut near, b"HTTP/1.1 100 Continue\r\n\r\n").await;
    say(&mut near, b"hello").await;
    hear(&mut far, b"hello").await;
    say(&mut far, ANSWER).await;
    hear(&mut near, ANSWER).await;
    // A no instead of it is the answer, and the connection ends, since nobody knows whether the body follows.
    say(&mut near, head).await;
    hear(&mut far, head).await;
    let no: &[u8] = b"HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n\r\n";
    say(&mut far, no).await;
    hear(&mut near, no).await;
    assert!(rest(&mut near).await.is_empty());
}

pub(crate) async fn an_upgraded_connection_is_a_stream(world: World) {
    let (rig, listener) = played(&world, NOTHING).await;
    let mut near = client(&rig).await;
    let request: &[u8] = b"GET /chat HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: raw\r\n\r\n";
    let mut far = asked(&listener, &mut near, request).await;
    // What the client sends before it has the answer, and what comes right behind the answer, belongs to the stream.
    say(&mut near, b"early ").await;
    let answer: &[u8] = b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: raw\r\n\r\nat once";
    say(&mut far, answer).await;
    hear(&mut near, answer).await;
    say(&mut near, b"GET / HTTP/1.1\r\n\r\n").await;
    hear(&mut far, b"early GET / HTTP/1.1\r\n\r\n").await;
    near.shutdown().await.expect("it is open");
    assert!(rest(&mut far).await.is_empty(), "the end comes through, and only this way's");
    say(&mut far, b"still open").await;
    hear(&mut near, b"still open").await;
    // Nobody asked for a switch here.
    let mut near = client(&rig).await;
    let mut far = asked(&listener, &mut near, REQUEST).await;
    say(&mut far, answer).await;
    assert!(rest(&mut near).await.is_empty(), "broken off");
}

pub(crate) async fn an_endpoint_that_ends_idle_connections_is_dialled_again(world: World) {
    let (rig, listener) = played(&world, NOTHING).await;
    let mut near = client(&rig).await;
    for _ in 0..3 {
        say(&mut near, REQUEST).await;
        let (mut far, _) = listener.accept().await.expect("the path dials");
        hear(&mut far, REQUEST).await;
        say(&mut far, ANSWER).await;
        hear(&mut near, ANSWER).await;
        // Some say so before they end, which nobody asked.
        say(&mut far, b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n").await;
        drop(far);
        assert!(silent(&rig, &mut near).await, "the client does not notice");
    }
    // A request that went out is not sent again: who knows what it did.
    let far = asked(&listener, &mut near, REQUEST).await;
    drop(far);
    assert!(rest(&mut near).await.is_empty(), "broken off");
    assert!(nobody(&rig, &listener).await, "and not tried again");
}

pub(crate) async fn a_client_that_gives_up_while_its_answer_is_held_is_noticed(world: World) {
    let cut = "  cut: { during: fault, partition: { link: hk-shenzhen, direction: from-endpoint } }";
    let (rig, listener) = played(&world, cut).await;
    let mut near = client(&rig).await;
    let mut far = asked(&listener, &mut near, REQUEST).await;
    say(&mut far, ANSWER).await;
    hear(&mut near, ANSWER).await;
    rig.apply(0);
    say(&mut near, REQUEST).await;
    hear(&mut far, REQUEST).await;
    say(&mut far, ANSWER).await;
    assert!(silent(&rig, &mut near).await, "held");
    drop(near);
    let soon = rig.now() + Span::from_secs(5);
    let ended = rig.world.clock.timeout(soon, rest(&mut far)).await;
    assert_eq!(ended, Ok(Vec::new()), "the path has let go although the fault is on");
    // The same before the request has left, and before the handshake is over: nothing of the path is left.
    rig.lift(0);
    let doors = rig.path.tasks().len();
    rig.apply(0);
    for request in [&REQUEST[..10], REQUEST] {
        let mut near = client(&rig).await;
        say(&mut near, request).await;
        rig.sleep(50).await;
        assert_eq!(rig.path.tasks().len(), doors + 1);
        drop(near);
        rig.sleep(50).await;
        assert_eq!(rig.path.tasks().len(), doors);
    }
}
