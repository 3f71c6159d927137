//! The same daemon in memory and in virtual time, where a lease ends to the microsecond.

use firedrill::draw::Seed;
use firedrill::path::{Gateway, Opening, Protocol, Tampering};
use firedrill::plan::{Direction, Fault, Per, Pick, ProxyProtocol, Shape};
use firedrill::proxy::{Config, Daemon};
use firedrill::units::{Moment, Share, Size, Span};
use firedrill::world::{Listener, World, enter_virtual};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// Sends a request and gives back status and body.
async fn ask(world: &World, daemon: &Daemon, method: &str, path: &str, more: (&str, &str)) -> (u16, String) {
    let (header, body) = more;
    let mut conn = world.net.connect(None, daemon.address()).await.expect("it listens");
    let length = body.len();
    let request =
        format!("{method} {path} HTTP/1.1\r\nConnection: close\r\nContent-Length: {length}\r\n{header}\r\n{body}");
    conn.write_all(request.as_bytes()).await.expect("sent");
    let mut answer = String::new();
    conn.read_to_string(&mut answer).await.expect("an answer");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
    (head[9..12].parse().expect("a status"), body.to_owned())
}

async fn echo(listener: Listener) {
    loop {
        let (mut conn, _) = listener.accept().await.expect("a connection");
        tokio::spawn(async move {
            let mut buffer = [0; 64];
            while let Ok(bytes @ 1..) = conn.read(&mut buffer).await {
                if conn.write_all(&buffer[..bytes]).await.is_err() {
                    return;
                }
            }
        });
    }
}

#[test]
fn a_lease_of_five_seconds_ends_after_five_seconds() {
    let seen = enter_virtual(Seed(1), async |world| {
        let place = ([127, 0, 0, 1], 7_000).into();
        tokio::spawn(echo(world.net.bind(place).await.expect("a port")));
        let config = Config::at("127.0.0.1:8474");
        let daemon = Daemon::start(&world, config).await.expect("it starts");
        let proxy = r#"{"name":"a","listen":"127.0.0.1:7001","upstream":"localhost:7000"}"#;
        assert_eq!(ask(&world, &daemon, "POST", "/proxies", ("", proxy)).await.0, 201);
        let toxic = r#"{"type":"latency","attributes":{"latency":60000}}"#;
        let armed = world.clock.now();
        let lease = "X-Firedrill-Lease: drill\r\n";
        assert_eq!(ask(&world, &daemon, "POST", "/proxies/a/toxics", (lease, toxic)).await.0, 200);
        // Renewed once, after three seconds.
        world.clock.until(armed + Span::from_secs(3)).await;
        assert_eq!(ask(&world, &daemon, "GET", "/version", (lease, "")).await.0, 200);
        let mut conn = world.net.connect(None, ([127, 0, 0, 1], 7_001).into()).await.expect("it listens");
        conn.write_all(b"ping").await.expect("sent");
        conn.read_exact(&mut [0; 4]).await.expect("it is let go when the lease ends");
        let lifted = world.clock.now().since(armed);
        daemon.close().await;
        lifted
    });
    assert_eq!(seen.expect("a world"), Span::from_secs(8));
}

#[test]
fn a_latency_is_exact() {
    let seen = enter_virtual(Seed(1), async |world| {
        let place = ([127, 0, 0, 1], 7_000).into();
        tokio::spawn(echo(world.net.bind(place).await.expect("a port")));
        let config = Config::at("127.0.0.1:8474");
        let daemon = Daemon::start(&world, config).await.expect("it starts");
        let proxy = r#"{"name":"a","listen":"127.0.0.1:7001","upstream":"127.0.0.1:7000"}"#;
        assert_eq!(ask(&world, &daemon, "POST", "/proxies", ("", proxy)).await.0, 201);
        let fault = r#"{"name":"slow","latency":{"constant":"40ms"}}"#;
        assert_eq!(ask(&world, &daemon, "POST", "/firedrill/v1/faults", ("", fault)).await.0, 201);
        let mut conn = world.net.connect(None, ([127, 0, 0, 1], 7_001).into()).await.expect("it listens");
        let start: Moment = world.clock.now();
        conn.write_all(b"ping").await.expect("sent");
        conn.read_exact(&mut [0; 4]).await.expect("an answer");
        let took = world.clock.now().since(start);
        daemon.close().await;
        took
    });
    // In both directions, by default.
    assert_eq!(seen.expect("a world"), Span::from_millis(80));
}

/// A door gives its faults numbers of 16 bits. A suite that adds and removes one for every test comes to their end in a day, and what stays
/// on all the while must not be taken for a new one.
#[test]
fn a_fault_stays_whatever_comes_and_goes() {
    let seen = enter_virtual(Seed(1), async |world| {
        let gateway = Gateway::new(&world, Size(1 << 20), 1);
        let opening = Opening {
            name: "a".into(),
            listen: ([127, 0, 0, 1], 7_001).into(),
            upstream: "localhost:7000".into(),
            protocol: Protocol::Stream,
            kind: None,
            proxy_protocol: ProxyProtocol::default(),
        };
        let door = gateway.open(&opening).await.expect("a port");
        let fault = |name: &str| Tampering {
            name: name.into(),
            fault: Fault::Partition,
            regions: Vec::new(),
            accounts: None,
            capabilities: Vec::new(),
            direction: Direction::Both,
            chance: Share::ALL,
            per: Per::Connection,
            shape: Shape::default(),
            pick: Pick::default(),
        };
        door.arm(fault("stays")).expect("it is armed");
        for _ in 0..=u16::MAX {
            door.arm(fault("passes")).expect("it is armed");
            assert!(door.lift("passes"));
        }
        door.arm(fault("last")).expect("it is armed");
        door.faults().iter().map(|fault| fault.inject.name.clone()).collect::<Vec<_>>()
    });
    assert_eq!(seen.expect("a world"), ["stays", "last"]);
}
