//! What a cut holds of a stream or a WebSocket, while something else is switched: it meets that as a request does that is held.

use std::io::ErrorKind;

use firedrill::units::{InjectId, Moment, Span};
use firedrill::world::{Conn, Listener, World};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::http::{hear, played, rest, say, silent};
use crate::messages::{frame, socket};
use crate::rig::{LINK, PURCHASING, Rig};

/// A cut of the link, both ways, and the inject that goes on meanwhile.
async fn with(world: &World, fault: &str) -> (Rig, Listener) {
    let injects =
        format!("  cut: {{ during: fault, partition: {{ link: hk-shenzhen }} }}\n  next: {{ during: fault, {fault} }}");
    played(world, &injects).await
}

const NEXT_CUT: &str = "partition: { link: hk-shenzhen }";

/// A connection of bytes: the client's end and the endpoint's.
async fn stream(rig: &Rig, listener: &Listener) -> (Conn, Conn) {
    let mut near = rig.stream(rig.plan.member(PURCHASING, 0)).await;
    let (mut far, _) = listener.accept().await.expect("the path dials");
    say(&mut near, b"open").await;
    hear(&mut far, b"open").await;
    (near, far)
}

/// The next inject goes on while the cut holds something, and the cut is lifted, no earlier than at the moment that this gives.
async fn overlap(rig: &Rig) -> Moment {
    rig.sleep(50).await;
    rig.apply(1);
    rig.sleep(50).await;
    lifted(rig, 0)
}

/// Lifts an inject, and gives a moment that is no later: what waits for it is no earlier than its way takes from then on.
fn lifted(rig: &Rig, inject: u16) -> Moment {
    let before = rig.now();
    rig.lift(inject);
    before
}

/// How many units each of the injects has hit.
async fn units(rig: &Rig) -> [u32; 2] {
    let hits = rig.hits().await;
    let of = |inject| hits.iter().filter(|hit| hit.inject == InjectId(inject)).map(|hit| hit.units).sum();
    [of(0), of(1)]
}

pub(crate) async fn bytes_and_their_end_wait_for_the_next_cut_too(world: World) {
    let (rig, listener) = with(&world, NEXT_CUT).await;
    let (mut near, mut far) = stream(&rig, &listener).await;
    rig.apply(0);
    say(&mut near, b"held").await;
    overlap(&rig).await;
    assert!(silent(&rig, &mut far).await, "nothing passes while one of them is on");
    assert_eq!(units(&rig).await, [1, 1], "held by both, and hit once by each");
    near.shutdown().await.expect("it is open");
    rig.sleep(50).await;
    rig.apply(0);
    rig.sleep(50).await;
    rig.lift(1);
    assert!(silent(&rig, &mut far).await, "not even the end");
    let lifted = lifted(&rig, 0);
    hear(&mut far, b"held").await;
    let took = rig.now().since(lifted);
    assert!(took >= LINK && took <= LINK + rig.slack(), "the way is left to travel: {took}");
    assert!(rest(&mut far).await.is_empty());
}

pub(crate) async fn a_pushed_frame_waits_for_the_next_cut_too(world: World) {
    let (rig, listener) = with(&world, NEXT_CUT).await;
    let (mut near, mut far) = socket(&rig, &listener).await;
    rig.apply(0);
    say(&mut far, &frame("one")).await;
    overlap(&rig).await;
    say(&mut far, &frame("two")).await;
    assert!(silent(&rig, &mut near).await, "nothing passes while one of them is on");
    let lifted = lifted(&rig, 1);
    hear(&mut near, &[frame("one"), frame("two")].concat()).await;
    let took = rig.now().since(lifted);
    assert!(took >= LINK && took <= LINK + rig.slack(), "{took}");
    drop((near, far));
    rig.sleep(100).await;
    assert_eq!(units(&rig).await[0], 1);
}

pub(crate) async fn a_delay_that_goes_on_meanwhile_counts_from_the_healing(world: World) {
    let (rig, listener) = with(&world, "latency: { endpoint: dingtalk, constant: 200ms }").await;
    let (mut near, mut far) = stream(&rig, &listener).await;
    rig.apply(0);
    say(&mut near, b"held").await;
    let lifted = overlap(&rig).await;
    hear(&mut far, b"held").await;
    let (took, late) = (rig.now().since(lifted), LINK + Span::from_millis(200));
    assert!(took >= late && took <= late + rig.slack(), "{took}");
    assert_eq!(units(&rig).await, [1, 1]);
}

/// A bit that is flipped twice is as it was.
pub(crate) async fn what_was_changed_before_is_not_changed_again(world: World) {
    let (rig, listener) = with(&world, "corrupt: { endpoint: dingtalk }").await;
    let (mut near, mut far) = stream(&rig, &listener).await;
    rig.apply(0);
    rig.apply(1);
    say(&mut near, &[0; 4]).await;
    rig.sleep(50).await;
    rig.lift(0);
    let mut read = [0; 4];
    far.read_exact(&mut read).await.expect("what was held");
    assert_eq!(read.iter().map(|byte: &u8| byte.count_ones()).sum::<u32>(), 1, "{read:?}");
    assert_eq!(units(&rig).await, [1, 1]);
}

pub(crate) async fn what_goes_on_meanwhile_changes_what_is_held(world: World) {
    for (fault, heard) in [("duplicate", "one one two two"), ("silent_loss", "")] {
        let (rig, listener) =
            with(&world, &format!("{fault}: {{ endpoint: dingtalk, direction: from-endpoint }}")).await;
        let (mut near, mut far) = socket(&rig, &listener).await;
        rig.apply(0);
        say(&mut far, &[frame("one"), frame("two")].concat()).await;
        overlap(&rig).await;
        let heard: Vec<u8> = heard.split_terminator(' ').flat_map(frame).collect();
        hear(&mut near, &heard).await;
        assert!(silent(&rig, &mut near).await, "{fault}");
    }
}

pub(crate) async fn a_limit_that_goes_on_meanwhile_counts_what_is_held(world: World) {
    let (rig, listener) = with(&world, "limit_data: { endpoint: dingtalk, bytes: 6B, direction: to-endpoint }").await;
    let (mut near, mut far) = stream(&rig, &listener).await;
    rig.apply(0);
    for piece in ["held", "long"] {
        say(&mut near, piece.as_bytes()).await;
        rig.sleep(20).await;
    }
    overlap(&rig).await;
    assert_eq!(rest(&mut far).await, b"heldlo");
}

pub(crate) async fn a_reset_that_goes_on_meanwhile_needs_no_healing(world: World) {
    let (rig, listener) = with(&world, "reset: { endpoint: dingtalk }").await;
    let (mut near, mut far) = stream(&rig, &listener).await;
    rig.apply(0);
    say(&mut near, b"held").await;
    rig.sleep(50).await;
    rig.apply(1);
    let soon = rig.now() + Span::from_millis(500);
    let read = world.clock.timeout(soon, far.read_u8()).await.expect("it does not wait for the lift");
    assert_eq!(read.expect_err("no end of the stream").kind(), ErrorKind::ConnectionReset);
}
