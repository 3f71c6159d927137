//! What a resolver answers, and what of it a way in follows.

use std::net::IpAddr;

use firedrill::draw::Seed;
use firedrill::journal::TriedEnd;
use firedrill::path::Protocol;
use firedrill::plan::{Answered, DnsAnswer, Fault, NoAnswer};
use firedrill::units::{Moment, Rate, Span};
use firedrill::world::{World, enter_virtual};

use crate::rig::{Rig, Setting};
use crate::socks::{asked, request};

/// A name that no real resolver knows (RFC 6761 §6.4): whatever is reached by it, a fault has answered.
const NAME: &str = "api.invalid";

async fn rig(world: &World, protocol: Protocol) -> Rig {
    Rig::with(world, Setting { allow: vec![NAME, "127.0.0.1", "localhost"], ..Setting::of(protocol) }).await
}

fn answer(answer: Answered, delay: Span) -> Fault {
    let names = [NAME, "localhost", "*.dingtalk.com"].map(|name| name.parse().expect("a name"));
    Fault::DnsAnswer(DnsAnswer { names: names.to_vec(), answer, delay })
}

fn at(addresses: &[[u8; 4]]) -> Answered {
    Answered::Addresses(addresses.iter().map(|ip| IpAddr::from(*ip)).collect())
}

pub(crate) async fn an_answer_is_followed_where_its_address_is_listed(world: World) {
    let rig = rig(&world, Protocol::Forward).await;
    let tunnel = format!("CONNECT {NAME}:{} HTTP/1.1\r\n\r\n", rig.echo.port());
    rig.arm(answer(at(&[[127, 0, 0, 1]]), Span::ZERO), None);
    let mut client = rig.connect().await;
    assert_eq!(client.ask(&tunnel).await.0, 200);
    client.ping().await;
    assert_eq!((rig.door.servers(), rig.door.faults()[0].hits()), (vec![rig.echo], 1));
    // Public addresses are no exception, though a listed name may lead to them by itself; nor is one beside a listed one.
    for bad in [&[[10, 1, 2, 3]][..], &[[8, 8, 8, 8]], &[[127, 0, 0, 1], [8, 8, 8, 8]]] {
        rig.arm(answer(at(bad), Span::ZERO), None);
        let (status, why) = rig.connect().await.ask(&tunnel).await;
        let named = format!("--allow {}", IpAddr::from(*bad.last().expect("an address")));
        assert!(status == 403 && why.contains(&named), "{bad:?}: {status} {why}");
    }
    rig.arm(answer(at(&[[127, 0, 0, 1]]), Span::ZERO), None);
    let own = format!("CONNECT {NAME}:{} HTTP/1.1\r\n\r\n", rig.door.local_addr().port());
    let (status, why) = rig.connect().await.ask(&own).await;
    assert!(status == 403 && why.contains("itself"), "{status} {why}");
    // Who leads elsewhere is not looked up, and a live connection is left alone.
    assert_eq!(rig.connect().await.ask("GET http://api.dingtalk.com/ HTTP/1.1\r\nHost: a\r\n\r\n").await.0, 200);
    client.ping().await;
    assert_eq!(rig.door.servers(), [rig.echo, rig.web]);
}

pub(crate) async fn there_may_be_no_answer_or_a_late_one(world: World) {
    for (protocol, due) in [(Protocol::Forward, 502), (Protocol::Socks, 4)] {
        let rig = rig(&world, protocol).await;
        let port = rig.echo.port();
        let ask = async || match protocol {
            Protocol::Socks => u16::from(asked(&mut rig.connect().await, &request("localhost", port)).await),
            _ => rig.connect().await.ask(&format!("CONNECT localhost:{port} HTTP/1.1\r\n\r\n")).await.0,
        };
        let good = ask().await;
        for why in [NoAnswer::Nxdomain, NoAnswer::Servfail] {
            rig.arm(answer(Answered::No(why), Span::ZERO), None);
            assert_eq!(ask().await, due, "{protocol:?} {why:?}");
        }
        let delay = Span::from_millis(300);
        rig.arm(answer(Answered::Real, delay), None);
        let began = world.clock.now();
        assert_eq!(ask().await, good, "{protocol:?}");
        let took = world.clock.now().since(began);
        assert!(took >= delay && (took == delay || !world.clock.is_virtual()), "{protocol:?}: {took}");
        assert_eq!(rig.door.faults()[0].hits(), 3, "{protocol:?}");
    }
}

