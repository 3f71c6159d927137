//! What the machine refuses is said before anything is played, with exit code 5; what a platform refuses is a finding.
//!
//! A port that is taken cannot happen: every listener of a drill asks the system for a free one (port 0).

use std::fs;
use std::process::{Command, Stdio};

use crate::common::{Place, TINY, firedrill, pause, say};

/// Said before the drill starts, as the environment's fault, with a way out.
#[track_caller]
fn refused(reports: &str, told: &[&str]) {
    let place = Place::new();
    let file = place.file("tiny.yaml", TINY);
    let output = firedrill(["rehearse", &file, "--reports", reports]).output().expect("the program starts");
    let err = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(5), "{reports}: {err}");
    assert!(output.stdout.is_empty(), "{reports}");
    for word in told {
        assert!(err.contains(word), "{reports} should say `{word}`: {err}");
    }
}

#[test]
fn a_report_directory_that_is_a_file() {
    let place = Place::new();
    let file = place.file("taken", "by something else");
    refused(&file, &[&file, "--reports"]);
}

#[test]
fn a_report_directory_where_nothing_can_be_made() {
    // Even for root: no directory can be made in /proc.
    refused("/proc/firedrill", &["/proc/firedrill", "--reports"]);
}

/// A file system of 64 KiB, as root or in a user namespace; the drill's journal may need more, which is said with both figures.
#[test]
fn a_full_disk_is_told_before_the_drill() {
    let place = Place::new();
    let (file, disk) = (place.file("tiny.yaml", TINY), place.path().join("disk"));
    fs::create_dir(&disk).expect("a directory");
    let script = "mount -t tmpfs -o size=64k tmpfs \"$1\" || exit 99
        \"$2\" rehearse \"$3\" --reports \"$1\"; code=$?; find \"$1\" -type f | head -1; exit $code";
    let attempt = |namespace: &[&str]| {
        let mut command = Command::new("unshare");
        command.args(namespace).args(["sh", "-c", script, "sh"]).arg(&disk);
        command.arg(env!("CARGO_BIN_EXE_firedrill")).arg(&file).stdin(Stdio::null());
        command.output().expect("util-linux has unshare")
    };
    let ways: [&[&str]; 2] = [&["--mount"], &["--mount", "--map-root-user"]];
    let played = ways.into_iter().map(attempt).find(|output| {
        let refused = String::from_utf8_lossy(&output.stderr);
        output.status.code() != Some(99) && !refused.contains("unshare failed")
    });
    let played = played.unwrap_or_else(|| {
        println!("nothing can be mounted here; a limit on the size of files stands in for the full disk");
        full_by_limit(&file, &disk)
    });
    let err = String::from_utf8_lossy(&played.stderr);
    assert_eq!(played.status.code(), Some(5), "{err}");
    assert!(played.stdout.is_empty(), "nothing was written: {}", String::from_utf8_lossy(&played.stdout));
    assert!(err.contains("free space") || err.contains("cannot write"), "{err}");
}

/// Where nothing can be mounted: a process that may write no file at all larger than nothing has as good as a full disk.
fn full_by_limit(file: &str, disk: &std::path::Path) -> std::process::Output {
    let script = "trap '' XFSZ; ulimit -f 0; exec \"$1\" rehearse \"$2\" --reports \"$3\"";
    let mut command = Command::new("sh");
    command.args(["-c", script, "sh", env!("CARGO_BIN_EXE_firedrill"), file]).arg(disk);
    command.output().expect("a shell")
}

/// The journal fits when the drill starts and does not when it has run for a while: the figures stand, but nothing proves them.
#[test]
fn a_disk_that_fills_up_while_playing_is_the_environments_failure() {
    let place = Place::new();
    let file = place.file("tiny.yaml", TINY);
    // 6 KiB a file hold the scenario, the plan and block 0, and not the records of eighty messages.
    let script = "trap '' XFSZ; ulimit -f 12; exec \"$1\" rehearse \"$2\" --reports \"$3\"";
    let mut command = Command::new("sh");
    command.args(["-c", script, "sh", env!("CARGO_BIN_EXE_firedrill"), &file]).arg(place.reports());
    let output = command.output().expect("a shell");
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(5), "{err}");
    assert!(err.contains("journal.fdj") && err.contains("File too large") && err.contains("--reports"), "{err}");
    assert!(!err.contains("panicked"), "{err}");
    assert!(out.contains("ERROR"), "the figures that were gathered are shown, and what they are worth: {out}");
    let run = place.runs().pop().expect("a run directory");
    let judged = say(["judge", &run.display().to_string()]);
    assert_eq!(judged.code, Some(3), "what was journalled is judged: {}", judged.told());
}

