//! Clients that mean harm, or are merely many: bounded memory, no descriptor left, and everybody else is served.

use std::io::Write;
use std::net::{SocketAddr, TcpStream};

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
    daemon.good("GET", "/firedrill/v1/state", "", 200)["doors"][0]["connections"].as_u64()
}

fn http(daemon: &Daemon) -> SocketAddr {
    let up = upstream::echo();
    let body = format!(r#"{{"name":"web","listen":"127.0.0.1:0","upstream":"{up}","protocol":"http"}}"#);
    let made = daemon.good("POST", "/proxies", &body, 201);
    made["listen"].as_str().and_then(|listen| listen.parse().ok()).expect("an address")
}

/// The first round brings the allocator to its height, the second is measured: what is freed goes back to the allocator and not all of it to the system: 16 MiB is less than 2 KiB for each, where one that
/// leaked its task and buffers would keep more than 4.
#[test]
fn ten_thousand_connections_opened_and_dropped() {
    let daemon = Daemon::start();
    let listen = daemon.proxy("a", upstream::echo());
    let rounds = |count: u32| {
        for _ in 0..count {
            drop(upstream::connect(listen));
        }
        until("all are gone", || open(&daemon) == Some(0));
    };
    rounds(10_000);
    let (memory, files) = held(&daemon);
    rounds(10_000);
    until("no descriptor is left", || held(&daemon).1 <= files);
    let after = held(&daemon).0;
    assert!(after < memory + (16 << 10), "{memory} KiB before, {after} KiB after");
}

/// Four hundred that connect to an HTTP proxy and say nothing, or begin a head and never end it. A head is read into at most 64 KiB,
/// and into 4 KiB as long as little comes: 16 KiB each with the task.
#[test]
fn heads_that_never_end() {
    let daemon = Daemon::start();
    let listen = http(&daemon);
    let before = held(&daemon).0;
    let slow: Vec<_> = (0..400)
        .map(|at| {
            let mut stream = TcpStream::connect(listen).expect("it accepts");
            if at % 2 == 0 {
                stream.write_all(b"GET / HTTP/1.1\r\nHost: a\r\nX-").expect("sent");
            }
            stream
        })
        .collect();
    until("all are open", || open(&daemon) == Some(400));
    let after = held(&daemon).0;
    assert!(after < before + 400 * 16 + (4 << 10), "{before} KiB before, {after} KiB with them");
    drop(slow);
    until("all are gone", || open(&daemon) == Some(0));
}
