use firedrill::path::Tampering;
use firedrill::plan::{Direction, Fault, Per, Pick};
use firedrill::units::Share;
use firedrill::world::{Conn, World};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::rig::{Rig, one_way};

/// Sends zeros in a unit of its own, and counts the bits that came as ones.
async fn flipped(client: &mut Conn, service: &mut Conn) -> u32 {
    client.write_all(&[0; 100]).await.expect("sent");
    let mut got = [0; 100];
    service.read_exact(&mut got).await.expect("received");
    got.iter().map(|byte| byte.count_ones()).sum()
}

pub(crate) async fn one_bit_of_a_unit_is_flipped(world: World) {
    let rig = Rig::own(&world).await;
    let (mut client, mut service) = rig.pair().await;
    rig.arm(one_way(Fault::Corrupt, Direction::ToEndpoint));
    for _ in 0..20 {
        assert_eq!(flipped(&mut client, &mut service).await, 1);
    }
    rig.door.lift("corrupt");
    assert_eq!(flipped(&mut client, &mut service).await, 0);
}

pub(crate) async fn the_first_few_and_every_third(world: World) {
    let rig = Rig::own(&world).await;
    let (mut client, mut service) = rig.pair().await;
    let pick = Pick { first: Some(2), every: Some(3) };
    rig.arm(Tampering { pick, ..one_way(Fault::Corrupt, Direction::ToEndpoint) });
    let mut seen = Vec::new();
    for _ in 0..12 {
        seen.push(flipped(&mut client, &mut service).await);
    }
    assert_eq!(seen, [0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
}

pub(crate) async fn a_share_of_connections(world: World) {
    let rig = Rig::own(&world).await;
    let chance = Share::from_millionths(500_000).expect("half");
    rig.arm(Tampering { chance, per: Per::Connection, ..one_way(Fault::Corrupt, Direction::ToEndpoint) });
    let mut hit = 0;
    for _ in 0..40 {
        let mut client = rig.client().await;
        let mut service = rig.accept().await;
        let bits = [flipped(&mut client, &mut service).await, flipped(&mut client, &mut service).await];
        assert!(bits == [0, 0] || bits == [1, 1], "all units of a connection, or none");
        hit += bits[0];
    }
    // Forty trials of a half: 20, standard deviation 3.2; five of them are the bound.
    assert!((5..=35).contains(&hit), "{hit} of 40");
}
