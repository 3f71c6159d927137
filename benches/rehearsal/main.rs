//! How fast drills are rehearsed: messages a second of real time, from 1,000 to 1,000,000 of them, beside the bare round trips that
//! the same libraries give without a drill around them. Run with `cargo bench --bench rehearsal`.
//!
//! Every figure comes from a process of its own, so that the peak of memory is that play's. The plays take turns, round by round, so
//! that a machine that is busy for a while slows all of them down. `FIREDRILL_BENCH_ROUNDS` (5) says how many rounds.
#![expect(clippy::print_stdout, reason = "its figures are its purpose")]

mod bare;
mod full;
mod measured;

use std::process::Command;

use measured::{Measured, Medians};

/// Set in the processes that this one starts: what to play.
const CHILD: &str = "FIREDRILL_BENCH_PLAY";
const ROUNDS: &str = "FIREDRILL_BENCH_ROUNDS";

/// What is played, and in how many of five rounds: a million messages are played once.
const PLAYS: [(&str, u32); 6] = [
    ("bare 10000", 5),
    ("drill 1000", 5),
    ("drill 10000", 5),
    ("drill 100000", 5),
    ("drill 1000000", 1),
    ("account-freeze", 5),
];

fn main() {
    match std::env::var(CHILD) {
        Ok(name) => println!("{}", play(&name)),
        Err(_) => rounds(),
    }
}

/// Plays once, in this process.
fn play(name: &str) -> Measured {
    match name.split_once(' ') {
        Some(("bare", messages)) => bare::play(messages.parse().expect("a number")),
        Some((_, messages)) => full::generated(messages.parse().expect("a number")),
        None => full::shipped(name),
    }
}

fn rounds() {
    let rounds = std::env::var(ROUNDS).ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(5);
    let mut medians = PLAYS.map(|_| Medians::default());
    for round in 0..rounds {
        for ((name, of_five), medians) in PLAYS.iter().zip(&mut medians) {
            if round * of_five % 5 < *of_five {
                medians.add(child(name));
            }
        }
    }
    println!("{:<16} {}", "", Medians::HEAD);
    for ((name, _), medians) in PLAYS.iter().zip(&mut medians) {
        println!("{name:<16} {medians}");
    }
}

/// Plays in a fresh process.
fn child(name: &str) -> Measured {
    let program = std::env::current_exe().expect("this program");
    let output = Command::new(program).env(CHILD, name).output().expect("a process");
    let text = String::from_utf8_lossy(&output.stdout);
    text.trim().parse().unwrap_or_else(|()| panic!("{name}: {text}{}", String::from_utf8_lossy(&output.stderr)))
}
