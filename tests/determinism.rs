//! One seed, one journal: the same drill in two processes whose circumstances differ as far as an operating system allows gives the
//! same bytes in every file but `environment.json`.

mod common;

use std::path::Path;
use std::process::{Child, Command, Stdio};

use firedrill::journal::Recording;

use crate::common::{Place, read, scenario};

/// Every file of a run but the one that holds facts of the machine.
const FILES: [&str; 8] = [
    "journal/journal.fdj",
    "summary.json",
    "scenario.yaml",
    "plan.json",
    "report.html",
    "report.md",
    "junit.xml",
    // It lists environment.json without a digest.
    "manifest.json",
];

/// An ordinary process.
fn plain(place: &Place, name: &str, more: &[&str]) -> Child {
    place.command("rehearse", &scenario(name), more).spawn().expect("it starts")
}

/// A process on one core without FMA and AVX, logging everything, elsewhere in the world and in the file system.
fn strange(place: &Place, name: &str, more: &[&str]) -> Child {
    let mut command = Command::new("taskset");
    command.args([
        "-c",
        "0",
        env!("CARGO_BIN_EXE_firedrill"),
        "rehearse",
        &scenario(name),
        "--reports",
        "here/and/there",
    ]);
    command.args(more).current_dir(place.path()).env_clear();
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("PADDING", "x".repeat(5_000));
    command.env("GLIBC_TUNABLES", "glibc.cpu.hwcaps=-FMA,-FMA4,-AVX2,-AVX2_Usable,-FMA_Usable,-AVX512F");
    command.env("TZ", "Asia/Hong_Kong").env("LANG", "zh_HK.UTF-8").env("LC_ALL", "zh_HK.UTF-8");
    command.env("RUST_LOG", "debug,tokio=trace");
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("taskset, of util-linux")
}

fn ended(mut child: Child) {
    // What it says is of no interest, and must not fill a pipe.
    drop((child.stdout.take(), child.stderr.take()));
    assert_eq!(child.wait().expect("it ends").code(), Some(0));
}

#[track_caller]
fn two_processes_give_the_same_bytes(name: &str, more: &[&str]) {
    let (here, elsewhere) = (Place::new(), Place::new());
    let mut more = more.to_vec();
    more.extend(["--seed", "20260101", "--quiet"]);
    let children = (plain(&here, name, &more), strange(&elsewhere, name, &more));
    ended(children.0);
    ended(children.1);
    let here = here.runs().pop().expect("a run");
    let there = elsewhere.path().join("here/and/there").join(name).join("latest");
    same_records(&here, &there);
    for file in FILES {
        assert!(read(&here, file) == read(&there, file), "{file} differs");
    }
    let listed = std::fs::read_dir(&here).expect("a list").count();
    assert_eq!(listed, FILES.len() + 1, "every file is compared, `journal/` as one, and environment.json left out");
}

/// Names the first record in which two journals differ.
#[track_caller]
fn same_records(here: &Path, there: &Path) {
    let open = |run: &Path| Recording::open(run).expect("a journal");
    let (here, there) = (open(here), open(there));
    assert_eq!(here.start, there.start, "block 0 differs");
    let mut there = there.records().expect("records");
    let mut read = 0;
    for mine in here.records().expect("records") {
        let (mine, theirs) = (mine.expect("a record"), there.next().map(|record| record.expect("a record")));
        assert_eq!(Some(&mine), theirs.as_ref(), "the first record that differs, after {read} that do not");
        read += 1;
    }
    assert_eq!(there.next().map(|record| record.expect("a record")), None, "one journal goes on after {read} records");
    assert!(read > 1_000, "{read} records are no drill");
}

/// In full: two hours.
#[test]
fn the_account_freeze() {
    two_processes_give_the_same_bytes("account-freeze", &[]);
}

#[test]
fn the_network_cut_within_half_a_minute() {
    two_processes_give_the_same_bytes("network-cut", &["--variant", "short"]);
}

#[test]
fn the_quickstart_within_twenty_seconds() {
    two_processes_give_the_same_bytes("quickstart", &["--variant", "short"]);
}

/// Another seed is another play: were it not, equal bytes would prove nothing.
#[test]
fn another_seed_gives_another_journal() {
    let place = Place::new();
    let runs = ["1", "2"].map(|seed| {
        let played =
            place.play("rehearse", &scenario("quickstart"), &["--variant", "short", "--quiet", "--seed", seed]);
        assert_eq!(played.code, Some(0), "{}", played.told());
        played.dir
    });
    assert!(read(&runs[0], "journal/journal.fdj") != read(&runs[1], "journal/journal.fdj"));
}
