//! What a program says to a SOCKS 5 proxy.

use std::net::SocketAddr;

use firedrill::path::Protocol;
use firedrill::world::World;

use crate::rig::{Client, Rig, Setting, echo};

/// A request with an address or a name in the manner of the RFC.
pub(crate) fn request(host: &str, port: u16) -> Vec<u8> {
    let kind = match host.parse() {
        Ok(std::net::IpAddr::V4(address)) => [&[1][..], &address.octets()].concat(),
        Ok(std::net::IpAddr::V6(address)) => [&[4][..], &address.octets()].concat(),
        Err(_) => [&[3, u8::try_from(host.len()).expect("short")][..], host.as_bytes()].concat(),
    };
    [&[5, 1, 0][..], &kind, &port.to_be_bytes()].concat()
}

/// Greets without a name, and asks; the number of the reply.
pub(crate) async fn asked(client: &mut Client, request: &[u8]) -> u8 {
    client.say(&[5, 1, 0]).await;
    assert_eq!(client.bytes().await, [5, 0]);
    client.say(request).await;
    let [version, reply, reserved, kind] = client.bytes().await;
    assert_eq!((version, reserved), (5, 0));
    match kind {
        1 => drop(client.bytes::<6>().await),
        4 => drop(client.bytes::<18>().await),
        other => panic!("address type {other}"),
    }
    reply
}

pub(crate) async fn a_name_and_addresses_of_either_family_are_reached(world: World) {
    let rig = Rig::of(&world, Protocol::Socks).await;
    let six: SocketAddr = "[::1]:0".parse().expect("an address");
    let listener = world.net.bind(six).await.expect("this machine has IPv6 on loopback");
    let (six, tasks) = (listener.local_addr(), firedrill::world::Tasks::new());
    tasks.spawn("host", async move {
        let (conn, _) = listener.accept().await.expect("a connection");
        echo(conn).await;
    });
    for (host, port) in [("127.0.0.1", rig.echo.port()), ("localhost", rig.echo.port()), ("::1", six.port())] {
        let mut client = rig.connect().await;
        assert_eq!(asked(&mut client, &request(host, port)).await, 0, "{host}");
        client.ping().await;
    }
    // All in one, without waiting for anything.
    let mut client = rig.connect().await;
    client.say(&[&[5, 2, 1, 0][..], &request("127.0.0.1", rig.echo.port()), b"early"].concat()).await;
    assert_eq!(client.bytes::<12>().await[..4], [5, 0, 5, 0]);
    assert_eq!(&client.bytes().await, b"early");
}

pub(crate) async fn whoever_may_not_go_there_is_told_by_number(world: World) {
    let rig = Rig::of(&world, Protocol::Socks).await;
    let mut bind = request("127.0.0.1", 80);
    bind[1] = 2;
    let mut associate = request("127.0.0.1", 80);
    associate[1] = 3;
    let mut unknown = request("127.0.0.1", 80);
    unknown[3] = 9;
    for (request, due) in [
        (request("evil.example", 443), 2),
        (request("169.254.169.254", 80), 2),
        (request("127.0.0.1", rig.door.local_addr().port()), 2),
        (request("nobody.example", 443), 5),
        (bind, 7),
        (associate, 7),
        (unknown, 8),
        (request("not a name", 80), 1),
        (request("0x7f.1", 80), 1),
    ] {
        let mut client = rig.connect().await;
        assert_eq!(asked(&mut client, &request).await, due, "{request:?}");
        assert_eq!(client.rest().await, b"", "and that is the end");
    }
    for other in [&b"\x04\x01\x00\x50\x7f\x00\x00\x01\x00"[..], b"GET / HTTP/1.1\r\n\r\n", &[5, 0], &[5, 1, 1]] {
        let mut client = rig.connect().await;
        client.say(other).await;
        let due: &[u8] = if other == [5, 1, 1] { &[5, 0xff] } else { b"" };
        assert_eq!(client.rest().await, due, "{other:?}");
    }
}

pub(crate) async fn a_token_is_the_password_of_a_name(world: World) {
    let rig = Rig::with(&world, Setting { token: Some("secret"), ..Setting::of(Protocol::Socks) }).await;
    let mut client = rig.connect().await;
    client.say(&[5, 1, 0]).await;
    assert_eq!(client.rest().await, [5, 0xff], "nobody goes without a name");
    for (password, welcome) in [("wrong!", 1), ("secret", 0)] {
        let mut client = rig.connect().await;
        client.say(&[5, 2, 0, 2]).await;
        assert_eq!(client.bytes().await, [5, 2]);
        client.say(&[&[1, 3][..], b"any", &[6], password.as_bytes()].concat()).await;
        assert_eq!(client.bytes().await, [1, welcome], "{password}");
        client.say(&request("127.0.0.1", rig.echo.port())).await;
        if welcome == 1 {
            assert_eq!(client.rest().await, b"");
            continue;
        }
        assert_eq!(client.bytes::<10>().await[..2], [5, 0]);
        client.ping().await;
    }
}
