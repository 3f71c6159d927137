//! Ways in of a process that one file describes.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Command;

use super::daemon::{Daemon, program};

/// A server of one connection that says what it is asked.
fn host() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let at = listener.local_addr().expect("an address").to_string();
    std::thread::spawn(move || {
        for conn in listener.incoming() {
            let mut conn = conn.expect("a client");
            let mut head = [0; 4096];
            let length = conn.read(&mut head).expect("a request");
            let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
            conn.write_all(answer.as_bytes()).and_then(|()| conn.write_all(&head[..length])).expect("it listens");
        }
    });
    at
}

fn file(text: &str) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    file.write_all(text.as_bytes()).expect("a disk");
    file
}

/// The first line of what a way in answers to a request for a URL.
fn asked(way: &str, host: &str) -> String {
    let mut conn = TcpStream::connect(way).expect("it listens");
    let request = format!("GET http://{host}/ HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    conn.write_all(request.as_bytes()).expect("it reads");
    let mut answer = String::new();
    conn.read_to_string(&mut answer).expect("an answer");
    answer.lines().next().unwrap_or_default().to_owned()
}

#[test]
fn each_leads_where_its_own_list_says() {
    let (here, host) = (host(), host());
    let file = file(&format!(
        "ways_in:\n  office: {{ forward: 127.0.0.1:0, map: {{ a.example: \"{here}\" }} }}\n  home: {{ forward: 127.0.0.1:0, allow: {host} }}\n  \
         tunnel: {{ socks: 127.0.0.1:0 }}\ninjects:\n  no: {{ proxies: [home], status: {{ code: 503 }} }}\n"
    ));
    let path = file.path().to_str().expect("text");
    let daemon = Daemon::with(&["--api", "127.0.0.1:0", "--faults", path]);
    let at = |name: &str, scheme: &str| {
        let told = daemon.ready["ways_in"][name].as_str().unwrap_or_else(|| panic!("{}", daemon.ready));
        told.strip_prefix(scheme).unwrap_or_else(|| panic!("{told}")).to_owned()
    };
    let (office, home) = (at("office", "http://"), at("home", "http://"));
    assert!(at("tunnel", "socks5h://").starts_with("127.0.0.1:"));
    assert_eq!(asked(&office, "a.example"), "HTTP/1.1 200 OK");
    assert_eq!(asked(&office, &host), "HTTP/1.1 403 Forbidden", "it stands in the list of another");
    assert_eq!(asked(&home, &host), "HTTP/1.1 503 Service Unavailable", "the fault is aimed at it by its name");
    assert_eq!(daemon.ask("DELETE", "/firedrill/v1/faults/no", "").status, 204);
    assert_eq!(asked(&home, &host), "HTTP/1.1 200 OK");
    assert_eq!(asked(&home, "a.example"), "HTTP/1.1 403 Forbidden", "it leads elsewhere at another");
    let proxies = daemon.ask("GET", "/proxies", "").body;
    assert!(["office", "home", "tunnel"].iter().all(|name| proxies.contains(&format!("\"{name}\":{{"))), "{proxies}");
}

/// A name of two addresses, at the first of which nobody listens: both are dialled, and `/state` says how each ended.
#[test]
fn addresses_that_were_tried_are_told() {
    let host = host();
    let port = host.rsplit_once(':').expect("a port").1;
    let file = file(
        "ways_in:\n  office: { forward: 127.0.0.1:0, allow: [api.invalid, 127.0.0.1, 127.0.0.2] }\ninjects:\n  \
         moved: { proxies: [office], dns_answer: { names: [api.invalid], address: [127.0.0.2, 127.0.0.1] } }\n",
    );
    let daemon = Daemon::with(&["--api", "127.0.0.1:0", "--faults", file.path().to_str().expect("text")]);
    let way = daemon.ready["ways_in"]["office"].as_str().expect("a way in").replace("http://", "");
    for _ in 0..2 {
        assert_eq!(asked(&way, &format!("api.invalid:{port}")), "HTTP/1.1 200 OK");
    }
    let state: serde_json::Value = daemon.ask("GET", "/firedrill/v1/state", "").json();
    let told = |ip: &str, end: &str, reached: u32, missed: u32| serde_json::json!({ "address": format!("{ip}:{port}"), "end": end, "reached": reached, "missed": missed });
    assert_eq!(
        state["proxies"][0]["tried"],
        serde_json::json!([told("127.0.0.2", "refused", 0, 2), told("127.0.0.1", "reached", 2, 0)]),
        "{state:#}"
    );
}

/// A hello of TLS for a name.
fn hello(name: &str) -> Vec<u8> {
    let two = |bytes: &[u8]| [&u16::try_from(bytes.len()).expect("short").to_be_bytes()[..], bytes].concat();
    let named = two(&two(&[&[0][..], &two(name.as_bytes())].concat()));
    let extensions = two(&[&[0, 0][..], &named].concat());
    let content = [&[3, 3][..], &[7; 32], &[0], &two(&[0x13, 1]), &[1, 0], &extensions].concat();
    let length = u32::try_from(content.len()).expect("short").to_be_bytes();
    let message = [&[1], &length[1..], &content[..]].concat();
    [&[22, 3, 1][..], &two(&message)].concat()
}

/// Two programs end TLS with one name and lead it to each other: each says a hello of its own, and so each is new, but for its stamp.
#[test]
fn a_round_through_two_that_end_tls_is_found() {
    let free =
        || TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port").to_string();
    let (one, two, place) = (free(), free(), tempfile::tempdir().expect("a directory"));
    let leads = |from: &str, to: &str, ca: &str| {
        let ca = place.path().join(ca);
        let map = format!("round.example:443={to}");
        let way = ["--api", "127.0.0.1:0", "--sni", from, "--intercept", "round.example", "--map", &map, "--ca"];
        Daemon::with(&[&way[..], &[ca.to_str().expect("text")]].concat())
    };
    let (first, second) = (leads(&one, &two, "one"), leads(&two, &one, "two"));
    for round in 1..=2_u64 {
        let began = std::time::Instant::now();
        let mut client = TcpStream::connect(&one).expect("it listens");
        client.write_all(&hello("round.example")).expect("it reads");
        let mut told = Vec::new();
        client.read_to_end(&mut told).expect("an alert");
        // To the client the host cannot be reached; who it is was told to the second.
        assert_eq!(told, [21, 3, 3, 0, 2, 2, 80]);
        // A host has fifteen seconds: after these a round would end that nobody has found.
        assert!(began.elapsed() < std::time::Duration::from_secs(10), "{:?}", began.elapsed());
        let accepted =
            |daemon: &Daemon| daemon.ask("GET", "/firedrill/v1/state", "").json()["proxies"][0]["accepted"].clone();
        assert_eq!(
            (accepted(&first), accepted(&second)),
            ((2 * round).into(), round.into()),
            "once round, and no further"
        );
    }
}

/// Exit code and what was said of a command that does not start.
fn refused(args: &[&str]) -> (Option<i32>, String) {
    let output = Command::output(&mut program(args)).expect("the program starts");
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn what_does_not_fit_together_is_told() {
    let ended = |text: &str, more: &[&str], word: &str| {
        let file = file(text);
        let path = file.path().to_str().expect("text");
        let (code, told) = refused(&[&["--api", "127.0.0.1:0", "--faults", path], more].concat());
        assert!(code == Some(2) && told.contains(word), "{text}: {code:?} {told}");
    };
    let way = "ways_in: { forward: { forward: 127.0.0.1:0, intercept: a.example } }\n";
    ended(way, &[], "--ca");
    ended("ways_in: { forward: { socks: 127.0.0.1:0 } }\n", &["--forward", "127.0.0.1:0"], "as another proxy is");
    ended("ways_in: { a: { forward: 0.0.0.0:0 } }\n", &[], "--token-file");
    ended("regions: {}\n", &["--ca", "nowhere"], "`intercept`");
}
