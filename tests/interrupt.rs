//! Ctrl-C: the first asks, the second ends. Signals are the process's, so each case is a process of this program.

use std::process::Command;

use firedrill::world::Interrupt;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::low_level::raise;

const CHILD: &str = "FIREDRILL_INTERRUPT";

/// What the other processes run; on its own it does nothing.
#[test]
#[expect(clippy::exit, reason = "the exit code is what is tested")]
fn child() {
    let Ok(signals) = std::env::var(CHILD) else { return };
    let interrupt = Interrupt::install().expect("handlers");
    assert!(!interrupt.is_raised());
    for signal in signals.split(' ') {
        raise(signal.parse().expect("a number")).expect("a signal");
        assert!(interrupt.is_raised());
    }
    std::process::exit(7);
}

fn exit_code(signals: &[i32]) -> Option<i32> {
    let signals: Vec<_> = signals.iter().map(ToString::to_string).collect();
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    command.args(["--exact", "child", "--nocapture"]).env(CHILD, signals.join(" "));
    command.output().expect("a process").status.code()
}

#[test]
fn the_first_signal_raises_the_flag_and_the_second_ends_the_process() {
    assert_eq!(exit_code(&[SIGINT]), Some(7));
    assert_eq!(exit_code(&[SIGTERM]), Some(7));
    assert_eq!(exit_code(&[SIGINT, SIGINT]), Some(130));
    assert_eq!(exit_code(&[SIGTERM, SIGINT]), Some(130));
}

#[test]
fn a_flag_can_be_raised_by_hand() {
    let interrupt = Interrupt::none();
    let same = interrupt.clone();
    assert!(!interrupt.is_raised());
    same.raise();
    assert!(interrupt.is_raised());
}
