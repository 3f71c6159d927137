//! The interface answers within a second, whatever the connections do.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::daemon::{Daemon, until};
use crate::upstream;

/// What nobody ever waits longer for.
const BOUND: Duration = Duration::from_secs(1);

/// Lists, adds, changes, removes, disables and enables; with faults that hold everything back in between.
#[track_caller]
fn everything_within_a_second(daemon: &Daemon) {
    let steps: &[(&str, &str, &str, u16)] = &[
        ("GET", "/proxies", "", 200),
        ("POST", "/proxies/a/toxics", r#"{"type":"latency","name":"t","attributes":{"latency":60000}}"#, 200),
        ("POST", "/proxies/a/toxics/t", r#"{"attributes":{"latency":50000}}"#, 200),
        (
            "POST",
            "/proxies/a/toxics",
            r#"{"type":"bandwidth","stream":"upstream","name":"u","attributes":{"rate":0}}"#,
            200,
        ),
        ("POST", "/proxies/a/toxics", r#"{"type":"bandwidth","name":"b","attributes":{"rate":1}}"#, 200),
        ("GET", "/proxies/a/toxics", "", 200),
        ("DELETE", "/proxies/a/toxics/t", "", 204),
        ("DELETE", "/proxies/a/toxics/u", "", 204),
        ("DELETE", "/proxies/a/toxics/b", "", 204),
        ("POST", "/proxies/a/toxics", r#"{"type":"timeout","name":"t"}"#, 200),
        ("GET", "/metrics", "", 200),
        ("POST", "/proxies/a", r#"{"enabled":false}"#, 200),
        ("POST", "/reset", "", 204),
        ("DELETE", "/proxies/a", "", 204),
    ];
    for (method, path, body, status) in steps {
        let start = Instant::now();
        let answer = daemon.ask(method, path, body);
        let took = start.elapsed();
        assert_eq!(answer.status, *status, "{method} {path} {body}: {answer:?}");
        assert!(took < BOUND, "{method} {path} {body} took {took:?}");
    }
}

/// Writes until nothing goes any more.
fn fill(stream: &mut TcpStream) {
    stream.set_write_timeout(Some(Duration::from_millis(300))).expect("a time");
    while stream.write_all(&[7; 16384]).is_ok() {}
}

#[test]
fn a_full_pipe() {
    let daemon = Daemon::start();
    let mut stream = upstream::connect(daemon.proxy("a", upstream::deaf()));
    fill(&mut stream);
    everything_within_a_second(&daemon);
}

#[test]
fn a_client_that_stopped_reading() {
    let daemon = Daemon::start();
    let mut stream = upstream::connect(daemon.proxy("a", upstream::flood()));
    stream.read_exact(&mut [0; 1024]).expect("it floods");
    std::thread::sleep(Duration::from_millis(300));
    everything_within_a_second(&daemon);
}

#[test]
fn a_client_that_is_dead() {
    let daemon = Daemon::start();
    let listen = daemon.proxy("a", upstream::flood());
    for _ in 0..50 {
        let mut stream = upstream::connect(listen);
        stream.read_exact(&mut [0; 1024]).expect("it floods");
    }
    everything_within_a_second(&daemon);
}

/// A listener whose queue is full lets further connections hang in their handshake.
#[test]
fn an_upstream_that_is_stuck() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let mut queue = Vec::new();
    while let Ok(stream) = TcpStream::connect_timeout(&address, Duration::from_millis(500)) {
        queue.push(stream);
        assert!(queue.len() < 10_000, "the queue has no end");
    }
    let daemon = Daemon::start();
    let listen = daemon.proxy("a", address);
    let mut waiting: Vec<_> = (0..50).map(|_| upstream::connect(listen)).collect();
    for stream in &mut waiting {
        stream.write_all(b"ping").expect("it is accepted");
    }
    everything_within_a_second(&daemon);
}

/// Five thousand where this process may open the ten thousand descriptors of both ends, as the daemon may for its own; else a thousand.
#[test]
fn thousands_of_idle_connections() {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    // Fails only where the limit is lowered meanwhile.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
    let count = if maximum.is_none_or(|most| most >= 12_000) { 5_000 } else { 1_000 };
    let held = TcpListener::bind("127.0.0.1:0").expect("a port");
    let up = held.local_addr().expect("an address");
    std::thread::spawn(move || {
        let mut streams = Vec::new();
        streams.extend(held.incoming().flatten());
    });
    let daemon = Daemon::start();
    let listen = daemon.proxy("a", up);
    let clients: Vec<_> = (0..count).map(|_| TcpStream::connect(listen).expect("it accepts")).collect();
    until("all are open", || open(&daemon) == Some(count));
    everything_within_a_second(&daemon);
    until("all are closed", || closed(&clients, listen));
}

fn closed(clients: &[TcpStream], listen: SocketAddr) -> bool {
    let over = |mut stream: &TcpStream| {
        stream.set_read_timeout(Some(Duration::from_secs(10))).is_ok()
            && matches!(stream.read(&mut [0; 1]), Ok(0) | Err(_))
    };
    clients.iter().all(over) && TcpStream::connect(listen).is_err()
}

/// The program's descriptors and the processor time it took, in ticks of 10 ms.
fn spent(daemon: &Daemon) -> (usize, u64) {
    let files = std::fs::read_dir(format!("/proc/{}/fd", daemon.id())).expect("it runs").count();
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", daemon.id())).expect("it runs");
    // The name in brackets may hold anything; after it, the 12th and 13th figures are the times.
    let figures: Vec<_> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    (files, figures[11..13].iter().map(|figure| figure.parse::<u64>().expect("a number")).sum())
}

/// Of 240 descriptors 160 are kept, so 40 connections are served at once: the others wait, nothing spins, no live one is lost, and the
/// interface answers.
#[test]
fn as_many_connections_as_there_are_descriptors() {
    let daemon = Daemon::limited(240);
    let listen = daemon.proxy("a", upstream::echo());
    let mut served: Vec<_> = (0..40).map(|_| upstream::connect(listen)).collect();
    for stream in &mut served {
        upstream::ping(stream).expect("it is served");
    }
    let mut waiting: Vec<_> = (0..200).map(|_| upstream::connect(listen)).collect();
    for stream in &mut waiting {
        stream.write_all(b"ping").expect("the system takes it");
    }
    let before = spent(&daemon).1;
    std::thread::sleep(Duration::from_millis(500));
    let ticks = spent(&daemon).1 - before;
    // One that spins takes 50 ticks.
    assert!(ticks < 10, "{ticks} ticks of 10 ms while nothing could be done");
    assert_eq!(open(&daemon), Some(40));
    for stream in &mut served {
        upstream::ping(stream).expect("it is still served");
    }
    drop(served);
    // Each that is answered gives its place to the next.
    for mut stream in waiting {
        stream.read_exact(&mut [0; 4]).expect("it is served when there is room");
    }
    everything_within_a_second(&daemon);
}

#[test]
fn connections_opened_and_dropped_leave_nothing() {
    let daemon = Daemon::start();
    let listen = daemon.proxy("a", upstream::echo());
    upstream::ping(&mut upstream::connect(listen)).expect("it is served");
    until("the first is gone", || open(&daemon) == Some(0));
    let before = spent(&daemon).0;
    for at in 0..3_000 {
        let mut stream = upstream::connect(listen);
        if at % 3 == 0 {
            let _ = stream.write_all(b"ping");
        }
    }
    until("all are gone", || open(&daemon) == Some(0));
    // The request that asked may not be closed yet.
    until("nothing is left", || spent(&daemon).0 <= before);
}

fn open(daemon: &Daemon) -> Option<u64> {
    daemon.good("GET", "/firedrill/v1/state", "", 200)["proxies"][0]["connections"].as_u64()
}
