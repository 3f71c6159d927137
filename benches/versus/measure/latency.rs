//! How exact a latency fault is: messages of 64 bytes, a thousand a second on one connection, whether or not the earlier ones are back.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use super::ping::MESSAGE;
use super::{Bench, Measurement, Player, Values, broken, connect, less, micros, nanos, sleep_until, told};

pub(crate) const LATENCY: Measurement = Measurement {
    name: "latency",
    about: "how far a latency is off: 64 bytes, a thousand a second, one connection",
    metrics: &[
        less("1 ms, error p50", "µs"),
        less("1 ms, error p99", "µs"),
        told("1 ms, earliest", "µs"),
        less("5 ms, error p50", "µs"),
        less("5 ms, error p99", "µs"),
        told("5 ms, earliest", "µs"),
        less("20 ms, error p50", "µs"),
        less("20 ms, error p99", "µs"),
        told("20 ms, earliest", "µs"),
        less("50 ms, error p50", "µs"),
        less("50 ms, error p99", "µs"),
        told("50 ms, earliest", "µs"),
        less("200 ms, error p50", "µs"),
        less("200 ms, error p99", "µs"),
        told("200 ms, earliest", "µs"),
        told("round trip without, p50", "µs"),
        told("round trip without, shortest", "µs"),
        told("earliest of all, from the shortest", "µs"),
    ],
    rounds: u32::MAX,
    takes: Player::has_api,
    run,
};

const REQUESTED: [u64; 5] = [1, 5, 20, 50, 200];
/// One message after another, in time.
const PACE: Duration = Duration::from_millis(1);

/// The error is |round trip with the fault − median round trip without − requested|, both through the same proxy. The earliest is the
/// smallest of the same without the bars, which round trips that are shorter than the median bring below nothing. What tells whether a
/// message was let go too soon is the last figure: the shortest round trip with a fault, less what was requested and less the shortest
/// without. Below nothing it may be by what the shortest of five times as many trips is shorter.
fn run(bench: &Bench, player: &Player) -> Result<Values, String> {
    let (upstream, _echo) = bench.upstream("echo")?;
    let mut running = player.start(bench, upstream)?;
    let time = bench.time(1.2);
    let without = stream(&connect(running.at)?, time).map_err(|error| running.blame(error))?;
    let mut sorted = without.clone();
    sorted.sort_unstable();
    let median = sorted[sorted.len() / 2];
    let (mut values, mut soonest) = (Vec::new(), i64::MAX);
    for millis in REQUESTED {
        running.api()?.add("latency", &json!({ "latency": millis, "jitter": 0 }))?;
        let with = stream(&connect(running.at)?, time).map_err(|error| running.blame(error))?;
        running.api()?.remove()?;
        let requested = millis.cast_signed() * 1_000_000;
        let expected = median + requested;
        let mut errors = nanos();
        for trip in &with {
            errors.saturating_record((trip - expected).unsigned_abs());
        }
        let shortest = with.iter().min().ok_or("no round trip was measured")?;
        soonest = soonest.min(shortest - requested);
        values.extend([micros(&errors, 0.5), micros(&errors, 0.99), (shortest - expected) as f64 / 1e3]);
    }
    values.extend([median as f64 / 1e3, sorted[0] as f64 / 1e3, (soonest - sorted[0]) as f64 / 1e3]);
    Ok(values)
}

/// Round trips in nanoseconds, each from the moment before it was written to the moment after it was read. The first tenth is forgotten.
fn stream(client: &TcpStream, time: Duration) -> Result<Vec<i64>, String> {
    let count = (time.as_secs_f64() / PACE.as_secs_f64()) as usize;
    let start = Instant::now();
    let trips = thread::scope(|scope| {
        let sender = scope.spawn(move || send(client, start, count));
        let trips = receive(client, start, count);
        let sent = sender.join().unwrap_or_else(|_| Err("the sender panicked".to_owned()));
        trips.and_then(|trips| sent.map(|()| trips))
    })?;
    Ok(trips[count / 10..].to_vec())
}

fn send(mut client: &TcpStream, start: Instant, count: usize) -> Result<(), String> {
    for number in 0..count {
        sleep_until(start + PACE * number as u32);
        let mut message = [0; MESSAGE];
        message[..8].copy_from_slice(&(start.elapsed().as_nanos() as u64).to_le_bytes());
        client.write_all(&message).map_err(broken)?;
    }
    Ok(())
}

fn receive(mut client: &TcpStream, start: Instant, count: usize) -> Result<Vec<i64>, String> {
    let (mut trips, mut held, mut buffer) = (Vec::with_capacity(count), 0, [0; 64 * MESSAGE]);
    while trips.len() < count {
        let read = client.read(&mut buffer[held..]).map_err(broken)?;
        let now = start.elapsed().as_nanos() as i64;
        if read == 0 {
            return Err("the proxy closed the connection".to_owned());
        }
        held += read;
        let whole = held / MESSAGE * MESSAGE;
        for message in buffer[..whole].chunks(MESSAGE) {
            let mut sent = [0; 8];
            sent.copy_from_slice(&message[..8]);
            trips.push(now - i64::from_le_bytes(sent));
        }
        buffer.copy_within(whole..held, 0);
        held -= whole;
    }
    Ok(trips)
}
