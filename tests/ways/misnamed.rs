//! What the hello of TLS names in a tunnel: the host that was asked for, and nobody else.

use firedrill::draw::Seed;
use firedrill::path::Protocol;
use firedrill::plan::{BlockAction, Fault, FreezeMode, Latency, SniBlock};
use firedrill::units::{Share, Span};
use firedrill::world::{Tasks, World, enter_virtual};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::rig::{Client, LOCAL, Rig, Setting};
use crate::sni::hello;
use crate::socks::{asked, request};

/// A tunnel to port 443 of a host.
async fn opened(rig: &Rig, protocol: Protocol, host: &str) -> Client {
    opened_at(rig, protocol, (host, 443)).await
}

async fn opened_at(rig: &Rig, protocol: Protocol, (host, port): (&str, u16)) -> Client {
    let mut client = rig.connect().await;
    if protocol == Protocol::Socks {
        assert_eq!(asked(&mut client, &request(host, port)).await, 0);
    } else {
        assert_eq!(client.ask(&format!("CONNECT {host}:{port} HTTP/1.1\r\n\r\n")).await.0, 200);
    }
    client
}

const UNRECOGNIZED_NAME: [u8; 7] = [21, 3, 3, 0, 2, 2, 112];

pub(crate) async fn a_tunnel_is_for_the_host_that_was_asked_for(world: World) {
    for protocol in [Protocol::Forward, Protocol::Socks] {
        let echo = vec!["api.example:443", "other.example:443", "127.0.0.1:443"];
        let rig = Rig::with(&world, Setting { echo, ..Setting::of(protocol) }).await;
        // The host that was asked for; nobody; and to an address whoever it is.
        for (host, name) in
            [("api.example", "API.example."), ("api.example", "not a name"), ("127.0.0.1", "any.example")]
        {
            for record in [20, 1_000] {
                let mut client = opened(&rig, protocol, host).await;
                let bytes = hello(name, record);
                client.say(&bytes[..40]).await;
                world.clock.sleep(Span::from_millis(5)).await;
                client.say(&bytes[40..]).await;
                let mut back = vec![0; bytes.len()];
                client.0.read_exact(&mut back).await.expect("it goes on");
                assert_eq!(back, bytes, "{protocol:?} {host} {name}: as it came");
                client.ping().await;
            }
        }
        // Also others that may be reached, each by its own name.
        for name in ["evil.example", "other.example", "x.api.example", "127.0.0.1"] {
            let mut client = opened(&rig, protocol, "api.example").await;
            client.say(&hello(name, 20)).await;
            assert_eq!(client.bytes().await, UNRECOGNIZED_NAME, "{protocol:?} {name}: nothing of it goes on");
            assert_eq!(client.rest().await, b"");
        }
    }
}

/// A hello that is begun and cannot be read might name anybody to a server that is less strict: it goes to nobody who was asked for by name.
/// To an address whoever is named goes on, and so does what only begins as TLS does.
pub(crate) async fn a_hello_that_cannot_be_read_goes_nowhere_by_name(world: World) {
    const DECODE_ERROR: [u8; 7] = [21, 3, 3, 0, 2, 2, 50];
    let whole = hello("evil.example", 1_000);
    // Two extensions that name somebody; one of more bytes than there are; more than is read of any; and something else within it.
    let (head, listed) = whole.split_at(5 + 4 + 34 + 1 + 4 + 2);
    let longer = |extensions: &[u8]| {
        let two = |bytes: usize| u16::try_from(bytes).expect("short").to_be_bytes();
        let message = [&[0][..], &two(head.len() - 9 + 2 + extensions.len())].concat();
        let record = two(head.len() - 5 + 2 + extensions.len());
        [&head[..3], &record, &[1], &message, &head[9..], &two(extensions.len()), extensions].concat()
    };
    let extension = &listed[2..];
    let unreadable = [
        longer(&[extension, extension].concat()),
        longer(&[extension, &[0, 43, 0, 9]].concat()),
        [&[22, 3, 1, 0x40, 0, 1, 0, 0x40, 0][..], &[7; 100]].concat(),
        [&whole[..3], &[0, 4], &whole[5..9], &[23, 3, 3, 0, 1, 0]].concat(),
    ];
    for protocol in [Protocol::Forward, Protocol::Socks] {
        for port in [443, 8_443] {
            let rig = Rig::with(&world, Setting { echo: vec!["api.example"], ..Setting::of(protocol) }).await;
            for bytes in &unreadable {
                let mut client = opened_at(&rig, protocol, ("api.example", port)).await;
                client.say(bytes).await;
                let soon = world.clock.now() + Span::from_secs(20);
                let rest = world.clock.timeout(soon, client.rest()).await.expect("it is closed");
                assert_eq!(rest, DECODE_ERROR, "{protocol:?} {port}: nothing of {:?} goes on", &bytes[..9]);
            }
            assert_eq!(rig.door.traffic().to_endpoint.written, 0, "{protocol:?} {port}");
        }
        let echo = vec!["api.example:443", "127.0.0.1:443"];
        let rig = Rig::with(&world, Setting { echo, ..Setting::of(protocol) }).await;
        let others = [vec![22, 3, 0, 0, 9, 0], vec![22, 1, 0, 0], b"ping".to_vec()];
        let to_name = others.iter().map(|bytes| ("api.example", bytes));
        for (host, bytes) in unreadable.iter().map(|bytes| ("127.0.0.1", bytes)).chain(to_name) {
            let mut client = opened(&rig, protocol, host).await;
            client.say(bytes).await;
            let mut back = vec![0; bytes.len()];
            client.0.read_exact(&mut back).await.expect("it goes on");
            assert_eq!(&back, bytes, "{protocol:?} {host}: as it came");
        }
    }
}

