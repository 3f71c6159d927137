//! A drill that was killed leaves its log, and `clean` undoes what stands in it, once.

use std::fs;

use crate::common::{Played, pause};
use crate::rig::{Rig, signal};

/// Kills a drill when its program has run.
fn killed(rig: &Rig, undo: &str) {
    let file = rig.shells("echo done > PLACE/done", undo, "");
    let mut child = rig.start(&file);
    rig.await_file("done");
    // Let the call come back: what is tested is what stands between the two.
    pause(300);
    child.kill().expect("it is ours");
    child.wait().expect("it ends");
}

fn log(rig: &Rig) -> std::path::PathBuf {
    rig.0.runs().pop().expect("a run").join("undo.jsonl")
}

#[test]
fn what_a_killed_drill_did_is_undone_once() {
    let rig = Rig::new();
    killed(&rig, "echo undone >> PLACE/undone");
    let listed = rig.clean(&[]);
    assert_eq!(listed.code, Some(6), "{}", listed.told());
    for said in ["outside, begun 2", "switch, since", "echo done", "undone by: sh -c \"echo undone"] {
        assert!(listed.out.contains(said), "{said}: {}", listed.told());
    }
    let begun = listed.out.split_once("begun ").and_then(|(_, rest)| rest.split_once(" on ")).expect("when").0;
    assert!(
        begun.len() == "2026-11-26T09:03:56Z".len() && begun.ends_with('Z'),
        "as docs/actions.md shows it: {begun}"
    );
    assert!(listed.err.contains("--allow-actions"), "{}", listed.told());
    let dry = rig.clean(&["--dry-run", "--allow-actions"]);
    assert_eq!((dry.code, rig.lines("undone")), (Some(6), 0), "{}", dry.told());
    let cleaned = rig.clean(&["--allow-actions"]);
    assert_eq!((cleaned.code, rig.lines("undone")), (Some(0), 1), "{}", cleaned.told());
    for more in [&[][..], &["--allow-actions"], &["--dry-run"]] {
        let again = rig.clean(more);
        assert_eq!((again.code, rig.lines("undone")), (Some(0), 1), "{}", again.told());
        assert!(again.out.is_empty(), "{}", again.told());
    }
}

/// A disk that was full for a while leaves the beginning of a line.
#[test]
fn a_line_that_could_not_be_written_whole_does_not_spoil_the_log() {
    let rig = Rig::new();
    let file = rig.shells("echo done > PLACE/done", "echo undone >> PLACE/undone; exit 1", "");
    let child = rig.start(&file);
    rig.await_file("done");
    // Let the line that names the program be there.
    pause(300);
    let mut torn = fs::OpenOptions::new().append(true).open(log(&rig)).expect("a log");
    std::io::Write::write_all(&mut torn, b"{\"running\":{\"num").expect("room");
    let played = rig.0.ended(child);
    assert_eq!(played.code, Some(6), "{}", played.told());
    let listed = rig.clean(&[]);
    assert_eq!(listed.code, Some(6), "{}", listed.told());
    assert!(listed.out.contains("undone by: sh -c"), "{}", listed.told());
}

#[test]
fn nothing_is_undone_under_a_drill_that_still_runs() {
    let rig = Rig::new();
    let file = rig.shells("echo done > PLACE/done", "echo undone >> PLACE/undone", "");
    let child = rig.start(&file);
    rig.await_file("done");
    let told: Vec<Played> = [&["--allow-actions"][..], &["--forget"]].iter().map(|more| rig.clean(more)).collect();
    // Two seconds later it has undone it itself, and nobody else did.
    signal(&child, "-INT");
    assert_eq!(rig.0.ended(child).code, Some(130));
    for told in told {
        assert_eq!(told.code, Some(6), "{}", told.told());
        assert!(told.out.contains("still running"), "{}", told.told());
    }
    assert_eq!(rig.lines("undone"), 1);
}

