//! Hosts that are blocked by their names, for programs that come by each way in.

use std::io::ErrorKind;
use std::net::IpAddr;

use firedrill::draw::Seed;
use firedrill::path::{Gateway, Opening, Protocol};
use firedrill::plan::{BlockAction, Fault, ProxyProtocol, SniBlock};
use firedrill::units::{Share, Size, Span};
use firedrill::world::{Tasks, World, enter_virtual};
use tokio::io::AsyncReadExt;

use crate::rig::{Client, LOCAL, Rig, Setting, echo, hosted, tampering};
use crate::sni::hello;
use crate::socks::{asked, request};

/// Both are at the address of who echoes.
const BLOCKED: &str = "api.blocked.example";
const OTHER: &str = "other.example";

async fn rig(world: &World, protocol: Protocol) -> Rig {
    let echo = vec!["api.blocked.example:443", "other.example:443"];
    Rig::with(world, Setting { echo, ..Setting::of(protocol) }).await
}

fn block(action: BlockAction, residual: Span) -> Fault {
    let names = vec!["*.blocked.example".parse().expect("a name")];
    Fault::SniBlock(SniBlock { names, action, trigger: Share::ALL, residual, residual_chance: Share::ALL })
}

/// A tunnel to a host, in which the client is to speak TLS. By SNI it stands at once.
async fn opened(rig: &Rig, protocol: Protocol, from: Option<IpAddr>, host: &str) -> Option<Client> {
    opened_at(rig, protocol, from, &format!("{host}:443")).await
}

async fn opened_at(rig: &Rig, protocol: Protocol, from: Option<IpAddr>, host: &str) -> Option<Client> {
    let mut client = Client(rig.world.net.connect(from, rig.door.local_addr()).await.expect("it listens"));
    let stands = match protocol {
        Protocol::Forward => {
            let status = client.ask(&format!("CONNECT {host} HTTP/1.1\r\n\r\n")).await.0;
            assert!(status == 200 || status == 502, "{status}");
            status == 200
        }
        Protocol::Socks => {
            let (host, port) = host.rsplit_once(':').expect("a port");
            let reply = asked(&mut client, &request(host, port.parse().expect("a port"))).await;
            // Nothing but "general failure" says that a connection was reset (RFC 1928 §6).
            assert!(reply == 0 || reply == 1, "{reply}");
            reply == 0
        }
        _ => true,
    };
    stands.then_some(client)
}

/// Says hello, in pieces, and hears it back; or the kind of the error.
async fn greeted(rig: &Rig, protocol: Protocol, host: &str) -> Result<Client, Option<ErrorKind>> {
    greeted_from(rig, protocol, None, host).await
}

/// The same, from an address.
async fn greeted_from(
    rig: &Rig,
    protocol: Protocol,
    from: Option<IpAddr>,
    host: &str,
) -> Result<Client, Option<ErrorKind>> {
    let client = opened(rig, protocol, from, host).await.ok_or(None)?;
    said_hello(rig, client, host).await.map_err(Some)
}

async fn said_hello(rig: &Rig, mut client: Client, host: &str) -> Result<Client, ErrorKind> {
    let bytes = hello(host, 20);
    client.say(&bytes[..30]).await;
    rig.world.clock.sleep(Span::from_millis(5)).await;
    client.say(&bytes[30..]).await;
    let mut back = vec![0; bytes.len()];
    client.0.read_exact(&mut back).await.map_err(|error| error.kind())?;
    assert_eq!(back, bytes, "as it came");
    Ok(client)
}

