//! What a program says whose TLS a resolver has led here.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use firedrill::path::Protocol;
use firedrill::units::Span;
use firedrill::world::{Tasks, World};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::rig::{LOCAL, Rig, Setting};

/// How many hellos were said: of every client's there is one.
static SAID: AtomicU32 = AtomicU32::new(0);

/// A hello for a name, cut into records of at most so many bytes.
pub(crate) fn hello(name: &str, record: usize) -> Vec<u8> {
    let two = |bytes: &[u8]| [&u16::try_from(bytes.len()).expect("short").to_be_bytes()[..], bytes].concat();
    let named = two(&two(&[&[0][..], &two(name.as_bytes())].concat()));
    let extensions = two(&[&[0, 0][..], &named].concat());
    let random = [&SAID.fetch_add(1, Ordering::Relaxed).to_be_bytes()[..], &[7; 28]].concat();
    let content = [&[3, 3][..], &random, &[0], &two(&[0x13, 1]), &[1, 0], &extensions].concat();
    let length = u32::try_from(content.len()).expect("short").to_be_bytes();
    let message = [&[1], &length[1..], &content[..]].concat();
    message.chunks(record).flat_map(|part| [&[22, 3, 1][..], &two(part)].concat()).collect()
}

pub(crate) async fn the_hello_s_name_is_where_it_goes(world: World) {
    let rig = Rig::with(&world, Setting { echo: vec!["api.example:443"], ..Setting::of(Protocol::Sni) }).await;
    for record in [1, 40, 1_000] {
        let bytes = hello("API.example", record);
        let mut client = rig.connect().await;
        // In two pieces with a pause, within a record.
        client.say(&bytes[..30]).await;
        world.clock.sleep(Span::from_millis(20)).await;
        client.say(&bytes[30..]).await;
        let mut back = vec![0; bytes.len()];
        client.0.read_exact(&mut back).await.expect("it is led to who echoes");
        assert_eq!(back, bytes, "as it came");
        client.ping().await;
    }
    let traffic = rig.door.traffic();
    assert_eq!(traffic.to_endpoint.read, traffic.to_endpoint.written, "the hellos as well");
    for (bytes, due) in [
        (hello("evil.example", 100), &[21, 3, 3, 0, 2, 2, 49][..]),
        (hello("127.0.0.1", 100), &[21, 3, 3, 0, 2, 2, 80]),
        (hello("not a name", 100), &[21, 3, 3, 0, 2, 2, 112]),
        (hello("nobody.example", 100), &[21, 3, 3, 0, 2, 2, 80]),
        (vec![22, 3, 1, 0, 4, 2, 0, 0, 0], &[21, 3, 3, 0, 2, 2, 50]),
        (b"GET / HTTP/1.1\r\n\r\n".to_vec(), &[]),
    ] {
        let mut client = rig.connect().await;
        client.say(&bytes).await;
        assert_eq!(client.rest().await, due, "{bytes:?}");
    }
    // In single bytes, each in a record of its own and each by itself.
    let bytes = hello("api.example", 1);
    let mut client = rig.connect().await;
    for byte in &bytes {
        client.say(&[*byte]).await;
        world.clock.sleep(Span::from_micros(200)).await;
    }
    let mut back = vec![0; bytes.len()];
    client.0.read_exact(&mut back).await.expect("it is led to who echoes");
    assert_eq!(back, bytes, "as it came");
    // Sixteen kibibytes and more, of which the length says so, or the records.
    let announced = hello(&"a.".repeat(9_000), 1 << 14);
    let in_small_records = [&[22, 3, 1, 0, 4, 1, 0, 0x3f, 0xfc][..], &[22, 3, 1, 0, 1, 0].repeat(3_000)].concat();
    for long in [announced, in_small_records] {
        let mut client = rig.connect().await;
        client.say(&long).await;
        assert_eq!(client.rest().await, [21, 3, 3, 0, 2, 2, 50], "more than anybody says");
    }
    let mut client = rig.connect().await;
    client.say(&hello("api.example", 100)[..40]).await;
    client.0.shutdown().await.expect("an end");
    assert_eq!(client.rest().await, b"", "a hello that never ends");
}

/// Two programs that lead a name to each other would open connections until there are none left. Within themselves they know their own
/// addresses; of the other they know that what they have sent comes back.
pub(crate) async fn a_hello_that_comes_back_goes_no_further(world: World) {
    // Where the second one will listen is known when the first is open, and the first is led there: so the first leads to a relay whose far
    // end is told afterwards.
    let relay = world.net.bind(LOCAL).await.expect("a port");
    let first = Rig::leading(&world, Protocol::Sni, "round.example:443", relay.local_addr()).await;
    let second = Rig::leading(&world, Protocol::Sni, "round.example:443", first.door.local_addr()).await;
    let (tasks, net, to) = (Tasks::new(), world.net.clone(), second.door.local_addr());
    let dialled = Arc::new(AtomicU32::new(0));
    let (counted, each) = (Arc::clone(&dialled), tasks.clone());
    tasks.spawn("relay", async move {
        while let Ok((mut near, _)) = relay.accept().await {
            counted.fetch_add(1, Ordering::Relaxed);
            let mut far = net.connect(None, to).await.expect("it listens");
            each.spawn("relayed", async move {
                let _ = tokio::io::copy_bidirectional(&mut near, &mut far).await;
            });
        }
    });
    let mut client = first.connect().await;
    client.say(&hello("round.example", 1_000)).await;
    assert_eq!(client.rest().await, &[21, 3, 3, 0, 2, 2, 49], "it is this program itself");
    assert_eq!(dialled.load(Ordering::Relaxed), 1, "once to the other, and not again");
    // What is over is forgotten: the same client may come again.
    let mut client = first.connect().await;
    client.say(&hello("round.example", 1_000)).await;
    assert_eq!(client.rest().await, &[21, 3, 3, 0, 2, 2, 49]);
    assert_eq!(dialled.load(Ordering::Relaxed), 2);
}