pub(crate) async fn what_is_no_hello_goes_on(world: World) {
    let (tasks, greeting) = (Tasks::new(), world.net.bind(LOCAL).await.expect("a port"));
    let at = greeting.local_addr();
    tasks.spawn("a server that speaks first", async move {
        while let Ok((mut conn, _)) = greeting.accept().await {
            let _ = conn.write_all(b"220 hi").await;
            let mut said = [0; 4];
            let _ = conn.read_exact(&mut said).await;
            let _ = conn.write_all(&said).await;
        }
    });
    for protocol in [Protocol::Forward, Protocol::Socks] {
        let leads = vec![format!("greets.example={at}")];
        let rig = Rig::with(&world, Setting { leads, echo: vec!["api.example"], ..Setting::of(protocol) }).await;
        let mut client = opened(&rig, protocol, "greets.example").await;
        assert_eq!(&client.bytes().await, b"220 hi", "{protocol:?}");
        client.ping().await;
        let mut client = opened(&rig, protocol, "api.example").await;
        client.ping().await;
        // An end is passed on before anything was said, and so is a reset.
        let mut client = opened(&rig, protocol, "api.example").await;
        client.0.shutdown().await.expect("an end");
        assert_eq!(client.rest().await, b"", "{protocol:?}");
        let client = opened(&rig, protocol, "api.example").await;
        client.0.reset();
        // What closes connections on which nothing moves closes a tunnel in which nothing was said, whether names are looked at or not.
        let block = SniBlock {
            names: vec!["blocked.example".parse().expect("a name")],
            action: BlockAction::Reset,
            trigger: Share::ALL,
            residual: Span::ZERO,
            residual_chance: Share::ALL,
        };
        for faults in [vec![], vec![Fault::SniBlock(block)]] {
            let names = faults.len();
            for fault in faults {
                rig.arm(fault, None);
            }
            let mut client = opened(&rig, protocol, "api.example").await;
            world.clock.sleep(Span::from_millis(20)).await;
            rig.arm(Fault::Timeout { after: None }, None);
            world.clock.sleep(Span::from_millis(50)).await;
            rig.door.lift("timeout");
            let soon = world.clock.now() + Span::from_secs(20);
            assert_eq!(world.clock.timeout(soon, client.rest()).await.expect("closed"), b"", "{protocol:?} {names}");
            let mut client = opened(&rig, protocol, "api.example").await;
            world.clock.sleep(Span::from_millis(20)).await;
            rig.arm(Fault::AccountFreeze { mode: FreezeMode::Whole }, None);
            let soon = world.clock.now() + Span::from_secs(20);
            assert_eq!(world.clock.timeout(soon, client.rest()).await.expect("closed"), b"", "{protocol:?} {names}");
            rig.door.lift("account_freeze");
            let hits: Vec<_> = rig.door.faults().iter().map(|fault| fault.hits()).collect();
            assert_eq!(hits, vec![0; names], "what was lifted is gone, and nobody was named");
        }
    }
}

/// Whatever is switched while nothing has been said, the hello has to name the host that was asked for.
pub(crate) async fn what_is_switched_lets_nobody_name_another(world: World) {
    for protocol in [Protocol::Forward, Protocol::Socks] {
        let rig = Rig::with(&world, Setting { echo: vec!["api.example:443"], ..Setting::of(protocol) }).await;
        let mut client = opened(&rig, protocol, "api.example").await;
        let slow = Latency::constant(Span::from_millis(1));
        rig.arm(Fault::Latency(slow), None);
        world.clock.sleep(Span::from_millis(20)).await;
        rig.door.lift("latency");
        world.clock.sleep(Span::from_millis(20)).await;
        client.say(&hello("evil.example", 20)).await;
        assert_eq!(client.bytes().await, UNRECOGNIZED_NAME, "{protocol:?}: nothing of it goes on");
    }
}

/// Who says nothing for thirty seconds could name anybody afterwards. Where TLS is spoken, or has been begun, that is the end; elsewhere
/// nobody knows who speaks first, and when.
#[test]
fn who_keeps_the_hello_back_is_let_go() {
    enter_virtual(Seed(1), kept_back).expect("a world");
}

async fn kept_back(world: World) {
    let patience = Span::from_secs(30);
    for protocol in [Protocol::Forward, Protocol::Socks] {
        let rig = Rig::with(&world, Setting { echo: vec!["api.example"], ..Setting::of(protocol) }).await;
        let bytes = hello("evil.example", 1_000);
        for (port, begun) in [(443, 0), (443, 1), (443, 40), (8_443, 1), (8_443, 40)] {
            let began = world.clock.now();
            let mut client = opened_at(&rig, protocol, ("api.example", port)).await;
            client.say(&bytes[..begun]).await;
            let rest = world.clock.timeout(began + patience + Span::from_secs(1), client.rest()).await;
            assert_eq!(rest.expect("it is closed"), b"", "{protocol:?} {port} {begun}: nothing of it goes on");
            assert_eq!(world.clock.now().since(began), patience, "{protocol:?} {port} {begun}");
        }
        let [mut client, mut late] = [
            opened_at(&rig, protocol, ("api.example", 25)).await,
            opened_at(&rig, protocol, ("api.example", 25)).await,
        ];
        world.clock.sleep(patience + Span::from_secs(1)).await;
        client.ping().await;
        // But once it is TLS, however late, it names whoever was asked for.
        late.say(&bytes).await;
        assert_eq!(late.bytes().await, UNRECOGNIZED_NAME, "{protocol:?}: nothing of it goes on");
    }
}
