use std::io::ErrorKind;

use firedrill::path::Tampering;
use firedrill::plan::{Fault, Per};
use firedrill::units::{Share, Span};
use firedrill::world::World;

use crate::rig::{Rig, all, ms};

pub(crate) async fn refused_until_lifted(world: World) {
    let rig = Rig::echo(&world).await;
    let mut live = rig.client().await;
    rig.round_trip(&mut live).await;
    rig.arm(all(Fault::Refuse));
    let error = world.net.connect(None, rig.door.local_addr()).await.expect_err("nobody listens");
    assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
    rig.took(rig.round_trip(&mut live).await, Span::ZERO);
    rig.door.lift("refuse");
    let mut client = rig.client().await;
    rig.took(rig.round_trip(&mut client).await, Span::ZERO);
}

pub(crate) async fn swallowed_until_lifted(world: World) {
    let rig = Rig::echo(&world).await;
    let mut live = rig.client().await;
    rig.round_trip(&mut live).await;
    if world.net.can_swallow().is_err() {
        // The fault is refused, which has a test of its own.
        return a_blackhole_is_refused_with_the_reason(world).await;
    }
    rig.arm(all(Fault::Blackhole));
    let began = rig.now();
    let lifting = async {
        rig.sleep(500).await;
        rig.door.lift("blackhole");
    };
    let (mut client, took, ()) = futures_util::future::join3(rig.client(), rig.round_trip(&mut live), lifting).await;
    // A SYN goes out again a second after the first; what lives goes on at the lift.
    rig.took(rig.now().since(began), ms(1_000));
    rig.took(took, ms(500));
    rig.took(rig.round_trip(&mut client).await, Span::ZERO);
}

/// Where the system does not let us: nothing is on, and whoever connects is served.
pub(crate) async fn a_blackhole_is_refused_with_the_reason(world: World) {
    let rig = Rig::echo(&world).await;
    let error = rig.door.arm(all(Fault::Blackhole)).expect_err("it is not let");
    assert_eq!(error.kind(), ErrorKind::PermissionDenied);
    assert!(error.to_string().contains("CAP_NET_ADMIN") && rig.door.faults().is_empty(), "{error}");
    let mut client = rig.client().await;
    rig.took(rig.round_trip(&mut client).await, Span::ZERO);
}

pub(crate) async fn a_share_is_accepted_and_reset(world: World) {
    let rig = Rig::own(&world).await;
    let chance = Share::from_millionths(500_000).expect("half");
    rig.arm(Tampering { chance, per: Per::Connection, ..all(Fault::Refuse) });
    let mut reset = 0;
    for _ in 0..40 {
        reset += u64::from(rig.is_reset().await);
    }
    // Forty trials of a half: 20, standard deviation 3.2; five of them are the bound.
    assert!((5..=35).contains(&reset), "{reset} of 40");
    assert_eq!(rig.door.faults()[0].hits(), reset);
}
