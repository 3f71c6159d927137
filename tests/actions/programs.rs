//! Programs: what they see, what they leave, and what becomes of those that do not end.

use crate::common::{number, read};
use crate::rig::{Rig, lives};

#[test]
fn the_undo_stands_in_the_log_before_the_program_runs_and_is_struck_out_after() {
    let rig = Rig::new();
    let log = "PLACE/reports/outside/latest/undo.jsonl";
    let run = format!("cp {log} PLACE/seen && echo done");
    let file = rig.shells(&run, "echo undone >> PLACE/undone", "");
    let played = rig.run(&file);
    assert!(matches!(played.code, Some(0 | 3)), "{}", played.told());
    let seen = String::from_utf8(std::fs::read(rig.path("seen")).expect("the program saw it")).expect("text");
    assert!(seen.contains("\"undo\"") && seen.contains(">> ") && seen.ends_with('\n'), "{seen}");
    let after = String::from_utf8(read(&played.dir, "undo.jsonl")).expect("text");
    assert!(after.contains("\"undone\"") && !seen.contains("\"undone\""), "{after}");
    assert_eq!(rig.lines("undone"), 1);
    let summary = played.summary();
    let inject = &summary["injects"][0];
    let [act, undo] = &inject["action"]["calls"].as_array().expect("calls")[..] else { panic!("{inject}") };
    assert_eq!((&act["half"], &act["end"], &act["status"]), (&"act".into(), &"done".into(), &0.into()));
    assert_eq!((&undo["half"], &undo["end"]), (&"undo".into(), &"done".into()));
    assert_eq!(act["output"], "done");
    // It was in force from when the call had come back.
    let came_back = number(&act["began_s"]) + number(&act["took_s"]);
    assert!((number(&inject["applied_s"]) - came_back).abs() < 0.01 && number(&inject["lifted_s"]) >= 3.0, "{inject}");
    let said = String::from_utf8(read(&played.dir, "report.md")).expect("text");
    assert!(said.contains("was done outside") && said.contains("undone at"), "{said}");
}

#[test]
fn a_program_that_hangs_is_killed_with_its_children_and_undone() {
    let rig = Rig::new();
    let hang = "trap '' TERM; sleep 600 & echo $! > PLACE/child; echo $$ > PLACE/leader; wait; sleep 600";
    let file = rig.shells(hang, "echo undone >> PLACE/undone", ", timeout: 500ms");
    let played = rig.run(&file);
    assert_eq!(played.code, Some(5), "{}", played.told());
    assert_eq!(rig.lines("undone"), 1);
    for name in ["child", "leader"] {
        let pid = std::fs::read_to_string(rig.path(name)).expect("it began");
        assert!(!lives(&pid), "{name} {pid}");
    }
    let call = &played.summary()["injects"][0]["action"]["calls"][0];
    assert_eq!(call["end"], "timed_out");
    assert!(call["why"].as_str().is_some_and(|why| why.contains("500ms")), "{call}");
    assert!(played.summary()["injects"][0]["applied_s"].is_null());
}

#[test]
fn what_a_program_leaves_running_is_the_undo_s_to_end_and_nobody_waits_for_it() {
    let rig = Rig::new();
    // It holds the pipe that its parent's words go to.
    let file = rig.shells("sleep 600 & echo $! > PLACE/child", "kill $(cat PLACE/child)", "");
    let played = rig.run(&file);
    assert!(matches!(played.code, Some(0 | 3)), "{}", played.told());
    assert_eq!(played.summary()["injects"][0]["action"]["calls"][0]["end"], "done");
    assert!(!lives(&std::fs::read_to_string(rig.path("child")).expect("it began")));
}

#[test]
fn a_program_that_fails_ends_the_drill_and_is_undone_all_the_same() {
    let rig = Rig::new();
    let file = rig.shells("echo no such switch >&2; exit 3", "echo undone >> PLACE/undone", "");
    let played = rig.run(&file);
    assert_eq!(played.code, Some(5), "{}", played.told());
    assert_eq!(rig.lines("undone"), 1, "it may have been done half");
    let call = &played.summary()["injects"][0]["action"]["calls"][0];
    assert_eq!((&call["end"], &call["status"]), (&"failed".into(), &3.into()));
    assert_eq!(call["why"], "`sh` ended with status 3: no such switch");
    assert!(String::from_utf8(read(&played.dir, "report.md")).expect("text").contains("no such switch"));
}

#[test]
fn a_program_sees_nothing_of_the_drill_s_secrets_but_what_it_is_given() {
    let rig = Rig::new();
    let more = ", env: { GIVEN: \"a-${OUTSIDE_SECRET}-z\" }";
    let file = rig.shells("env; echo $GIVEN; printf %05000d 0; echo $GIVEN", "env > PLACE/env; echo $GIVEN", more);
    let mut command = rig.0.command("run", &file, &["--allow-actions"]);
    let child = command.env("OUTSIDE_SECRET", "hunter2hunter2").env("OUTSIDE_OTHER", "x").spawn().expect("it starts");
    let played = rig.0.ended(child);
    assert!(matches!(played.code, Some(0 | 3)), "{}", played.told());
    let env = std::fs::read_to_string(rig.path("env")).expect("the undo ran");
    assert!(env.contains("GIVEN=a-hunter2hunter2-z") && env.contains("PATH="), "{env}");
    assert!(!env.contains("OUTSIDE_"), "{env}");
    let output = &played.summary()["injects"][0]["action"]["calls"][0]["output"];
    let output = output.as_str().expect("text");
    assert!(output.contains("GIVEN=a-${OUTSIDE_SECRET}-z") && output.len() <= 4_096, "{output}");
    // Nowhere: neither in any file of the run, nor in what was said.
    assert!(!played.told().contains("hunter2"), "{}", played.told());
    for entry in [played.dir.clone(), played.dir.join("journal")] {
        for file in std::fs::read_dir(entry).expect("a directory").flatten().filter(|file| file.path().is_file()) {
            let bytes = std::fs::read(file.path()).expect("a file");
            assert!(!bytes.windows(7).any(|window| window == b"hunter2"), "{}", file.path().display());
        }
    }
}

#[test]
fn a_rehearsal_runs_nothing_says_so_and_is_the_same_every_time() {
    let rig = Rig::new();
    let more = ", env: { GIVEN: \"${NOBODY_SETS_THIS}\" }";
    let file = rig.shells("echo x >> PLACE/ran", "echo x >> PLACE/ran", more);
    let first = rig.0.play("rehearse", &file, &["--quiet"]);
    let second = rig.0.play("rehearse", &file, &["--quiet"]);
    assert_eq!((first.code, second.code), (Some(3), Some(3)), "{}", first.told());
    assert_eq!(rig.lines("ran"), 0);
    assert!(!first.dir.join("undo.jsonl").exists());
    for name in ["summary.json", "journal/journal.fdj", "report.html", "manifest.json"] {
        assert_eq!(read(&first.dir, name), read(&second.dir, name), "{name}");
    }
    let summary = first.summary();
    assert_eq!(summary["findings"][0]["kind"], "not_rehearsed");
    assert_eq!((&summary["injects"][0]["applied_s"], &summary["injects"][0]["lifted_s"]), (&1.0.into(), &3.0.into()));
    assert!(first.out.contains("a rehearsal calls nobody"), "{}", first.told());
}
