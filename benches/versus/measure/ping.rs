//! Round trips of 64 bytes on one connection.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

use super::{Bench, Measurement, Player, Values, broken, connect, less, micros, nanos, sleep_until};

/// The length of a message.
pub(super) const MESSAGE: usize = 64;

pub(crate) const PACED: Measurement = Measurement {
    name: "ping",
    about: "round trips of 64 bytes, a thousand a second",
    metrics: &[less("1 kHz, p50", "µs"), less("1 kHz, p99", "µs")],
    rounds: u32::MAX,
    takes,
    run: |bench, player| run(bench, player, Some(Duration::from_millis(1))),
};

/// Depends on which core the scheduler picks: the figure above is the honest one.
pub(crate) const BACK_TO_BACK: Measurement = Measurement {
    name: "ping-pong",
    about: "round trips of 64 bytes, one after another",
    metrics: &[less("back to back, p50", "µs"), less("back to back, p99", "µs")],
    rounds: u32::MAX,
    takes,
    run: |bench, player| run(bench, player, None),
};

fn takes(player: &Player) -> bool {
    !player.speaks_http() && !player.only_moves()
}

fn run(bench: &Bench, player: &Player, pace: Option<Duration>) -> Result<Values, String> {
    let (upstream, _echo) = bench.upstream("echo")?;
    let mut running = player.start(bench, upstream)?;
    let mut client = connect(running.at)?;
    let time = bench.time(if pace.is_some() { 2.0 } else { 1.0 });
    trips(&mut client, bench.time(0.2), pace).map_err(|error| running.blame(error))?;
    let trips = trips(&mut client, time, pace).map_err(|error| running.blame(error))?;
    Ok(vec![micros(&trips, 0.5), micros(&trips, 0.99)])
}

/// Round trips for so long, at most one every `pace`.
pub(super) fn trips(client: &mut TcpStream, time: Duration, pace: Option<Duration>) -> Result<Histogram<u64>, String> {
    let mut trips = nanos();
    let mut message = [0x5a; MESSAGE];
    let began = Instant::now();
    let mut due = began;
    while began.elapsed() < time {
        if let Some(pace) = pace {
            due += pace;
            sleep_until(due);
        }
        let sent = Instant::now();
        client.write_all(&message).and_then(|()| client.read_exact(&mut message)).map_err(broken)?;
        trips.saturating_record(sent.elapsed().as_nanos() as u64);
    }
    Ok(trips)
}
