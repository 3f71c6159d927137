//! However a drill ends, what it did outside is undone; and if it cannot be, everybody is told.

use crate::common::read;
use crate::rig::{Rig, signal};

/// A program that tells that it was run, and an undo that takes a second and a half.
fn slow(rig: &Rig) -> String {
    let undo = "echo began >> PLACE/undoing; sleep 1.5; echo undone >> PLACE/undone";
    rig.shells("echo done > PLACE/done", undo, "")
}

/// A drill of that program, which has just been run.
fn acting() -> (Rig, std::process::Child) {
    let rig = Rig::new();
    let child = rig.start(&slow(&rig));
    rig.await_file("done");
    (rig, child)
}

#[test]
fn the_first_interrupt_undoes() {
    let (rig, child) = acting();
    signal(&child, "-INT");
    let played = rig.0.ended(child);
    assert_eq!(played.code, Some(130), "{}", played.told());
    assert_eq!(rig.lines("undone"), 1);
    assert!(rig.clean(&[]).code == Some(0));
}

#[test]
fn the_second_interrupt_waits_for_the_undo() {
    let (rig, child) = acting();
    signal(&child, "-INT");
    rig.await_file("undoing");
    signal(&child, "-INT");
    let played = rig.0.ended(child);
    assert_eq!(played.code, Some(130), "{}", played.told());
    assert!(played.err.contains("is being undone"), "{}", played.told());
    assert_eq!((rig.lines("undoing"), rig.lines("undone")), (1, 1));
}

#[test]
fn the_third_interrupt_ends_at_once_and_the_log_knows() {
    let (rig, child) = acting();
    signal(&child, "-INT");
    rig.await_file("undoing");
    signal(&child, "-INT");
    crate::common::pause(100);
    signal(&child, "-INT");
    let output = child.wait_with_output().expect("it ends");
    let err = String::from_utf8_lossy(&output.stderr);
    // Something is left, which comes before the interrupt, and whoever sits there is told what and how it is undone.
    assert_eq!(output.status.code(), Some(6), "{err}");
    for said in ["`switch` is still in force outside", "it is undone by: sh -c", "firedrill clean --allow-actions "] {
        assert!(err.contains(said), "{said}: {err}");
    }
    assert_eq!(rig.clean(&[]).code, Some(6));
}

#[test]
fn a_terminal_that_goes_away_undoes_too() {
    let (rig, child) = acting();
    signal(&child, "-HUP");
    assert_eq!(rig.0.ended(child).code, Some(130));
    assert_eq!(rig.lines("undone"), 1);
}

#[test]
fn an_interrupt_cuts_short_what_is_being_done_and_undoes_it() {
    let rig = Rig::new();
    let file = rig.shells("echo began > PLACE/done; sleep 600", "echo undone >> PLACE/undone", "");
    let child = rig.start(&file);
    rig.await_file("done");
    signal(&child, "-TERM");
    let played = rig.0.ended(child);
    assert_eq!(played.code, Some(130), "{}", played.told());
    assert_eq!(rig.lines("undone"), 1);
    assert_eq!(played.summary()["injects"][0]["action"]["calls"][0]["end"], "cut");
}

#[test]
fn a_drill_that_fails_undoes() {
    let rig = Rig::new();
    let file = rig.shells("echo done > PLACE/done", "echo undone >> PLACE/undone", "");
    let text = std::fs::read_to_string(&file)
        .expect("a file")
        .replace("undelivered{journey=order} == 0", "max(delivery_latency) <= 1us");
    let played = rig.run(&rig.0.file("late.yaml", &text));
    assert!(matches!(played.code, Some(1 | 3)), "{}", played.told());
    assert_eq!(rig.lines("undone"), 1);
}

