//! Experiment A: does the virtual world give the same bytes in every process?
//!
//! A small drill is played by fifty processes under as many different circumstances as an operating system offers, and one digest of
//! everything that happened is compared. What came out, and what was decided on it, is in `docs/decisions/0001-two-worlds.md`.

mod journal;
mod path;
mod play;
mod twin;

use std::process::{Command, Stdio};
use std::time::Instant;

use firedrill::draw::Seed;
use firedrill::world::enter_virtual;

use play::Shape;

/// Set in the processes that this test starts: the number of silent accounts.
const CHILD: &str = "FIREDRILL_EXPERIMENT_A";
const PROCESSES: usize = 50;
/// Small where the code is not optimised: fifty processes shall take seconds.
const ACCOUNTS: u32 = if cfg!(debug_assertions) { 60 } else { 200 };
const MESSAGES: u64 = if cfg!(debug_assertions) { 5 } else { 40 };

/// Plays once in this process; the digest leaves out the silent accounts.
fn once(messages: u64, silent: u32) -> String {
    let shape = Shape { accounts: ACCOUNTS, messages, silent };
    let journal = enter_virtual(Seed(7), async |world| play::play(world, shape).await).expect("a virtual world");
    let (hash, [_, attempts, hits, receipts, controls, _]) = journal.digest(ACCOUNTS);
    format!("{hash} {attempts} attempts, {hits} hits, {receipts} receipts, {controls} controls")
}

/// What the other processes run; on its own it does nothing.
#[test]
fn child() {
    let Ok(silent) = std::env::var(CHILD) else { return };
    if std::env::var_os("RUST_LOG").is_some() {
        let filter = tracing_subscriber::EnvFilter::from_default_env();
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    }
    println!("digest {}", once(MESSAGES, silent.parse().expect("a number")));
}

/// A process of this very program, under the circumstances of its number.
fn process(number: usize) -> Command {
    let program = std::env::current_exe().expect("this program");
    let mut command = if number % 7 == 1 {
        let mut pinned = Command::new("taskset");
        pinned.args(["-c", "0"]).arg(program);
        pinned
    } else {
        Command::new(program)
    };
    command.args(["--exact", "child", "--nocapture", "--test-threads", "1"]).env(CHILD, "0");
    if number % 2 == 1 {
        command.env("GLIBC_TUNABLES", "glibc.cpu.hwcaps=-FMA,-FMA4,-AVX2,-AVX2_Usable,-FMA_Usable,-AVX512F");
    }
    if number % 3 == 1 {
        command.env("RUST_LOG", "debug");
    }
    if number % 5 == 1 {
        command.current_dir(std::env::temp_dir()).env("TZ", "Asia/Hong_Kong").env("LC_ALL", "zh_HK.UTF-8");
    }
    if number % 11 == 1 {
        command.env_clear().env(CHILD, "0").env("PADDING", "x".repeat(number * 100));
    }
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    command
}

fn digest_of(command: Command) -> String {
    let output = { command }.output().expect("a process");
    let text = String::from_utf8_lossy(&output.stdout);
    // The test harness may have begun the line.
    let digest = text.lines().find_map(|line| line.split_once("digest ")).map(|(_, digest)| digest.to_owned());
    digest.unwrap_or_else(|| panic!("no digest: {text}"))
}

#[test]
fn fifty_processes_give_one_digest() {
    let expected = once(MESSAGES, 0);
    println!("{expected}");
    let lanes: Vec<_> = (0..2)
        .map(|lane| {
            let numbers = (0..PROCESSES).skip(lane).step_by(2);
            std::thread::spawn(move || numbers.map(|number| (number, digest_of(process(number)))).collect::<Vec<_>>())
        })
        .collect();
    for lane in lanes {
        for (number, digest) in lane.join().expect("no panic") {
            assert_eq!(digest, expected, "process {number}");
        }
    }
}

#[test]
fn one_silent_account_more_changes_nobody_elses_records() {
    assert_eq!(once(MESSAGES, 1), once(MESSAGES, 0));
}

#[test]
fn the_play_is_what_it_is_meant_to_be() {
    let text = once(MESSAGES, 0);
    let sent = u64::from(ACCOUNTS) * MESSAGES;
    assert!(text.contains(&format!(" {sent} attempts, ")), "{text}");
    assert!(text.ends_with(" 2 controls"), "the fault and the failover: {text}");
    let receipts: u64 =
        text.split(", ").find_map(|part| part.strip_suffix(" receipts")?.parse().ok()).expect("a count");
    // All but one in a hundred and those that failed before the failover arrive; five standard deviations of the former are allowed.
    let lost = sent as f64 * 0.01;
    assert!(receipts < sent && receipts as f64 > sent as f64 - lost - 5.0 * lost.sqrt() - 40.0, "{text}");
}

/// How fast it is; figures worth reading come from an optimised build (`cargo test --release --test experiment_a -- --nocapture`).
#[test]
#[expect(clippy::disallowed_methods, reason = "it measures the program itself, in real time")]
fn speed() {
    let messages = if cfg!(debug_assertions) { MESSAGES } else { 500 };
    let start = Instant::now();
    let digest = once(messages, 0);
    let secs = start.elapsed().as_secs_f64();
    let sent = u64::from(ACCOUNTS) * messages;
    println!("{:.0} messages/s ({sent} in {secs:.2} s): {digest}", sent as f64 / secs);
}
