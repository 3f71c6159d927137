//! What the tests from outside share: the program as a process, a reports directory of its own, and the figures that it wrote.

#![allow(dead_code, reason = "each test program takes what it needs")]

pub(crate) mod exchange;
pub(crate) mod playing;
pub(crate) mod second_reader;
pub(crate) mod signed_in;
pub(crate) mod turns;

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

/// The program under test.
pub(crate) fn firedrill<I: AsRef<OsStr>>(args: impl IntoIterator<Item = I>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_firedrill"));
    command.args(args).env_remove("RUST_LOG").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// A scenario that ships.
pub(crate) fn scenario(name: &str) -> String {
    format!("{}/scenarios/{name}.yaml", env!("CARGO_MANIFEST_DIR"))
}

/// A place for one test's files, gone when the test is over.
pub(crate) struct Place(TempDir);

impl Place {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary directory"))
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// The place for run directories.
    pub(crate) fn reports(&self) -> PathBuf {
        self.path().join("reports")
    }

    /// Writes a file and tells where.
    pub(crate) fn file(&self, name: &str, text: &str) -> String {
        let path = self.path().join(name);
        fs::write(&path, text).expect("room");
        path.display().to_string()
    }

    /// `run` or `rehearse` with this place's reports.
    pub(crate) fn command(&self, command: &str, scenario: &str, more: &[&str]) -> Command {
        let mut made = firedrill([command, scenario, "--reports"]);
        made.arg(self.reports()).args(more);
        made
    }

    /// Plays to the end.
    pub(crate) fn play(&self, command: &str, scenario: &str, more: &[&str]) -> Played {
        let child = self.command(command, scenario, more).spawn().expect("the program starts");
        self.ended(child)
    }

    /// Plays over sockets, and again, at most twice, if the drill says that its own sender was too slow: then this machine was busy, and
    /// the drill, as it says itself, shows nothing.
    pub(crate) fn play_undisturbed(&self, scenario: &str, more: &[&str]) -> Played {
        let mut played = self.play("run", scenario, more);
        for _ in 0..2 {
            if !sender_was_slow(&played.dir) {
                break;
            }
            played = self.play("run", scenario, more);
        }
        played
    }

    /// Waits for a play to end.
    pub(crate) fn ended(&self, child: Child) -> Played {
        Played::of(&child.wait_with_output().expect("the program ends"), &self.runs())
    }

    /// Every run directory here.
    pub(crate) fn runs(&self) -> Vec<PathBuf> {
        let is_run = |path: &PathBuf| path.is_dir() && !path.is_symlink();
        let list = |path: PathBuf| fs::read_dir(path).into_iter().flatten().flatten().map(|entry| entry.path());
        let mut runs: Vec<_> = list(self.reports()).filter(is_run).flat_map(list).filter(is_run).collect();
        runs.sort();
        runs
    }
}

/// How a process ended.
pub(crate) struct Played {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
    /// The last run directory, if there is any.
    pub(crate) dir: PathBuf,
}

impl Played {
    fn of(output: &Output, runs: &[PathBuf]) -> Self {
        Self { dir: runs.last().cloned().unwrap_or_default(), ..said(output) }
    }

    /// `summary.json`.
    pub(crate) fn summary(&self) -> Value {
        summary(&self.dir)
    }

    /// Everything that was said, for a failed assertion.
    pub(crate) fn told(&self) -> String {
        format!("exit {:?}\n--- stdout\n{}\n--- stderr\n{}", self.code, self.out, self.err)
    }
}

/// Runs a command that makes no run directory.
pub(crate) fn say<I: AsRef<OsStr>>(args: impl IntoIterator<Item = I>) -> Played {
    said(&firedrill(args).output().expect("the program starts"))
}

fn said(output: &Output) -> Played {
    Played {
        code: output.status.code(),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
        dir: PathBuf::new(),
    }
}

/// A run's `summary.json`.
pub(crate) fn summary(run: &Path) -> Value {
    serde_json::from_slice(&read(run, "summary.json")).expect("JSON")
}

/// Every record of a run's journal, in order, as `report` exports it.
pub(crate) fn records(run: &Path) -> Vec<Value> {
    let export = say(["report", "--format", "jsonl", &run.display().to_string()]);
    export.out.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

/// Whether a run is inconclusive for nothing but its own sender's slowness.
pub(crate) fn sender_was_slow(run: &Path) -> bool {
    let summary = summary(run);
    let reasons = summary["reasons"].as_array().map_or(&[][..], Vec::as_slice);
    !reasons.is_empty()
        && reasons.iter().all(|reason| reason.as_str().is_some_and(|text| text.starts_with("the sender")))
}

/// A file of a run.
pub(crate) fn read(run: &Path, name: &str) -> Vec<u8> {
    let path = run.join(name);
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A number in a summary.
#[track_caller]
pub(crate) fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("no number: {value}"))
}

/// Waits in real time.
#[expect(clippy::disallowed_methods, reason = "tests from outside stand outside the world")]
pub(crate) fn pause(millis: u64) {
    std::thread::sleep(Duration::from_millis(millis));
}

/// A small drill of four seconds: two routes, a freeze of the senders on the first one.
pub(crate) const TINY: &str = "
firedrill: 1
name: tiny
regions: { hk: {}, shenzhen: {} }
links: { hk-shenzhen: { latency: 5ms } }
endpoints:
  dingtalk: { kind: dingtalk, edition: mainland, region: shenzhen, limits: off }
  teams: { kind: teams, region: shenzhen, limits: off }
groups: { office: { count: 5, region: hk }, factory: { count: 5, region: shenzhen } }
journeys:
  order:
    from: office
    to: factory
    send: chat
    rate: 20/s
    deadline: 500ms
    routes: [dingtalk, teams]
    failover: { by: journey, after: { failures: 3 }, decide: 100ms, resend: unconfirmed, back: never }
phases: { warmup: 500ms, baseline: 1500ms, fault: 1s, recovery: 1s }
injects:
  freeze: { during: fault, account_freeze: { endpoint: dingtalk, group: office } }
grace: 2s
targets:
  all-arrived: { expr: \"undelivered{journey=order} == 0\", level: must }
";
