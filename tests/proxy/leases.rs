//! What is held by a lease lives as long as it is renewed.

use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::daemon::{Daemon, until};
use crate::upstream;

const LATENCY: &str = r#"{"type":"latency","attributes":{"latency":60000}}"#;

fn lease(daemon: &Daemon, path: &str, body: &str, lease: &str) -> u16 {
    daemon.ask_with("POST", path, body, &[&format!("X-Firedrill-Lease: {lease}")]).status
}

fn toxics(daemon: &Daemon) -> usize {
    daemon.good("GET", "/proxies/a/toxics", "", 200).as_array().map_or(0, Vec::len)
}

#[test]
fn a_toxic_goes_when_nobody_renews_it() {
    let daemon = Daemon::start();
    let listen = daemon.proxy("a", upstream::echo());
    daemon.toxic("a", r#"{"type":"noop","name":"stays"}"#);
    let start = Instant::now();
    assert_eq!(lease(&daemon, "/proxies/a/toxics", LATENCY, "x; ttl=1"), 200);
    let mut stream = upstream::connect(listen);
    upstream::ping(&mut stream).expect("what it held back is let go when it is lifted");
    // The lease began after `start`, so it never lasts less; a second more is for a machine that is busy.
    let lasted = start.elapsed();
    assert!((Duration::from_secs(1)..Duration::from_secs(2)).contains(&lasted), "{lasted:?}");
    let left = daemon.good("GET", "/proxies/a/toxics", "", 200);
    assert_eq!((left[0]["name"].as_str(), toxics(&daemon)), (Some("stays"), 1));
    upstream::ping(&mut upstream::connect(listen)).expect("the listener stays, and passes");
    assert_eq!(daemon.good("GET", "/firedrill/v1/leases", "", 200), json!([]));
}

#[test]
fn any_request_that_names_it_renews_it() {
    let daemon = Daemon::start();
    daemon.proxy("a", upstream::echo());
    assert_eq!(lease(&daemon, "/proxies/a/toxics", LATENCY, "x; ttl=1.5"), 200);
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(3) {
        assert_eq!(daemon.ask_with("GET", "/version", "", &["X-Firedrill-Lease: x"]).status, 200);
        assert_eq!(toxics(&daemon), 1);
        std::thread::sleep(Duration::from_millis(200));
    }
    let held = daemon.good("POST", "/firedrill/v1/leases/x", "", 200);
    assert_eq!((&held["ttl_s"], &held["toxics"]), (&json!(1.5), &json!(["a/latency_downstream"])));
    until("it ends", || toxics(&daemon) == 0);
    let late = daemon.good("POST", "/firedrill/v1/leases/x", r#"{"ttl_s":60}"#, 200);
    assert_eq!((&late["ttl_s"], &late["toxics"]), (&json!(60.0), &json!([])), "a late owner sees that all is lifted");
    daemon.good("DELETE", "/firedrill/v1/leases/x", "", 204);
    daemon.good("DELETE", "/firedrill/v1/leases/x", "", 404);
}

#[test]
fn a_disabled_proxy_comes_back() {
    let daemon = Daemon::start();
    let listen = daemon.proxy("a", upstream::echo());
    assert_eq!(lease(&daemon, "/proxies/a", r#"{"enabled":false}"#, "x; ttl=0.5"), 200);
    assert!(std::net::TcpStream::connect(listen).is_err());
    assert_eq!(daemon.good("GET", "/firedrill/v1/leases", "", 200)[0]["disabled"], json!(["a"]));
    until("it listens again", || std::net::TcpStream::connect(listen).is_ok());
    assert_eq!(daemon.good("GET", "/proxies/a", "", 200)["enabled"], json!(true));
    // Disabled for good, then under a lease: the lease takes nothing over.
    daemon.good("POST", "/proxies/a", r#"{"enabled":false}"#, 200);
    assert_eq!(lease(&daemon, "/proxies/a", r#"{"enabled":false}"#, "x; ttl=0.2"), 200);
    std::thread::sleep(Duration::from_millis(600));
    assert_eq!(daemon.good("GET", "/proxies/a", "", 200)["enabled"], json!(false));
}

/// A proxy whose address is taken cannot be enabled; it is as soon as the address is free, whether its lease ran out or was ended.
#[test]
fn what_cannot_be_lifted_yet_is_lifted_later() {
    let daemon = Daemon::start();
    let listen = daemon.proxy("a", upstream::echo());
    for ended in [false, true] {
        assert_eq!(lease(&daemon, "/proxies/a", r#"{"enabled":false}"#, "x; ttl=0.5"), 200);
        let other = std::net::TcpListener::bind(listen).expect("it is free");
        if ended {
            let refused = daemon.good("DELETE", "/firedrill/v1/leases/x", "", 500);
            assert!(refused["error"].as_str().is_some_and(|text| text.contains("address already in use")), "{refused}");
        } else {
            std::thread::sleep(Duration::from_secs(1));
        }
        assert_eq!(daemon.good("GET", "/proxies/a", "", 200)["enabled"], json!(false));
        drop(other);
        until("it is tried again", || daemon.good("GET", "/proxies/a", "", 200)["enabled"] == json!(true));
    }
}

#[test]
fn a_native_fault_goes_too_and_ending_a_lease_lifts_at_once() {
    let daemon = Daemon::start();
    let listen = daemon.proxy("a", upstream::echo());
    let fault = r#"{"name":"slow","latency":{"constant":"60s"}}"#;
    assert_eq!(lease(&daemon, "/firedrill/v1/faults", fault, "x"), 201);
    assert_eq!(lease(&daemon, "/proxies/a/toxics", LATENCY, "x"), 200);
    let held = &daemon.good("GET", "/firedrill/v1/leases", "", 200)[0];
    assert_eq!((&held["ttl_s"], &held["faults"]), (&json!(5.0), &json!(["slow"])));
    daemon.good("DELETE", "/firedrill/v1/leases/x", "", 204);
    assert_eq!(daemon.good("GET", "/firedrill/v1/faults", "", 200), json!([]));
    upstream::ping(&mut upstream::connect(listen)).expect("it passes");
}

#[test]
fn wrong_leases_are_refused_before_anything_happens() {
    let daemon = Daemon::start();
    daemon.proxy("a", upstream::echo());
    for wrong in ["", "a b", "x; ttl=0", "x; ttl=-1", "x; ttl=soon", "x; ttl=99999", "x; for=5"] {
        assert_eq!(lease(&daemon, "/proxies/a/toxics", LATENCY, wrong), 400, "{wrong}");
    }
    assert_eq!(daemon.ask("POST", "/firedrill/v1/leases/x", r#"{"ttl":5}"#).status, 400);
    // A toxic that is refused begins no lease.
    assert_eq!(lease(&daemon, "/proxies/a/toxics", "{}", "x"), 400);
    assert_eq!((toxics(&daemon), daemon.good("GET", "/firedrill/v1/leases", "", 200)), (0, json!([])));
}

/// Renews every half a second until it is killed.
const HOLDER: &str = "
import sys, time, urllib.request
api = sys.argv[1]
def post(path, body, lease):
    request = urllib.request.Request(api + path, body.encode(), {'X-Firedrill-Lease': lease})
    urllib.request.urlopen(request).read()
post('/proxies/a/toxics', '{\"type\":\"bandwidth\",\"attributes\":{\"rate\":200}}', 'holder')
print('armed', flush=True)
while True:
    time.sleep(0.5)
    post('/firedrill/v1/leases/holder', '', 'holder')
";

/// A client that is not ours, in another language.
const CLIENT: &str = "
import hashlib, sys, urllib.request
digest = hashlib.sha256()
with urllib.request.urlopen(sys.argv[1]) as answer:
    while chunk := answer.read(65536):
        digest.update(chunk)
print(digest.hexdigest())
";

fn python(script: &str, argument: &str) -> std::process::Child {
    let mut command = Command::new("python3");
    command.args(["-c", script, argument]).stdout(Stdio::piped()).env_remove("http_proxy").env("no_proxy", "*");
    command.spawn().expect("python3")
}

/// At 200 KB/s four megabytes take 20 s. The holder is killed at once, and the default of five seconds runs out: the rest comes at full
/// speed, and every byte of it is right.
#[test]
fn kill_9_of_the_holder_while_a_foreign_client_downloads() {
    const BYTES: usize = 4_000_000;
    let content = |at: usize| u8::try_from((at * 31 + at / 977) % 251).expect("below 251");
    let up = upstream::serve(move |mut stream| {
        let _ = stream.read(&mut [0; 4096]);
        let body: Vec<u8> = (0..BYTES).map(content).collect();
        let _ = write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {BYTES}\r\nConnection: close\r\n\r\n");
        let _ = stream.write_all(&body);
    });
    let daemon = Daemon::start();
    let listen = daemon.proxy("a", up);
    let mut holder = python(HOLDER, &format!("http://{}", daemon.api));
    holder.stdout.as_mut().expect("a pipe").read_exact(&mut [0; 6]).expect("it is armed");
    let client = python(CLIENT, &format!("http://{listen}/"));
    std::thread::sleep(Duration::from_millis(1_200));
    assert_eq!(toxics(&daemon), 1, "it is renewed");
    holder.kill().expect("kill -9");
    let killed = Instant::now();
    holder.wait().expect("it is dead");
    let output = client.wait_with_output().expect("it ends");
    let took = killed.elapsed();
    let all: Vec<u8> = (0..BYTES).map(content).collect();
    let digest = ring::digest::digest(&ring::digest::SHA256, &all);
    let hex: Vec<_> = digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), hex.concat(), "the download is complete");
    assert_eq!(toxics(&daemon), 0, "the fault is gone");
    // Renewed at most 0.5 s before its death, so lifted 4.5 to 5 s after it; another 5 s for the rest on a busy machine. Without the
    // lease it would take until 18 s.
    assert!((Duration::from_secs(4)..Duration::from_secs(10)).contains(&took), "{took:?}");
}
