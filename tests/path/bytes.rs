//! Faults that know nothing but bytes or connections, through a door that reads HTTP.
//!
//! The link takes 10 ms each way, and so does each way of the handshake before the first request.

use std::io::ErrorKind;

use firedrill::journal::Fate;
use firedrill::units::Span;
use firedrill::world::{Conn, Listener, World};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::http::{ANSWER, NOTHING, REQUEST, asked, client, hear, played, rest, say, silent};
use crate::messages::inject;
use crate::rig::{LINK, Rig};

/// A connection over which one exchange has gone in peace: the client's end and the endpoint's.
async fn warm(rig: &Rig, listener: &Listener) -> (Conn, Conn) {
    let mut near = client(rig).await;
    let mut far = asked(listener, &mut near, REQUEST).await;
    say(&mut far, ANSWER).await;
    hear(&mut near, ANSWER).await;
    (near, far)
}

/// That something took as long as derived, and at most the slack longer.
fn took(rig: &Rig, took: Span, due: Span) {
    assert!(took >= due && took <= due + rig.slack(), "{took} instead of {due}");
}

/// One exchange of 1,000 bytes each way: how long until the endpoint had all, and until the client had.
async fn thousands(rig: &Rig, near: &mut Conn, far: &mut Conn) -> (Span, Span) {
    let mut request = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ".to_vec();
    request.extend_from_slice(format!("{}\r\n\r\n", 1_000 - request.len() - 7).as_bytes());
    request.resize(1_000, b'a');
    let mut answer = b"HTTP/1.1 200 OK\r\nContent-Length: ".to_vec();
    answer.extend_from_slice(format!("{}\r\n\r\n", 1_000 - answer.len() - 7).as_bytes());
    answer.resize(1_000, b'b');
    let began = rig.now();
    say(near, &request).await;
    hear(far, &request).await;
    let there = rig.now();
    say(far, &answer).await;
    hear(near, &answer).await;
    (there.since(began), rig.now().since(there))
}

pub(crate) async fn a_bandwidth_slows_requests_and_answers(world: World) {
    let (rig, listener) = played(&world, &inject("bandwidth: { endpoint: dingtalk, rate: 10KB/s }")).await;
    let (mut near, mut far) = warm(&rig, &listener).await;
    rig.apply(0);
    let (there, back) = thousands(&rig, &mut near, &mut far).await;
    // 1,000 bytes at 10,000 a second.
    took(&rig, there, LINK + Span::from_millis(100));
    took(&rig, back, LINK + Span::from_millis(100));
}

pub(crate) async fn slices_have_their_pauses(world: World) {
    let fault = "slicer: { endpoint: dingtalk, size: 100B, pause: 20ms, direction: from-endpoint }";
    let (rig, listener) = played(&world, &inject(fault)).await;
    let (mut near, mut far) = warm(&rig, &listener).await;
    rig.apply(0);
    let (there, back) = thousands(&rig, &mut near, &mut far).await;
    took(&rig, there, LINK);
    // Ten slices with nine pauses between them.
    took(&rig, back, LINK + Span::from_millis(180));
}

