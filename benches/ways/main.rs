//! Speed of the ways in, side by side in one run: tunnels by CONNECT, TLS that is passed on by its name, and TLS that ends at the proxy,
//! beside firedrill's own plain path, the direct connection, and proxies that a user would take instead. Run with
//! `cargo bench --bench ways`; `-- --help` lists the options, and docs/performance.md says how to read what comes out.
//!
//! As in `versus`, everything is on loopback, every figure comes from a process started for it, the players take turns round by round, and
//! medians are shown. The clients are blocking sockets and threads of this program, and wrk.
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "it measures real time over real sockets, and its figures are its purpose"
)]
#![expect(clippy::cast_possible_truncation, reason = "counts and times far below the limits")]

#[path = "../versus/debian.rs"]
mod debian;
#[path = "../versus/machine.rs"]
mod machine;
mod measure;
#[path = "../versus/metric.rs"]
#[expect(dead_code, reason = "each benchmark takes what it needs")]
mod metric;
mod place;
mod player;
#[path = "../versus/process.rs"]
#[expect(dead_code, reason = "each benchmark takes what it needs")]
mod process;
#[path = "../versus/role.rs"]
mod role;
mod secure;
#[path = "../versus/table.rs"]
mod table;
mod tunnel;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Parser as _;
use serde_json::json;

use measure::{MEASUREMENTS, Measurement};
use place::Place;
use player::Player;
use table::Results;

/// Measures firedrill's ways in side by side with other proxies, on loopback, in one run.
#[derive(clap::Parser)]
#[command(name = "ways", bin_name = "cargo bench --bench ways --")]
struct Options {
    /// Only these measurements; --list names them.
    measurements: Vec<String>,

    /// Names the measurements and ends.
    #[arg(long)]
    list: bool,

    /// Rounds in which the players take turns; the median is shown.
    #[arg(long, default_value_t = 5)]
    rounds: u32,

    /// No run begins after so many minutes.
    #[arg(long, default_value_t = 10)]
    minutes: u64,

    /// Only these players, by name.
    #[arg(long, value_delimiter = ',')]
    players: Vec<String>,

    /// Given by `cargo bench`.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> ExitCode {
    let played = match std::env::var(role::ROLE) {
        Ok(role) => role::play(&role),
        Err(_) => ways(&Options::parse()),
    };
    match played {
        Ok(code) => code,
        Err(error) => {
            eprintln!("ways: {error}");
            ExitCode::FAILURE
        }
    }
}

fn ways(options: &Options) -> Result<ExitCode, String> {
    if options.list {
        for one in MEASUREMENTS {
            println!("{:<12} {}", one.shown.name, one.shown.about);
        }
        return Ok(ExitCode::SUCCESS);
    }
    let wanted = |one: &&Measurement| {
        options.measurements.is_empty() || options.measurements.iter().any(|name| name == one.shown.name)
    };
    let measurements: Vec<_> = MEASUREMENTS.iter().filter(wanted).collect();
    let takes_part = |player: &&Player| {
        let takes = measurements.iter().any(|one| one.players.contains(&player.kind));
        takes && (options.players.is_empty() || options.players.iter().any(|name| name == player.name))
    };
    let players: Vec<_> = player::ALL.iter().filter(takes_part).collect();
    if measurements.is_empty() || players.is_empty() {
        return Err("nothing to measure: --list names the measurements, and docs/performance.md the players".to_owned());
    }
    machine::raise_descriptors()?;
    let place = Place::new()?;
    player::install(&players, &place)?;
    let about = json!({ "rounds": options.rounds, "players": players.iter().map(|one| one.name).collect::<Vec<_>>() });
    let mut results = Results::new(about, "plain");
    println!("{}", results.machine());
    let end = Instant::now() + Duration::from_secs(60 * options.minutes);
    for measurement in measurements {
        let taking: Vec<&Player> =
            players.iter().copied().filter(|player| measurement.players.contains(&player.kind)).collect();
        results.begin(measurement.shown, taking.iter().map(|player| (player.name, player.side)));
        for round in 0..options.rounds.max(1) {
            for player in &taking {
                if Instant::now() > end {
                    results.cut_short();
                    continue;
                }
                eprint!("\r\x1b[K{}, round {}: {}", measurement.shown.name, round + 1, player.name);
                results.add(player.name, (measurement.run)(&place, player), Vec::new());
            }
        }
        eprint!("\r\x1b[K");
        println!("\n{}", results.last());
    }
    println!("\nall rounds: {}", results.write(&place.folder)?.display());
    match results.failed_of_ours() {
        failed if failed.is_empty() => Ok(ExitCode::SUCCESS),
        failed => Err(format!("firedrill failed in {}; the tables say how", failed.join(", "))),
    }
}
