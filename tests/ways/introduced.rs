//! Proxies before a way in, and behind it, that say and hear whom a connection is for.

use std::io::ErrorKind;

use firedrill::path::Protocol;
use firedrill::plan::{Fault, ProxyProtocol};
use firedrill::units::{Moment, Span};
use firedrill::world::World;
use tokio::io::AsyncReadExt;

use crate::rig::{ANNA, ANNA_AT, Client, Rig, Setting};

/// Binary, for 10.9.9.9:5 who has connected to 10.0.0.2:6, with something that nobody has to know.
const TWO: &[u8] = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x0f\x0a\x09\x09\x09\x0a\x00\x00\x02\x00\x05\x00\x06\x20\x00\x00";
/// Of IPv6, in which an address of IPv4 is written.
const SIX: &[u8] = b"PROXY TCP6 ::ffff:10.9.9.9 fd00::2 5 6\r\n";
const ONE: &[u8] = b"PROXY TCP4 10.9.9.9 10.0.0.2 5 6\r\n";
/// For nobody else, as a proxy says that looks whether we are there.
const LOCAL: &[u8] = b"\r\n\r\n\0\r\nQUIT\n\x20\x00\x00\x00";

async fn rig(world: &World, from: &str, echo: Vec<&'static str>) -> Rig {
    let proxy_protocol = ProxyProtocol { from: vec![from.parse().expect("a block")], send: None };
    Rig::with(world, Setting { proxy_protocol, echo, ..Setting::of(Protocol::Forward) }).await
}

/// A client for whom this is said, and the status of a tunnel to a host.
async fn asked(rig: &Rig, said: &[u8], host: &str) -> (Client, u16) {
    let mut client = rig.connect().await;
    // In two pieces, and with the request behind it in one.
    client.say(&said[..9]).await;
    rig.world.clock.sleep(Span::from_millis(2)).await;
    client.say(&[&said[9..], format!("CONNECT {host} HTTP/1.1\r\n\r\n").as_bytes()].concat()).await;
    let status = client.answer().await.0;
    (client, status)
}

pub(crate) async fn a_proxy_says_for_whom_it_speaks(world: World) {
    let rig = rig(&world, "127.0.0.0/8", Vec::new()).await;
    rig.arm(Fault::Refuse, Some(vec![ANNA]));
    assert_eq!(ANNA_AT, [10, 9, 9, 9]);
    let echo = rig.echo.to_string();
    for said in [ONE, TWO, SIX] {
        assert_eq!(asked(&rig, said, &echo).await.1, 502, "it is anna's address: {said:?}");
    }
    for said in [LOCAL, b"PROXY UNKNOWN\r\n", b"PROXY TCP4 10.9.9.8 10.0.0.2 5 6\r\n"] {
        let (mut client, status) = asked(&rig, said, &echo).await;
        assert_eq!(status, 200, "{said:?}");
        client.ping().await;
    }
}

pub(crate) async fn nobody_else_may_say_it(world: World) {
    let listed = rig(&world, "127.0.0.0/8", Vec::new()).await;
    for said in
        [&b"CONNECT a HTTP/1.1\r\n\r\n"[..], b"PROXY TCP4 here there 5 6\r\n", b"\r\n\r\n\0\r\nQUIT\n\x31\0\0\0"]
    {
        let mut client = listed.connect().await;
        client.say(said).await;
        let end = client.0.read_u8().await.expect_err("nobody answers").kind();
        assert_eq!(end, ErrorKind::ConnectionReset, "{said:?}");
    }
    let other = rig(&world, "10.0.0.0/8", Vec::new()).await;
    // Over sockets the reset may be there as soon as the connection is.
    let said = async {
        let mut client = Client(world.net.connect(None, other.door.local_addr()).await?);
        client.say(ONE).await;
        client.0.read_u8().await
    };
    assert_eq!(said.await.expect_err("it is not listed").kind(), ErrorKind::ConnectionReset);
}

/// Who says nothing is let go of after thirty seconds, which only a clock of our own waits for.
#[test]
fn a_proxy_that_says_nothing_is_let_go_of() {
    let seen = firedrill::world::enter_virtual(firedrill::draw::Seed(1), async |world| {
        let rig = rig(&world, "127.0.0.0/8", Vec::new()).await;
        let mut client = rig.connect().await;
        client.say(b"PROXY TCP4 ").await;
        let end = client.0.read_u8().await.expect_err("nobody answers").kind();
        (end, world.clock.now())
    });
    assert_eq!(seen.expect("a world"), (ErrorKind::ConnectionReset, Moment::ZERO + Span::from_secs(30)));
}

pub(crate) async fn whoever_is_reached_is_told_for_whom(world: World) {
    let echo = vec!["one.example,send-proxy", "two.example,send-proxy-v2"];
    let rig = rig(&world, "127.0.0.0/8", echo).await;
    for (host, due) in [("one.example:1", ONE), ("two.example:1", &[&TWO[..15], &[12], &TWO[16..28]].concat())] {
        let (mut client, status) = asked(&rig, TWO, host).await;
        assert_eq!(status, 200);
        let mut heard = vec![0; due.len()];
        client.0.read_exact(&mut heard).await.expect("who echoes says what it has heard");
        assert_eq!(heard, due, "{host}");
        client.ping().await;
    }
    // A connection of a client's own, and of both families.
    let (mut client, _) = asked(&rig, LOCAL, "one.example:1").await;
    let mut heard = Vec::new();
    while !heard.ends_with(b"\n") {
        heard.push(client.0.read_u8().await.expect("a line"));
    }
    let (from, to) = (client.0.local_addr(), rig.door.local_addr());
    let due = format!("PROXY TCP4 {} {} {} {}\r\n", from.ip(), to.ip(), from.port(), to.port());
    assert_eq!(String::from_utf8(heard).as_deref(), Ok(&*due));
    let (mut client, _) = asked(&rig, SIX, "one.example:1").await;
    let mut heard = [0; SIX.len()];
    client.0.read_exact(&mut heard).await.expect("a line");
    assert_eq!(heard[..], *SIX);
}
