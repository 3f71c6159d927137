//! Connections that do nothing.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Instant;

use super::ping::MESSAGE;
use super::{Bench, Measurement, Values, broken, connect, less, told};
use crate::player::{Kind, Player};

pub(crate) const IDLE: Measurement = Measurement {
    name: "idle",
    about: "9,900 connections that have echoed 64 bytes once, and now do nothing",
    metrics: &[less("a connection", "KiB resident"), less("processor", "% of a core"), told("connections", "")],
    rounds: 2,
    takes: |player| super::passing(player) && !matches!(player.kind, Kind::Direct),
    run,
};

const MOST: u64 = 9_900;
/// What a proxy has open besides.
const SPARE: u64 = 150;

/// So many connections fit into the descriptors, two a connection.
pub(super) fn most(bench: &Bench) -> usize {
    (bench.descriptors.saturating_sub(SPARE) / 2).min(MOST) as usize
}

fn run(bench: &Bench, player: &Player) -> Result<Values, String> {
    let (upstream, _echo) = bench.upstream("echo")?;
    let mut running = player.start(bench, upstream)?;
    let count = most(bench);
    let _first = open(running.at, 1)?;
    let before = running.resident_kib();
    let _clients = open(running.at, count).map_err(|error| running.blame(error))?;
    std::thread::sleep(bench.time(1.0));
    let kib = (running.resident_kib() - before) / count as f64;
    let (cpu, began) = (running.cpu(), Instant::now());
    std::thread::sleep(bench.time(3.0));
    let busy = (running.cpu() - cpu) / began.elapsed().as_secs_f64() * 100.0;
    Ok(vec![kib, busy, count as f64])
}

/// Connections that have been there and back once.
pub(super) fn open(at: SocketAddr, count: usize) -> Result<Vec<TcpStream>, String> {
    let one = |number| {
        let mut client = connect(at)?;
        let mut message = [0x5a; MESSAGE];
        let echoed = client.write_all(&message).and_then(|()| client.read_exact(&mut message)).map_err(broken);
        echoed.map(|()| client).map_err(|error| format!("connection {number}: {error}"))
    };
    (0..count).map(one).collect()
}
