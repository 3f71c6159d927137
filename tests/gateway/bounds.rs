//! What is held, in the memory world alone: there a unit is what was written at once.

use firedrill::draw::Seed;
use firedrill::path::{Bytes, Protocol};
use firedrill::plan::Fault;
use firedrill::units::{Size, Span};
use firedrill::world::{World, enter_virtual};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::rig::{Rig, all};

/// A unit of one byte takes far more than a byte to be kept: whoever sends many counts by that. Of a mebibyte each takes 64 bytes at least.
#[test]
fn small_units_count_by_what_they_take() {
    const HELD: u64 = 1 << 20;
    const SENT: u64 = 60_000;
    enter_virtual(Seed(1), async |world: World| {
        let rig = Rig::holding(&world, Size(HELD), Protocol::Stream).await;
        let (mut client, _service) = rig.pair().await;
        rig.arm(all(Fault::Partition));
        for _ in 0..SENT {
            client.write_all(&[1]).await.expect("what the path does not read, its socket holds");
            world.clock.sleep(Span::from_micros(1)).await;
        }
        let Bytes { read, .. } = rig.door.traffic().to_endpoint;
        assert!(read > 1_000 && read <= HELD / 64, "{read} units are held");
    })
    .expect("a virtual world");
}

/// Messages of which the end does not come are kept up to the bound, and pass as bytes beyond it: eight of 900 kB against a quarter of a
/// mebibyte. Beside the bound each direction may hold less than two chunks of 256 KiB.
#[test]
fn messages_without_an_end_are_held_within_the_bound() {
    const HELD: u64 = 256 << 10;
    const SENT: usize = 900_000;
    const MOST: u64 = HELD + 8 * (512 << 10);
    const ASK: &[u8] = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n";
    const GRANT: &[u8] = b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n";
    enter_virtual(Seed(1), async |world: World| {
        let rig = Rig::holding(&world, Size(HELD), Protocol::Http).await;
        let mut services = Vec::new();
        for _ in 0..8 {
            let mut client = rig.client().await;
            client.write_all(ASK).await.expect("sent");
            let mut service = rig.accept().await;
            let mut asked = [0; ASK.len()];
            service.read_exact(&mut asked).await.expect("asked");
            service.write_all(GRANT).await.expect("sent");
            client.read_exact(&mut [0; GRANT.len()]).await.expect("granted");
            rig.spawn(async move {
                // A masked binary message of a million bytes, of which the last never come.
                let mut frame = vec![0x82, 0xff, 0, 0, 0, 0, 0, 0x0f, 0x42, 0x40, 0, 0, 0, 0];
                frame.resize(SENT, 7);
                client.write_all(&frame).await.expect("sent");
                std::future::pending::<()>().await;
            });
            services.push(service);
        }
        world.clock.sleep(Span::from_secs(1)).await;
        let Bytes { read, written } = rig.door.traffic().to_endpoint;
        assert!(read - written <= MOST, "{} bytes are held", read - written);
        for service in &mut services {
            let mut got = vec![0; SENT];
            service.read_exact(&mut got).await.expect("whatever there is of it");
            assert!(got[0] == 0x82 && got[14..].iter().all(|byte| *byte == 7));
        }
    })
    .expect("a virtual world");
}