pub(crate) async fn a_name_is_reset_and_its_server_for_a_while(world: World) {
    for protocol in [Protocol::Forward, Protocol::Socks, Protocol::Sni] {
        let rig = rig(&world, protocol).await;
        let mut open = greeted(&rig, protocol, BLOCKED).await.unwrap_or_else(|_| panic!("{protocol:?}: not yet"));
        // Two seconds are long enough for three connections of this machine's, also where others keep it busy; if not, it shows below.
        let residual = if world.clock.is_virtual() { Span::from_secs(90) } else { Span::from_secs(2) };
        rig.arm(block(BlockAction::Reset, residual), None);
        let mut other = greeted(&rig, protocol, OTHER).await.unwrap_or_else(|_| panic!("{protocol:?}: another name"));
        let before = world.clock.now();
        let cut = greeted(&rig, protocol, BLOCKED).await.err();
        assert_eq!(cut, Some(Some(ErrorKind::ConnectionReset)), "{protocol:?}");
        let after = world.clock.now();
        // By SNI the client itself is reset, as by the others the connection is that the way in makes for it.
        let due = (protocol == Protocol::Sni).then_some(ErrorKind::ConnectionReset);
        let cut = greeted(&rig, protocol, OTHER).await.err();
        let in_time = world.clock.now() < before + residual;
        assert!(cut == Some(due) || !in_time, "{protocol:?}: the same server, by another name: {cut:?}");
        // Live connections are not touched, whoever they have named.
        open.ping().await;
        other.ping().await;
        world.clock.until(after + residual).await;
        assert!(greeted(&rig, protocol, OTHER).await.is_ok(), "{protocol:?}: it is over");
        let hits = rig.door.faults()[0].hits();
        assert!(hits == 2 || !in_time, "{protocol:?}: {hits}");
        rig.door.lift("sni_block");
        assert!(greeted(&rig, protocol, BLOCKED).await.is_ok(), "{protocol:?}: it is lifted");
    }
}

pub(crate) async fn what_is_dropped_is_silent(world: World) {
    for protocol in [Protocol::Forward, Protocol::Socks, Protocol::Sni] {
        let rig = rig(&world, protocol).await;
        rig.arm(block(BlockAction::Drop, Span::from_secs(90)), None);
        let mut client = opened(&rig, protocol, None, BLOCKED).await.expect("it stands");
        client.say(&hello(BLOCKED, 1_000)).await;
        let soon = world.clock.now() + Span::from_millis(300);
        assert!(world.clock.timeout(soon, client.0.read_u8()).await.is_err(), "{protocol:?}: nobody says anything");
        // Whoever gives up is let go of.
        let mut leaving = rig.connect().await;
        let asked = match protocol {
            Protocol::Forward => format!("CONNECT {OTHER}:443 HTTP/1.1\r\n\r\n").into_bytes(),
            Protocol::Socks => [&[5, 1, 0][..], &request(OTHER, 443)].concat(),
            _ => hello(OTHER, 1_000),
        };
        leaving.say(&asked).await;
        world.clock.sleep(Span::from_millis(300)).await;
        assert_eq!((rig.door.traffic().open, rig.door.faults()[0].hits()), (2, 2), "{protocol:?}");
        drop(leaving);
        world.clock.sleep(Span::from_millis(300)).await;
        assert_eq!(rig.door.traffic().open, 1, "{protocol:?}");
        rig.door.lift("sni_block");
        assert_eq!(client.rest().await, b"", "{protocol:?}: what was swallowed is gone");
    }
}

/// A connection of bytes to a server that is blocked for a while is silent, ends when the block does, and is let go of when its client gives up.
#[test]
fn whoever_gives_up_on_what_is_swallowed_is_let_go() {
    enter_virtual(Seed(1), given_up).expect("a world");
}

async fn given_up(world: World) {
    let tasks = Tasks::new();
    let echo = hosted(&world, &tasks, LOCAL, echo).await;
    let opening = Opening {
        name: "bytes".into(),
        listen: LOCAL,
        upstream: echo.to_string(),
        protocol: Protocol::Stream,
        kind: None,
        proxy_protocol: ProxyProtocol::default(),
    };
    let door = Gateway::new(&world, Size(1 << 20), 100).open(&opening).await.expect("a port");
    door.arm(tampering("block", block(BlockAction::Drop, Span::from_secs(90)))).expect("it is armed");
    let connect = async || Client(world.net.connect(None, door.local_addr()).await.expect("it listens"));
    let mut first = connect().await;
    first.say(&hello(BLOCKED, 1_000)).await;
    world.clock.sleep(Span::from_secs(1)).await;
    let (mut waiting, mut leaving) = (connect().await, connect().await);
    leaving.say(b"anything").await;
    world.clock.sleep(Span::from_secs(1)).await;
    assert_eq!((door.traffic().open, door.faults()[0].hits()), (3, 3));
    drop(leaving);
    world.clock.sleep(Span::from_secs(1)).await;
    assert_eq!(door.traffic().open, 2, "it has given up");
    door.lift("block");
    assert_eq!(waiting.0.read(&mut [0; 1]).await.map_err(|error| error.kind()), Ok(0), "nothing but the end");
    assert_eq!(first.0.read(&mut [0; 1]).await.map_err(|error| error.kind()), Ok(0));
}

