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
mod install;
mod machine;
mod measure;
mod options;
mod player;
mod process;
mod role;
mod table;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Parser as _;

use measure::{Bench, MEASUREMENTS, Measurement};
use options::Options;
use player::Player;
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
    let results = rounds(&bench, options, &measurements, &players);
    let file = results.write(&bench.folder)?;
    println!("\nall rounds: {}", file.display());
    let failed = results.failed_of_ours();
    if failed.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    Err(format!("firedrill failed in {}; the tables say how", failed.join(", ")))
}

/// All measurements, one after another; within each the players take turns. No round begins after the time is up.
fn rounds(bench: &Bench, options: &Options, measurements: &[&'static Measurement], players: &[Player]) -> Results {
    let mut results = Results::new(options, players);
    println!("{}", results.machine());
    let end = Instant::now() + Duration::from_secs(60 * options.minutes);
    for measurement in measurements {
        let taking: Vec<_> = players.iter().filter(|player| (measurement.takes)(player)).collect();
        results.begin(measurement, &taking);
        for round in 0..options.rounds().min(measurement.rounds) {
            for player in &taking {
                if Instant::now() > end {
                    results.late();
                    continue;
                }
                eprint!("\r\x1b[K{}, round {}: {}", measurement.name, round + 1, player.name);
                let result = (measurement.run)(bench, player);
                results.add(&player.name, result, bench.complaints());
            }
        }
        eprint!("\r\x1b[K");
        println!("\n{}", results.last());
    }
    results
}
