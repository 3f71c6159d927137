use firedrill::draw::Seed;
use firedrill::plan::{Direction, Fault, Latency};
use firedrill::units::{Moment, Span};
use firedrill::world::World;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::rig::{Rig, all, ms, one_way};

pub(crate) async fn a_lift_lets_go_at_once(world: World) {
    let rig = Rig::echo(&world).await;
    let mut client = rig.client().await;
    rig.arm(one_way(Fault::Latency(Latency::constant(ms(30_000))), Direction::ToEndpoint));
    let lifting = async {
        rig.sleep(300).await;
        rig.door.lift("latency");
    };
    let (took, ()) = futures_util::future::join(rig.round_trip(&mut client), lifting).await;
    rig.took(took, ms(300));
}

pub(crate) async fn a_partition_holds_and_heals(world: World) {
    let rig = Rig::echo(&world).await;
    let mut client = rig.client().await;
    rig.arm(all(Fault::Partition));
    let healing = async {
        rig.sleep(400).await;
        rig.door.lift("partition");
    };
    let (took, ()) = futures_util::future::join(rig.round_trip(&mut client), healing).await;
    rig.took(took, ms(400));
}

pub(crate) async fn whatever_is_read_after_arming_bears_the_fault(world: World) {
    let rig = Rig::echo(&world).await;
    let mut client = rig.client().await;
    for _ in 0..50 {
        rig.arm(one_way(Fault::Latency(Latency::constant(ms(10))), Direction::ToEndpoint));
        rig.took(rig.round_trip(&mut client).await, ms(10));
        rig.door.lift("latency");
        let without = rig.round_trip(&mut client).await;
        assert!(without <= rig.slack());
    }
}

/// A receiver that stalls at random, and a fault that comes and goes: what arrives is what was sent.
pub(crate) async fn two_hundred_switches_lose_no_byte(world: World) {
    let rig = Rig::own(&world).await;
    let (client, mut service) = rig.pair().await;
    // The whole two gigabytes are one of the slow checks (`cargo bench --bench versus`); this much shows every way through the lanes.
    let len: usize = if world.clock.is_virtual() { 16 << 20 } else { 256 << 20 };
    rig.spawn(async move {
        let mut client = client;
        let mut at = 0;
        let mut block = vec![0; 128 * 1024];
        while at < len {
            for (n, byte) in block.iter_mut().enumerate() {
                *byte = place(at + n);
            }
            client.write_all(&block).await.expect("sent");
            at += block.len();
        }
        client.shutdown().await.expect("ended");
    });
    let door = std::sync::Arc::clone(&rig.door);
    let clock = world.clock.clone();
    rig.spawn(async move {
        for n in 0..100_u64 {
            let fault = match n % 4 {
                0 => Fault::Latency(Latency::constant(ms(n % 7))),
                1 => Fault::Slicer {
                    size: firedrill::units::Size(40_000),
                    variation: firedrill::units::Size(30_000),
                    pause: Span::ZERO,
                },
                2 => Fault::Partition,
                _ => Fault::Bandwidth {
                    rate: firedrill::units::Throughput::new(500_000_000).expect("a rate"),
                    shared: false,
                },
            };
            let name = fault.name();
            door.arm(all(fault)).expect("armed");
            clock.sleep(ms(2)).await;
            assert!(door.lift(name));
            clock.sleep(ms(1)).await;
        }
    });
    let key = Seed(5).key("stalls");
    let (mut at, mut buffer, mut turn) = (0, vec![0; 200_000], 0);
    loop {
        let got = service.read(&mut buffer).await.expect("received");
        if got == 0 {
            break;
        }
        assert!(buffer[..got].iter().enumerate().all(|(n, byte)| *byte == place(at + n)), "around {at}");
        at += got;
        turn += 1;
        if key.draw(turn).below(200) == 0 {
            rig.sleep(3).await;
        }
    }
    assert_eq!(at, len);
}

fn place(at: usize) -> u8 {
    (at ^ (at >> 8) ^ (at >> 17)).to_le_bytes()[0]
}

pub(crate) async fn a_fault_tells_when_it_bit(world: World) {
    let rig = Rig::echo(&world).await;
    let mut client = rig.client().await;
    rig.sleep(100).await;
    rig.arm(one_way(Fault::Latency(Latency::constant(ms(5))), Direction::ToEndpoint));
    let armed = rig.now();
    assert_eq!((rig.door.faults()[0].hits(), rig.door.faults()[0].first_hit()), (0, None));
    rig.sleep(100).await;
    rig.round_trip(&mut client).await;
    rig.round_trip(&mut client).await;
    let fault = rig.door.faults()[0].clone();
    let first = fault.first_hit().expect("it bit");
    rig.took(first.since(armed), ms(100));
    assert_eq!(fault.hits(), 2);
    rig.door.lift("latency");
    assert!(rig.door.faults().is_empty());
    assert!(first > Moment::ZERO);
}

/// More than any number that tells faults apart can count.
pub(crate) async fn a_fault_outlives_any_number_of_others(world: World) {
    let rig = Rig::echo(&world).await;
    let mut client = rig.client().await;
    rig.arm(one_way(Fault::Latency(Latency::constant(ms(20))), Direction::ToEndpoint));
    for _ in 0..=u16::MAX {
        rig.arm(one_way(Fault::Corrupt, Direction::FromEndpoint));
        assert!(rig.door.lift("corrupt"));
    }
    rig.took(rig.round_trip(&mut client).await, ms(20));
    let names: Vec<_> = rig.door.faults().iter().map(|fault| fault.inject.name.clone()).collect();
    assert_eq!(names, ["latency"]);
}

pub(crate) async fn a_closed_door_closes_its_connections(world: World) {
    let rig = Rig::echo(&world).await;
    let mut client = rig.client().await;
    rig.round_trip(&mut client).await;
    let address = rig.door.local_addr();
    rig.door.close().await;
    assert!(matches!(client.read(&mut [0; 8]).await, Ok(0) | Err(_)));
    let error = world.net.connect(None, address).await.expect_err("closed");
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionRefused);
}
