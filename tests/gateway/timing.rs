use firedrill::path::Tampering;
use firedrill::plan::{Delay, Direction, Fault, Latency, Loss, LossModel, Shape, Wave};
use firedrill::units::{Share, Span};
use firedrill::world::World;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::rig::{Rig, all, ms, one_way};

fn latency(millis: u64) -> Fault {
    Fault::Latency(Latency::constant(ms(millis)))
}

fn percent(percent: u32) -> Share {
    Share::from_millionths(percent * 10_000).expect("a share")
}

pub(crate) async fn a_constant_delay(world: World) {
    let rig = Rig::echo(&world).await;
    let mut client = rig.client().await;
    rig.took(rig.round_trip(&mut client).await, Span::ZERO);
    rig.arm(all(latency(40)));
    // Each way.
    rig.took(rig.round_trip(&mut client).await, ms(80));
    assert!(rig.door.lift("latency") && !rig.door.lift("latency"));
    rig.took(rig.round_trip(&mut client).await, Span::ZERO);
}

pub(crate) async fn delays_of_two_faults_add(world: World) {
    let rig = Rig::echo(&world).await;
    let mut client = rig.client().await;
    rig.arm(one_way(latency(40), Direction::ToEndpoint));
    rig.arm(Tampering { name: "more".into(), ..one_way(latency(30), Direction::ToEndpoint) });
    rig.took(rig.round_trip(&mut client).await, ms(70));
}

pub(crate) async fn one_way_only(world: World) {
    let rig = Rig::own(&world).await;
    let (mut client, mut service) = rig.pair().await;
    rig.arm(one_way(latency(60), Direction::FromEndpoint));
    let began = rig.now();
    client.write_all(b"a").await.expect("sent");
    service.read_u8().await.expect("received");
    rig.took(rig.now().since(began), Span::ZERO);
    let began = rig.now();
    service.write_all(b"b").await.expect("sent");
    client.read_u8().await.expect("received");
    rig.took(rig.now().since(began), ms(60));
}

pub(crate) async fn jitter_stays_within_its_bounds_and_in_order(world: World) {
    let rig = Rig::own(&world).await;
    let (client, mut service) = rig.pair().await;
    let jittery = Latency { delay: Delay::Constant(ms(50)), jitter: ms(30), correlation: Share::NONE };
    rig.arm(one_way(Fault::Latency(jittery), Direction::ToEndpoint));
    let clock = world.clock.clone();
    let sending = async move {
        let mut client = client;
        for n in 0..100_u8 {
            client.write_u8(n).await.expect("sent");
            clock.sleep(ms(5)).await;
        }
        client
    };
    let began = rig.now();
    let receiving = async {
        let mut delays = Vec::new();
        for n in 0..100_u8 {
            assert_eq!(service.read_u8().await.expect("received"), n, "in order");
            delays.push(rig.now().since(began).millis_f64() - f64::from(n) * 5.0);
        }
        delays
    };
    let (_client, delays) = futures_util::future::join(sending, receiving).await;
    if world.clock.is_virtual() {
        // A unit waits for itself, 20 to 80 ms, or for one before it. The mean of those that wait for themselves alone would be 50 ms.
        assert!(delays.iter().all(|delay| (20.0..=80.1).contains(delay)), "{delays:?}");
        let spread = delays.iter().fold(0.0_f64, |most, delay| most.max(*delay))
            - delays.iter().fold(100.0_f64, |least, delay| least.min(*delay));
        assert!(spread > 25.0, "a hundred draws reach far: {spread}");
    } else {
        assert!(delays.iter().all(|delay| *delay >= 20.0));
    }
}

pub(crate) async fn losses_stall_and_keep_the_order(world: World) {
    let rig = Rig::echo(&world).await;
    let mut client = rig.client().await;
    let loss = Loss { model: LossModel::Random(percent(30)), rto: ms(20) };
    rig.arm(one_way(Fault::Loss(loss), Direction::ToEndpoint));
    let mut stalls = Vec::new();
    for _ in 0..60 {
        stalls.push(rig.round_trip(&mut client).await);
    }
    // Sixty trials of 30 %: 18, standard deviation 3.5; five of them are 0 to 36, and none at all has a chance of 5e-10. A stall is 20 ms
    // times a power of two, up to 2⁹.
    let stalled: Vec<_> = stalls.iter().filter(|stall| **stall >= ms(20)).collect();
    assert!((1..=36).contains(&stalled.len()), "{stalls:?}");
    if world.clock.is_virtual() {
        assert!(stalls.iter().all(|stall| stall.is_zero() || (0..10).any(|n| *stall == ms(20 << n))), "{stalls:?}");
    }
}

pub(crate) async fn a_ramp_grows(world: World) {
    let rig = Rig::echo(&world).await;
    let mut client = rig.client().await;
    let shape = Shape { ramp: ms(2_000), wave: Wave::Steady };
    rig.arm(Tampering { shape, ..one_way(latency(200), Direction::ToEndpoint) });
    rig.sleep(1_000).await;
    // Half of it after a second, all of it after two; what a sleep oversleeps adds a tenth of itself.
    let slack = rig.slack();
    let half = rig.round_trip(&mut client).await;
    assert!(half >= ms(100) && half <= ms(100) + slack + ms(40), "{half}");
    rig.sleep(1_000).await;
    rig.took(rig.round_trip(&mut client).await, ms(200));
}

pub(crate) async fn a_burst_comes_and_goes(world: World) {
    let rig = Rig::echo(&world).await;
    let mut client = rig.client().await;
    let shape = Shape { ramp: Span::ZERO, wave: Wave::Burst { every: ms(10_000), length: ms(1_000) } };
    rig.arm(Tampering { shape, ..one_way(latency(500), Direction::ToEndpoint) });
    rig.took(rig.round_trip(&mut client).await, ms(500));
    rig.sleep(600).await;
    assert!(rig.round_trip(&mut client).await < ms(500), "between bursts");
}

/// What becomes due between the look at what may go and the arming of the timer must go all the same: the shorter a delay, the more often it
/// does. The deadline is moved through that stretch of code, which takes some microseconds, in steps of twenty nanoseconds, five times. In memory
/// time stands still meanwhile, so that only sockets can show it.
pub(crate) async fn what_becomes_due_while_a_lane_looks_goes(world: World) {
    let rig = Rig::echo(&world).await;
    let mut client = rig.client().await;
    for nanos in (0..5_000).map(|turn| 20 * turn % 20_000) {
        rig.arm(one_way(Fault::Latency(Latency::constant(Span::from_nanos(1 + nanos))), Direction::ToEndpoint));
        let soon = rig.now() + ms(5_000);
        let took = world.clock.timeout(soon, rig.round_trip(&mut client)).await;
        assert!(took.is_ok(), "a unit that is {nanos} ns late never went");
    }
}
