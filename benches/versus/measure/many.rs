//! A latency fault on many connections: 1,000 of them, each ten messages of 64 bytes a second, spread evenly.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use rustix::buffer::spare_capacity;
use rustix::event::Timespec;
use rustix::event::epoll::{self, CreateFlags, EventData, EventFlags};
use serde_json::json;

use super::ping::MESSAGE;
use super::{Bench, Measurement, PATIENCE, Player, Values, broken, connect, less, nanos, sleep_until, told};
use crate::player::Kind;

pub(crate) const MANY: Measurement = Measurement {
    name: "many",
    about: "1,000 connections, 10 messages of 64 bytes a second each, under 50 ms",
    metrics: &[
        told("round trip without, p50", "ms"),
        told("round trip without, p99", "ms"),
        less("50 ms, error p50", "ms"),
        less("50 ms, error p99", "ms"),
        less("50 ms, error p99.9", "ms"),
    ],
    rounds: u32::MAX,
    takes: |player| player.has_api() || matches!(player.kind, Kind::Direct),
    run,
};

const CONNECTIONS: usize = 1_000;
/// Between two messages on whichever connection.
const PACE: Duration = Duration::from_micros(100);
const LATENCY: Duration = Duration::from_millis(50);

fn run(bench: &Bench, player: &Player) -> Result<Values, String> {
    let (upstream, _echo) = bench.upstream("echo")?;
    let mut running = player.start(bench, upstream)?;
    let clients: Vec<_> = (0..CONNECTIONS).map(|_| connect(running.at)).collect::<Result<_, _>>()?;
    let without = play(&clients, bench.time(1.5)).map_err(|error| running.blame(error))?;
    let millis = |trips: &Histogram<u64>, quantile| trips.value_at_quantile(quantile) as f64 / 1e6;
    let mut values = vec![millis(&without.trips(0), 0.5), millis(&without.trips(0), 0.99)];
    if matches!(player.kind, Kind::Direct) {
        values.extend([f64::NAN; 3]);
        return Ok(values);
    }
    drop(clients);
    running.api()?.add("latency", &json!({ "latency": LATENCY.as_millis() as u64, "jitter": 0 }))?;
    let clients: Vec<_> = (0..CONNECTIONS).map(|_| connect(running.at)).collect::<Result<_, _>>()?;
    let with = play(&clients, bench.time(3.0)).map_err(|error| running.blame(error))?;
    let expected = without.trips(0).value_at_quantile(0.5) + LATENCY.as_nanos() as u64;
    let errors = with.trips(expected);
    values.extend([0.5, 0.99, 0.999].map(|quantile| millis(&errors, quantile)));
    Ok(values)
}

/// Round trips in nanoseconds.
struct Trips(Vec<u64>);

impl Trips {
    /// How far they are from `expected`, all but the first tenth.
    fn trips(&self, expected: u64) -> Histogram<u64> {
        let mut trips = nanos();
        for trip in &self.0[self.0.len() / 10..] {
            trips.saturating_record(trip.abs_diff(expected));
        }
        trips
    }
}

fn play(clients: &[TcpStream], time: Duration) -> Result<Trips, String> {
    let count = (time.as_secs_f64() / PACE.as_secs_f64()) as usize;
    let start = Instant::now();
    thread::scope(|scope| {
        let sender = scope.spawn(move || send(clients, start, count));
        let trips = receive(clients, start, count);
        let sent = sender.join().unwrap_or_else(|_| Err("the sender panicked".to_owned()));
        trips.and_then(|trips| sent.map(|()| trips))
    })
}

fn send(clients: &[TcpStream], start: Instant, count: usize) -> Result<(), String> {
    for number in 0..count {
        sleep_until(start + PACE * number as u32);
        let mut message = [0; MESSAGE];
        message[..8].copy_from_slice(&(start.elapsed().as_nanos() as u64).to_le_bytes());
        (&clients[number % clients.len()]).write_all(&message).map_err(broken)?;
    }
    Ok(())
}

fn receive(clients: &[TcpStream], start: Instant, count: usize) -> Result<Trips, String> {
    let system = |error: rustix::io::Errno| format!("epoll: {error}");
    let poll = epoll::create(CreateFlags::CLOEXEC).map_err(system)?;
    for (number, client) in clients.iter().enumerate() {
        epoll::add(&poll, client, EventData::new_u64(number as u64), EventFlags::IN).map_err(system)?;
    }
    let patience = Timespec { tv_sec: PATIENCE.as_secs().cast_signed(), tv_nsec: 0 };
    let mut held = vec![Vec::with_capacity(MESSAGE); clients.len()];
    let (mut trips, mut events) = (Vec::with_capacity(count), Vec::with_capacity(256));
    let mut buffer = [0; 64 * MESSAGE];
    while trips.len() < count {
        events.clear();
        if epoll::wait(&poll, spare_capacity(&mut events), Some(&patience)).map_err(system)? == 0 {
            return Err(format!("{} of {count} messages did not come back", count - trips.len()));
        }
        for event in &events {
            let number = event.data.u64() as usize;
            let read = (&clients[number]).read(&mut buffer).map_err(broken)?;
            let now = start.elapsed().as_nanos() as u64;
            if read == 0 {
                return Err("the proxy closed a connection".to_owned());
            }
            let held = &mut held[number];
            held.extend_from_slice(&buffer[..read]);
            while held.len() >= MESSAGE {
                let mut sent = [0; 8];
                sent.copy_from_slice(&held[..8]);
                trips.push(now - u64::from_le_bytes(sent));
                held.drain(..MESSAGE);
            }
        }
    }
    Ok(Trips(trips))
}
