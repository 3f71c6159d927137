//! Whatever is sent to it over a connection: its own no, nothing let through, and no waiting for ever.

use firedrill::limits::{BODY_BYTES, BODY_TIMEOUT};
use firedrill::units::Span;
use firedrill::world::World;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::rig::{Rig, order};

/// Says these bytes on a connection of its own, and gives the first line of what is answered. A minute is for ever on any machine.
async fn said(rig: &Rig, parts: &[&[u8]]) -> String {
    let mut conn = rig.dial().await;
    let clock = &rig.world.clock;
    let speaking = async {
        for part in parts {
            // It may be refused before all of it is sent.
            if conn.write_all(part).await.is_err() {
                break;
            }
        }
        let mut answer = Vec::new();
        let mut byte = [0_u8; 1];
        while !answer.ends_with(b"\r\n") {
            match conn.read(&mut byte).await {
                Ok(1) => answer.push(byte[0]),
                _ => break,
            }
        }
        String::from_utf8_lossy(&answer).trim_end().to_owned()
    };
    clock.timeout(clock.now() + Span::from_secs(120), speaking).await.expect("an answer, or the end")
}

fn post(fields: &str) -> String {
    format!("POST /v1/messages HTTP/1.1\r\nhost: gateway\r\nauthorization: Bearer fd-gateway-staff-1\r\n{fields}\r\n")
}

fn with_body(body: &str) -> String {
    post(&format!("content-length: {}\r\n", body.len())) + body
}

/// A good message is taken all the same, and it is the only one that was sent on.
async fn nothing_was_let_through(rig: &Rig) {
    assert_eq!(rig.sent_on(), []);
    assert_eq!(rig.order(1).await.status, 200);
    assert_eq!(rig.sent_on().len(), 1);
}

pub(crate) async fn what_is_no_message_is_refused_and_goes_nowhere(world: World) {
    let rig = Rig::new(&world, &[1, 2]).await;
    let (deep, good) = ("[".repeat(100_000), order(0).to_string());
    for body in [
        "",
        "{",
        "null",
        "[]",
        "\"fd-0.0\"",
        "{\"id\":\"fd-0.0\"}",
        "{\"id\":\"fd-0.0\",\"to\":[],\"text\":\"\"}",
        "{\"id\":\"\",\"to\":[\"staff-2\"],\"text\":\"\"}",
        "{\"id\":\"order 0\",\"to\":[\"staff-2\"],\"text\":\"\"}",
        "{\"id\":\"fd-0.4294967296\",\"to\":[\"staff-2\"],\"text\":\"\"}",
        "{\"id\":\"fd-0.0\",\"to\":\"staff-2\",\"text\":\"\"}",
        "{\"id\":\"fd-0.0\",\"to\":[\"staff-2\"],\"text\":7}",
        "{\"id\":\"fd-0.0\",\"id\":\"fd-0.1\",\"to\":[\"staff-2\"],\"text\":\"\"}",
        "{\"id\":\"fd-0.0\",\"to\":[\"staff-2\"],\"text\":\"\"} and more",
        "\u{fffd}\u{0}",
        &deep,
    ] {
        let answer = said(&rig, &[with_body(body).as_bytes()]).await;
        assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}: {}", &body[..body.len().min(60)]);
    }
    for method in ["GET", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "BREW"] {
        let request = with_body(&good).replacen("POST", method, 1);
        let answer = said(&rig, &[request.as_bytes()]).await;
        assert!(answer.starts_with("HTTP/1.1 404 "), "{method}: {answer}");
    }
    for target in ["/v1/messages/", "/v1/messages/fd-0.0", "//v1/messages", "/v1/messages%20", "/"] {
        let request = with_body(&good).replacen("/v1/messages", target, 1);
        let answer = said(&rig, &[request.as_bytes()]).await;
        assert!(answer.starts_with("HTTP/1.1 404 "), "{target}: {answer}");
    }
    for authorization in
        ["", "authorization: Basic c3RhZmYtMTo=\r\n", "authorization: Bearer\r\n", "authorization: Bearer x\r\n"]
    {
        let request = with_body(&good).replacen("authorization: Bearer fd-gateway-staff-1\r\n", authorization, 1);
        let answer = said(&rig, &[request.as_bytes()]).await;
        assert!(answer.starts_with("HTTP/1.1 401 "), "{authorization}: {answer}");
    }
    nothing_was_let_through(&rig).await;
}

