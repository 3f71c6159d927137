//! Requests that reach the endpoint twice.

use firedrill::journal::Fate;
use firedrill::world::World;

use crate::http::{ANSWER, REQUEST, asked, client, hear, played, rest, say, silent};
use crate::messages::inject;
use crate::rig::LINK;

pub(crate) async fn a_request_reaches_the_endpoint_twice(world: World) {
    let (rig, listener) = played(&world, &inject("duplicate: { endpoint: dingtalk, first: 1 }")).await;
    rig.apply(0);
    let mut near = client(&rig).await;
    let mut far = asked(&listener, &mut near, REQUEST).await;
    say(&mut far, ANSWER).await;
    hear(&mut near, ANSWER).await;
    hear(&mut far, REQUEST).await;
    // The second answer is for nobody, however it comes.
    say(&mut far, b"HTTP/1.1 500 No\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nbad\r\n0\r\n\r\n").await;
    assert!(silent(&rig, &mut near).await);
    say(&mut near, REQUEST).await;
    hear(&mut far, REQUEST).await;
    say(&mut far, ANSWER).await;
    hear(&mut near, ANSWER).await;
}

/// The endpoint does not answer the copy; the client does not notice.
pub(crate) async fn a_slow_second_answer_delays_nobody(world: World) {
    let (rig, listener) = played(&world, &inject("duplicate: { endpoint: dingtalk, first: 1 }")).await;
    rig.apply(0);
    let mut near = client(&rig).await;
    let mut far = asked(&listener, &mut near, REQUEST).await;
    say(&mut far, ANSWER).await;
    hear(&mut near, ANSWER).await;
    hear(&mut far, REQUEST).await;
    let began = rig.now();
    let mut next = asked(&listener, &mut near, REQUEST).await;
    say(&mut next, ANSWER).await;
    hear(&mut near, ANSWER).await;
    // 10 ms of the link each way, on a connection that the path dials at once.
    let took = rig.now().since(began);
    assert!(took >= LINK * 2 && took <= LINK * 2 + rig.slack(), "{took}");
    // The copy may still be answered: its connection is open.
    assert!(silent(&rig, &mut far).await);
}

/// The copy goes wrong: its connection ends, the client's goes on.
pub(crate) async fn a_copy_that_fails_ends_no_client(world: World) {
    let (rig, listener) = played(&world, &inject("duplicate: { endpoint: dingtalk }")).await;
    rig.apply(0);
    let mut near = client(&rig).await;
    for wrong in [&b""[..], b"SSH-2.0-x\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort"] {
        let mut far = asked(&listener, &mut near, REQUEST).await;
        say(&mut far, ANSWER).await;
        hear(&mut near, ANSWER).await;
        hear(&mut far, REQUEST).await;
        say(&mut far, wrong).await;
        if wrong.is_empty() {
            far.reset();
        } else {
            drop(far);
        }
        assert!(silent(&rig, &mut near).await, "nothing is heard of it");
    }
    // Nor does it matter that the endpoint ends the connection with its first answer, or answers nothing at all: the copy dials anew.
    let mut far = asked(&listener, &mut near, REQUEST).await;
    drop(far);
    assert!(rest(&mut near).await.is_empty());
    let (mut again, _) = listener.accept().await.expect("the copy dials");
    hear(&mut again, REQUEST).await;
    let mut near = client(&rig).await;
    far = asked(&listener, &mut near, REQUEST).await;
    let closing: &[u8] = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
    say(&mut far, closing).await;
    hear(&mut near, closing).await;
    assert!(rest(&mut near).await.is_empty());
    let (mut again, _) = listener.accept().await.expect("the copy dials");
    hear(&mut again, REQUEST).await;
}

/// What cannot be sent a second time is not, and nothing is written down.
pub(crate) async fn what_cannot_be_repeated_is_no_hit(world: World) {
    let (rig, listener) = played(&world, &inject("duplicate: { endpoint: dingtalk, direction: to-endpoint }")).await;
    rig.apply(0);
    let chunked: &[u8] = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
    let expects: &[u8] = b"PUT / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n";
    let upgrade: &[u8] = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: raw\r\n\r\n";
    for (head, body) in [(chunked, &b"0\r\n\r\n"[..]), (expects, b"hello"), (upgrade, b"")] {
        let mut near = client(&rig).await;
        let mut far = asked(&listener, &mut near, head).await;
        say(&mut near, body).await;
        hear(&mut far, body).await;
        say(&mut far, ANSWER).await;
        hear(&mut near, ANSWER).await;
        assert!(silent(&rig, &mut far).await, "{}", head.escape_ascii());
    }
    assert!(rig.hits().await.is_empty());
    // All of it at once can be, whatever it expects.
    let mut near = client(&rig).await;
    let whole = [expects, b"hello"].concat();
    let mut far = asked(&listener, &mut near, &whole).await;
    say(&mut far, ANSWER).await;
    hear(&mut near, ANSWER).await;
    hear(&mut far, &whole).await;
    assert_eq!(rig.hits().await.len(), 1);
}

/// Nor is a request that never gets to the endpoint because of another fault.
pub(crate) async fn what_is_refused_is_not_repeated(world: World) {
    let status = "  y: { during: fault, status: { endpoint: dingtalk, code: 503 } }";
    let faults = format!("{}\n{status}", inject("duplicate: { endpoint: dingtalk }"));
    let (rig, _listener) = played(&world, &faults).await;
    rig.apply(0);
    rig.apply(1);
    let mut near = client(&rig).await;
    say(&mut near, REQUEST).await;
    hear(&mut near, b"HTTP/1.1 503 ").await;
    assert!(rig.hits().await.iter().all(|hit| hit.fate == Fate::Refused));
}
