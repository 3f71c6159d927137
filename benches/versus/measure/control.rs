//! How fast a change is answered: a fault added, changed and removed, again and again, while connections are open.

use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use serde_json::json;

use super::idle::{most, open};
use super::{Bench, Measurement, Player, Values, connect, less, micros, nanos};
use crate::player::Running;

pub(crate) const CONTROL: Measurement = Measurement {
    name: "control",
    about: "a fault added, changed, removed, with 1,000 and 5,000 idle connections",
    metrics: &[
        less("1,000 idle, add p50", "ms"),
        less("1,000 idle, add p99", "ms"),
        less("1,000 idle, update p50", "ms"),
        less("1,000 idle, update p99", "ms"),
        less("1,000 idle, delete p50", "ms"),
        less("1,000 idle, delete p99", "ms"),
        less("5,000 idle, add p50", "ms"),
        less("5,000 idle, add p99", "ms"),
        less("5,000 idle, update p50", "ms"),
        less("5,000 idle, update p99", "ms"),
        less("5,000 idle, delete p50", "ms"),
        less("5,000 idle, delete p99", "ms"),
    ],
    rounds: 2,
    takes: Player::has_api,
    run: idle,
};

pub(crate) const STALLED: Measurement = Measurement {
    name: "stalled",
    about: "a fault added, changed, removed, while a client has stopped reading",
    metrics: &[
        less("add p50", "ms"),
        less("add p99", "ms"),
        less("update p50", "ms"),
        less("update p99", "ms"),
        less("delete p50", "ms"),
        less("delete p99", "ms"),
    ],
    rounds: 2,
    takes: Player::has_api,
    run: stalled,
};

/// So often, unless the time is up.
const TIMES: usize = 300;
const TIME: f64 = 4.0;

fn idle(bench: &Bench, player: &Player) -> Result<Values, String> {
    let mut values = Vec::new();
    for count in [1_000, 5_000] {
        let (upstream, _echo) = bench.upstream("echo")?;
        let mut running = player.start(bench, upstream)?;
        let _clients = open(running.at, count.min(most(bench))).map_err(|error| running.blame(error))?;
        values.extend(changes(&mut running, bench.time(TIME)).map_err(|error| running.blame(error))?);
    }
    Ok(values)
}

/// The upstream writes for ever, the client never reads: everything between them is full.
fn stalled(bench: &Bench, player: &Player) -> Result<Values, String> {
    let (upstream, _source) = bench.upstream("source")?;
    let mut running = player.start(bench, upstream)?;
    let _client = connect(running.at)?;
    std::thread::sleep(bench.time(1.0));
    changes(&mut running, bench.time(TIME)).map_err(|error| running.blame(error))
}

/// Milliseconds, p50 and p99 of adding, changing and removing.
fn changes(running: &mut Running, time: Duration) -> Result<Values, String> {
    let api = running.api()?;
    api.known()?;
    let mut taken = [nanos(), nanos(), nanos()];
    let end = Instant::now() + time;
    for _ in 0..TIMES {
        timed(&mut taken[0], || api.add("latency", &json!({ "latency": 100, "jitter": 0 })))?;
        timed(&mut taken[1], || api.update("latency", &json!({ "latency": 200, "jitter": 0 })))?;
        timed(&mut taken[2], || api.remove())?;
        if Instant::now() > end {
            break;
        }
    }
    Ok(taken.iter().flat_map(|one| [0.5, 0.99].map(|quantile| micros(one, quantile) / 1e3)).collect())
}

fn timed(taken: &mut Histogram<u64>, change: impl FnOnce() -> Result<(), String>) -> Result<(), String> {
    let began = Instant::now();
    change()?;
    taken.saturating_record(began.elapsed().as_nanos() as u64);
    Ok(())
}
