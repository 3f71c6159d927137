//! Requests that two could read differently, by a way in: what reaches the host is one request that nobody can read but in one manner, or
//! nothing.

use std::sync::{Arc, Mutex, PoisonError};

use firedrill::path::Protocol;
use firedrill::units::Span;
use firedrill::world::{Conn, Tasks, World};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::rig::{LOCAL, Rig, Setting, hosted};

/// Every byte that a host has got, over whatever connections.
type Heard = Arc<Mutex<Vec<u8>>>;

/// Answers the first head of a connection, and writes down all that comes.
async fn recorded(mut conn: Conn, heard: Heard) {
    let (mut own, mut answered, mut buffer) = (Vec::new(), false, [0; 4096]);
    while let Ok(bytes @ 1..) = conn.read(&mut buffer).await {
        own.extend_from_slice(&buffer[..bytes]);
        heard.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(&buffer[..bytes]);
        let whole = own.ends_with(b"\r\n\r\n") || own.ends_with(b"end");
        if whole && !std::mem::replace(&mut answered, true) {
            let _ = conn.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
        }
    }
}

/// What a client hears, by status, who says this and no more; and what the host has got of it.
async fn said(world: &World, request: &str) -> (Vec<u16>, String) {
    let (heard, tasks) = (Heard::default(), Tasks::new());
    let write = Arc::clone(&heard);
    let host = hosted(world, &tasks, LOCAL, move |conn| recorded(conn, Arc::clone(&write))).await;
    let leads = vec![format!("a.example:80={host}")];
    let rig = Rig::with(world, Setting { leads, ..Setting::of(Protocol::Forward) }).await;
    let mut client = rig.connect().await;
    client.say(request.as_bytes()).await;
    // Whoever is refused is closed; the others may go on, and say so by their end.
    let soon = world.clock.now() + Span::from_millis(100);
    let mut answers = Vec::new();
    let closed = world.clock.timeout(soon, client.0.read_to_end(&mut answers)).await.is_ok();
    let answers = String::from_utf8(answers).expect("text");
    let status = |answer: &str| answer.get(..3).and_then(|status| status.parse().ok()).expect("a status");
    let statuses: Vec<u16> = answers.split("HTTP/1.1 ").skip(1).map(status).collect();
    let refused = statuses.last().is_some_and(|status| *status != 200);
    assert!(closed || !refused, "whoever is refused is closed: {request:?}");
    drop(client);
    world.clock.sleep(Span::from_millis(20)).await;
    let heard = heard.lock().unwrap_or_else(PoisonError::into_inner).clone();
    (statuses, String::from_utf8(heard).expect("text"))
}

/// A request of a body and of another request, which stands in it or behind it.
fn post(version: &str, fields: &str, body: &str) -> String {
    format!("POST http://a.example/x HTTP/{version}\r\nHost: b.example\r\n{fields}\r\n\r\n{body}")
}

/// What stands behind the end of a body that another reads as longer.
const BEHIND: &str = "GET http://a.example/smuggled HTTP/1.1\r\nHost: a.example\r\nX: x\r\n\r\n";

pub(crate) async fn a_host_gets_one_request_or_none(world: World) {
    let body = format!("0\r\n\r\n{BEHIND}");
    for fields in [
        "Content-Length: 5\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 5",
        "Content-Length: 5\r\ntRANSFER-eNCODING: CHUNKED",
        "Content-Length: 5\r\nContent-Length: 6",
        "Content-Length: 5\r\nContent-Length: 5",
        "Content-Length: 5, 5",
        "Content-Length: +5",
        "Content-Length: 0x5",
        "Content-Length: 5 5",
        "Content-Length:",
        "Content-Length: 18446744073709551617",
        "Content-Length : 5",
        "Content-Length\t: 5",
        "Transfer-Encoding : chunked",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
        "Transfer-Encoding: chunked, chunked",
        "Transfer-Encoding: chunked, identity",
        "Transfer-Encoding: identity",
        "Transfer-Encoding: gzip, chunked",
        "Transfer-Encoding: xchunked",
        "Transfer-Encoding: \"chunked\"",
        "Transfer-Encoding: chunked;q=1",
        "Transfer-Encoding:\u{b}chunked",
        "Transfer-Encoding:\u{c}chunked",
        "Transfer-Encoding: chunked\u{0}",
        "Transfer-Encoding:\r\n chunked",
        "Transfer-Encoding: chun\r\n\tked",
        "X: a\r\n Transfer-Encoding: chunked",
        " Transfer-Encoding: chunked",
        "X: a\nTransfer-Encoding: chunked",
        "X: a\rTransfer-Encoding: chunked",
        "Transfer_Encoding\u{7f}: chunked",
        "Host: c.example",
        ": empty",
        "no field",
    ] {
        let request = post("1.1", fields, &body);
        assert_eq!(said(&world, &request).await, (vec![400], String::new()), "{request:?}");
    }
    // In HTTP/1.0 there is no coding (RFC 9112 §6.1).
    for fields in ["Transfer-Encoding: chunked", "Connection: keep-alive\r\nTransfer-Encoding: chunked"] {
        let request = post("1.0", fields, &body);
        assert_eq!(said(&world, &request).await, (vec![400], String::new()), "{request:?}");
    }
}

pub(crate) async fn what_goes_on_is_as_long_as_was_read(world: World) {
    // Where it ends for us it ends for the host, whose next request is what stood behind it: that is judged for itself, and here is none.
    let behind = "GET /smuggled HTTP/1.1\r\nHost: a.example\r\n\r\n";
    for (fields, body) in [
        ("Content-Length: 3", "end"),
        ("Content-Length:\t 3 \t", "end"),
        ("content-length: 0003", "end"),
        ("tRANSFER-eNCODING: cHUNKED", "3\r\nend\r\n0\r\n\r\n"),
        ("Transfer-Encoding:\t chunked \t", "3;a=b\r\nend\r\n0\r\n\r\n"),
        ("Transfer-Encoding:chunked", "003\r\nend\r\n000\r\nX: trailer\r\n\r\n"),
        ("X: GET /x HTTP/1.1", ""),
        ("Transfer_Encoding: chunked", ""),
        ("X-Content-Length: 5", ""),
    ] {
        let request = post("1.1", fields, body);
        let due = format!("POST /x HTTP/1.1\r\nHost: a.example\r\n{fields}\r\n\r\n{body}");
        assert_eq!(said(&world, &format!("{request}{behind}")).await, (vec![200, 400], due), "{request:?}");
    }
    // Of a request that names two hosts, the URL's is asked, and no other is told (RFC 9112 §3.2.2).
    for other in ["b.example", "169.254.169.254", "a.example:81", "", "b.example, a.example", "b.example/x"] {
        let request = format!("GET http://a.example/x HTTP/1.1\r\nX: 1\r\nHost: {other}\r\n\r\n{behind}");
        let due = "GET /x HTTP/1.1\r\nHost: a.example\r\nX: 1\r\n\r\n";
        assert_eq!(said(&world, &request).await, (vec![200, 400], due.into()), "{request:?}");
    }
}