#[test]
fn a_program_that_outlives_its_drill_is_waited_for() {
    let rig = Rig::new();
    let file = rig.shells("echo $$ > PLACE/done; exec sleep 600", "echo undone >> PLACE/undone", "");
    let mut child = rig.start(&file);
    rig.await_file("done");
    // The log has to name the program, which it does when the start of it is known here.
    pause(300);
    child.kill().expect("it is ours");
    child.wait().expect("it ends");
    let told = rig.clean(&["--allow-actions"]);
    assert_eq!((told.code, rig.lines("undone")), (Some(6), 0), "{}", told.told());
    let pid = fs::read_to_string(rig.path("done")).expect("it began");
    assert!(told.err.contains(&format!("kill -- -{}", pid.trim())), "{}", told.told());
    let done = std::process::Command::new("kill").args(["--", &format!("-{}", pid.trim())]).status().expect("kill");
    assert!(done.success());
    for _ in 0..100 {
        if !crate::rig::lives(&pid) {
            break;
        }
        pause(50);
    }
    assert_eq!((rig.clean(&["--allow-actions"]).code, rig.lines("undone")), (Some(0), 1));
}

#[test]
fn a_log_of_another_machine_is_left_alone_and_can_be_struck_out() {
    let rig = Rig::new();
    killed(&rig, "echo undone >> PLACE/undone");
    let text = fs::read_to_string(log(&rig)).expect("a log");
    let (before, rest) = text.split_once("\"host\":\"").expect("it names the machine");
    let (_, after) = rest.split_once('"').expect("a name");
    fs::write(log(&rig), format!("{before}\"host\":\"elsewhere-7\"{after}")).expect("room");
    let told = rig.clean(&["--allow-actions"]);
    assert_eq!((told.code, rig.lines("undone")), (Some(6), 0), "{}", told.told());
    assert!(told.err.contains("of the machine elsewhere-7"), "{}", told.told());
    let forgotten = rig.clean(&["--forget"]);
    assert_eq!((forgotten.code, rig.lines("undone")), (Some(0), 0), "{}", forgotten.told());
    assert_eq!(rig.clean(&[]).code, Some(0));
}

#[test]
fn a_secret_that_is_not_set_is_asked_for_by_its_name() {
    let rig = Rig::new();
    let more = ", env: { KEY: \"${OUTSIDE_SECRET}\" }";
    let file = rig.shells("echo done > PLACE/done", "echo $KEY > PLACE/undone", more);
    let mut command = rig.0.command("run", &file, &["--quiet", "--allow-actions"]);
    let mut child = command.env("OUTSIDE_SECRET", "hunter2").spawn().expect("it starts");
    rig.await_file("done");
    child.kill().expect("it is ours");
    child.wait().expect("it ends");
    assert!(!fs::read_to_string(log(&rig)).expect("a log").contains("hunter2"));
    let told = rig.clean(&["--allow-actions"]);
    assert_eq!(told.code, Some(6), "{}", told.told());
    assert!(told.err.contains("`OUTSIDE_SECRET` is not set"), "{}", told.told());
    let mut command = crate::common::firedrill(["clean", "--allow-actions"]);
    let output = command.arg(rig.0.reports()).env("OUTSIDE_SECRET", "another").output().expect("it starts");
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(fs::read_to_string(rig.path("undone")).expect("undone"), "another\n", "resolved anew");
}

#[test]
fn a_damaged_log_and_a_place_that_is_none_are_told() {
    let rig = Rig::new();
    killed(&rig, "echo undone >> PLACE/undone");
    let text = fs::read_to_string(log(&rig)).expect("a log");
    fs::write(log(&rig), text.replacen("\"act\"", "\"akt\"", 1)).expect("room");
    let told = rig.clean(&["--allow-actions"]);
    assert_eq!((told.code, rig.lines("undone")), (Some(5), 0), "{}", told.told());
    assert!(told.out.contains("line 2 of"), "{}", told.told());
    let nowhere = crate::common::say(["clean", "/nowhere/at/all"]);
    assert_eq!(nowhere.code, Some(2), "{}", nowhere.told());
}
