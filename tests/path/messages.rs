//! Faults of exchanges and messages on the wire: what the client hears, and what the endpoint got.

use firedrill::units::Span;
use firedrill::world::World;
use tokio::io::AsyncReadExt;

use crate::http::{ANSWER, REQUEST, asked, client, hear, played, rest, say, silent};

const UPGRADE: &[u8] = b"GET /s HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n";
const UPGRADED: &[u8] = b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: WebSocket\r\n\r\n";

/// An inject over the whole fault phase.
pub(crate) fn inject(fault: &str) -> String {
    format!("  x: {{ during: fault, {fault} }}")
}

/// A text frame as an endpoint writes it.
pub(crate) fn frame(text: &str) -> Vec<u8> {
    let length = u8::try_from(text.len()).expect("a short one");
    [&[0x81, length], text.as_bytes()].concat()
}

pub(crate) async fn the_throttled_hear_how_long_to_wait(world: World) {
    let (rig, _listener) = played(&world, &inject("throttle: { endpoint: teams, retry_after: 30s }")).await;
    rig.apply(0);
    let mut near = rig.dial(rig.plan.member(crate::rig::PURCHASING, 0), crate::rig::TEAMS).await;
    say(&mut near, REQUEST).await;
    let mut head = vec![0; 2_000];
    let len = near.read(&mut head).await.expect("an answer");
    let head = String::from_utf8_lossy(&head[..len]).to_lowercase();
    assert!(head.starts_with("http/1.1 429 ") && head.contains("\r\nretry-after: 30\r\n"), "{head}");
}

pub(crate) async fn an_answer_is_lost_in_silence(world: World) {
    let (rig, listener) = played(&world, &inject("drop_reply: { endpoint: dingtalk }")).await;
    rig.apply(0);
    let mut near = client(&rig).await;
    let mut far = asked(&listener, &mut near, REQUEST).await;
    say(&mut far, ANSWER).await;
    assert!(silent(&rig, &mut near).await);
    // What was swallowed is gone: the connection ends with the fault.
    rig.lift(0);
    assert!(rest(&mut near).await.is_empty());
}

/// An upgraded connection: the client's end and the endpoint's.
pub(crate) async fn socket(
    rig: &crate::rig::Rig,
    listener: &firedrill::world::Listener,
) -> (firedrill::world::Conn, firedrill::world::Conn) {
    let mut near = client(rig).await;
    let mut far = asked(listener, &mut near, UPGRADE).await;
    say(&mut far, UPGRADED).await;
    hear(&mut near, UPGRADED).await;
    (near, far)
}

pub(crate) async fn both_sides_of_a_websocket_are_told_the_code(world: World) {
    let (rig, listener) = played(&world, &inject("websocket_drop: { endpoint: dingtalk, code: 1012 }")).await;
    let (mut near, mut far) = socket(&rig, &listener).await;
    rig.apply(0);
    // 1012 = 0x03f4; unmasked to the client, masked with zeros to the endpoint.
    assert_eq!(rest(&mut near).await, [0x88, 2, 0x03, 0xf4]);
    assert_eq!(rest(&mut far).await, [0x88, 0x82, 0, 0, 0, 0, 0x03, 0xf4]);
    let (mut near, _far) = socket(&rig, &listener).await;
    assert_eq!(rest(&mut near).await, [0x88, 2, 0x03, 0xf4], "new ones, too");
}

pub(crate) async fn a_pushed_frame_comes_twice(world: World) {
    let (rig, listener) = played(&world, &inject("duplicate: { endpoint: dingtalk, direction: from-endpoint }")).await;
    let (mut near, mut far) = socket(&rig, &listener).await;
    rig.apply(0);
    // In pieces, and with a ping between them: a unit is a message, and a control frame none.
    let ping: &[u8] = &[0x89, 0];
    let pushed = [&frame("one")[..], ping, &frame("two")].concat();
    for piece in pushed.chunks(3) {
        say(&mut far, piece).await;
    }
    let heard = [&frame("one")[..], &frame("one"), ping, &frame("two"), &frame("two")].concat();
    hear(&mut near, &heard).await;
    assert!(silent(&rig, &mut near).await);
}

pub(crate) async fn pushed_frames_vanish_and_pings_do_not(world: World) {
    let (rig, listener) = played(&world, &inject("silent_loss: { endpoint: dingtalk, every: 2 }")).await;
    let (mut near, mut far) = socket(&rig, &listener).await;
    rig.apply(0);
    for text in ["a", "b", "c", "d"] {
        say(&mut far, &[&frame(text)[..], &[0x89, 0]].concat()).await;
    }
    let ping: &[u8] = &[0x89, 0];
    hear(&mut near, &[&frame("a")[..], ping, ping, &frame("c"), ping, ping].concat()).await;
}

pub(crate) async fn a_later_frame_overtakes(world: World) {
    let fault = "reorder: { endpoint: dingtalk, direction: from-endpoint, by: 200ms, first: 1 }";
    let (rig, listener) = played(&world, &inject(fault)).await;
    let (mut near, mut far) = socket(&rig, &listener).await;
    rig.apply(0);
    let began = rig.now();
    say(&mut far, &[frame("one"), frame("two")].concat()).await;
    hear(&mut near, &frame("two")).await;
    // 10 ms of the link; the other 200 ms later.
    assert!(rig.now().since(began) <= Span::from_millis(10) + rig.slack());
    hear(&mut near, &frame("one")).await;
    let took = rig.now().since(began);
    assert!(took >= Span::from_millis(210) && took <= Span::from_millis(210) + rig.slack(), "{took}");
}

pub(crate) async fn pushes_are_late_and_answers_are_not(world: World) {
    let (rig, listener) = played(&world, &inject("push_delay: { endpoint: dingtalk, constant: 300ms }")).await;
    let (mut near, mut far) = socket(&rig, &listener).await;
    rig.apply(0);
    let began = rig.now();
    say(&mut far, &frame("one")).await;
    let mut other = client(&rig).await;
    let mut service = asked(&listener, &mut other, REQUEST).await;
    say(&mut service, ANSWER).await;
    hear(&mut other, ANSWER).await;
    // A handshake and an exchange over 10 ms each way: 40 ms.
    let took = rig.now().since(began);
    assert!(took >= Span::from_millis(40) && took <= Span::from_millis(40) + rig.slack(), "{took}");
    hear(&mut near, &frame("one")).await;
    let took = rig.now().since(began);
    assert!(took >= Span::from_millis(310) && took <= Span::from_millis(310) + rig.slack(), "{took}");
}
