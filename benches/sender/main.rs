//! What a message costs the sender, how late it is, and how many it can send, beside oha, hey and wrk. Run with
//! `cargo bench --bench sender` (about five minutes; `-- --rounds 1` for a first look); docs/performance.md has what came out.
//!
//! Every player sends the same request to the same fixed server, which is a process of this benchmark, over loopback, on cores that all
//! share. Players take turns; medians are shown. The peers are needed: `apt-get install hey wrk`, `cargo install oha --locked`.
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "it measures real time over real sockets, and its figures are its purpose"
)]

mod between;
mod drill;
mod peer;
mod server;

use std::process::ExitCode;

use drill::Drill;
use peer::Peer;
use server::Server;

/// Messages a second at an open loop, and for how long, in seconds.
const RATE: u32 = 5_000;
const SECONDS: u32 = 10;

/// Rates that a drill is asked to hold, until one is too many; each for so many seconds.
const LADDER: [u32; 8] = [6_000, 8_000, 10_000, 12_000, 15_000, 20_000, 25_000, 30_000];
const STEP_SECONDS: u32 = 4;

/// Messages a second through the path to a twin, and back as receipts.
const RECEIPTS: u32 = 10_000;

fn main() -> ExitCode {
    let args: Vec<_> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    let played = match &args[..] {
        [role] if role == server::ROLE => server::serve(),
        [] => compare(3),
        [word, rounds] if word == "--rounds" => match rounds.parse() {
            Ok(rounds @ 1..=9) => compare(rounds),
            _ => Err(format!("--rounds is a number from 1 to 9, not {rounds}")),
        },
        _ => Err(format!("cannot read `{}`; there is `--rounds N`", args.join(" "))),
    };
    match played {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("sender: {error}");
            ExitCode::FAILURE
        }
    }
}

fn compare(rounds: usize) -> Result<(), String> {
    peer::are_there()?;
    open_loop(rounds)?;
    fastest(rounds)?;
    receipts(rounds)
}

/// Processor time of a request at the same rate, and how late the sender was.
fn open_loop(rounds: usize) -> Result<(), String> {
    let (mut ours, mut lags, mut oha, mut hey) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut by_the_path = Vec::new();
    for _ in 0..rounds {
        let server = Server::start()?;
        let played = Drill::to_server(server.address, RATE, SECONDS).play()?;
        played.all_accepted()?;
        ours.push(played.cpu_us());
        lags.push(played.lag_p99_ms);
        oha.push(Peer::Oha.at_rate(&server, RATE, SECONDS)?);
        by_the_path.push(Peer::Oha.by_the_path(&server, RATE, SECONDS)?);
        hey.push(Peer::Hey.at_rate(&server, RATE, SECONDS)?);
    }
    println!("open loop, {RATE} requests/s for {SECONDS} s, µs of processor time a request");
    println!("  firedrill  {}", shown(&mut ours));
    println!("  oha        {}", shown(&mut oha));
    println!("  hey        {}", shown(&mut hey));
    println!("  oha and `firedrill proxy` between  {}", shown(&mut by_the_path));
    println!("  firedrill / oha: {:.2}", median(&mut ours) / median(&mut oha));
    println!("  firedrill / oha and the proxy: {:.2}", median(&mut ours) / median(&mut by_the_path));
    println!("  firedrill, sender lag p99, ms: {}", shown(&mut lags));
    Ok(())
}

/// The most requests a second: of closed loops what they reach, of an open one the highest rate of a ladder that it holds.
fn fastest(rounds: usize) -> Result<(), String> {
    let (mut ours, mut oha, mut hey, mut wrk) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..rounds {
        let server = Server::start()?;
        ours.push(highest_held(&server)?);
        oha.push(Peer::Oha.fastest(&server, STEP_SECONDS)?);
        hey.push(Peer::Hey.fastest(&server, STEP_SECONDS)?);
        wrk.push(Peer::Wrk.fastest(&server, STEP_SECONDS)?);
    }
    println!("most requests/s");
    println!("  firedrill, held at an open loop  {}", shown(&mut ours));
    println!("  oha, closed loop                 {}", shown(&mut oha));
    println!("  hey, closed loop                 {}", shown(&mut hey));
    println!("  wrk, closed loop                 {}", shown(&mut wrk));
    println!("  firedrill / oha: {:.2}", median(&mut ours) / median(&mut oha));
    Ok(())
}

/// The highest rate of the ladder at which everything was accepted and the sender was not late.
fn highest_held(server: &Server) -> Result<f64, String> {
    let mut held = f64::from(RATE);
    for rate in LADDER {
        let played = Drill::to_server(server.address, rate, STEP_SECONDS).play()?;
        if played.all_accepted().is_err() || played.lag_p99_ms > drill::DEADLINE_MS / 10.0 {
            break;
        }
        held = f64::from(rate);
    }
    Ok(held)
}

/// Messages to a twin in the same process, heard of by its inboxes.
fn receipts(rounds: usize) -> Result<(), String> {
    let (mut cpu, mut lags, mut late) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..rounds {
        let played = Drill::to_twin(RECEIPTS, STEP_SECONDS).play()?;
        cpu.push(played.cpu_us());
        lags.push(played.lag_p99_ms);
        late.push(played.not_good());
    }
    println!("to a twin and back as receipts, {RECEIPTS} messages/s for {STEP_SECONDS} s");
    println!("  µs of processor time a message   {}", shown(&mut cpu));
    println!("  sender lag p99, ms               {}", shown(&mut lags));
    println!("  messages not good                {}", shown(&mut late));
    Ok(())
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// The median, and all of them in brackets.
fn shown(values: &mut [f64]) -> String {
    let middle = median(values);
    let all: Vec<_> = values.iter().map(|value| format!("{value:.2}")).collect();
    format!("{middle:.2} ({})", all.join(", "))
}

/// Seconds of processor time of every child that has ended.
fn used_by_children() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The name in brackets may hold blanks; the times are the 14th and 15th words after it, in ticks of 10 ms.
    let words = stat.rsplit(')').next().unwrap_or_default().split_ascii_whitespace();
    words.skip(13).take(2).filter_map(|word| word.parse::<f64>().ok()).sum::<f64>() / 100.0
}
