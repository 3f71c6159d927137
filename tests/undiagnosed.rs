//! The first mistakes of whoever writes a scenario for a service of his own: it is not there, or does not answer as is said. Each is told
//! with its cause, over sockets, by a service that answers what a test wants.
#![expect(clippy::disallowed_methods, reason = "tests from outside stand outside the world")]

#[path = "common/mod.rs"]
mod common;

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};

use common::{Place, Played, records};

/// Two who send and one who asks.
const DRILL: &str = r#"
firedrill: 1
name: own-pager
regions: { office: {}, dc: {} }
links: { office-dc: { latency: 5ms } }
endpoints:
  pager:
    kind: http
    region: dc
    url: http://127.0.0.1:PORT
    capability: notice
    send: { path: "/pages?to={to}", text: "{text}" }
    success: { status: 202 }
    receipts: { poll: { every: 100ms, path: "/inbox?user={to}", texts: /items/*/text } }
    credentials: { ops: { user: "${FD_USER}" }, oncall: { user: "${FD_USER}" } }
groups: { ops: { count: 2, region: office }, oncall: { count: 1, region: dc } }
journeys: { page: { from: ops, to: oncall, send: notice, rate: 10/s, deadline: 800ms, routes: [pager] } }
phases: { baseline: 3s, down: { kind: fault, for: 1s }, recovery: 1s }
injects: { cut: { during: down, status: { endpoint: pager, code: 503 } } }
grace: 1s
targets: { all: { expr: "undelivered{journey=page} == 0", level: must } }
"#;

/// Plays it over sockets against whatever is at that port.
fn play(port: u16) -> Played {
    let place = Place::new();
    let file = place.file("own.yaml", &DRILL.replace("PORT", &port.to_string()));
    let child = place.command("run", &file, &[]).env("FD_USER", "u").spawn().expect("the program starts");
    let played = place.ended(child);
    assert_eq!(played.code, Some(3), "{}", played.told());
    // The place is gone with its files when this returns.
    let attempts = records(&played.dir).into_iter().filter(|line| line["record"] == "attempt");
    let codes: BTreeSet<_> = attempts.map(|line| line["code"].to_string()).collect();
    Played { err: format!("{}\ncodes {codes:?}", played.err), ..played }
}

/// A service that takes every message and answers a poll with this, for as long as the test runs.
fn service(status: &'static str, inbox: &'static str) -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let port = listener.local_addr().expect("an address").port();
    std::thread::spawn(move || {
        for conn in listener.incoming().flatten() {
            std::thread::spawn(move || serve(conn, status, inbox));
        }
    });
    port
}

fn serve(conn: TcpStream, status: &str, inbox: &str) -> Option<()> {
    let mut read = BufReader::new(conn.try_clone().ok()?);
    let mut conn = conn;
    loop {
        let (mut line, mut length) = (String::new(), 0);
        read.read_line(&mut line).ok().filter(|n| *n > 0)?;
        loop {
            let mut header = String::new();
            read.read_line(&mut header).ok().filter(|n| *n > 0)?;
            if header.trim().is_empty() {
                break;
            }
            let header = header.to_ascii_lowercase();
            length = header.strip_prefix("content-length:").map_or(Some(length), |n| n.trim().parse().ok())?;
        }
        read.read_exact(&mut vec![0; length]).ok()?;
        let (status, body) = if line.starts_with("POST") { ("202 Accepted", "") } else { (status, inbox) };
        write!(conn, "HTTP/1.1 {status}\r\ncontent-length: {}\r\n\r\n{body}", body.len()).ok()?;
    }
}

fn times(played: &Played, what: &str) -> usize {
    played.err.matches(what).count()
}

/// What was said, without the terminal's line breaks.
fn flat(played: &Played) -> String {
    played.out.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn a_service_that_is_not_there_is_told_once_and_in_every_attempt() {
    // Nobody listens where somebody has just left.
    let port = TcpListener::bind(("127.0.0.1", 0)).and_then(|left| left.local_addr()).expect("a port").port();
    let played = play(port);
    let warning = format!("`pager` at 127.0.0.1:{port}: connection refused; is it up, and is `url` right?");
    assert_eq!(times(&played, &warning), 1, "{}", played.told());
    assert!(played.err.contains("connection refused\\\""), "the journal says it: {}", played.told());
    let why = "bad: most often no whole answer, connection refused at pager";
    assert!(flat(&played).contains(why), "{}", played.told());
}

#[test]
fn polls_that_are_answered_otherwise_are_told_once() {
    let played = play(service("404 Not Found", "{}"));
    let warning = "no poll at `pager` has been answered as it has to be (404); is its `path` right?";
    assert_eq!(times(&played, warning), 1, "{}", played.told());
    assert_eq!(times(&played, "has matched nothing"), 0, "{}", played.told());
    let why = "bad: most were acknowledged, and not received in time";
    assert!(flat(&played).contains(why), "{}", played.told());
}

#[test]
fn a_pointer_that_matches_nothing_is_told_once() {
    let played = play(service("200 OK", "{\"messages\": [{\"text\": \"hello\"}]}"));
    assert_eq!(
        times(&played, "`texts` of the poll at `pager` has matched nothing in 20 answers"),
        1,
        "{}",
        played.told()
    );
    assert_eq!(times(&played, "no poll at"), 0, "{}", played.told());
}
