//! Peers that stall, and peers that break off, while somebody's bytes are under way.

use std::io::ErrorKind;

use firedrill::plan::{Fault, Latency};
use firedrill::world::World;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::buffers::buffers_of_two_connections;
use crate::rig::{Rig, all, ms};

/// A lane that carried holds bytes which the service does not take. What it reads under a fault that goes on then is soon due, and has to wait
/// behind them without keeping anybody else from going on.
pub(crate) async fn what_is_due_waits_behind_what_a_stalled_peer_has_not_taken(world: World) {
    let rig = Rig::own(&world).await;
    let (mut client, mut service) = rig.pair().await;
    let len = 2 * buffers_of_two_connections(&world) + (2 << 20);
    rig.spawn(async move {
        client.write_all(&vec![3; len]).await.expect("sent");
        client.shutdown().await.expect("ended");
        // Kept: it would be a reset while the service's byte is unread.
        assert_eq!(client.read_u8().await.expect("the byte that had the lanes looked at"), b'!');
    });
    rig.sleep(300).await;
    rig.arm(all(Fault::Latency(Latency::constant(ms(10)))));
    // An idle or carrying lane meets a fault when something moves.
    service.write_all(b"!").await.expect("sent");
    rig.sleep(200).await;
    let mut got = Vec::new();
    service.read_to_end(&mut got).await.expect("until the end");
    assert!(got.len() == len && got.iter().all(|byte| *byte == 3), "{} of {len}", got.len());
}

/// A service that answers and breaks off while the client still sends: who connects to it directly reads the answer and then sees the reset.
pub(crate) async fn what_was_said_before_a_reset_arrives(world: World) {
    let rig = Rig::own(&world).await;
    for _ in 0..20 {
        let (mut client, mut service) = rig.pair().await;
        client.write_all(b"a request that nobody reads").await.expect("sent");
        rig.sleep(10).await;
        service.write_all(b"no").await.expect("sent");
        drop(service);
        // On sockets it may have heard of the reset already.
        let _ = client.write_all(b"and more of it").await;
        let mut answer = [0; 2];
        client.read_exact(&mut answer).await.expect("what was said");
        assert_eq!(&answer, b"no");
        assert_eq!(client.read_u8().await.expect_err("then the reset").kind(), ErrorKind::ConnectionReset);
    }
}
