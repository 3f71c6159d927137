//! Requests by wrk, one thread with 64 connections, of a small answer from nginx.

use std::process::Command;

use super::{Bench, Measurement, Player, Values, less, more};
use crate::player::web;
use crate::process::free;

pub(crate) const HTTP: Measurement = Measurement {
    name: "http",
    about: "requests by wrk, one thread, 64 connections, of a small answer from nginx",
    metrics: &[more("requests", "/s"), less("p50", "µs"), less("p99", "µs"), less("processor", "µs/request")],
    rounds: u32::MAX,
    takes: |player| !player.only_moves() && !player.unprivileged(),
    run,
};

fn run(bench: &Bench, player: &Player) -> Result<Values, String> {
    let upstream = free()?;
    let _web = web(bench, upstream)?;
    let mut running = player.start(bench, upstream)?;
    // wrk counts in whole seconds.
    let seconds = bench.time(3.0).as_secs().max(1);
    let before = running.cpu();
    let url = format!("http://{}/", running.at);
    let mut wrk = Command::new("/usr/bin/wrk");
    wrk.args(["-t1", "-c64", "--latency", "--timeout", "2s"]).arg(format!("-d{seconds}s")).arg(url);
    let output = wrk.output().map_err(|error| format!("wrk: {error}"))?;
    let cpu = running.cpu() - before;
    let text = String::from_utf8_lossy(&output.stdout);
    if let Some(bad) = text.lines().find(|line| line.contains("Non-2xx") || line.contains("Socket errors")) {
        return Err(running.blame(bad.trim().to_owned()));
    }
    let after = |word: &str| text.lines().find_map(|line| line.trim().strip_prefix(word)).map(str::trim);
    let number = |word: &str| after(word).and_then(|text| text.parse::<f64>().ok());
    let requests = number("Requests/sec:").filter(|requests| *requests > 0.0);
    let requests = requests.ok_or_else(|| running.blame(format!("wrk had no answers: {}", text.trim())))?;
    let quantile = |word| after(word).and_then(micros).unwrap_or(f64::NAN);
    Ok(vec![requests, quantile("50%"), quantile("99%"), cpu * 1e6 / (requests * seconds as f64)])
}

/// Microseconds of a time as wrk writes it.
fn micros(text: &str) -> Option<f64> {
    let units = [("us", 1.0), ("ms", 1e3), ("s", 1e6)];
    units.iter().find_map(|(unit, factor)| Some(text.strip_suffix(unit)?.parse::<f64>().ok()? * factor))
}
