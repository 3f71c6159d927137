//! The undo is on disk, and not only written, before anything is done. The program is run with a recorder in the place of the system's own
//! `fsync`, whose record whoever is acted upon looks at: a program that is run, and a server that is asked.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::common::Played;
use crate::requests::{seen, server_that};
use crate::rig::Rig;

/// The recorder, compiled by whatever compiles this.
fn recorder(place: &Path) -> PathBuf {
    let library = place.join("librecorder.so");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/actions/recorder.rs");
    let mut rustc = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    rustc.args(["--edition", "2024", "--crate-type", "cdylib", "-o"]).arg(&library).arg(source);
    let done = rustc.output().expect("rustc starts");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    library
}

/// Plays a drill with the recorder.
fn recorded(rig: &Rig, file: &str) -> Played {
    let mut command = rig.0.command("run", file, &["--quiet", "--allow-actions"]);
    command.env("LD_PRELOAD", recorder(rig.0.path())).env("RECORD", rig.path("synced"));
    rig.0.ended(command.spawn().expect("the program starts"))
}

/// What was synced by then: of the log, with the entry of what is about to be done, and of the directories that were made for it.
#[track_caller]
fn holds(synced: &str, undo: &str) {
    let last = |end: &str| {
        let is_it = |line: &&str| line.split(' ').next().is_some_and(|file| file.ends_with(end));
        synced.lines().rfind(is_it).unwrap_or_else(|| panic!("{end} was not synced: {synced:?}"))
    };
    let log = last("/undo.jsonl");
    assert!(log.contains("\"act\"") && log.contains(undo), "{log}");
    let run = log.split("/undo.jsonl").next().expect("its directory");
    for directory in [run, "/reports/outside", "/reports"] {
        last(directory);
    }
}

#[test]
fn the_undo_is_synced_before_the_program_runs_and_struck_out_after() {
    let rig = Rig::new();
    let played = recorded(&rig, &rig.shells("cp PLACE/synced PLACE/before", "cp PLACE/synced PLACE/between", ""));
    assert!(matches!(played.code, Some(0 | 3)), "{}", played.told());
    let read = |name: &str| std::fs::read_to_string(rig.path(name)).expect("it was there");
    holds(&read("before"), &rig.path("between").display().to_string());
    assert!(!read("between").contains("\"settled\""), "it is not struck out yet");
    let last = read("synced").lines().rfind(|line| line.contains("undo.jsonl")).map(str::to_owned);
    assert!(last.is_some_and(|line| line.contains("\"settled\"")), "that is synced as well: {}", read("synced"));
}

#[test]
fn the_undo_is_synced_before_the_request_is_made() {
    let rig = Rig::new();
    let record = rig.path("synced");
    let (url, synced) = server_that(&[200, 200], move |_| std::fs::read_to_string(&record).unwrap_or_default());
    let call = |method: &str| format!("{{ method: {method}, url: \"{url}/switch\" }}");
    let file = rig.drill(&format!("http: {{ do: {}, undo: {} }}", call("POST"), call("DELETE")));
    let played = recorded(&rig, &file);
    assert!(matches!(played.code, Some(0 | 3)), "{}", played.told());
    holds(&seen(&synced)[0], "\"method\":\"DELETE\"");
}
