//! Ways in at `[::1]`, which lead there.

use std::net::{IpAddr, Ipv6Addr};

use firedrill::path::Protocol;
use firedrill::plan::{Fault, ProxyProtocol};
use firedrill::world::World;

use crate::rig::{ANNA, ANNA_AT_6, Rig, Setting};
use crate::sni::hello;
use crate::socks::request;

/// For [`ANNA_AT_6`] at port 5, who has connected to `fd00::2` at port 6.
const ONE: &[u8] = b"PROXY TCP6 fd00::9 fd00::2 5 6\r\n";
/// The same in binary: of IPv6 and TCP, two addresses and two ports.
const TWO: &[u8] = b"\r\n\r\n\0\r\nQUIT\n\x21\x21\x00\x24\xfd\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x09\xfd\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x02\x00\x05\x00\x06";

fn setting(protocol: Protocol) -> Setting {
    // Nothing but the address itself is on the list.
    Setting { at: Ipv6Addr::LOCALHOST.into(), allow: vec!["::1"], ..Setting::of(protocol) }
}

pub(crate) async fn a_way_in_listens_there_and_leads_there(world: World) {
    let rig = Rig::with(&world, setting(Protocol::Forward)).await;
    assert_eq!(rig.door.local_addr().ip(), Ipv6Addr::LOCALHOST);
    let mut client = rig.connect().await;
    let tunnel = |port: u16| format!("CONNECT [::1]:{port} HTTP/1.1\r\nHost: [::1]:{port}\r\n\r\n");
    assert_eq!(client.ask(&tunnel(rig.echo.port())).await.0, 200);
    client.ping().await;
    let port = rig.web.port();
    let due = format!("GET /x HTTP/1.1\r\nHost: [::1]:{port}\r\n\r\n");
    // However the address is written, the host hears it as it stands in the URL.
    let (long, mut client) = (format!("[0:0:0:0:0:0:0:1]:{port}"), rig.connect().await);
    let asked = client.ask(&format!("GET http://[::1]:{port}/x HTTP/1.1\r\nHost: a.example\r\n\r\n")).await;
    assert_eq!(asked, (200, due.clone()));
    let asked = client.ask(&format!("GET http://{long}/x HTTP/1.1\r\nHost: a.example\r\n\r\n")).await;
    assert_eq!(asked, (200, due.replace(&format!("[::1]:{port}"), &long)));
    let itself = rig.connect().await.ask(&tunnel(rig.door.local_addr().port())).await;
    assert_eq!((itself.0, itself.1.contains("itself")), (403, true), "{}", itself.1);
    for wrong in ["::1:80", "[::1]", "[::1", "[::1%lo]:80", "[127.0.0.1]:80"] {
        let (status, why) = rig.connect().await.ask(&format!("CONNECT {wrong} HTTP/1.1\r\n\r\n")).await;
        assert_eq!(status, 400, "{wrong}: {why}");
    }
    let rig = Rig::with(&world, setting(Protocol::Socks)).await;
    let mut client = rig.connect().await;
    // An address of type 4 (RFC 1928 §5), and the reply has one of either type.
    client.say(&[&[5, 1, 0][..], &request("::1", rig.echo.port())].concat()).await;
    let [_, method, version, reply, _, kind] = client.bytes().await;
    assert_eq!((method, version, reply), (0, 5, 0));
    match kind {
        1 => drop(client.bytes::<6>().await),
        4 => drop(client.bytes::<18>().await),
        other => panic!("address type {other}"),
    }
    client.ping().await;
    let setting = Setting { echo: vec!["api.example:443"], ..setting(Protocol::Sni) };
    let rig = Rig::with(&world, setting).await;
    let (bytes, mut client) = (hello("api.example", 100), rig.connect().await);
    client.say(&bytes).await;
    for byte in &bytes {
        assert_eq!(client.bytes::<1>().await[0], *byte, "as it came");
    }
    client.ping().await;
}

pub(crate) async fn a_proxy_says_an_address_of_it(world: World) {
    let proxy_protocol = ProxyProtocol { from: vec!["::1/128".parse().expect("a block")], send: None };
    let echo = vec!["one.example,send-proxy", "two.example,send-proxy-v2"];
    let rig = Rig::with(&world, Setting { proxy_protocol, echo, ..setting(Protocol::Forward) }).await;
    let tunnel = |host: &str| format!("CONNECT {host} HTTP/1.1\r\n\r\n").into_bytes();
    for said in [ONE, TWO] {
        for (host, due) in [("one.example:1", ONE), ("two.example:1", TWO)] {
            let mut client = rig.connect().await;
            client.say(&[said, &tunnel(host)].concat()).await;
            assert_eq!(client.answer().await.0, 200);
            let mut heard = Vec::new();
            while heard.len() < due.len() {
                heard.extend(client.bytes::<1>().await);
            }
            assert_eq!(heard.escape_ascii().to_string(), due.escape_ascii().to_string(), "{host}");
            client.ping().await;
        }
    }
    // Of a client's own connection.
    let mut client = rig.connect().await;
    client.say(&[&b"PROXY UNKNOWN\r\n"[..], &tunnel("one.example:1")].concat()).await;
    assert_eq!(client.answer().await.0, 200);
    let due = format!("PROXY TCP6 ::1 ::1 {} {}\r\n", client.0.local_addr().port(), rig.door.local_addr().port());
    let mut heard = Vec::new();
    while heard.len() < due.len() {
        heard.extend(client.bytes::<1>().await);
    }
    assert_eq!(String::from_utf8(heard).as_deref(), Ok(&*due));
    // Whose address it is, a fault may be aimed at.
    rig.arm(Fault::Refuse, Some(vec![ANNA]));
    let web = format!("[{}]:{}", IpAddr::from(Ipv6Addr::LOCALHOST), rig.echo.port());
    for (said, due) in [(ONE, 502), (TWO, 502), (b"PROXY TCP6 fd00::8 fd00::2 5 6\r\n", 200)] {
        let mut client = rig.connect().await;
        client.say(&[said, &tunnel(&web)].concat()).await;
        assert_eq!(
            client.answer().await.0,
            due,
            "{:?} is {}",
            said.escape_ascii().to_string(),
            Ipv6Addr::from(ANNA_AT_6)
        );
    }
}
