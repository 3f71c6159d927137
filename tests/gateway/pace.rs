use firedrill::path::Tampering;
use firedrill::plan::{Direction, Fault, Latency};
use firedrill::units::{Size, Span, Throughput};
use firedrill::world::{Conn, World};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::rig::{Rig, ms, one_way};

fn bandwidth(bytes: u64, shared: bool) -> Fault {
    Fault::Bandwidth { rate: Throughput::new(bytes).expect("above zero"), shared }
}

/// Sends so many bytes through and says how long it took until the last was there.
async fn transfer(rig: &Rig, client: Conn, mut service: Conn, len: usize) -> Span {
    let began = rig.now();
    rig.spawn(async move {
        let mut client = client;
        client.write_all(&vec![5; len]).await.expect("sent");
        client.shutdown().await.expect("ended");
    });
    let mut got = Vec::new();
    service.read_to_end(&mut got).await.expect("received");
    assert_eq!(got.len(), len);
    rig.now().since(began)
}

pub(crate) async fn a_bandwidth_for_each(world: World) {
    let rig = Rig::own(&world).await;
    let (a, b) = (rig.pair().await, rig.pair().await);
    rig.arm(one_way(bandwidth(200_000, false), Direction::ToEndpoint));
    // 100,000 bytes at 200,000 a second, each by itself.
    let (first, second) =
        futures_util::future::join(transfer(&rig, a.0, a.1, 100_000), transfer(&rig, b.0, b.1, 100_000)).await;
    rig.took(first, ms(500));
    rig.took(second, ms(500));
}

pub(crate) async fn a_bandwidth_for_all(world: World) {
    let rig = Rig::own(&world).await;
    let (a, b) = (rig.pair().await, rig.pair().await);
    rig.arm(one_way(bandwidth(200_000, true), Direction::ToEndpoint));
    let began = rig.now();
    futures_util::future::join(transfer(&rig, a.0, a.1, 100_000), transfer(&rig, b.0, b.1, 100_000)).await;
    // Together 200,000 bytes at 200,000 a second: the later one ends a second after the first byte, of whichever it was.
    rig.took(rig.now().since(began), ms(1_000));
}

pub(crate) async fn a_rate_that_is_raised_is_felt_at_once(world: World) {
    let rig = Rig::own(&world).await;
    let (client, service) = rig.pair().await;
    rig.arm(one_way(bandwidth(10_000, false), Direction::ToEndpoint));
    let raising = async {
        rig.sleep(500).await;
        rig.arm(one_way(bandwidth(1_000_000, false), Direction::ToEndpoint));
    };
    let (took, ()) = futures_util::future::join(transfer(&rig, client, service, 105_000), raising).await;
    // 5,000 bytes in the first half second; the other 100,000 in a tenth. A piece is at most ten milliseconds' worth.
    let due = ms(600);
    assert!(took + ms(10) >= due && took <= due + ms(10) + rig.slack(), "{took}");
}

pub(crate) async fn slices_with_pauses(world: World) {
    let rig = Rig::own(&world).await;
    let (client, service) = rig.pair().await;
    let slicer = Fault::Slicer { size: Size(1_000), variation: Size(0), pause: ms(5) };
    rig.arm(one_way(slicer, Direction::ToEndpoint));
    // Sixty slices, with a pause after each but the last.
    rig.took(transfer(&rig, client, service, 60_000).await, ms(5 * 59));
    let (mut client, mut service) = rig.pair().await;
    client.write_all(&[1; 3_500]).await.expect("sent");
    let mut sizes = Vec::new();
    while sizes.iter().sum::<usize>() < 3_500 {
        sizes.push(service.read(&mut [0; 10_000]).await.expect("received"));
    }
    if world.clock.is_virtual() {
        // The byte that showed the way had a slice of its own.
        assert_eq!(sizes, [1_000, 1_000, 1_000, 500]);
    }
}

pub(crate) async fn a_delay_and_a_bandwidth(world: World) {
    let rig = Rig::own(&world).await;
    let (client, service) = rig.pair().await;
    rig.arm(one_way(Fault::Latency(Latency::constant(ms(300))), Direction::ToEndpoint));
    rig.arm(one_way(bandwidth(100_000, false), Direction::ToEndpoint));
    // The first byte is late by the delay, and the pace goes on from there.
    let took = transfer(&rig, client, service, 50_000).await;
    rig.took(took, ms(800));
}

/// 100,000 bytes at a megabyte a second, whichever of the two comes first: slices without a pause cost nothing.
pub(crate) async fn slices_do_not_slow_a_bandwidth(world: World) {
    let slicer = Fault::Slicer { size: Size(1_000), variation: Size(0), pause: Span::ZERO };
    for faults in [[bandwidth(1_000_000, false), slicer.clone()], [slicer, bandwidth(1_000_000, false)]] {
        let rig = Rig::own(&world).await;
        let (client, service) = rig.pair().await;
        for fault in faults {
            rig.arm(one_way(fault, Direction::ToEndpoint));
        }
        rig.took(transfer(&rig, client, service, 100_000).await, ms(100));
    }
}

/// 200,000 bytes at a megabyte a second, while a fault of the other direction comes and goes three times for every piece.
pub(crate) async fn a_bandwidth_is_exact_whatever_else_is_switched(world: World) {
    let rig = Rig::own(&world).await;
    let (client, service) = rig.pair().await;
    rig.arm(one_way(bandwidth(1_000_000, false), Direction::ToEndpoint));
    let switching = async {
        for _ in 0..1_000 {
            rig.arm(one_way(Fault::Corrupt, Direction::FromEndpoint));
            rig.sleep(1).await;
            rig.door.lift("corrupt");
            rig.sleep(1).await;
        }
    };
    let transferring = std::pin::pin!(transfer(&rig, client, service, 200_000));
    let futures_util::future::Either::Left((took, _)) =
        futures_util::future::select(transferring, std::pin::pin!(switching)).await
    else {
        panic!("not there after two seconds of switching");
    };
    rig.took(took, ms(200));
}

/// What is late by two seconds one way takes its share of a pace then, and not now from whoever goes the other way.
pub(crate) async fn what_is_late_takes_nothing_of_a_shared_bandwidth_before_it_is_due(world: World) {
    let rig = Rig::own(&world).await;
    let (mut client, mut service) = rig.pair().await;
    rig.arm(one_way(Fault::Latency(Latency::constant(ms(2_000))), Direction::ToEndpoint));
    rig.arm(Tampering { direction: Direction::Both, ..one_way(bandwidth(100_000, true), Direction::ToEndpoint) });
    client.write_all(&[1; 1_000]).await.expect("sent");
    rig.sleep(50).await;
    let began = rig.now();
    service.write_all(&[2; 1_000]).await.expect("sent");
    client.read_exact(&mut [0; 1_000]).await.expect("received");
    rig.took(rig.now().since(began), ms(10));
}
