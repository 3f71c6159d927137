//! How connections end on the other side of the path.

use std::io::ErrorKind;

use firedrill::units::Span;
use firedrill::world::World;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::rig::{PURCHASING, Rig};

const NOTHING: &str = "  nothing: { during: fault, partition: { link: hk-singapore } }";

pub(crate) async fn a_half_closed_connection_stays_half_open(world: World) {
    let listener = world.net.bind(([127, 0, 0, 1], 0).into()).await.expect("a port");
    let rig = Rig::build(&world, NOTHING, Some(listener.local_addr())).await;
    let mut near = rig.stream(rig.plan.member(PURCHASING, 0)).await;
    let (mut far, peer) = listener.accept().await.expect("the path dials");
    assert_eq!(peer.ip(), rig.address(rig.plan.member(PURCHASING, 0)), "from the client's own address");
    near.write_all(b"question").await.expect("room");
    near.shutdown().await.expect("it is open");
    let mut all = Vec::new();
    far.read_to_end(&mut all).await.expect("the end comes through, after what was sent");
    assert_eq!(all, b"question");
    far.write_all(b"answer").await.expect("this direction goes on");
    drop(far);
    all.clear();
    near.read_to_end(&mut all).await.expect("and ends in order");
    assert_eq!(all, b"answer");
}

pub(crate) async fn a_reset_is_passed_on_as_a_reset(world: World) {
    let listener = world.net.bind(([127, 0, 0, 1], 0).into()).await.expect("a port");
    let rig = Rig::build(&world, NOTHING, Some(listener.local_addr())).await;
    let account = rig.plan.member(PURCHASING, 0);
    // From the endpoint …
    let mut near = rig.stream(account).await;
    let (far, _) = listener.accept().await.expect("the path dials");
    rig.sleep(50).await;
    far.reset();
    let error = near.read_u8().await.expect_err("no end of the stream");
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    // … and from the client.
    let near = rig.stream(account).await;
    let (mut far, _) = listener.accept().await.expect("the path dials");
    rig.sleep(50).await;
    near.reset();
    let soon = rig.now() + Span::from_secs(5);
    let read = world.clock.timeout(soon, far.read_u8()).await.expect("it does not hang");
    assert_eq!(read.expect_err("no end of the stream").kind(), ErrorKind::ConnectionReset);
}

pub(crate) async fn an_endpoint_that_is_gone_is_a_reset(world: World) {
    let listener = world.net.bind(([127, 0, 0, 1], 0).into()).await.expect("a port");
    let gone = listener.local_addr();
    drop(listener);
    let rig = Rig::build(&world, NOTHING, Some(gone)).await;
    let mut near = rig.stream(rig.plan.member(PURCHASING, 0)).await;
    let error = near.read_u8().await.expect_err("no end of the stream");
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
}
