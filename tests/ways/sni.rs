//! What a program says whose TLS a resolver has led here.

use firedrill::path::Protocol;
use firedrill::units::Span;
use firedrill::world::World;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::rig::{Rig, Setting};

/// A hello for a name, cut into records of at most so many bytes.
pub(crate) fn hello(name: &str, record: usize) -> Vec<u8> {
    let two = |bytes: &[u8]| [&u16::try_from(bytes.len()).expect("short").to_be_bytes()[..], bytes].concat();
    let named = two(&two(&[&[0][..], &two(name.as_bytes())].concat()));
    let extensions = two(&[&[0, 0][..], &named].concat());
    let content = [&[3, 3][..], &[7; 32], &[0], &two(&[0x13, 1]), &[1, 0], &extensions].concat();
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
