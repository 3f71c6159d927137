//! A cut: nothing passes while it lasts, and nothing that was held is lost when it heals.

use firedrill::units::Span;
use firedrill::world::World;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::rig::{ABROAD, DINGTALK, LINK, PURCHASING, Rig};

/// The cut lasts this long.
const CUT: u64 = 700;

pub(crate) async fn nothing_passes_and_what_is_held_arrives_after_the_lift(world: World) {
    let rig = Rig::service(&world, "  cut: { during: fault, partition: { link: hk-shenzhen } }").await;
    let mut client = rig.client(rig.plan.member(PURCHASING, 0), DINGTALK).await;
    client.knock().await;
    rig.apply(0);
    let began = rig.now();
    let lifting = async {
        rig.sleep(CUT).await;
        assert_eq!(rig.arrivals().len(), 1, "nothing has passed");
        rig.lift(0);
        rig.now()
    };
    let (status, lifted) = futures_util::future::join(client.knock(), lifting).await;
    assert_eq!(status, 200, "what was held is delivered, and answered");
    let arrived = rig.arrivals()[1];
    assert!(lifted.since(began) >= Span::from_millis(CUT) && arrived >= lifted, "{arrived}, lifted {lifted}");
    assert!(arrived <= lifted + LINK + rig.slack(), "the way is left to travel: {arrived}, lifted {lifted}");
    let hits = rig.hits().await;
    assert_eq!(hits.len(), 1, "one request was held once, however long: {hits:?}");
}

pub(crate) async fn only_answers_are_held(world: World) {
    let cut = "  cut: { during: fault, partition: { link: hk-shenzhen, direction: from-endpoint } }";
    let rig = Rig::service(&world, cut).await;
    let mut client = rig.client(rig.plan.member(PURCHASING, 0), DINGTALK).await;
    client.knock().await;
    rig.apply(0);
    let began = rig.now();
    let lifting = async {
        rig.sleep(CUT).await;
        rig.lift(0);
        rig.now()
    };
    let (_, lifted) = futures_util::future::join(client.knock(), lifting).await;
    let (arrived, answered) = (rig.arrivals()[1], rig.now());
    assert!(arrived <= began + LINK + rig.slack() && arrived < lifted, "the request passes at once: {arrived}");
    assert!(answered >= lifted && answered <= lifted + LINK + rig.slack(), "its answer after the lift: {answered}");
}

pub(crate) async fn new_connections_wait(world: World) {
    let rig = Rig::service(&world, "  cut: { during: fault, partition: { link: hk-shenzhen } }").await;
    rig.apply(0);
    let knocking = async {
        let mut client = rig.client(rig.plan.member(PURCHASING, 0), DINGTALK).await;
        client.knock().await
    };
    let lifting = async {
        rig.sleep(CUT).await;
        rig.lift(0);
        rig.now()
    };
    let (_, lifted) = futures_util::future::join(knocking, lifting).await;
    // The handshake there and back, the request there.
    let arrived = rig.arrivals()[0];
    assert!(arrived >= lifted && arrived <= lifted + LINK * 3 + rig.slack(), "{arrived}, lifted {lifted}");
}

/// Whoever does not cross the link does not notice: a VPN user leaves by Singapore, and crosses another.
pub(crate) async fn only_the_link_is_cut(world: World) {
    let rig = Rig::service(&world, "  cut: { during: fault, partition: { link: hk-shenzhen } }").await;
    rig.apply(0);
    let mut abroad = rig.client(rig.plan.member(ABROAD, 0), DINGTALK).await;
    let began = rig.now();
    assert_eq!(abroad.knock().await, 200);
    // hk → singapore 20 ms, singapore → shenzhen 15 ms: handshake, request and answer.
    let took = rig.now().since(began);
    assert!(took >= Span::from_millis(139) && took <= Span::from_millis(140) + rig.slack(), "{took}");
    assert!(rig.hits().await.is_empty());
}

pub(crate) async fn a_stream_is_held_too(world: World) {
    let listener = world.net.bind(([127, 0, 0, 1], 0).into()).await.expect("a port");
    let cut = "  cut: { during: fault, partition: { link: hk-shenzhen, direction: to-endpoint } }";
    let rig = Rig::build(&world, cut, Some(listener.local_addr())).await;
    let mut near = rig.stream(rig.plan.member(PURCHASING, 0)).await;
    let (mut far, _) = listener.accept().await.expect("the path dials");
    near.write_all(b"before").await.expect("room");
    far.read_exact(&mut [0; 6]).await.expect("it passes");
    rig.apply(0);
    near.write_all(b"while ").await.expect("room");
    let deadline = rig.now() + Span::from_millis(CUT);
    assert!(world.clock.timeout(deadline, far.read_u8()).await.is_err(), "nothing passes");
    far.write_all(b"back").await.expect("room");
    near.read_exact(&mut [0; 4]).await.expect("the other way is open");
    rig.lift(0);
    let lifted = rig.now();
    let mut held = [0; 6];
    far.read_exact(&mut held).await.expect("what was held");
    assert_eq!(&held, b"while ");
    assert!(rig.now() <= lifted + LINK + rig.slack());
}