pub(crate) async fn a_head_is_bounded(world: World) {
    let rig = Rig::new(&world, &[1, 2]).await;
    let flood = |fields: usize| post(&"x: y\r\n".repeat(fields));
    let long = post(&format!("x: {}\r\n", "y".repeat(1 << 20)));
    for request in [flood(1_000), flood(100_000), long] {
        let answer = said(&rig, &[request.as_bytes()]).await;
        assert!(answer.starts_with("HTTP/1.1 431 ") || answer.is_empty(), "{answer}");
    }
    // What two could read differently, and what is no HTTP.
    for request in [
        post("content-length: 5\r\ncontent-length: 6\r\n") + "hello!",
        post("transfer-encoding: chunked\r\ntransfer-encoding: identity\r\n") + "0\r\n\r\n",
        "\u{16}\u{3}\u{1} this is no HTTP\r\n\r\n".to_owned(),
        "GET / HTTP/9.9\r\n\r\n".to_owned(),
    ] {
        let answer = said(&rig, &[request.as_bytes()]).await;
        let refused = answer.starts_with("HTTP/1.1 4") || answer.starts_with("HTTP/1.1 505") || answer.is_empty();
        assert!(refused, "{answer}: {request:?}");
    }
    nothing_was_let_through(&rig).await;
}

/// A hundred mebibytes are promised; it says no as soon as more than it takes has come, and does not wait for the rest.
pub(crate) async fn a_body_is_bounded(world: World) {
    let rig = Rig::new(&world, &[1, 2]).await;
    let text = "a".repeat(BODY_BYTES + 1);
    let promised = post("content-length: 104857600\r\n");
    let begun = "{\"id\":\"fd-0.0\",\"to\":[\"staff-2\"],\"text\":\"";
    let answer = said(&rig, &[promised.as_bytes(), begun.as_bytes(), text.as_bytes()]).await;
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    let chunked = post("transfer-encoding: chunked\r\n");
    let chunk = format!("{:x}\r\n{text}\r\n", text.len());
    let answer = said(&rig, &[chunked.as_bytes(), chunk.as_bytes()]).await;
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    nothing_was_let_through(&rig).await;
}

pub(crate) async fn a_body_that_does_not_come_is_not_waited_for(world: World) {
    let rig = Rig::new(&world, &[1, 2]).await;
    let (clock, began) = (world.clock.clone(), world.clock.now());
    let promised = post("content-length: 104857600\r\n");
    let answer = said(&rig, &[promised.as_bytes(), b"{\"id\":\"fd-0.0\","]).await;
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    assert_eq!(clock.now().since(began).nanos() / 1_000_000, BODY_TIMEOUT.nanos() / 1_000_000);
    // Whoever says a byte a second is not waited for longer.
    let (began, mut conn) = (clock.now(), rig.dial().await);
    conn.write_all(promised.as_bytes()).await.expect("an open connection");
    let mut answer = [0_u8; 12];
    loop {
        let _ = conn.write_all(b" ").await;
        match clock.timeout(clock.now() + Span::from_secs(1), conn.read_exact(&mut answer)).await {
            Ok(read) => {
                read.expect("an answer");
                break;
            }
            Err(_) => assert!(clock.now().since(began) <= BODY_TIMEOUT + Span::from_secs(1)),
        }
    }
    assert_eq!(&answer, b"HTTP/1.1 400");
    nothing_was_let_through(&rig).await;
}
