//! One connection that downloads as fast as it can.

use std::io::Read as _;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{Bench, Measurement, Values, broken, connect, less, more, told};
use crate::player::Player;

pub(crate) const PLAIN: Measurement = Measurement {
    name: "bulk",
    about: "one connection downloads; processor time of the proxy",
    metrics: &[more("bulk", "Gbit/s"), less("processor", "s/GB")],
    rounds: u32::MAX,
    takes: |player| !player.speaks_http(),
    run: plain,
};

pub(crate) const DELAYED: Measurement = Measurement {
    name: "delayed",
    about: "one connection downloads under latency",
    metrics: &[
        more("no latency", "MB/s"),
        more("1 ms", "MB/s"),
        more("50 ms", "MB/s"),
        more("200 ms", "MB/s"),
        more("50 ms / no latency", ""),
        less("resident, at most", "MiB"),
    ],
    rounds: u32::MAX,
    takes: Player::has_api,
    run: delayed,
};

pub(crate) const BANDWIDTH: Measurement = Measurement {
    name: "bandwidth",
    about: "one connection downloads under a bandwidth; how far off it is",
    metrics: &[
        told("10 KB/s", "% off"),
        told("100 KB/s", "% off"),
        told("1 MB/s", "% off"),
        told("10 MB/s", "% off"),
        told("100 MB/s", "% off"),
        told("1 GB/s", "% off"),
    ],
    rounds: 2,
    takes: Player::has_api,
    run: |bench, player| Ok(bandwidth(bench, player)),
};

/// 1,000 bytes, then a pause of 100 µs: without any other cost 10 MB/s.
pub(crate) const SLICER: Measurement = Measurement {
    name: "slicer",
    about: "one connection downloads in slices of 1,000 bytes, 100 µs apart",
    metrics: &[more("slices of 1,000 B, 100 µs apart", "MB/s"), more("of the ideal", "%")],
    rounds: u32::MAX,
    takes: Player::has_api,
    run: slicer,
};

/// Bytes a client read, the seconds from its first reading to its last, and the proxy's processor time meanwhile.
struct Moved {
    bytes: f64,
    seconds: f64,
    cpu: f64,
}

impl Moved {
    fn mb_a_second(&self) -> f64 {
        self.bytes / self.seconds / 1e6
    }
}

/// Reads for `warm` and forgets it, then reads for `time`. It begins and ends with an arrival, so that a proxy which writes seldom and
/// much is not judged by where the window falls.
fn read(client: &mut TcpStream, warm: Duration, time: Duration, cpu: impl Fn() -> f64) -> Result<Moved, String> {
    let mut buffer = vec![0; 256 << 10];
    let mut next = |client: &mut TcpStream| match client.read(&mut buffer) {
        Ok(0) => Err("the proxy closed the connection".to_owned()),
        Ok(read) => Ok(read as f64),
        Err(error) => Err(broken(error)),
    };
    let warm = Instant::now() + warm;
    loop {
        next(client)?;
        if Instant::now() > warm {
            break;
        }
    }
    let (began, before) = (Instant::now(), cpu());
    let (mut bytes, mut seconds) = (0.0, 0.0);
    while seconds < time.as_secs_f64() {
        bytes += next(client)?;
        seconds = began.elapsed().as_secs_f64();
    }
    Ok(Moved { bytes, seconds, cpu: cpu() - before })
}

const WARM: f64 = 0.3;

fn plain(bench: &Bench, player: &Player) -> Result<Values, String> {
    let (upstream, _source) = bench.upstream("source")?;
    let mut running = player.start(bench, upstream)?;
    let mut client = connect(running.at)?;
    let moved = read(&mut client, bench.time(WARM), bench.time(2.0), || running.cpu());
    let moved = moved.map_err(|error| running.blame(error))?;
    Ok(vec![moved.bytes * 8.0 / moved.seconds / 1e9, moved.cpu / (moved.bytes / 1e9)])
}

/// What a download gave, and what the proxy held at its end.
struct Downloaded {
    mb_a_second: f64,
    resident_mib: f64,
}

/// A download under a fault, through a proxy started for it: one that dies of the fault has no figure, and what a slow one still holds
/// is not in the next.
fn under(
    bench: &Bench,
    player: &Player,
    fault: Option<(&str, Value)>,
    [warm, time]: [Duration; 2],
) -> Result<Downloaded, String> {
    let (upstream, _source) = bench.upstream("source")?;
    let mut running = player.start(bench, upstream)?;
    if let Some((kind, attributes)) = fault {
        running.api()?.add(kind, &attributes)?;
    }
    let mut client = connect(running.at)?;
    let moved = read(&mut client, warm, time, || 0.0).map_err(|error| running.blame(error))?;
    Ok(Downloaded { mb_a_second: moved.mb_a_second(), resident_mib: running.resident_kib() / 1024.0 })
}

fn delayed(bench: &Bench, player: &Player) -> Result<Values, String> {
    let mut values = Vec::new();
    let mut resident: f64 = 0.0;
    for millis in [0_u64, 1, 50, 200] {
        let fault = (millis > 0).then(|| ("latency", json!({ "latency": millis, "jitter": 0 })));
        // A connection's window opens by what the delay lets back: give it five delays.
        let warm = bench.time(WARM) + Duration::from_millis(5 * millis);
        let downloaded = under(bench, player, fault, [warm, bench.time(1.5)])?;
        values.push(downloaded.mb_a_second);
        resident = resident.max(downloaded.resident_mib);
    }
    values.extend([values[2] / values[0], resident]);
    Ok(values)
}

/// Bytes a second.
const RATES: [u64; 6] = [10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000];

fn bandwidth(bench: &Bench, player: &Player) -> Values {
    let off = |rate: u64| {
        let time = bench.time(if rate <= 100_000 { 3.0 } else { 1.5 });
        let fault = Some(("bandwidth", json!({ "rate": rate / 1_000 })));
        match under(bench, player, fault, [bench.time(0.6), time]) {
            Ok(downloaded) => (downloaded.mb_a_second * 1e6 / rate as f64 - 1.0) * 100.0,
            Err(error) => bench.without_figure(format!("{rate} B/s: {error}")),
        }
    };
    RATES.map(off).to_vec()
}

fn slicer(bench: &Bench, player: &Player) -> Result<Values, String> {
    let fault = ("slicer", json!({ "average_size": 1_000, "size_variation": 0, "delay": 100 }));
    let speed = under(bench, player, Some(fault), [bench.time(WARM), bench.time(2.0)])?.mb_a_second;
    Ok(vec![speed, speed * 10.0])
}

const _: () = assert!(RATES.len() == BANDWIDTH.metrics.len(), "a metric for each rate");
