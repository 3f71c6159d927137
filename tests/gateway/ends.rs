use std::io::ErrorKind;

use firedrill::path::Tampering;
use firedrill::plan::{Direction, Fault, Latency, Pick};
use firedrill::units::{Size, Span};
use firedrill::world::World;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::rig::{Rig, ms, one_way};

pub(crate) async fn a_limit_passes_exactly_so_many_bytes(world: World) {
    let rig = Rig::own(&world).await;
    let (mut client, mut service) = rig.pair().await;
    rig.arm(one_way(Fault::LimitData { bytes: Size(1_000) }, Direction::ToEndpoint));
    client.write_all(&[1; 700]).await.expect("sent");
    service.read_exact(&mut [0; 700]).await.expect("within the limit");
    client.write_all(&[2; 700]).await.expect("sent");
    let mut rest = Vec::new();
    // What the client sent beyond it may be answered with a reset.
    let _ = service.read_to_end(&mut rest).await;
    assert_eq!(rest, [2; 300]);
    assert!(matches!(client.read(&mut [0; 8]).await, Ok(0) | Err(_)), "the client's side is closed, too");
}

pub(crate) async fn a_timeout_swallows_and_closes(world: World) {
    let rig = Rig::own(&world).await;
    let (mut client, mut service) = rig.pair().await;
    let began = rig.now();
    rig.arm(one_way(Fault::Timeout { after: Some(ms(300)) }, Direction::ToEndpoint));
    rig.sleep(100).await;
    client.write_all(b"lost").await.expect("sent");
    let mut rest = Vec::new();
    let _ = service.read_to_end(&mut rest).await;
    assert!(rest.is_empty());
    // The silence counts from what was swallowed last.
    rig.took(rig.now().since(began), ms(400));
    let (mut quiet, _service) = {
        rig.door.lift("timeout");
        rig.pair().await
    };
    let began = rig.now();
    rig.arm(one_way(Fault::Timeout { after: Some(ms(300)) }, Direction::ToEndpoint));
    let _ = quiet.read(&mut [0; 8]).await;
    // Nothing came at all: it counts from when it went on.
    rig.took(rig.now().since(began), ms(300));
}

pub(crate) async fn a_timeout_without_an_end_closes_when_lifted(world: World) {
    let rig = Rig::own(&world).await;
    let (mut client, mut service) = rig.pair().await;
    let began = rig.now();
    rig.arm(one_way(Fault::Timeout { after: None }, Direction::ToEndpoint));
    client.write_all(b"lost").await.expect("sent");
    let lifting = async {
        rig.sleep(1_000).await;
        assert!(rig.door.lift("timeout"));
    };
    let mut rest = Vec::new();
    let (_, ()) = futures_util::future::join(service.read_to_end(&mut rest), lifting).await;
    assert!(rest.is_empty());
    rig.took(rig.now().since(began), ms(1_000));
}

/// A change is no lift: the silence begins anew. Nothing was ever sent, so that the end is the one thing that hits the connection.
pub(crate) async fn a_timeout_counts_anew_when_it_is_changed(world: World) {
    let rig = Rig::own(&world).await;
    let (mut client, _service) = rig.pair().await;
    let began = rig.now();
    rig.arm(one_way(Fault::Timeout { after: Some(ms(1_000)) }, Direction::ToEndpoint));
    let changing = async {
        rig.sleep(500).await;
        rig.arm(one_way(Fault::Timeout { after: Some(ms(1_500)) }, Direction::ToEndpoint));
    };
    let _ = futures_util::future::join(client.read(&mut [0; 8]), changing).await;
    rig.took(rig.now().since(began), ms(2_000));
    assert_eq!(rig.door.faults()[0].hits(), 1);
}

/// One name, first a timeout, then a delay: with the timeout what it swallowed is gone.
pub(crate) async fn a_timeout_that_becomes_another_fault_closes(world: World) {
    let rig = Rig::own(&world).await;
    let (mut client, _service) = rig.pair().await;
    let began = rig.now();
    rig.arm(one_way(Fault::Timeout { after: None }, Direction::ToEndpoint));
    let changing = async {
        rig.sleep(300).await;
        let fault = Fault::Latency(Latency::constant(ms(1)));
        rig.arm(Tampering { name: "timeout".into(), ..one_way(fault, Direction::ToEndpoint) });
    };
    let read = async {
        let _ = rig.world.clock.timeout(began + ms(5_000), client.read(&mut [0; 8])).await;
    };
    futures_util::future::join(read, changing).await;
    rig.took(rig.now().since(began), ms(300));
}

pub(crate) async fn the_first_connection_alone_times_out(world: World) {
    let rig = Rig::own(&world).await;
    let (mut first, _one) = rig.pair().await;
    let began = rig.now();
    let pick = Pick { first: Some(1), every: None };
    rig.arm(Tampering { pick, ..one_way(Fault::Timeout { after: Some(ms(200)) }, Direction::ToEndpoint) });
    let read = rig.world.clock.timeout(began + ms(5_000), first.read(&mut [0; 8])).await;
    assert!(read.is_ok(), "the fault takes its pick of what it can hit");
    rig.took(rig.now().since(began), ms(200));
    let (mut second, _two) = rig.pair().await;
    let soon = rig.now() + ms(1_000);
    assert!(rig.world.clock.timeout(soon, second.read(&mut [0; 8])).await.is_err());
    assert_eq!(rig.door.faults()[0].hits(), 1);
}

pub(crate) async fn a_reset_after_the_first_data(world: World) {
    let rig = Rig::own(&world).await;
    let (mut client, mut service) = rig.pair().await;
    rig.arm(one_way(Fault::Reset { after: ms(50) }, Direction::ToEndpoint));
    rig.sleep(200).await;
    let began = rig.now();
    client.write_all(b"x").await.expect("sent");
    let error = client.read_u8().await.expect_err("reset");
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    rig.took(rig.now().since(began), ms(50));
    assert_eq!(service.read_u8().await.expect_err("reset").kind(), ErrorKind::ConnectionReset);
}

pub(crate) async fn a_slow_close_delays_the_end_alone(world: World) {
    let rig = Rig::own(&world).await;
    let (mut client, mut service) = rig.pair().await;
    rig.arm(one_way(Fault::SlowClose { delay: ms(250) }, Direction::ToEndpoint));
    let began = rig.now();
    client.write_all(b"x").await.expect("sent");
    client.shutdown().await.expect("half closed");
    service.read_u8().await.expect("data is untouched");
    rig.took(rig.now().since(began), Span::ZERO);
    assert_eq!(service.read(&mut [0; 8]).await.expect("the end"), 0);
    rig.took(rig.now().since(began), ms(250));
}
