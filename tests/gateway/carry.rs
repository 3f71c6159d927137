use firedrill::path::Bytes;
use firedrill::world::World;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::rig::Rig;

/// Bytes that tell their place: any that is lost, doubled or swapped shows.
fn pattern(len: usize, salt: u8) -> Vec<u8> {
    (0..len).map(|at| (at.wrapping_mul(31) >> 3).to_le_bytes()[0] ^ (at >> 11).to_le_bytes()[0] ^ salt).collect()
}

pub(crate) async fn bytes_pass_unchanged_both_ways(world: World) {
    let rig = Rig::own(&world).await;
    let (client, service) = rig.pair().await;
    // Enough for a splice, and an odd number.
    let len = 5_000_003;
    let send = |mut conn: firedrill::world::Conn, salt: u8, expect: u8| async move {
        let sent = pattern(len, salt);
        let mut got = vec![0; len];
        let (reads, writes) = (&conn, &conn);
        let (mut reads, mut writes) = (reads, writes);
        let both = futures_util::future::join(async { writes.write_all(&sent).await.expect("sent") }, async {
            reads.read_exact(&mut got).await.expect("received");
        });
        both.await;
        assert!(got == pattern(len, expect));
        conn.shutdown().await.expect("ended");
    };
    futures_util::future::join(send(client, 1, 2), send(service, 2, 1)).await;
}

pub(crate) async fn a_half_closed_connection_stays_half_open(world: World) {
    let rig = Rig::own(&world).await;
    let (mut client, mut service) = rig.pair().await;
    client.write_all(b"question").await.expect("sent");
    client.shutdown().await.expect("half closed");
    let mut question = Vec::new();
    service.read_to_end(&mut question).await.expect("until the end");
    assert_eq!(question, b"question");
    rig.sleep(50).await;
    service.write_all(b"answer").await.expect("the other half is open");
    service.shutdown().await.expect("closed");
    let mut answer = Vec::new();
    client.read_to_end(&mut answer).await.expect("until the end");
    assert_eq!(answer, b"answer");
}

pub(crate) async fn a_reset_is_passed_on(world: World) {
    let rig = Rig::own(&world).await;
    let (mut client, service) = rig.pair().await;
    service.reset();
    let error = client.read_u8().await.expect_err("no end in order");
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
}

pub(crate) async fn traffic_is_counted_while_it_moves(world: World) {
    let rig = Rig::own(&world).await;
    let (mut client, mut service) = rig.pair().await;
    client.write_all(&[1; 1000]).await.expect("sent");
    service.read_exact(&mut [0; 1000]).await.expect("received");
    let traffic = rig.door.traffic();
    let with_the_first_byte = Bytes { read: 1_001, written: 1_001 };
    assert_eq!((traffic.to_endpoint, traffic.from_endpoint), (with_the_first_byte, Bytes::default()));
    assert_eq!((traffic.open, traffic.accepted), (1, 1));
    drop((client, service));
    rig.sleep(100).await;
    assert_eq!(rig.door.traffic().open, 0);
}

pub(crate) async fn an_upstream_that_is_gone_is_a_reset(world: World) {
    let mut rig = Rig::own(&world).await;
    rig.leave();
    assert!(rig.is_reset().await);
    assert!(rig.is_reset().await, "the door goes on");
}
