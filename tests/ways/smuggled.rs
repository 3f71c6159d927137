//! Requests that two could read differently, by a way in: what reaches the host is one request that nobody can read but in one manner, or
//! nothing.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use firedrill::draw::Seed;
use firedrill::path::Protocol;
use firedrill::path::ways::Interception;
use firedrill::units::Span;
use firedrill::world::tls::{Authority, Connector};
use firedrill::world::{Conn, Tasks, World, enter_sockets};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::rig::{Client, LOCAL, Rig, Setting, hosted};

/// Every byte that a host has got, over whatever connections.
type Heard = Arc<Mutex<Vec<u8>>>;

/// Answers the first head of a connection, and writes down all that comes.
async fn recorded(mut conn: Conn, heard: Heard) {
    let (mut own, mut answered, mut buffer) = (Vec::new(), false, [0; 4096]);
    while let Ok(bytes @ 1..) = conn.read(&mut buffer).await {
        own.extend_from_slice(&buffer[..bytes]);
        heard.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(&buffer[..bytes]);
        let whole = own.ends_with(b"\r\n\r\n") || own.ends_with(b"end");
        if whole && !std::mem::replace(&mut answered, true) {
            let _ = conn.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
        }
    }
}

/// How a client asks the way in for its host.
enum Way {
    /// By whole URLs.
    Url,
    /// By a tunnel, within TLS that ends at the way in, and which the client begins by this.
    Tls(Interception, Connector),
}

const HOST: &str = "a.example";

impl Way {
    /// Within TLS whose authority keeps its key there.
    fn tls(authority: &Path) -> Self {
        let authority = Authority::open(authority, &[HOST], jiff::Timestamp::now()).expect("an authority");
        let connector = Connector::new(Some(authority.file())).expect("its certificate");
        let acceptor = authority.acceptor(&[HOST]).expect("an acceptor");
        let hosts = vec![HOST.parse().expect("a host")];
        Self::Tls(Interception::new(hosts, acceptor, connector.clone()), connector)
    }

    /// A way in before a host.
    async fn rig(&self, world: &World, host: SocketAddr) -> Rig {
        let (lead, interception) = match self {
            Self::Url => (format!("{HOST}:80={host}"), None),
            Self::Tls(interception, _) => (format!("{HOST}:443=http://{host}"), Some(interception.clone())),
        };
        Rig::with(world, Setting { leads: vec![lead], interception, ..Setting::of(Protocol::Forward) }).await
    }

    /// Whoever asks the host by it.
    async fn client(&self, rig: &Rig) -> Client {
        let mut client = rig.connect().await;
        let Self::Tls(_, connector) = self else { return client };
        assert_eq!(client.ask(&format!("CONNECT {HOST}:443 HTTP/1.1\r\n\r\n")).await.0, 200);
        Client(connector.connect(client.0, HOST).await.expect("TLS"))
    }

    /// A request of a body and of another request, which stands in it or behind it.
    fn post(&self, version: &str, fields: &str, body: &str) -> String {
        match self {
            // Whatever it calls the host besides.
            Self::Url => {
                format!("POST http://{HOST}/x HTTP/{version}\r\nHost: b.example\r\n{fields}\r\n\r\n{body}")
            }
            Self::Tls(..) => format!("POST /x HTTP/{version}\r\nHost: {HOST}\r\n{fields}\r\n\r\n{body}"),
        }
    }

    /// A request that may not go on, and the status by which it is refused.
    fn behind(&self) -> (&str, u16) {
        match self {
            Self::Url => ("GET /smuggled HTTP/1.1\r\nHost: a.example\r\n\r\n", 400),
            Self::Tls(..) => ("GET /smuggled HTTP/1.1\r\nHost: b.example\r\n\r\n", 421),
        }
    }
}

/// What a client hears, by status, who says this and no more; and what the host has got of it.
async fn said(world: &World, way: &Way, request: &str) -> (Vec<u16>, String) {
    let (heard, tasks) = (Heard::default(), Tasks::new());
    let write = Arc::clone(&heard);
    let host = hosted(world, &tasks, LOCAL, move |conn| recorded(conn, Arc::clone(&write))).await;
    let rig = way.rig(world, host).await;
    let mut client = way.client(&rig).await;
    client.say(request.as_bytes()).await;
    // Whoever is refused is closed, and nobody says more after that; a busy machine may take a while.
    let soon = world.clock.now() + Span::from_secs(20);
    let mut answers = Vec::new();
    let closed = world.clock.timeout(soon, client.0.read_to_end(&mut answers)).await.is_ok();
    let answers = String::from_utf8(answers).expect("text");
    let status = |answer: &str| answer.get(..3).and_then(|status| status.parse().ok()).expect("a status");
    let statuses: Vec<u16> = answers.split("HTTP/1.1 ").skip(1).map(status).collect();
    let refused = statuses.last().is_some_and(|status| *status != 200);
    assert!(closed || !refused, "whoever is refused is closed: {request:?}");
    drop(client);
    world.clock.sleep(Span::from_millis(20)).await;
    let heard = heard.lock().unwrap_or_else(PoisonError::into_inner).clone();
    (statuses, String::from_utf8(heard).expect("text"))
}

/// What stands behind the end of a body that another reads as longer.
const BEHIND: &str = "GET http://a.example/smuggled HTTP/1.1\r\nHost: a.example\r\nX: x\r\n\r\n";

pub(crate) async fn a_host_gets_one_request_or_none(world: World) {
    one_or_none(&world, &Way::Url).await;
}

