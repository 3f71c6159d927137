//! Programs that mean no good, or nothing at all.

use firedrill::draw::Seed;
use firedrill::path::Protocol;
use firedrill::units::{Moment, Rate, Span};
use firedrill::world::{Tasks, World, enter_virtual};
use proptest::prelude::*;

use crate::rig::{Client, Rig, Setting, echo, hosted};
use crate::sni::hello;
use crate::socks::{asked, request};

/// A proxy that is asked to ask itself would open connections until there are none left.
pub(crate) async fn nobody_goes_round_in_circles(world: World) {
    let rig = Rig::of(&world, Protocol::Forward).await;
    let port = rig.door.local_addr().port();
    for target in [format!("127.0.0.1:{port}"), format!("localhost:{port}"), format!("[::ffff:127.0.0.1]:{port}")] {
        let (status, why) = rig.connect().await.ask(&format!("CONNECT {target} HTTP/1.1\r\n\r\n")).await;
        assert_eq!((status, why.contains("itself")), (403, true), "{target}: {why}");
        let (status, why) = rig.connect().await.ask(&format!("GET http://{target}/ HTTP/1.1\r\nHost: a\r\n\r\n")).await;
        assert_eq!((status, why.contains("itself")), (403, true), "{target}: {why}");
    }
    assert_eq!(rig.door.traffic().accepted, 6, "none of them came back");
}

/// A name that is not this machine's own is a service of somebody else. Only in memory there is one that is sure to lead here.
#[test]
fn the_guard_s_caps_hold() {
    enter_virtual(Seed(1), caps).expect("a world");
}

async fn caps(world: World) {
    let rate = Rate::new(2, Span::from_secs(1)).expect("a rate");
    let allow = vec!["a.localhost", "127.0.0.1", "::1"];
    let setting = Setting { allow, caps: (rate, Span::from_secs(60)), ..Setting::of(Protocol::Forward) };
    let rig = Rig::with(&world, setting).await;
    let host = format!("a.localhost:{}", rig.web.port());
    let ask = format!("GET http://{host}/ HTTP/1.1\r\nHost: {host}\r\n\r\n");
    let mut client = rig.connect().await;
    let mut seen = Vec::new();
    for _ in 0..3 {
        seen.push(client.ask(&ask).await.0);
    }
    assert_eq!(seen, [200, 200, 429], "also on one connection");
    world.clock.sleep(Span::from_secs(10)).await;
    let tunnel = format!("CONNECT a.localhost:{} HTTP/1.1\r\n\r\n", rig.echo.port());
    let mut open = rig.connect().await;
    assert_eq!(open.ask(&tunnel).await.0, 200);
    open.ping().await;
    // The drill is over after a minute, for those that are open as well.
    assert_eq!(open.rest().await, b"");
    assert_eq!(world.clock.now(), Moment::ZERO + Span::from_secs(60));
    let (status, why) = rig.connect().await.ask(&tunnel).await;
    assert_eq!((status, why.contains("max_duration")), (403, true), "{why}");
    let own = format!("CONNECT {} HTTP/1.1\r\n\r\n", rig.echo);
    assert_eq!(rig.connect().await.ask(&own).await.0, 200, "this machine is nobody else's");
}

/// They hold also for those who say by SOCKS, or by the name of their TLS, where they want to go.
#[test]
fn the_guard_s_caps_hold_by_whatever_way() {
    for protocol in [Protocol::Socks, Protocol::Sni] {
        enter_virtual(Seed(1), async |world| capped(world, protocol).await).expect("a world");
    }
}

/// Goes to a host by the one port that TLS has; why it was refused, as its protocol says it: "not allowed by the rules", or "access denied".
async fn goes(rig: &Rig, protocol: Protocol, host: &str) -> Option<Client> {
    let mut client = rig.connect().await;
    if protocol == Protocol::Socks {
        let reply = asked(&mut client, &request(host, 443)).await;
        assert!(reply == 0 || reply == 2, "{reply}");
        return (reply == 0).then_some(client);
    }
    let said = hello(host, 1_000);
    client.say(&said).await;
    if client.bytes().await == [21] {
        assert_eq!(client.rest().await, [3, 3, 0, 2, 2, 49]);
        return None;
    }
    for byte in &said[1..] {
        assert_eq!(client.bytes().await, [*byte], "as it came");
    }
    Some(client)
}

