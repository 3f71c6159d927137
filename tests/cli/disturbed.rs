//! Runs that are broken off, and runs that meet.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command};

use crate::common::{Place, Played, TINY, pause, read, say, scenario, sender_was_slow};

/// The small drill, drawn out at its end: some of what is pushed in the recovery vanishes, so that receipts are awaited after it.
fn drawn_out() -> String {
    let lost = "  lost: { during: recovery, silent_loss: { chance: 50% } }\ngrace: 5s";
    TINY.replace("grace: 2s", lost)
}

/// Waits until the play says that it is in a phase, and goes on reading what it says.
fn until(child: &mut Child, phase: &str) -> std::thread::JoinHandle<String> {
    let mut lines = BufReader::new(child.stderr.take().expect("a pipe")).lines();
    let mut said = String::new();
    for line in lines.by_ref().map_while(Result::ok) {
        said += &line;
        if line.contains(&format!("  {phase}")) {
            return std::thread::spawn(move || {
                lines.map_while(Result::ok).fold(said, |said, line| said + "\n" + &line)
            });
        }
    }
    panic!("never in {phase}: {said}");
}

fn signal(child: &Child, name: &str) {
    let status = Command::new("kill").args([name, &child.id().to_string()]).status().expect("kill");
    assert!(status.success());
}

/// Ctrl-C in a phase: an orderly end with a partial report and a sealed journal.
fn interrupted(phase: &str) {
    let place = Place::new();
    let mut child = place.command("run", &place.file("tiny.yaml", &drawn_out()), &[]).spawn().expect("it starts");
    let rest = until(&mut child, phase);
    pause(150);
    signal(&child, "-INT");
    let played = place.ended(child);
    let err = rest.join().expect("no panic");
    assert_eq!(played.code, Some(130), "{phase}: {err}\n{}", played.out);
    assert!(!err.contains("panicked"), "{phase}: {err}");
    assert!(played.out.contains("INTERRUPTED"), "{phase}: {}", played.out);
    let summary = played.summary();
    assert_eq!((&summary["verdict"], &summary["ended"]), (&"interrupted".into(), &"interrupted".into()), "{phase}");
    assert!(summary["messages"]["intended"].as_u64() > Some(0), "{phase}: what was played is reported: {summary}");
    for file in ["report.html", "report.md", "junit.xml", "manifest.json", "environment.json"] {
        assert!(!read(&played.dir, file).is_empty(), "{phase}: {file}");
    }
    let judged = say(["judge", &played.dir.display().to_string(), "--format", "json"]);
    assert_eq!(judged.code, Some(130), "{phase}: {}", judged.told());
    assert_eq!(judged.out.as_bytes(), read(&played.dir, "summary.json"), "{phase}");
    assert!(!judged.err.contains("no seal"), "{phase}: {}", judged.err);
    let export = say(["report", &played.dir.display().to_string(), "--format", "jsonl"]).out;
    let last = export.lines().last().expect("a record");
    assert!(last.contains("\"record\":\"seal\"") && last.contains("\"interrupted\""), "{phase}: {last}");
}

/// All at once: each of them plays for seconds and computes little.
#[test]
fn interrupted_in_each_phase() {
    std::thread::scope(|scope| {
        for phase in ["warmup", "baseline", "fault", "recovery", "awaiting receipts"] {
            scope.spawn(move || interrupted(phase));
        }
    });
}

/// A rehearsal is interrupted as a run is, however fast its time goes.
#[test]
fn a_rehearsal_is_interrupted_too() {
    let place = Place::new();
    let file = scenario("account-freeze");
    // Twenty hours, 146,000 messages: seconds in any build. The journal stands as soon as it plays.
    let long = ["--quiet", "--set", "phases.fault=20h"];
    let child = place.command("rehearse", &file, &long).spawn().expect("it starts");
    while !place.runs().iter().any(|run| run.join("journal/journal.fdj").exists()) {
        pause(5);
    }
    pause(200);
    signal(&child, "-INT");
    let played = place.ended(child);
    assert_eq!(played.code, Some(130), "{}", played.told());
    assert_eq!(played.summary()["verdict"], "interrupted");
    assert!(played.summary()["duration_s"].as_f64() < Some(72_000.0));
}

