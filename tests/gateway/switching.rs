use firedrill::plan::{Direction, Fault, Latency};
use firedrill::units::Moment;
use firedrill::world::World;
use tokio::io::AsyncReadExt;

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
