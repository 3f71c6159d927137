//! Clients that mean harm, or are merely many: bounded memory, no descriptor left, and everybody else is served.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::daemon::{Daemon, until};
use crate::upstream;

/// The program's resident memory in KiB, and its descriptors.
fn held(daemon: &Daemon) -> (u64, usize) {
    let status = std::fs::read_to_string(format!("/proc/{}/status", daemon.id())).expect("it runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a figure");
    let files = std::fs::read_dir(format!("/proc/{}/fd", daemon.id())).expect("it runs").count();
    (line.trim().trim_end_matches(" kB").parse().expect("a number"), files)
}

fn open(daemon: &Daemon) -> Option<u64> {
    daemon.good("GET", "/firedrill/v1/state", "", 200)["proxies"][0]["connections"].as_u64()
}

fn http(daemon: &Daemon) -> SocketAddr {
    let up = upstream::echo();
    let body = format!(r#"{{"name":"web","listen":"127.0.0.1:0","upstream":"{up}","protocol":"http"}}"#);
    let made = daemon.good("POST", "/proxies", &body, 201);
    made["listen"].as_str().and_then(|listen| listen.parse().ok()).expect("an address")
}

/// The first round brings the allocator to its height, the second is measured. What is freed goes back to the allocator and not all of it to
/// the system: 16 MiB is less than 2 KiB for each, where one that leaked its task and buffers would keep more than 4. How high the allocator
/// gets is decided by how many are open at a time, which on a busy machine may be all of them: so no more than 500 are.
#[test]
fn ten_thousand_connections_opened_and_dropped() {
    let daemon = Daemon::start();
    let listen = daemon.proxy("a", upstream::echo());
    let rounds = |count: u32| {
        for _ in 0..count / 500 {
            (0..500).for_each(|_| drop(upstream::connect(listen)));
            until("all are gone", || open(&daemon) == Some(0));
        }
    };
    rounds(10_000);
    let (memory, files) = held(&daemon);
    rounds(10_000);
    until("no descriptor is left", || held(&daemon).1 <= files);
    let after = held(&daemon).0;
    assert!(after < memory + (16 << 10), "{memory} KiB before, {after} KiB after");
}

/// As many descriptors as the system gives to this program, shared by all tests in it, and to those that it starts.
fn descriptors() -> u64 {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let raised = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }).is_ok();
    (if raised { maximum } else { current }).unwrap_or(u64::MAX)
}

/// Five thousand that connect to an HTTP proxy and say nothing, or begin a head and never end it; fewer where the system gives few
/// descriptors, of which this takes a third. A head is read into at most 64 KiB, and into 4 KiB as long as little comes: 16 KiB each with
/// the task. Nothing of them is left, and whoever speaks is served meanwhile.
#[test]
fn heads_that_never_end() {
    let count = (descriptors() / 3).min(5_000);
    assert!(count >= 300, "raise the limit of open files (ulimit -n) to 1024 at least");
    let daemon = Daemon::start();
    let listen = http(&daemon);
    let (before, files) = held(&daemon);
    let slow: Vec<_> = (0..count)
        .map(|at| {
            let mut stream = TcpStream::connect(listen).expect("it accepts");
            if at % 2 == 0 {
                stream.write_all(b"GET / HTTP/1.1\r\nHost: a\r\nX-").expect("sent");
            }
            stream
        })
        .collect();
    until("all are open", || open(&daemon) == Some(count));
    let after = held(&daemon).0;
    assert!(after < before + count * 16 + (4 << 10), "{before} KiB before, {after} KiB with them");
    drop(slow);
    until("all are gone", || open(&daemon) == Some(0));
    until("no descriptor is left", || held(&daemon).1 <= files);
}

/// A body of a quarter of a gigabyte under a delay of a tenth of a second, of which 8 MiB may be held: what a sender pushes against the bound stays in
/// the kernel's buffers. Beside the bound a direction may hold one chunk of 256 KiB and four spare ones.
#[test]
fn a_delayed_body_is_held_within_its_bound() {
    const BODY: usize = 256 << 20;
    let daemon = Daemon::with(&["--api", "127.0.0.1:0", "--buffer", "8MiB"]);
    let listen = daemon.proxy("a", upstream::flood());
    daemon.toxic("a", r#"{"type":"latency","attributes":{"latency":100}}"#);
    let before = held(&daemon).0;
    let mut stream = upstream::connect(listen);
    let (mut read, mut most, mut buffer) = (0, 0, vec![0; 1 << 20]);
    while read < BODY {
        let len = stream.read(&mut buffer).expect("it goes on");
        assert!(len > 0 && buffer[..len].iter().all(|byte| *byte == 7));
        read += len;
        if read % (16 << 20) < len {
            most = most.max(held(&daemon).0);
        }
    }
    let bound = before + (8 << 10) + 5 * 256 + (4 << 10);
    assert!(most < bound, "{before} KiB before, at most {most} KiB");
}

/// Control connections that say nothing, or never end their head, keep nobody from being answered.
#[test]
fn slow_heads_at_the_control_interface() {
    let daemon = Daemon::start();
    let slow: Vec<_> = (0..100)
        .map(|at| {
            let mut stream = TcpStream::connect(daemon.api).expect("it accepts");
            if at % 2 == 0 {
                stream.write_all(b"GET /proxies HTTP/1.1\r\nHost: localhost\r\nX-").expect("sent");
            }
            stream
        })
        .collect();
    let began = std::time::Instant::now();
    daemon.good("GET", "/proxies", "", 200);
    assert!(began.elapsed().as_secs() < 1);
    drop(slow);
}

/// A head of ten thousand fields is refused and costs nothing that lasts.
#[test]
fn a_bomb_of_headers_is_refused() {
    let daemon = Daemon::start();
    let mut stream = upstream::connect(daemon.api);
    let fields = "X-A: b\r\n".repeat(10_000);
    // It may stop reading before all of it is sent.
    let _ = stream.write_all(format!("GET /proxies HTTP/1.1\r\nHost: localhost\r\n{fields}\r\n").as_bytes());
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    assert!(answer.is_empty() || answer.starts_with(b"HTTP/1.1 4"), "{}", String::from_utf8_lossy(&answer));
    daemon.good("GET", "/proxies", "", 200);
}
