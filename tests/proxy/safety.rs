//! Who reaches the interface, and how the program begins and ends.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use crate::daemon::{Daemon, program};
use crate::upstream;

#[test]
fn foreign_hosts_and_origins_are_refused_everywhere() {
    let daemon = Daemon::start();
    daemon.proxy("a", upstream::echo());
    for path in ["/proxies", "/metrics", "/nothing", "/firedrill/v1/state"] {
        for header in ["Host: evil.example", "Host: 10.0.0.1:8474", "Origin: http://evil.example", "Origin: null"] {
            let answer = daemon.ask_with("GET", path, "", &[header]);
            assert_eq!(answer.status, 403, "{path} {header}: {answer:?}");
        }
    }
    // A page's form can be sent without a preflight: it must change nothing.
    let form = ["Origin: http://evil.example", "Content-Type: text/plain"];
    assert_eq!(daemon.ask_with("POST", "/proxies/a", r#"{"enabled":false}"#, &form).status, 403);
    assert_eq!(daemon.good("GET", "/proxies/a", "", 200)["enabled"], true);
    for host in ["Host: localhost", "Host: LocalHost:1", "Host: [::1]:8474", "Host: 127.0.0.2"] {
        assert_eq!(daemon.ask_with("GET", "/proxies", "", &[host]).status, 200, "{host}");
    }
    let absolute =
        daemon.raw(b"GET http://evil.example/proxies HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    assert_eq!(absolute.status, 403);
    let origin = format!("Origin: http://{}", daemon.api);
    assert_eq!(daemon.ask_with("GET", "/proxies", "", &[&origin]).status, 200, "its own");
}

#[test]
fn other_machines_need_a_token() {
    let place = tempfile::tempdir().expect("a directory");
    let file = place.path().join("token");
    let path = file.display().to_string();
    for api in ["0.0.0.0:0", "[::]:0"] {
        let refused = program(&["--api", api]).output().expect("it starts");
        let told = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert_eq!((refused.status.code(), refused.stdout.len()), (Some(2), 0), "{told}");
        assert!(told.contains("--token-file"), "{told}");
    }
    std::fs::write(&file, " \n").expect("room");
    let refused = program(&["--api", "0.0.0.0:0", "--token-file", &path]).output().expect("it starts");
    assert_eq!(refused.status.code(), Some(2), "an empty token is none");
    std::fs::write(&file, "secret-7\n").expect("room");
    let daemon = Daemon::with(&["--api", "0.0.0.0:0", "--token-file", &path]);
    for (header, status) in [
        ("X-Nothing: 1", 401),
        ("Authorization: Bearer secret-8", 401),
        ("Authorization: Basic secret-7", 401),
        ("Authorization: Bearer secret-7", 200),
    ] {
        let answer = daemon.ask_with("GET", "/proxies", "", &[header, "Host: any.example"]);
        assert_eq!(answer.status, status, "{header}: {answer:?}");
        assert_eq!(answer.header("www-authenticate").is_some(), status == 401);
    }
    assert_eq!(daemon.ask("GET", "/nothing", "").status, 401, "nobody learns which paths there are");
}

#[test]
fn a_taken_address_is_told_at_once() {
    let daemon = Daemon::start();
    let taken = program(&["--api", &daemon.api.to_string()]).output().expect("it starts");
    let told = String::from_utf8_lossy(&taken.stderr).into_owned();
    assert_eq!((taken.status.code(), taken.stdout.len()), (Some(5), 0), "{told}");
    assert!(told.contains(&daemon.api.to_string()) && told.contains("--api"), "{told}");
    let nonsense = program(&["--api", "nonsense"]).output().expect("it starts");
    assert_eq!(nonsense.status.code(), Some(2), "{}", String::from_utf8_lossy(&nonsense.stderr));
}

#[test]
fn an_authority_that_cannot_be_used_is_no_bad_usage() {
    let place = tempfile::tempdir().expect("a directory");
    let file = place.path().join("file");
    std::fs::write(&file, "no directory").expect("room");
    let ca = file.join("ca").display().to_string();
    let ways = ["--api", "127.0.0.1:0", "--forward", "127.0.0.1:0", "--ca", &ca, "--intercept"];
    let tried = |host: &str| program(&[&ways[..], &[host]].concat()).output().expect("it starts");
    let told = tried("api.example");
    let said = String::from_utf8_lossy(&told.stderr).into_owned();
    assert_eq!((told.status.code(), told.stdout.len()), (Some(5), 0), "{said}");
    assert!(said.contains("--ca"), "{said}");
    assert_eq!(tried("10.0.0.1").status.code(), Some(2), "an address is nothing to intercept");
}

/// Whoever is refused may come again as often as he likes, and fills no disk with it.
#[test]
fn refusals_are_told_seldom_and_counted() {
    let place = tempfile::tempdir().expect("a directory");
    let log = place.path().join("log");
    let mut command = program(&["--api", "127.0.0.1:0", "--forward", "127.0.0.1:0"]);
    command.stderr(std::fs::File::create(&log).expect("room"));
    let daemon = Daemon::of(command);
    let listen = daemon.good("GET", "/proxies/forward", "", 200)["listen"].as_str().expect("an address").to_owned();
    for _ in 0..200 {
        let mut stream = std::net::TcpStream::connect(&listen).expect("it listens");
        stream.write_all(b"CONNECT evil.example:443 HTTP/1.1\r\n\r\n").expect("sent");
        let mut told = String::new();
        stream.read_to_string(&mut told).expect("an answer");
        assert!(told.starts_with("HTTP/1.1 403 "), "{told}");
    }
    let told =
        std::fs::read_to_string(&log).expect("text").lines().filter(|line| line.contains("evil.example")).count();
    // Ten a minute; on a machine on which this takes longer than a minute, twice as many.
    assert!((1..=20).contains(&told), "{told}");
}

#[test]
fn signals_end_it_in_order() {
    for signal in ["INT", "TERM"] {
        let daemon = Daemon::start();
        let listen = daemon.proxy("a", upstream::echo());
        let mut stream = upstream::connect(listen);
        upstream::ping(&mut stream).expect("an answer");
        assert_eq!(daemon.end(signal).code(), Some(0), "{signal}");
        assert_eq!(stream.read(&mut [0; 1]).ok(), Some(0), "the client sees an end and no reset");
        assert!(TcpStream::connect(listen).is_err());
    }
}

#[test]
fn large_and_slow_requests_are_bounded() {
    let daemon = Daemon::start();
    let large = daemon.ask("POST", "/proxies", &format!("{{\"name\":\"{}\"}}", "a".repeat(2 << 20)));
    assert_eq!(large.status, 413, "{:?}", large.head);
    let header = daemon.raw(format!("GET /version HTTP/1.1\r\nX: {}\r\n\r\n", "a".repeat(2 << 20)).as_bytes());
    assert_eq!(header.status, 431);
    // Requests that never end hold up nobody.
    let slow: Vec<_> = (0..100)
        .map(|_| {
            let mut stream = upstream::connect(daemon.api);
            stream.write_all(b"POST /proxies HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\n{").expect("sent");
            stream
        })
        .collect();
    let start = std::time::Instant::now();
    assert_eq!(daemon.ask("GET", "/version", "").status, 200);
    assert!(start.elapsed() < Duration::from_secs(1));
    drop(slow);
}

/// Whoever may not speak here is told so before anything that he sends is read: neither its size nor its slowness costs anything.
#[test]
fn nothing_is_read_of_those_who_may_not_speak() {
    let place = tempfile::tempdir().expect("a directory");
    let file = place.path().join("token");
    std::fs::write(&file, "secret-7").expect("room");
    let daemon = Daemon::with(&["--api", "127.0.0.1:0", "--token-file", &file.display().to_string()]);
    let start = std::time::Instant::now();
    let unsent = daemon.raw(b"POST /proxies HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n");
    assert_eq!(unsent.status, 401, "{unsent:?}");
    // One that is listened to may take fifteen seconds for its body.
    assert!(start.elapsed() < Duration::from_secs(10));
    let large = daemon.raw(b"POST /proxies HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9000000000\r\n\r\n{");
    assert_eq!(large.status, 401, "{large:?}");
    let foreign = daemon.raw(b"POST /proxies HTTP/1.1\r\nHost: evil.example\r\nContent-Length: 9000000000\r\n\r\n{");
    assert_eq!(foreign.status, 403, "{foreign:?}");
}