/// Whoever cannot wait presses twice.
#[test]
fn the_second_interrupt_ends_at_once() {
    let place = Place::new();
    let mut child = place.command("run", &place.file("tiny.yaml", TINY), &[]).spawn().expect("it starts");
    let rest = until(&mut child, "baseline");
    signal(&child, "-INT");
    signal(&child, "-INT");
    assert_eq!(place.ended(child).code, Some(130));
    drop(rest);
}

/// A killed run: what was journalled is judged and rendered, and both say that the run did not finish.
#[test]
fn a_killed_run_can_be_judged_and_rendered() {
    let place = Place::new();
    let mut child = place.command("run", &place.file("tiny.yaml", TINY), &[]).spawn().expect("it starts");
    let rest = until(&mut child, "recovery");
    pause(300);
    signal(&child, "-KILL");
    let played = place.ended(child);
    drop(rest.join());
    assert_eq!(played.code, None, "a signal ended it");
    assert!(!played.dir.join("summary.json").exists());
    for file in ["scenario.yaml", "plan.json", "environment.json"] {
        assert!(!read(&played.dir, file).is_empty(), "{file} stood before anything started");
    }
    let run = played.dir.display().to_string();
    unfinished(&say(["judge", &run]), 3);
    let told = say(["report", &run]);
    unfinished(&told, 0);
    let summary = played.summary();
    assert_eq!(summary["verdict"], "inconclusive");
    // Blocks close every second; the kill came 0.3 s into the fourth: at least the first two seconds stand, 20 messages in each.
    assert!(summary["messages"]["intended"].as_u64() >= Some(40), "{}", summary["messages"]);

    // A power cut would have torn the last write.
    let journal = played.dir.join("journal/journal.fdj");
    let bytes = fs::read(&journal).expect("it is there");
    fs::write(&journal, &bytes[..bytes.len() - 7]).expect("room");
    let torn = say(["judge", &run]);
    unfinished(&torn, 3);
    assert!(torn.err.contains("middle of a block"), "{}", torn.err);
}

#[track_caller]
fn unfinished(told: &Played, code: i32) {
    assert_eq!(told.code, Some(code), "{}", told.told());
    assert!(told.err.contains("did not finish") && !told.err.contains("panicked"), "{}", told.told());
}

/// Two at once, in one place for reports: two directories, and both are what they would be alone.
#[test]
fn two_runs_at_once_do_not_meet() {
    let place = Place::new();
    let file = place.file("tiny.yaml", TINY);
    let start = |command: &str| place.command(command, &file, &["--quiet"]).spawn().expect("it starts");
    let children = ["run", "run", "rehearse", "rehearse"].map(start);
    let outputs = children.map(|child| child.wait_with_output().expect("it ends"));
    let runs = place.runs();
    assert_eq!(runs.len(), 4, "{runs:?}");
    let mut virtually = Vec::new();
    for run in &runs {
        let judged = say(["judge", &run.display().to_string(), "--format", "json"]);
        // Four at once may be more than this machine sends in time; then they say so, and nothing else.
        let code = if sender_was_slow(run) { 3 } else { 0 };
        assert_eq!(judged.code, Some(code), "{}", judged.told());
        let same = outputs.iter().filter(|output| output.status.code() == Some(code)).count();
        assert!(same > 0, "{:?}", outputs.each_ref().map(|output| output.status));
        let bytes = read(run, "summary.json");
        assert_eq!(judged.out.as_bytes(), bytes);
        if run.display().to_string().contains("-virtual-") {
            virtually.push(bytes);
        }
    }
    assert_eq!(virtually[0], virtually[1]);
}
