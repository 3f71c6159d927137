//! Speed, side by side in one run: firedrill's proxy beside the direct connection, reference loops, haproxy, nginx and any further
//! proxy that is named on the command line. Run with `cargo bench --bench versus`; `-- --help` lists the options, and
//! docs/performance.md says how to read what comes out.
//!
//! Everything is on loopback. Every figure comes from a proxy started for it, the proxies take turns round by round, so that a machine
//! that is busy for a while slows all of them down, and medians of the rounds are shown. The reference loops and the upstreams are
//! processes of this same program, so that a proxy's processor time is its own. Every process that is started here is told to the kernel
//! to end with this one.
//!
//! The load is made by blocking sockets and threads of the standard library: light, and nothing of firedrill's own is in it.
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "it measures real time over real sockets, and its figures are its purpose"
)]
#![expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "counts and times far below the limits")]

mod api;
mod debian;
mod install;
mod machine;
mod measure;
mod metric;
mod options;
mod player;
mod process;
mod role;
mod table;

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use clap::Parser as _;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

use measure::{Bench, MEASUREMENTS, Measurement};
use options::Options;
use player::Player;
use serde_json::{Value, json};
use table::Results;

fn main() -> ExitCode {
    let played = match std::env::var(role::ROLE) {
        Ok(role) => role::play(&role),
        Err(_) => versus(&Options::parse()),
    };
    match played {
        Ok(code) => code,
        Err(error) => {
            eprintln!("versus: {error}");
            ExitCode::FAILURE
        }
    }
}

fn versus(options: &Options) -> Result<ExitCode, String> {
    let measurements: Vec<_> = MEASUREMENTS.iter().copied().filter(|one| options.wants(one.name)).collect();
    if options.list {
        for one in MEASUREMENTS {
            println!("{:<12} {}", one.name, one.about);
        }
        return Ok(ExitCode::SUCCESS);
    }
    if measurements.is_empty() {
        return Err(format!("no measurement is called {}: --list names them", options.measurements.join(", ")));
    }
    let players = player::all(options)?;
    install::needed(&players, &measurements)?;
    machine::raise_descriptors()?;
    let bench = Bench::new(options)?;
    let stop = interrupted()?;
    let results = rounds(&bench, options, &measurements, &players, &stop);
    let file = results.write(&bench.folder)?;
    println!("\nall rounds: {}", file.display());
    let failed = results.failed_of_ours();
    if failed.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    Err(format!("firedrill failed in {}; the tables say how", failed.join(", ")))
}

/// Set by Ctrl-C, which ends the run that is on; a second one ends everything at once.
fn interrupted() -> Result<Arc<AtomicBool>, String> {
    let set = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        let registered = flag::register_conditional_default(signal, Arc::clone(&set));
        registered
            .and_then(|_| flag::register(signal, Arc::clone(&set)))
            .map_err(|error| format!("signals: {error}"))?;
    }
    Ok(set)
}

/// All measurements, one after another; within each the players take turns. No run begins after the time is up.
fn rounds(
    bench: &Bench,
    options: &Options,
    measurements: &[&'static Measurement],
    players: &[Player],
    stop: &AtomicBool,
) -> Results {
    let mut results = Results::new(about(options, players), "direct");
    println!("{}", results.machine());
    let end = Instant::now() + Duration::from_secs(60 * options.minutes);
    let over = || stop.load(Ordering::Relaxed) || Instant::now() > end;
    for measurement in measurements {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let taking: Vec<_> = players.iter().filter(|player| (measurement.takes)(player)).collect();
        results.begin(measurement.shown(), taking.iter().map(|player| (player.name.as_str(), player.side)));
        for round in 0..options.rounds().min(measurement.rounds) {
            for player in &taking {
                if over() {
                    results.cut_short();
                    continue;
                }
                eprint!("\r\x1b[K{}, round {}: {}", measurement.name, round + 1, player.name);
                let result = (measurement.run)(bench, player);
                // What an interrupt broke is no failure of the player.
                if !stop.load(Ordering::Relaxed) {
                    results.add(&player.name, result, bench.complaints());
                }
            }
        }
        eprint!("\r\x1b[K");
        println!("\n{}", results.last());
    }
    results
}

/// What is played, for the file of results.
fn about(options: &Options, players: &[Player]) -> Value {
    let described: BTreeMap<_, _> = players.iter().map(|player| (player.name.clone(), player.describe())).collect();
    json!({
        "quick": options.quick,
        "rounds": options.rounds(),
        "peer_threads": options.peer_threads,
        "players": described,
    })
}
