//! How drills end: decisions that are carried out while draining, slow drills that are not steady, a sender that was stopped, a cut that
//! must not eat the descriptors, a journal whose last block finds no room.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::common::second_reader::reread;
use crate::common::turns::Turn;
use crate::common::{Place, number, pause, read, say, scenario, sender_was_slow, summary};

/// Ten senders, four recipients, two routes; the first one is frozen, or cut off, from 3 s to 7 s.
const DRILL: &str = "\
firedrill: 1
name: endings
regions: { hk: {}, shenzhen: {} }
links: { hk-shenzhen: { latency: 10ms } }
endpoints:
  dingtalk: { kind: dingtalk, edition: mainland, region: shenzhen, limits: off }
  lite: { kind: dingtalk, edition: lite, region: hk, limits: off }
groups: { office: { count: 10, region: hk }, factory: { count: 4, region: hk } }
journeys:
  order:
    from: office
    to: factory
    rate: 50/s
    deadline: 500ms
    routes: [dingtalk, lite]
    failover: { by: journey, after: { failures: 3 }, decide: 3s, resend: unconfirmed }
phases: { baseline: 3s, fault: 4s, recovery: 2s }
injects: { trouble: { during: fault, account_freeze: { endpoint: dingtalk, group: office } } }
targets: { arrived: { expr: \"undelivered{journey=order} == 0\", level: must } }
";

fn drill(place: &Place, changes: &[(&str, &str)]) -> String {
    let text = changes.iter().fold(DRILL.to_owned(), |text, (words, instead)| {
        assert!(text.contains(words), "no `{words}`");
        text.replace(words, instead)
    });
    place.file("endings.yaml", &text)
}

#[test]
fn a_decision_is_carried_out_after_the_last_phase() {
    let _turn = Turn::to("rehearse");
    let place = Place::new();
    // Reached at about 3.06 s, so the switch is due at 11.06 s, two seconds after the end; everything in the outbox then still arrives.
    let file = drill(&place, &[("decide: 3s", "decide: 8s")]);
    let played = place.play("rehearse", &file, &["--quiet"]);
    assert_eq!(played.code, Some(0), "{}", played.told());
    assert!(number(&played.summary()["duration_s"]) > 11.0, "{}", played.told());
}

#[test]
fn a_slow_drill_that_is_not_steady_is_inconclusive_at_once() {
    let _turn = Turn::to("rehearse");
    let place = Place::new();
    let steady = "targets: { steady: { expr: \"max(delivery_latency) <= 1ms\", phase: baseline, level: must },";
    let changes = [("rate: 50/s", "rate: 20/h"), ("baseline: 3s", "baseline: 1h"), ("targets: {", steady)];
    let played = place.play("rehearse", &drill(&place, &changes), &["--quiet"]);
    assert_eq!(played.code, Some(3), "{}", played.told());
    // Nobody waits for the next due moment, three minutes later.
    assert!(number(&played.summary()["duration_s"]) < 3_601.0, "{}", played.told());
}

#[test]
fn a_sender_that_was_stopped_is_blamed_and_not_the_system() {
    let _turn = Turn::to("run");
    let place = Place::new();
    let child = place.command("run", &drill(&place, &[]), &["--quiet"]).spawn().expect("the program starts");
    pause(8_000);
    let signal = |name: &str| {
        let done = Command::new("kill").args([name, &child.id().to_string()]).status().expect("kill");
        assert!(done.success());
    };
    // It stops for one of the two seconds that are left. Of the fifty messages due meanwhile those within the deadline of half a second are
    // sent late, and the others not at all; none of that is anybody else's fault.
    signal("-STOP");
    pause(1_000);
    signal("-CONT");
    let played = place.ended(child);
    assert_eq!(played.code, Some(3), "{}", played.told());
    let sender = &played.summary()["sender"];
    assert!(number(&sender["lag_ms"]["max"]) > 300.0 && number(&sender["unsent_lag"]) > 15.0, "{sender}");
    assert!(!sender["slow"].as_array().expect("a list").is_empty(), "{sender}");
}

#[test]
fn a_cut_keeps_no_descriptor_of_those_who_gave_up() {
    let _turn = Turn::to("run");
    let place = Place::new();
    let freeze = "account_freeze: { endpoint: dingtalk, group: office }";
    let file = drill(&place, &[(freeze, "partition: { link: hk-shenzhen }")]);
    // 50 attempts a second for the 3.5 s until the switch would leave 175 connections, and twice as many descriptors, besides the about
    // 300 that the drill says it needs.
    let limited = format!(
        "ulimit -n 400; exec \"{}\" run \"{file}\" --quiet --reports \"{}\"",
        env!("CARGO_BIN_EXE_firedrill"),
        place.reports().display()
    );
    let play = || Command::new("sh").args(["-c", &limited]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut played = place.ended(play().expect("sh"));
    // Again, as every play that measures, if this machine was too busy to send in time.
    for _ in 0..2 {
        if !sender_was_slow(&played.dir) {
            break;
        }
        played = place.ended(play().expect("sh"));
    }
    assert_eq!(played.code, Some(0), "{}", played.told());
}

#[test]
fn a_journal_that_is_not_all_there_proves_nothing() {
    let _turn = Turn::to("rehearse");
    let place = Place::new();
    let whole = place.play("rehearse", &scenario("quickstart"), &["--variant", "short", "--quiet"]);
    assert_eq!(whole.code, Some(0), "{}", whole.told());
    // The limit counts blocks of 512 bytes, and cuts off the last of them.
    let blocks = (read(&whole.dir, "journal/journal.fdj").len() - 1) / 512;
    let limited = format!(
        "trap '' XFSZ; ulimit -f {blocks}; exec \"{}\" rehearse \"{}\" --variant short --quiet --reports \"{}\"",
        env!("CARGO_BIN_EXE_firedrill"),
        scenario("quickstart"),
        place.path().join("limited").display()
    );
    let out = Command::new("sh").args(["-c", &limited]).output().expect("sh");
    assert_eq!(out.status.code(), Some(5), "{}", String::from_utf8_lossy(&out.stderr));
    let latest = place.path().join("limited/quickstart/latest");
    assert_eq!(summary(Path::new(&latest))["verdict"], "error");
}

/// One message in two seconds, under way for 0.4 s of the second that it may take.
const SELDOM: &str = "\
firedrill: 1
name: seldom
regions: { hk: {}, shenzhen: {} }
links: { hk-shenzhen: { latency: 100ms } }
endpoints: { dingtalk: { kind: dingtalk, edition: mainland, region: shenzhen, limits: off } }
groups: { office: { count: 1, region: hk }, factory: { count: 1, region: hk } }
journeys: { order: { from: office, to: factory, rate: 30/min, deadline: 1s, routes: [dingtalk] } }
phases: { baseline: 3s, fault: 4s, recovery: 1s }
injects: { slower: { during: fault, latency: { endpoint: dingtalk, constant: 1ms } } }
grace: 1s
targets: { up: { expr: \"availability >= 90%\", phase: fault, level: must, confidence: point, min_samples: 1 } }
";

#[test]
fn a_sender_that_stood_still_while_it_waited_is_blamed_and_not_the_system() {
    let _turn = Turn::to("run");
    let place = Place::new();
    let mut child = place.command("run", &place.file("seldom.yaml", SELDOM), &[]).spawn().expect("the program starts");
    let mut said = BufReader::new(child.stderr.take().expect("a pipe")).lines().map_while(Result::ok);
    // It says so about a tenth of a second after 3 s.
    said.find(|line| line.contains("  fault")).expect("it comes to that");
    pause(1_000);
    let signal = |name: &str| {
        let done = Command::new("kill").args([name, &child.id().to_string()]).status().expect("kill");
        assert!(done.success());
    };
    // What was due at 4 s is under way, and nothing else is due before 6 s: no message is sent late. What comes for it is not read.
    signal("-STOP");
    pause(1_500);
    signal("-CONT");
    said.for_each(drop);
    let played = place.ended(child);
    assert_eq!(played.code, Some(3), "{}", played.told());
    let summary = played.summary();
    let sender = &summary["sender"];
    let stalled = &sender["stalled"][0];
    assert!(number(&stalled["to_s"]) - number(&stalled["from_s"]) > 1.4 && sender["unsent_lag"] == 0, "{sender}");
    assert!(sender["slow"].as_array().expect("a list").is_empty(), "{sender}");
    let why = summary["targets"][0]["why"].as_str().expect("a reason").to_owned();
    assert!(why.starts_with("the sender stood still from ") && why.contains("messages of order"), "{why}");
    assert_eq!(summary["reasons"][0], why.as_str());
    // A reader of its own makes the same of the rows that the journal has of it, from the first to the last; six digits are told.
    let (found, stalled) = (&reread(&played.dir)["stalled"], sender["stalled"].as_array().expect("a list"));
    let found = found.as_array().expect("a list");
    assert!(!found.is_empty() && found.iter().all(|one| one[0] == "order"), "{found:?}");
    let (first, last) = (&found[0][1], &found[found.len() - 1][2]);
    for (told, read) in [(&stalled[0]["from_s"], first), (&stalled[stalled.len() - 1]["to_s"], last)] {
        assert!((number(told) - number(read)).abs() <= 0.5e-5, "{found:?} {sender}");
    }
    // The journal alone says so, too.
    let judged = say(["judge", &played.dir.display().to_string(), "--format", "json"]);
    assert_eq!(judged.code, Some(3), "{}", judged.told());
}

/// What is drained early is in no phase any more, whatever the plan would have played by then.
#[test]
fn a_drill_that_ends_early_names_no_phase_afterwards() {
    let place = Place::new();
    let unsteady =
        "targets: { steady: { expr: \"availability >= 90%\", phase: baseline, level: must, confidence: point } }";
    let file = drill(
        &place,
        &[
            ("targets: { arrived: { expr: \"undelivered{journey=order} == 0\", level: must } }", unsteady),
            (
                "trouble: { during: fault, account_freeze: { endpoint: dingtalk, group: office } }",
                "trouble: { at: 0s, for: 7s, silent_loss: { endpoint: dingtalk } }",
            ),
        ],
    );
    let played = crate::play(&place, "run", &file, &["--set", "grace=3s"]);
    assert_eq!(played.summary()["ended"], "not_steady", "{}", played.told());
    let lines: Vec<&str> = played.err.lines().filter(|line| line.contains(" on their way · ")).collect();
    assert!(lines.iter().any(|line| line.contains("s  baseline")), "{}", played.err);
    assert!(lines.last().is_some_and(|line| line.contains("s  awaiting receipts")), "{}", played.err);
    assert!(!lines.iter().any(|line| line.contains("s  fault") || line.contains("s  recovery")), "{}", played.err);
}