async fn capped(world: World, protocol: Protocol) {
    let tasks = Tasks::new();
    let at = hosted(&world, &tasks, ([127, 0, 0, 1], 443).into(), echo).await;
    assert_eq!(at.port(), 443);
    let rate = Rate::new(2, Span::from_secs(1)).expect("a rate");
    let allow = vec!["a.localhost", "localhost", "127.0.0.1", "::1"];
    let rig = Rig::with(&world, Setting { allow, caps: (rate, Span::from_secs(60)), ..Setting::of(protocol) }).await;
    let mut seen = Vec::new();
    for host in ["a.localhost", "a.localhost", "a.localhost", "localhost"] {
        seen.push(goes(&rig, protocol, host).await.is_some());
    }
    assert_eq!(seen, [true, true, false, true], "{protocol:?}: the third, and this machine is nobody else's");
    world.clock.sleep(Span::from_secs(10)).await;
    let mut open = goes(&rig, protocol, "a.localhost").await.expect("a second has passed");
    open.ping().await;
    assert_eq!(open.rest().await, b"", "{protocol:?}");
    assert_eq!(world.clock.now(), Moment::ZERO + Span::from_secs(60), "{protocol:?}: also those that are open");
    assert!(goes(&rig, protocol, "a.localhost").await.is_none(), "{protocol:?}: it is over");
    assert!(goes(&rig, protocol, "localhost").await.is_some(), "{protocol:?}");
}

/// A byte a second, for ever: after thirty seconds it is over, whatever was said by then.
#[test]
fn who_speaks_slowly_is_let_go() {
    for (protocol, begun, last) in [
        (Protocol::Forward, &b"CONNECT 127.0.0.1:80 HTTP/1.1\r\nX: "[..], &b"HTTP/1.1 408"[..]),
        (Protocol::Forward, b"", b"HTTP/1.1 408"),
        (Protocol::Socks, &[5, 255], b""),
        (Protocol::Socks, &[5, 1, 0, 5, 1, 0, 3, 255], &[5, 0]),
        (Protocol::Socks, b"", b""),
        (Protocol::Sni, &[22, 3, 1, 1, 0, 1, 0, 0, 252], b""),
        (Protocol::Sni, b"", b""),
    ] {
        let seen = enter_virtual(Seed(1), async |world| {
            let rig = Rig::of(&world, protocol).await;
            let mut client = rig.connect().await;
            client.say(begun).await;
            for _ in 0..29 {
                world.clock.sleep(Span::from_secs(1)).await;
                if !begun.is_empty() {
                    client.say(b"a").await;
                }
            }
            let rest = client.rest().await;
            (rest, world.clock.now())
        });
        let (rest, at) = seen.expect("a world");
        assert!(rest.starts_with(last) && rest.is_empty() == last.is_empty(), "{protocol:?} {begun:?}: {rest:?}");
        assert_eq!(at, Moment::ZERO + Span::from_secs(30), "{protocol:?} {begun:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    /// Anything at all: the connection comes to an end, and the way in serves the next.
    #[test]
    fn anything_comes_to_an_end(
        bytes in prop::collection::vec(any::<u8>(), 0..200),
        begun in prop::sample::select(vec![
            &b""[..], b"CONNECT ", b"GET http://", b"\x05\x01\x00", b"\x05\x01\x00\x05\x01\x00\x03", b"\x05\x01\x02\x01",
            b"\x16\x03\x01\x00\x80\x01\x00\x00\x7c",
        ]),
        protocol in prop::sample::select(vec![Protocol::Forward, Protocol::Socks, Protocol::Sni]),
    ) {
        let seen = enter_virtual(Seed(1), async |world| {
            let rig = Rig::of(&world, protocol).await;
            let mut client = rig.connect().await;
            client.say(&[begun, &bytes].concat()).await;
            client.rest().await;
            let end = world.clock.now().secs_f64();
            drop(client);
            // The task that served it may have a last look.
            world.clock.sleep(Span::from_secs(2)).await;
            (end, rig.door.traffic().open)
        });
        let (end, open) = seen.expect("a world");
        prop_assert!(end <= 31.0 && open == 0, "{end} s, {open} open");
    }
}