/// Of the addresses of a host one after another is dialled, and each is told with how it ended, also those that were not reached.
pub(crate) async fn addresses_are_tried_in_turn_and_each_is_told(world: World) {
    let allow = vec![NAME, "127.0.0.1", "127.0.0.2", "::1"];
    let rig = Rig::with(&world, Setting { allow, ..Setting::of(Protocol::Forward) }).await;
    let addresses: Vec<IpAddr> = ["127.0.0.2", "::1", "127.0.0.1"].map(|ip| ip.parse().expect("an address")).into();
    rig.arm(answer(Answered::Addresses(addresses), Span::ZERO), None);
    let tunnel = |port: u16| format!("CONNECT {NAME}:{port} HTTP/1.1\r\n\r\n");
    let told = || -> Vec<_> {
        let tried = rig.door.tried().into_iter();
        tried.map(|at| (at.address.ip().to_string(), at.end, at.reached, at.missed)).collect()
    };
    let of = |ip: &str, end, reached, missed| (ip.to_owned(), end, reached, missed);
    let mut client = rig.connect().await;
    assert_eq!(client.ask(&tunnel(rig.echo.port())).await.0, 200);
    client.ping().await;
    // Nobody listens at the first two: the echo is at 127.0.0.1 alone.
    let (refused, reached) = (TriedEnd::Refused, TriedEnd::Reached);
    let once = [of("127.0.0.2", refused, 0, 1), of("::1", refused, 0, 1), of("127.0.0.1", reached, 1, 0)];
    assert_eq!(told(), once);
    // Where nobody listens at any of them, all are told and the client hears of it; these are other addresses, as their port is another.
    let (status, why) = rig.connect().await.ask(&tunnel(1)).await;
    assert_eq!((status, told().len()), (502, 6), "{why}");
    assert!(told()[3..].iter().all(|(_, end, reached, missed)| (*end, *reached, *missed) == (refused, 0, 1)));
    assert_eq!(rig.connect().await.ask(&tunnel(rig.echo.port())).await.0, 200);
    let twice = [of("127.0.0.2", refused, 0, 2), of("::1", refused, 0, 2), of("127.0.0.1", reached, 2, 0)];
    assert_eq!(told()[3..], twice, "each once, the latest at the end");
    assert_eq!(rig.door.servers(), [rig.echo]);
}

/// One address is silent for ever. In memory alone, where half of fifteen seconds is a moment.
#[test]
fn who_is_silent_does_not_take_the_others_turn() {
    enter_virtual(Seed(1), async |world| {
        let allow = vec![NAME, "127.0.0.1", "127.0.0.2"];
        let rig = Rig::with(&world, Setting { allow, ..Setting::of(Protocol::Forward) }).await;
        let silent = world.net.bind((std::net::Ipv4Addr::new(127, 0, 0, 2), rig.echo.port()).into()).await;
        let gate = silent.as_ref().expect("a port").gate();
        gate.swallow(&["0.0.0.0/0".parse().expect("a block")]).expect("a gate");
        rig.arm(answer(at(&[[127, 0, 0, 2], [127, 0, 0, 1]]), Span::ZERO), None);
        let mut client = rig.connect().await;
        assert_eq!(client.ask(&format!("CONNECT {NAME}:{} HTTP/1.1\r\n\r\n", rig.echo.port())).await.0, 200);
        client.ping().await;
        let ends: Vec<_> = rig.door.tried().iter().map(|at| at.end).collect();
        assert_eq!(ends, [TriedEnd::Silent, TriedEnd::Reached]);
        assert_eq!(world.clock.now(), Moment::ZERO + Span::from_millis(7_500), "an equal share of the fifteen seconds");
    })
    .expect("a virtual world");
}

/// A resolver is somebody else's service as well: who asks too often asks it no more. In memory alone, where nobody real is asked.
#[test]
fn what_a_guard_counts_is_counted_before_it_is_looked_up() {
    enter_virtual(Seed(1), async |world| {
        let once = (Rate::new(1, Span::from_secs(3_600)).expect("a rate"), Span::from_secs(3_600));
        let setting = Setting { allow: vec![NAME], caps: once, ..Setting::of(Protocol::Forward) };
        let rig = Rig::with(&world, setting).await;
        let tunnel = format!("CONNECT {NAME}:443 HTTP/1.1\r\n\r\n");
        let (first, _) = rig.connect().await.ask(&tunnel).await;
        let (second, why) = rig.connect().await.ask(&tunnel).await;
        assert_eq!((first, second), (502, 429), "nobody knows the name, and then nobody is asked: {why}");
    })
    .expect("a virtual world");
}