/// A connection on which nothing was said yet is judged by what is on when its client names a host, not by what was on when it was made.
pub(crate) async fn what_is_switched_before_a_word_counts(world: World) {
    for protocol in [Protocol::Forward, Protocol::Socks, Protocol::Sni] {
        let rig = rig(&world, protocol).await;
        let to_echo = rig.echo.to_string();
        // By an address as well, where a program may name whom it likes. By SNI it says nothing but a name.
        let hosts = [format!("{BLOCKED}:443"), to_echo].into_iter().take(if protocol == Protocol::Sni { 1 } else { 2 });
        for host in hosts {
            let silent = async || {
                let client = opened_at(&rig, protocol, None, &host).await.expect("it stands");
                rig.world.clock.sleep(Span::from_millis(20)).await;
                client
            };
            let (on, off) = (silent().await, silent().await);
            rig.arm(block(BlockAction::Reset, Span::ZERO), None);
            rig.world.clock.sleep(Span::from_millis(20)).await;
            let cut = said_hello(&rig, on, BLOCKED).await.err();
            assert_eq!(cut, Some(ErrorKind::ConnectionReset), "{protocol:?} {host}: it is on");
            let lifted = silent().await;
            rig.door.lift("sni_block");
            for client in [off, lifted] {
                assert!(said_hello(&rig, client, BLOCKED).await.is_ok(), "{protocol:?} {host}: it is off");
            }
        }
    }
}

/// What is blocked for a while are connections of one client to one server and port. Only in memory every machine has a second address.
#[test]
fn another_client_and_another_port_are_not_blocked() {
    for protocol in [Protocol::Forward, Protocol::Socks, Protocol::Sni] {
        enter_virtual(Seed(1), async |world| three_tuples(world, protocol).await).expect("a world");
    }
}

async fn three_tuples(world: World, protocol: Protocol) {
    let tasks = Tasks::new();
    let beside = hosted(&world, &tasks, LOCAL, echo).await;
    let setting = Setting {
        echo: vec!["api.blocked.example:443", "other.example:443"],
        leads: vec![format!("beside.example:443={beside}")],
        ..Setting::of(protocol)
    };
    let rig = Rig::with(&world, setting).await;
    assert_eq!((beside.ip(), beside == rig.echo), (rig.echo.ip(), false), "one address, two ports");
    let residual = Span::from_secs(90);
    rig.arm(block(BlockAction::Reset, residual), None);
    let [first, second] = [[127, 0, 0, 1], [127, 0, 0, 2]].map(|address| Some(IpAddr::from(address)));
    assert!(greeted_from(&rig, protocol, first, BLOCKED).await.is_err(), "{protocol:?}: it is named");
    let (since, until) = (world.clock.now(), world.clock.now() + residual);
    // At first, in the middle and at the end of that time.
    for later in [Span::ZERO, Span::from_secs(45), Span::from_millis(89_900)] {
        let at = since + later;
        world.clock.until(at).await;
        for (from, host, blocked) in [
            (first, OTHER, true),
            (second, OTHER, false),
            (first, "beside.example", false),
            (second, "beside.example", false),
        ] {
            let cut = greeted_from(&rig, protocol, from, host).await.is_err();
            assert_eq!(cut, blocked, "{protocol:?}: {from:?} to {host} at {at:?}");
        }
        assert!(world.clock.now() < until, "{protocol:?}: within that time");
    }
    world.clock.until(until).await;
    assert!(greeted_from(&rig, protocol, first, OTHER).await.is_ok(), "{protocol:?}: it is over");
    // Whoever names it from elsewhere is blocked for himself alone.
    assert!(greeted_from(&rig, protocol, second, BLOCKED).await.is_err(), "{protocol:?}");
    assert!(greeted_from(&rig, protocol, second, OTHER).await.is_err(), "{protocol:?}");
    assert!(greeted_from(&rig, protocol, first, OTHER).await.is_ok(), "{protocol:?}");
}