#[test]
fn an_undo_that_fails_is_told_everywhere_and_tried_again() {
    let rig = Rig::new();
    let undo = "echo tried >> PLACE/tries; test -e PLACE/mended || { echo still broken; exit 9; }";
    let file = rig.shells("true", undo, "");
    let played = rig.run(&file);
    assert_eq!(played.code, Some(6), "{}", played.told());
    assert_eq!(rig.lines("tries"), 2, "at the end of the inject, and at the end of the drill");
    for said in ["still in force outside", "firedrill clean --allow-actions"] {
        assert!(played.err.contains(said), "{said}: {}", played.told());
    }
    assert!(played.out.contains("an undo failed"), "{}", played.told());
    let summary = played.summary();
    assert!(summary["findings"][0]["text"].as_str().is_some_and(|text| text.contains("still broken")), "{summary}");
    assert_eq!((&summary["exit_code"], &summary["findings"][0]["kind"]), (&6.into(), &"left_behind".into()));
    assert_eq!(summary["injects"][0]["action"]["left"], true);
    assert!(summary["injects"][0]["lifted_s"].is_null());
    let manifest = String::from_utf8(read(&played.dir, "manifest.json")).expect("text");
    assert!(manifest.contains("undo.jsonl"), "{manifest}");
    // Who judges it again is told the same.
    let again = crate::common::say(["judge", played.dir.to_str().expect("a path")]);
    assert_eq!(again.code, Some(6), "{}", again.told());
    // The next drill warns, and cleaning up says what is wrong until it is mended.
    let next = rig.0.play("run", &rig.0.file("tiny.yaml", crate::common::TINY), &["--quiet"]);
    assert!(next.err.contains("left something outside") && next.err.contains("firedrill clean"), "{}", next.told());
    let cleaned = rig.clean(&["--allow-actions"]);
    assert_eq!(cleaned.code, Some(6), "{}", cleaned.told());
    assert!(cleaned.err.contains("still broken"), "{}", cleaned.told());
    std::fs::write(rig.path("mended"), "").expect("room");
    assert_eq!(rig.clean(&["--allow-actions"]).code, Some(0));
    assert_eq!(rig.lines("tries"), 4);
    assert_eq!(rig.clean(&["--allow-actions"]).code, Some(0));
    assert_eq!(rig.lines("tries"), 4, "what is undone is not undone again");
}

/// As where a disk is full: no report can be written, and still the exit code says what is worst.
#[test]
fn what_is_left_is_told_by_the_exit_code_even_if_no_report_can_be_written() {
    let rig = Rig::new();
    let file = rig.shells("for run in PLACE/reports/outside/2*; do mkdir $run/summary.json; done", "exit 9", "");
    let played = rig.run(&file);
    assert!(played.err.contains("summary.json"), "{}", played.told());
    assert_eq!(played.code, Some(6), "{}", played.told());
}

/// The signal that comes with the limit would end the drill before anything is undone.
#[test]
fn a_limit_of_file_sizes_undoes() {
    let rig = Rig::new();
    // 4 KiB: the journal meets it while the inject is on; the plan does not.
    let file = rig.shells("echo done > PLACE/done", "echo undone >> PLACE/undone", "");
    let (limit, program) = ("ulimit -f 8; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_firedrill"));
    let out = std::process::Command::new("sh")
        .args(["-c", limit, program, "run", &file, "--quiet", "--allow-actions", "--reports"])
        .arg(rig.0.reports())
        .output()
        .expect("a shell");
    let err = String::from_utf8_lossy(&out.stderr);
    assert_eq!((out.status.code(), rig.lines("done"), rig.lines("undone")), (Some(5), 1, 1), "{err}");
    assert!(err.contains("File too large"), "{err}");
    assert_eq!(rig.clean(&[]).code, Some(0));
}

/// Two injects that are over at once: the second stands on what the first has done.
fn nested(rig: &Rig, when: [&str; 2]) -> String {
    let one = |name: &str, when: &str, undo: &str| {
        let (run, undo) = (format!("echo {name} >> PLACE/done"), format!("{undo}echo {name} >> PLACE/undone"));
        format!("{name}: {{ {when}, exec: {{ run: [sh, -c, {run:?}], undo: [sh, -c, {undo:?}] }} }}")
    };
    let both = format!("{}, {}", one("ground", when[0], ""), one("roof", when[1], "sleep 0.7; "));
    let text = std::fs::read_to_string(rig.drill("exec: {}")).expect("a file");
    let text = text.replace("switch: { during: fault, exec: {} }", &both);
    rig.0.file("nested.yaml", &text.replace("PLACE", &rig.0.path().display().to_string()))
}

#[test]
fn of_what_is_over_at_once_the_last_is_undone_first() {
    // At the end of a phase, and at the end of the drill.
    for when in [["at: 1s, for: 2s", "at: 2s, for: 1s"], ["at: 1s, for: 2500ms", "at: 2s, for: 1500ms"]] {
        let rig = Rig::new();
        let played = rig.run(&nested(&rig, when));
        assert!(matches!(played.code, Some(0 | 3)), "{}", played.told());
        let undone = std::fs::read_to_string(rig.path("undone")).expect("undone");
        assert_eq!(undone, "roof\nground\n", "{when:?}");
    }
}
