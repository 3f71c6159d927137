//! What each toxic does to a program's connection. The bounds of the engine itself are in `tests/path`; here they are wide, and tell a
//! toxic that acts from one that does not.

use std::io::{Read, Write};
use std::net::Shutdown;
use std::time::{Duration, Instant};

use crate::daemon::Daemon;
use crate::upstream;

#[test]
fn half_close_is_kept() {
    // Answers only after it has heard everything.
    let up = upstream::serve(|mut stream| {
        let mut heard = Vec::new();
        let _ = stream.read_to_end(&mut heard);
        let _ = stream.write_all(&heard);
    });
    let daemon = Daemon::start();
    let mut stream = upstream::connect(daemon.proxy("a", up));
    stream.write_all(b"all of it").expect("sent");
    stream.shutdown(Shutdown::Write).expect("half closed");
    let mut heard = String::new();
    stream.read_to_string(&mut heard).expect("an answer");
    assert_eq!(heard, "all of it");
}

#[test]
fn latency_acts_on_its_direction_and_is_lifted_while_it_holds() {
    let daemon = Daemon::start();
    let mut stream = upstream::connect(daemon.proxy("a", upstream::echo()));
    daemon.toxic("a", r#"{"type":"latency","name":"l","attributes":{"latency":150}}"#);
    daemon.toxic("a", r#"{"type":"latency","name":"m","stream":"upstream","attributes":{"latency":100}}"#);
    let took = upstream::ping(&mut stream).expect("an answer").as_millis();
    assert!((250..1_000).contains(&took), "both ways add: {took} ms");
    daemon.good("POST", "/proxies/a/toxics/l", r#"{"attributes":{"latency":60000}}"#, 200);
    stream.write_all(b"ping").expect("sent");
    std::thread::sleep(Duration::from_millis(300));
    let start = Instant::now();
    daemon.good("DELETE", "/proxies/a/toxics/l", "", 204);
    stream.read_exact(&mut [0; 4]).expect("it is let go");
    assert!(start.elapsed() < Duration::from_secs(1));
}

#[test]
fn timeout_swallows_and_closes() {
    let daemon = Daemon::start();
    let listen = daemon.proxy("a", upstream::echo());
    let mut stream = upstream::connect(listen);
    upstream::ping(&mut stream).expect("an answer");
    let start = Instant::now();
    daemon.toxic("a", r#"{"type":"timeout","attributes":{"timeout":300}}"#);
    assert_eq!(stream.read(&mut [0; 1]).ok(), Some(0), "it closes though nothing was sent");
    assert!((300..1_300).contains(&start.elapsed().as_millis()), "{:?}", start.elapsed());
    daemon.good("POST", "/proxies/a/toxics/timeout_downstream", r#"{"attributes":{"timeout":0}}"#, 200);
    let mut stream = upstream::connect(listen);
    stream.write_all(b"ping").expect("sent");
    stream.set_read_timeout(Some(Duration::from_millis(500))).expect("a time");
    assert!(stream.read(&mut [0; 1]).is_err(), "held for ever");
    stream.set_read_timeout(Some(Duration::from_secs(5))).expect("a time");
    daemon.good("DELETE", "/proxies/a/toxics/timeout_downstream", "", 204);
    assert_eq!(stream.read(&mut [0; 1]).ok(), Some(0), "its bytes are gone, so it closes");
}

#[test]
fn limit_data_passes_exactly_so_much() {
    let daemon = Daemon::start();
    let mut stream = upstream::connect(daemon.proxy("a", upstream::flood()));
    stream.read_exact(&mut [0; 10]).expect("it floods");
    let mut limited = {
        let listen = daemon.proxy("b", upstream::flood());
        daemon.toxic("b", r#"{"type":"limit_data","attributes":{"bytes":100003}}"#);
        upstream::connect(listen)
    };
    let mut all = Vec::new();
    // The end may be a reset, since the flood goes on.
    let _ = limited.read_to_end(&mut all);
    assert_eq!(all.len(), 100_003);
}

#[test]
fn reset_peer_resets() {
    let daemon = Daemon::start();
    let listen = daemon.proxy("a", upstream::echo());
    daemon.toxic("a", r#"{"type":"reset_peer","attributes":{"timeout":100}}"#);
    let mut stream = upstream::connect(listen);
    let start = Instant::now();
    let error = upstream::ping(&mut stream).expect_err("no answer");
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
    assert!(start.elapsed() >= Duration::from_millis(100));
}

#[test]
fn bandwidth_slows_slicer_slices_and_slow_close_waits() {
    let up = upstream::serve(|mut stream| {
        let _ = stream.write_all(&vec![7; 100_000]);
    });
    let daemon = Daemon::start();
    let listen = daemon.proxy("a", up);
    let read = || {
        let start = Instant::now();
        let mut all = Vec::new();
        upstream::connect(listen).read_to_end(&mut all).expect("the end");
        assert_eq!(all.len(), 100_000);
        start.elapsed().as_millis()
    };
    daemon.toxic("a", r#"{"type":"bandwidth","name":"t","attributes":{"rate":200}}"#);
    // 100 KB at 200 KB/s.
    let took = read();
    assert!((450..1_500).contains(&took), "{took} ms");
    daemon.good("DELETE", "/proxies/a/toxics/t", "", 204);
    // 100 pieces with a pause of 5 ms each.
    daemon.toxic("a", r#"{"type":"slicer","name":"t","attributes":{"average_size":1000,"delay":5000}}"#);
    let took = read();
    assert!((495..3_000).contains(&took), "{took} ms");
    daemon.good("DELETE", "/proxies/a/toxics/t", "", 204);
    daemon.toxic("a", r#"{"type":"slow_close","name":"t","attributes":{"delay":400}}"#);
    let took = read();
    assert!((400..1_400).contains(&took), "{took} ms");
}

/// Every kind of waiting ends when what it waits for is lifted.
#[test]
fn whatever_holds_back_lets_go() {
    let daemon = Daemon::start();
    let listen = daemon.proxy("a", upstream::echo());
    for toxic in [
        r#"{"type":"latency","name":"t","attributes":{"latency":60000}}"#,
        r#"{"type":"bandwidth","name":"t","attributes":{"rate":0}}"#,
        r#"{"type":"slicer","name":"t","attributes":{"average_size":1,"delay":60000000}}"#,
        r#"{"type":"bandwidth","name":"t","stream":"upstream","attributes":{"rate":0}}"#,
    ] {
        daemon.toxic("a", toxic);
        let mut stream = upstream::connect(listen);
        stream.write_all(b"ping").expect("sent");
        std::thread::sleep(Duration::from_millis(200));
        let start = Instant::now();
        daemon.good("DELETE", "/proxies/a/toxics/t", "", 204);
        stream.read_exact(&mut [0; 4]).expect("it is let go");
        assert!(start.elapsed() < Duration::from_secs(1), "{toxic}");
    }
}

#[test]
fn a_toxicity_chooses_connections_by_the_seed() {
    let chosen = || {
        let daemon = Daemon::with(&["--api", "127.0.0.1:0", "--seed", "7"]);
        let listen = daemon.proxy("a", upstream::echo());
        daemon.toxic("a", r#"{"type":"limit_data","toxicity":0.5}"#);
        (0..40).map(|_| upstream::ping(&mut upstream::connect(listen)).is_err()).collect::<Vec<_>>()
    };
    let hit = chosen();
    let count = hit.iter().filter(|hit| **hit).count();
    // 40 trials of a half: 3 standard deviations are 9.5; for a fixed seed it holds always or never.
    assert!((11..=29).contains(&count), "{count} of 40");
    assert_eq!(hit, chosen(), "the same seed chooses the same");
}