/// Keys of TLS come from outside of the seed, so that there is none in memory.
#[test]
fn within_tls_a_host_gets_one_request_or_none() {
    let place = tempfile::tempdir().expect("a directory");
    enter_sockets(Seed(11), async |world| one_or_none(&world, &Way::tls(place.path())).await).expect("a world");
}

async fn one_or_none(world: &World, way: &Way) {
    let body = format!("0\r\n\r\n{BEHIND}");
    for fields in [
        "Content-Length: 5\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 5",
        "Content-Length: 5\r\ntRANSFER-eNCODING: CHUNKED",
        "Content-Length: 5\r\nContent-Length: 6",
        "Content-Length: 5\r\nContent-Length: 5",
        "Content-Length: 5, 5",
        "Content-Length: +5",
        "Content-Length: 0x5",
        "Content-Length: 5 5",
        "Content-Length:",
        "Content-Length: 18446744073709551617",
        "Content-Length : 5",
        "Content-Length\t: 5",
        "Transfer-Encoding : chunked",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
        "Transfer-Encoding: chunked, chunked",
        "Transfer-Encoding: chunked, identity",
        "Transfer-Encoding: identity",
        "Transfer-Encoding: gzip, chunked",
        "Transfer-Encoding: xchunked",
        "Transfer-Encoding: \"chunked\"",
        "Transfer-Encoding: chunked;q=1",
        "Transfer-Encoding:\u{b}chunked",
        "Transfer-Encoding:\u{c}chunked",
        "Transfer-Encoding: chunked\u{0}",
        "Transfer-Encoding:\r\n chunked",
        "Transfer-Encoding: chun\r\n\tked",
        "X: a\r\n Transfer-Encoding: chunked",
        " Transfer-Encoding: chunked",
        "X: a\nTransfer-Encoding: chunked",
        "X: a\rTransfer-Encoding: chunked",
        "Transfer_Encoding\u{7f}: chunked",
        "Host: c.example",
        ": empty",
        "no field",
    ] {
        let request = way.post("1.1", fields, &body);
        assert_eq!(said(world, way, &request).await, (vec![400], String::new()), "{request:?}");
    }
    // In HTTP/1.0 there is no coding (RFC 9112 §6.1).
    for fields in ["Transfer-Encoding: chunked", "Connection: keep-alive\r\nTransfer-Encoding: chunked"] {
        let request = way.post("1.0", fields, &body);
        assert_eq!(said(world, way, &request).await, (vec![400], String::new()), "{request:?}");
    }
}

pub(crate) async fn what_goes_on_is_as_long_as_was_read(world: World) {
    as_long(&world, &Way::Url).await;
    // Of a request that names two hosts, the URL's is asked, and no other is told (RFC 9112 §3.2.2).
    let (behind, no) = Way::Url.behind();
    for other in OTHERS {
        let request = format!("GET http://a.example/x HTTP/1.1\r\nX: 1\r\nHost: {other}\r\n\r\n{behind}");
        let due = "GET /x HTTP/1.1\r\nHost: a.example\r\nX: 1\r\n\r\n";
        assert_eq!(said(&world, &Way::Url, &request).await, (vec![200, no], due.into()), "{request:?}");
    }
}

/// What else a request may call its host.
const OTHERS: [&str; 6] = ["b.example", "169.254.169.254", "a.example:81", "", "b.example, a.example", "b.example/x"];

#[test]
fn within_tls_what_goes_on_is_as_long_as_was_read() {
    let place = tempfile::tempdir().expect("a directory");
    let played = async |world: World| {
        let way = Way::tls(place.path());
        as_long(&world, &way).await;
        // There whoever is named has to be who was asked for, in the line and in the field.
        for other in OTHERS {
            for request in [
                format!("GET /x HTTP/1.1\r\nHost: {other}\r\n\r\n"),
                format!("GET https://{other}/x HTTP/1.1\r\nHost: a.example\r\n\r\n"),
                format!("GET https://a.example/x HTTP/1.1\r\nHost: {other}\r\n\r\n"),
            ] {
                let (statuses, heard) = said(&world, &way, &request).await;
                assert!(matches!(statuses[..], [400 | 421 | 505]), "{request:?}: {statuses:?}");
                assert_eq!(heard, "", "{request:?}");
            }
        }
    };
    enter_sockets(Seed(11), played).expect("a world");
}

async fn as_long(world: &World, way: &Way) {
    // Where it ends for us it ends for the host, whose next request is what stood behind it: that is judged for itself, and here is none.
    let (behind, no) = way.behind();
    for (fields, body) in [
        ("Content-Length: 3", "end"),
        ("Content-Length:\t 3 \t", "end"),
        ("content-length: 0003", "end"),
        ("tRANSFER-eNCODING: cHUNKED", "3\r\nend\r\n0\r\n\r\n"),
        ("Transfer-Encoding:\t chunked \t", "3;a=b\r\nend\r\n0\r\n\r\n"),
        ("Transfer-Encoding:chunked", "003\r\nend\r\n000\r\nX: trailer\r\n\r\n"),
        ("X: GET /x HTTP/1.1", ""),
        ("Transfer_Encoding: chunked", ""),
        ("X-Content-Length: 5", ""),
    ] {
        let request = way.post("1.1", fields, body);
        let due = format!("POST /x HTTP/1.1\r\nHost: a.example\r\n{fields}\r\n\r\n{body}");
        assert_eq!(said(world, way, &format!("{request}{behind}")).await, (vec![200, no], due), "{request:?}");
    }
}
