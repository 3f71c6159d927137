//! What takes too long for a test. `cargo bench --bench soak -- body` sends 10 GiB through `firedrill proxy` under a delay of 50 ms, of which
//! 64 MiB may be held (about ten seconds): every byte arrives in its place, and memory stays within the bound. It fails if not.
#![expect(clippy::print_stdout, reason = "its figures are its purpose")]
#![expect(clippy::disallowed_methods, reason = "whoever watches a program from outside stands outside the world")]

#[expect(dead_code, reason = "the tests of the proxy share it")]
#[path = "../tests/proxy/daemon.rs"]
mod daemon;
#[expect(dead_code, reason = "the tests of the proxy share it")]
#[path = "../tests/proxy/upstream.rs"]
mod upstream;

use std::io::{Read, Write};
use std::time::Instant;

use daemon::Daemon;
use firedrill::draw::Seed;

const BODY: usize = 10 << 30;
/// What may be held, as the daemon is told, in KiB.
const HELD: u64 = 64 << 10;
/// Beside the bound a direction may hold one chunk of 256 KiB and four spare ones; the rest is the allocator's, and a pipe's of the kernel.
const BESIDE: u64 = 5 * 256 + (8 << 10);
/// What is sent over and over: longer than anything on the way is, and odd, so that nothing that is lost, doubled or swapped fits again.
const BLOCK: usize = 80_000_007;

fn block() -> Vec<u8> {
    let key = Seed(3).key("soak");
    (0..=BLOCK as u64 / 8).flat_map(|at| key.draw(at).bits().to_le_bytes()).take(BLOCK).collect()
}

/// The daemon's resident memory, in KiB.
fn resident(daemon: &Daemon) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", daemon.id())).expect("it runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a figure");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}

fn body() {
    let daemon = Daemon::with(&["--api", "127.0.0.1:0", "--buffer", "64MiB"]);
    let up = upstream::serve(|mut stream| {
        let (block, mut at) = (block(), 0);
        while at < BODY {
            let part = BLOCK.min(BODY - at);
            if stream.write_all(&block[..part]).is_err() {
                return;
            }
            at += part;
        }
    });
    let listen = daemon.proxy("a", up);
    daemon.toxic("a", r#"{"type":"latency","attributes":{"latency":50}}"#);
    let (block, before, began) = (block(), resident(&daemon), Instant::now());
    let mut stream = upstream::connect(listen);
    let (mut at, mut most, mut buffer) = (0, 0, vec![0; 1 << 20]);
    loop {
        let len = stream.read(&mut buffer).expect("it goes on");
        let place = at % BLOCK;
        let first = len.min(BLOCK - place);
        let same = buffer[..first] == block[place..place + first] && buffer[first..len] == block[..len - first];
        assert!(same, "not what was sent, around byte {at}");
        if len == 0 {
            break;
        }
        if at >> 26 != (at + len) >> 26 {
            most = most.max(resident(&daemon));
        }
        at += len;
    }
    assert_eq!(at, BODY, "all of it");
    let took = began.elapsed().as_secs_f64();
    println!("{at} bytes in {took:.1} s: {:.2} GB/s", at as f64 / took / 1e9);
    println!("resident: {before} KiB before, at most {most} KiB; the bound is {} KiB", before + HELD + BESIDE);
    assert!(most <= before + HELD + BESIDE, "more memory than it may take");
}

fn main() {
    let wanted: Vec<_> = std::env::args().skip(1).filter(|arg| !arg.starts_with('-')).collect();
    if wanted.iter().any(|name| name == "body") {
        body();
    } else {
        println!("soak: nothing to play; `cargo bench --bench soak -- body` takes 10 GiB through a delay");
    }
}
