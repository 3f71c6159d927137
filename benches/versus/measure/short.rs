//! Short connections: connect, 64 bytes there and back, close; sixteen at a time.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

use super::ping::MESSAGE;
use super::{Bench, Measurement, Values, broken, connect, less, micros, more, nanos, passing};
use crate::player::Player;

pub(crate) const SHORT: Measurement = Measurement {
    name: "short",
    about: "short connections: connect, 64 bytes there and back, close; 16 threads",
    metrics: &[more("connections", "/s"), less("p50", "µs"), less("p99", "µs")],
    rounds: u32::MAX,
    takes: passing,
    run,
};

const THREADS: usize = 16;
/// Closed connections keep their ports for a minute, and a client has 28,000: a second uses most of them.
const TIME: f64 = 1.0;

fn run(bench: &Bench, player: &Player) -> Result<Values, String> {
    let (upstream, _echo) = bench.upstream("echo")?;
    let mut running = player.start(bench, upstream)?;
    let (at, time) = (running.at, bench.time(TIME));
    let began = Instant::now();
    let all = thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(move || connections(at, time))).collect();
        let mut all = nanos();
        for thread in threads {
            let one = thread.join().unwrap_or_else(|_| Err("a client panicked".to_owned()))?;
            all.add(one).map_err(|error| error.to_string())?;
        }
        Ok(all)
    });
    let all = all.map_err(|error: String| running.blame(error))?;
    Ok(vec![all.len() as f64 / began.elapsed().as_secs_f64(), micros(&all, 0.5), micros(&all, 0.99)])
}

fn connections(at: SocketAddr, time: Duration) -> Result<Histogram<u64>, String> {
    let mut taken = nanos();
    let began = Instant::now();
    while began.elapsed() < time {
        let one = Instant::now();
        let mut client: TcpStream = connect(at)?;
        let mut message = [0x5a; MESSAGE];
        client.write_all(&message).and_then(|()| client.read_exact(&mut message)).map_err(broken)?;
        drop(client);
        taken.saturating_record(one.elapsed().as_nanos() as u64);
    }
    Ok(taken)
}