/// A report that nobody could read is no success; a reader that had enough is one.
#[test]
fn standard_output_that_takes_nothing_is_an_error() {
    let place = Place::new();
    let run = place.play("rehearse", &place.file("tiny.yaml", TINY), &["--quiet"]).dir.display().to_string();
    for args in [vec!["judge", &run], vec!["report", &run, "--format", "jsonl"]] {
        let full = fs::OpenOptions::new().write(true).open("/dev/full").expect("Linux has it");
        let output = firedrill(&args).stdout(full).output().expect("the program starts");
        assert_eq!(output.status.code(), Some(5), "{args:?}");
        let err = String::from_utf8_lossy(&output.stderr);
        assert!(err.contains("standard output") && !err.contains("panicked"), "{args:?}: {err}");

        let mut child = firedrill(&args).spawn().expect("the program starts");
        drop(child.stdout.take());
        let output = child.wait_with_output().expect("it ends");
        assert_eq!(output.status.code(), Some(0), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn too_few_descriptors_are_told_with_the_figures() {
    let place = Place::new();
    let file = place.file("tiny.yaml", TINY);
    // Both limits, so that the program cannot raise the one to the other.
    let script = "ulimit -n 40 && exec \"$1\" run \"$2\" --reports \"$3\"";
    let mut command = Command::new("sh");
    command.args(["-c", script, "sh", env!("CARGO_BIN_EXE_firedrill"), &file]).arg(place.reports());
    let output = command.output().expect("a shell");
    let err = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(5), "{err}");
    let figures = err.split(|c: char| !c.is_ascii_digit()).filter_map(|word| word.parse::<u32>().ok());
    let figures: Vec<_> = figures.collect();
    assert!(figures.contains(&40) && figures.iter().any(|need| *need > 40), "both figures: {err}");
    assert!(err.contains("ulimit -n"), "{err}");
    assert_eq!(place.runs(), Vec::<std::path::PathBuf>::new(), "no run was begun");
}

/// A drill's command, with so many open files allowed, and no way to raise them.
fn limited(place: &Place, files: u32, text: &str) -> Command {
    let file = place.file("limited.yaml", text);
    let mut command = Command::new("sh");
    let script = format!("ulimit -n {files} && exec \"$1\" run \"$2\" --quiet --reports \"$3\"");
    command.args(["-c", &script, "sh", env!("CARGO_BIN_EXE_firedrill"), &file]).arg(place.reports());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// What a drill says it needs, at least and at most.
fn said_to_need(text: &str) -> (usize, usize) {
    let output = limited(&Place::new(), 40, text).output().expect("a shell");
    let err = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(5), "{err}");
    let figures: Vec<usize> = err.split(|c: char| !c.is_ascii_digit()).filter_map(|word| word.parse().ok()).collect();
    assert_eq!(figures.len(), 4, "{err}");
    (figures[0], figures[1])
}

/// A hundred messages of which none is under way for long, and each may be for a minute: of messages in flight there may be 7,500.
const PATIENT: &str = "
firedrill: 1
name: patient
regions: { hk: {} }
endpoints: { erp: { kind: erp, region: hk } }
groups: { buyers: { count: 20, region: hk }, clerks: { count: 20, region: hk } }
journeys: { order: { from: buyers, to: clerks, send: webhook, rate: 100/s, deadline: 1m, timeout: 1m, routes: [erp] } }
phases: { baseline: 1s }
targets: { arrived: { expr: \"undelivered == 0\", level: must } }
";

#[test]
fn what_may_need_many_descriptors_and_does_not_is_played() {
    let place = Place::new();
    let output = limited(&place, 2_000, PATIENT).output().expect("a shell");
    let err = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{err}");
    assert_eq!(place.runs().len(), 1, "{err}");
    assert!(err.contains("2000") && err.contains("ulimit -n 30"), "what it may come to is said: {err}");
}

/// Nobody answers, so that after some seconds there are none left.
#[test]
fn what_runs_out_of_descriptors_ends_and_proves_nothing() {
    let place = Place::new();
    let stuck = PATIENT
        .replace("baseline: 1s", "baseline: 1s, fault: 4s")
        .replace("targets:", "injects: { silence: { during: fault, timeout: { endpoint: erp } } }\ntargets:");
    let output = limited(&place, 600, &stuck).output().expect("a shell");
    let err = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(5), "{err}");
    let summary = fs::read_to_string(place.runs()[0].join("summary.json")).expect("a summary");
    assert!(summary.contains("\"verdict\": \"error\""), "{summary}");
}

/// Two routes with receipts of several kinds, and somebody who reads a ledger.
const SEVERAL: &str = "
firedrill: 1
name: several
regions: { hk: {}, shenzhen: {} }
links: { hk-shenzhen: { latency: 5ms } }
endpoints:
  dingtalk: { kind: dingtalk, edition: mainland, region: shenzhen, limits: off }
  teams: { kind: teams, region: shenzhen, limits: off, receipts: notification }
  erp: { kind: erp, region: hk }
groups: { office: { count: 30, region: hk }, factory: { count: 30, region: shenzhen } }
journeys:
  order: { from: office, to: factory, send: chat, rate: 60/s, deadline: 2s, timeout: 1s, routes: [dingtalk, teams] }
  book: { from: factory, to: office, send: webhook, rate: 60/s, deadline: 5s, timeout: 1s, routes: [erp] }
phases: { baseline: 3s }
targets: { arrived: { expr: \"undelivered == 0\", level: must } }
";

/// What it says before the start is held against what it has open while it plays.
#[test]
#[cfg(target_os = "linux")]
fn what_a_drill_has_open_lies_between_what_it_says() {
    let (least, most) = said_to_need(SEVERAL);
    let place = Place::new();
    let mut child = limited(&place, 4_000, SEVERAL).spawn().expect("a shell");
    let mut peak = 0;
    while child.try_wait().expect("its state").is_none() {
        let open = fs::read_dir(format!("/proc/{}/fd", child.id())).map_or(0, Iterator::count);
        peak = peak.max(open);
        pause(5);
    }
    let output = child.wait_with_output().expect("it ends");
    assert_ne!(output.status.code(), Some(5), "{}", String::from_utf8_lossy(&output.stderr));
    assert!((least..=most).contains(&peak), "{peak} open files: at least {least}, at most {most}");
    // Sixty connections of senders, sixty of receivers that are held or ask, with four ends each.
    assert!(least >= 480 && most <= 2 * peak, "{peak} open files: at least {least}, at most {most}");
}

/// The soft limit is only a default: the program raises it by itself as far as it may.
#[test]
fn a_low_soft_limit_is_raised() {
    let place = Place::new();
    let file = place.file("tiny.yaml", TINY);
    let script = "ulimit -S -n 40 && exec \"$1\" run \"$2\" --quiet --reports \"$3\"";
    let mut command = Command::new("sh");
    command.args(["-c", script, "sh", env!("CARGO_BIN_EXE_firedrill"), &file]).arg(place.reports());
    let output = command.output().expect("a shell");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
}

/// The small drill with its first route at port 1 of loopback, which is reserved and nobody's.
fn gone() -> String {
    let twin = "dingtalk: { kind: dingtalk, edition: mainland, region: shenzhen, limits: off";
    assert!(TINY.contains(twin));
    TINY.replace(twin, &format!("{twin}, url: \"http://127.0.0.1:1\""))
}

/// Nobody listens at the only route's address: every attempt fails, the steady state does not hold, and nothing is injected.
#[test]
fn an_endpoint_that_is_gone_is_a_finding_and_no_crash() {
    let place = Place::new();
    let failover =
        "    failover: { by: journey, after: { failures: 3 }, decide: 100ms, resend: unconfirmed, back: never }\n";
    let gone = gone().replace("routes: [dingtalk, teams]", "routes: [dingtalk]").replace(failover, "");
    let played = place.play("run", &place.file("gone.yaml", &gone), &["--quiet"]);
    assert_eq!(played.code, Some(3), "{}", played.told());
    assert!(!played.err.contains("panicked"), "{}", played.told());
    let summary = played.summary();
    assert_eq!((&summary["verdict"], &summary["ended"]), (&"inconclusive".into(), &"not_steady".into()));
    assert_eq!(summary["injects"][0]["hits"], 0, "nothing was injected");
    assert!(summary["injects"][0]["applied_s"].is_null());
    assert_eq!(summary["messages"]["accepted"], 0);
}

/// With a second route the journey leaves the first one in the warm-up; the freeze there then hits nobody, and the drill says so.
#[test]
fn a_first_route_that_is_gone_leaves_nothing_to_freeze() {
    let place = Place::new();
    let played = place.play("run", &place.file("gone.yaml", &gone()), &["--quiet"]);
    assert_eq!(played.code, Some(3), "{}", played.told());
    assert!(played.out.contains("no fault bit in phase fault"), "{}", played.out);
    let summary = played.summary();
    assert_eq!(summary["messages"]["accepted"], summary["messages"]["intended"]);
}