pub(crate) async fn so_many_bytes_pass(world: World) {
    let fault = "limit_data: { endpoint: dingtalk, bytes: 50B, direction: from-endpoint }";
    let (rig, listener) = played(&world, &inject(fault)).await;
    let (mut near, mut far) = warm(&rig, &listener).await;
    rig.apply(0);
    say(&mut near, REQUEST).await;
    hear(&mut far, REQUEST).await;
    let answer = [b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n", &[b'a'; 100][..]].concat();
    say(&mut far, &answer).await;
    assert_eq!(rest(&mut near).await, &answer[..50]);
    assert!(rest(&mut far).await.is_empty(), "the endpoint's side is closed, too");
}

pub(crate) async fn one_bit_is_flipped(world: World) {
    let (rig, listener) = played(&world, &inject("corrupt: { endpoint: dingtalk, direction: to-endpoint }")).await;
    let (mut near, mut far) = warm(&rig, &listener).await;
    rig.apply(0);
    for _ in 0..5 {
        say(&mut near, REQUEST).await;
        let mut read = vec![0; REQUEST.len()];
        far.read_exact(&mut read).await.expect("as many bytes");
        let flipped: u32 = read.iter().zip(REQUEST).map(|(read, sent)| (read ^ sent).count_ones()).sum();
        assert_eq!(flipped, 1);
        say(&mut far, ANSWER).await;
        hear(&mut near, ANSWER).await;
    }
}

pub(crate) async fn a_request_is_reset(world: World) {
    let (rig, listener) = played(&world, &inject("reset: { endpoint: dingtalk, after: 50ms }")).await;
    let (mut near, mut far) = warm(&rig, &listener).await;
    rig.apply(0);
    assert!(silent(&rig, &mut near).await, "not before there is data");
    let began = rig.now();
    say(&mut near, REQUEST).await;
    assert_eq!(near.read_u8().await.expect_err("a reset").kind(), ErrorKind::ConnectionReset);
    took(&rig, rig.now().since(began), LINK + Span::from_millis(50));
    assert_eq!(far.read_u8().await.expect_err("a reset").kind(), ErrorKind::ConnectionReset);
    // An idle connection is reset at its end.
    rig.lift(0);
    let (near, mut far) = warm(&rig, &listener).await;
    rig.apply(0);
    let began = rig.now();
    drop(near);
    assert_eq!(far.read_u8().await.expect_err("a reset").kind(), ErrorKind::ConnectionReset);
    took(&rig, rig.now().since(began), Span::from_millis(50));
}

pub(crate) async fn a_lost_request_comes_late(world: World) {
    let fault = "loss: { endpoint: dingtalk, random: 100%, rto: 1ms, direction: to-endpoint }";
    let (rig, listener) = played(&world, &inject(fault)).await;
    let (mut near, mut far) = warm(&rig, &listener).await;
    rig.apply(0);
    let (there, back) = thousands(&rig, &mut near, &mut far).await;
    // Lost ten times in a row: 1 ms doubled nine times.
    took(&rig, there, LINK + Span::from_millis(512));
    took(&rig, back, LINK);
}

pub(crate) async fn only_the_end_comes_late(world: World) {
    let (rig, listener) = played(&world, &inject("slow_close: { endpoint: dingtalk, delay: 250ms }")).await;
    let (mut near, mut far) = warm(&rig, &listener).await;
    rig.apply(0);
    say(&mut near, REQUEST).await;
    hear(&mut far, REQUEST).await;
    let last: &[u8] = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok";
    let began = rig.now();
    say(&mut far, last).await;
    hear(&mut near, last).await;
    took(&rig, rig.now().since(began), LINK);
    assert_eq!(near.read(&mut [0; 8]).await.expect("the end"), 0);
    took(&rig, rig.now().since(began), LINK + Span::from_millis(250));
}

pub(crate) async fn a_clients_end_comes_late_to_the_endpoint(world: World) {
    let (rig, listener) = played(&world, &inject("slow_close: { endpoint: dingtalk, delay: 250ms }")).await;
    let (near, mut far) = warm(&rig, &listener).await;
    rig.apply(0);
    let began = rig.now();
    drop(near);
    assert_eq!(far.read(&mut [0; 8]).await.expect("the end"), 0);
    took(&rig, rig.now().since(began), Span::from_millis(250));
}

const SILENT: &str = "timeout: { endpoint: dingtalk, after: 300ms }";

pub(crate) async fn a_timeout_swallows_a_request(world: World) {
    let (rig, listener) = played(&world, &inject(SILENT)).await;
    let (mut near, mut far) = warm(&rig, &listener).await;
    let began = rig.now();
    rig.apply(0);
    rig.sleep(100).await;
    say(&mut near, REQUEST).await;
    assert!(rest(&mut far).await.is_empty() && rest(&mut near).await.is_empty());
    // The silence counts from what was swallowed, when that would have arrived.
    took(&rig, rig.now().since(began), Span::from_millis(100) + LINK + Span::from_millis(300));
}

pub(crate) async fn a_timeout_ends_idle_connections(world: World) {
    let (rig, listener) = played(&world, &inject(SILENT)).await;
    let (mut near, mut far) = warm(&rig, &listener).await;
    // One that has never asked for anything, too, and one that does not exist yet.
    let mut new = client(&rig).await;
    rig.sleep(50).await;
    let began = rig.now();
    rig.apply(0);
    assert!(rest(&mut near).await.is_empty() && rest(&mut far).await.is_empty());
    took(&rig, rig.now().since(began), Span::from_millis(300));
    assert!(rest(&mut new).await.is_empty());
    took(&rig, rig.now().since(began), Span::from_millis(300));
    let began = rig.now();
    assert!(rest(&mut client(&rig).await).await.is_empty());
    took(&rig, rig.now().since(began), Span::from_millis(300));
    let hits = rig.hits().await;
    assert!(hits.len() == 3 && hits.iter().all(|hit| hit.fate == Fate::Dropped), "{hits:?}");
}

pub(crate) async fn a_timeout_swallows_what_is_under_way(world: World) {
    let (rig, listener) = played(&world, &inject(SILENT)).await;
    let (mut near, mut far) = warm(&rig, &listener).await;
    say(&mut near, REQUEST).await;
    hear(&mut far, REQUEST).await;
    say(&mut far, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").await;
    hear(&mut near, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").await;
    let began = rig.now();
    rig.apply(0);
    rig.sleep(200).await;
    say(&mut far, b"1\r\na\r\n").await;
    assert!(rest(&mut near).await.is_empty(), "what comes is swallowed");
    took(&rig, rig.now().since(began), Span::from_millis(500));
    assert_eq!(rig.hits().await.len(), 1);
}

pub(crate) async fn a_timeout_without_an_end_ends_with_the_lift(world: World) {
    let (rig, listener) = played(&world, &inject("timeout: { endpoint: dingtalk }")).await;
    let (mut near, _far) = warm(&rig, &listener).await;
    rig.apply(0);
    assert!(silent(&rig, &mut near).await);
    let began = rig.now();
    rig.lift(0);
    assert!(rest(&mut near).await.is_empty());
    took(&rig, rig.now().since(began), Span::ZERO);
    // Other faults let idle connections be.
    let (mut near, mut far) = warm(&rig, &listener).await;
    say(&mut near, REQUEST).await;
    hear(&mut far, REQUEST).await;
}

/// A fence and a freeze wait for the next request; only push connections are closed at once.
pub(crate) async fn a_freeze_lets_idle_connections_be(world: World) {
    let freeze = "account_freeze: { endpoint: dingtalk, group: purchasing, mode: whole }";
    let (rig, listener) = played(&world, &inject(freeze)).await;
    let (mut near, _far) = warm(&rig, &listener).await;
    rig.apply(0);
    assert!(silent(&rig, &mut near).await);
    assert!(rig.hits().await.is_empty());
    near.write_all(REQUEST).await.expect("it is open");
    hear(&mut near, b"HTTP/1.1 4").await;
}

pub(crate) async fn the_first_few_and_every_third_request(world: World) {
    let (rig, listener) =
        played(&world, &inject("status: { endpoint: dingtalk, code: 503, first: 2, every: 3 }")).await;
    let mut conns = [warm(&rig, &listener).await, warm(&rig, &listener).await];
    rig.apply(0);
    let mut refused = Vec::new();
    // Whichever connection they come on.
    for n in 1..=12 {
        let (near, far) = &mut conns[n % 2];
        say(near, REQUEST).await;
        let mut head = [0; 12];
        let answering = async {
            hear(far, REQUEST).await;
            say(far, ANSWER).await;
        };
        let hearing = near.read_exact(&mut head);
        tokio::select! {
            biased;
            read = hearing => assert!(read.is_ok()),
            () = async { answering.await; std::future::pending().await } => {}
        }
        if &head == b"HTTP/1.1 503" {
            refused.push(n);
        }
        // The rest of either answer.
        assert!(near.read(&mut [0; 2_000]).await.expect("the rest") > 0);
    }
    assert_eq!(refused, [3, 6]);
    assert_eq!(rig.hits().await.len(), 2);
}

pub(crate) async fn a_later_request_overtakes(world: World) {
    let fault = "reorder: { endpoint: dingtalk, direction: to-endpoint, by: 200ms, first: 1 }";
    let (rig, listener) = played(&world, &inject(fault)).await;
    let (mut one, mut far_one) = warm(&rig, &listener).await;
    let (mut two, mut far_two) = warm(&rig, &listener).await;
    rig.apply(0);
    let began = rig.now();
    say(&mut one, REQUEST).await;
    // In memory both would else arrive in the same microsecond; the first is to be the first.
    rig.sleep(1).await;
    say(&mut two, REQUEST).await;
    let first = async {
        hear(&mut far_one, REQUEST).await;
        rig.now()
    };
    let second = async {
        hear(&mut far_two, REQUEST).await;
        rig.now()
    };
    let (first, second) = futures_util::future::join(first, second).await;
    assert!(second < first, "overtaken");
    took(&rig, first.since(began), LINK + Span::from_millis(200));
    took(&rig, second.since(began), LINK + Span::from_millis(1));
}

pub(crate) async fn an_answer_is_lost_and_the_connection_closed(world: World) {
    let (rig, listener) = played(&world, &inject("drop_reply: { endpoint: dingtalk, how: close }")).await;
    rig.apply(0);
    let mut near = client(&rig).await;
    // The endpoint has got it, and waits with the body for its continue, which is no answer yet.
    let head: &[u8] = b"PUT / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n";
    let mut far = asked(&listener, &mut near, head).await;
    say(&mut far, b"HTTP/1.1 100 Continue\r\n\r\n").await;
    hear(&mut near, b"HTTP/1.1 100 Continue\r\n\r\n").await;
    say(&mut near, b"hello").await;
    hear(&mut far, b"hello").await;
    let began = rig.now();
    say(&mut far, ANSWER).await;
    assert_eq!(near.read(&mut [0; 8]).await.expect("the end, and no reset"), 0);
    took(&rig, rig.now().since(began), LINK);
    assert_eq!(rig.hits().await.len(), 1);
}

/// Without a fault, so that the bounds above say something.
pub(crate) async fn without_a_fault_it_takes_the_link(world: World) {
    let (rig, listener) = played(&world, NOTHING).await;
    let (mut near, mut far) = warm(&rig, &listener).await;
    let (there, back) = thousands(&rig, &mut near, &mut far).await;
    took(&rig, there, LINK);
    took(&rig, back, LINK);
}
