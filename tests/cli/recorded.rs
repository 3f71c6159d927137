//! What a recorded run is good for: judging again, rendering again, from the journal alone.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::common::{Place, Played, TINY, number, read, say, scenario};

/// The quickstart's short variant, rehearsed.
fn recorded(place: &Place) -> Played {
    let played = place.play("rehearse", &scenario("quickstart"), &["--variant", "short", "--quiet"]);
    assert_eq!(played.code, Some(0), "{}", played.told());
    played
}

fn judge(run: &Path, more: &[&str]) -> Played {
    let run = run.display().to_string();
    say(["judge", &run].into_iter().chain(more.iter().copied()))
}

#[test]
fn the_journal_alone_gives_the_same_bytes() {
    let place = Place::new();
    let run = recorded(&place).dir;
    let alone = place.path().join("elsewhere");
    fs::create_dir_all(alone.join("journal")).expect("a directory");
    fs::copy(run.join("journal/journal.fdj"), alone.join("journal/journal.fdj")).expect("a copy");
    for at in [&run, &alone, &alone.join("journal"), &alone.join("journal/journal.fdj")] {
        let judged = judge(at, &["--format", "json"]);
        assert_eq!(judged.code, Some(0), "{}", judged.told());
        assert_eq!(judged.out.as_bytes(), read(&run, "summary.json"), "{}", at.display());
    }
    for (format, file) in [("markdown", "report.md"), ("junit", "junit.xml"), ("html", "report.html")] {
        assert_eq!(judge(&alone, &["--format", format]).out.as_bytes(), read(&run, file), "{file}");
    }
    let left: Vec<_> = fs::read_dir(&alone).expect("a list").flatten().map(|entry| entry.file_name()).collect();
    assert_eq!(left, ["journal"], "judging changes nothing");
}

/// Five hundred messages a second over real sockets, some of them lost, doubled, refused and late: what was folded record by record while
/// they went, and what the journal gives afterwards, are the same bytes.
#[test]
fn figures_folded_under_load_are_those_of_the_journal() {
    let place = Place::new();
    let freeze = "freeze: { during: fault, account_freeze: { endpoint: dingtalk, group: office } }";
    assert!(TINY.contains("rate: 20/s") && TINY.contains(freeze), "{TINY}");
    let more = format!(
        "{freeze}\n  lost: {{ during: fault, silent_loss: {{ endpoint: teams, chance: 20% }} }}\n  \
         twice: {{ during: recovery, duplicate: {{ capability: receive, chance: 20% }} }}\n  \
         unheard: {{ during: recovery, drop_reply: {{ how: close, capability: chat, chance: 10% }} }}"
    );
    let busy = TINY.replace("rate: 20/s", "rate: 500/s").replace(freeze, &more);
    let played = place.play("run", &place.file("busy.yaml", &busy), &["--quiet"]);
    let summary = played.summary();
    // 500 a second for 4 s.
    assert_eq!(summary["messages"]["intended"], 2_000, "{}", played.told());
    let some = |what: &str| summary["deliveries"][what].as_u64().is_some_and(|count| count > 0);
    assert!(some("lost") && some("duplicated"), "{}", played.told());
    let judged = judge(&played.dir.join("journal"), &["--format", "json"]);
    assert_eq!(judged.code, played.code, "{}", judged.told());
    assert_eq!(judged.out.as_bytes(), read(&played.dir, "summary.json"));
}

#[test]
fn other_targets_give_another_verdict_from_the_same_journal() {
    let place = Place::new();
    let run = recorded(&place).dir;
    let before = read(&run, "journal/journal.fdj");
    let ask = |expr: &str| {
        let file = place.file("targets.yaml", &format!("targets: {{ one: {{ expr: \"{expr}\", level: must }} }}\n"));
        judge(&run, &["--targets", &file])
    };
    // About two seconds were needed, as the drill's own target of three seconds says.
    assert_eq!(ask("recovery_time{journey=order} <= 10s").code, Some(0));
    let failed = ask("recovery_time{journey=order} <= 100ms");
    assert_eq!(failed.code, Some(1), "{}", failed.told());
    assert!(failed.out.contains("FAIL"), "{}", failed.out);
    // Between what is certain and what is possible nothing can be said.
    let unsure = ask("recovery_time{journey=order} <= 1s");
    assert_eq!(unsure.code, Some(3), "{}", unsure.told());
    let wrong = ask("recovery_time{journey=oder} <= 1s");
    assert_eq!(wrong.code, Some(2), "{}", wrong.told());
    assert!(wrong.err.contains("targets.yaml:1:") && wrong.err.contains("order"), "{}", wrong.err);
    assert_eq!(before, read(&run, "journal/journal.fdj"));
    assert_eq!(judge(&run, &[]).code, Some(0), "the run's own verdict stands");
}

/// Nobody can take a report by other promises for one by the run's own.
#[test]
fn a_report_says_that_its_promises_are_of_another_file() {
    let place = Place::new();
    let run = recorded(&place).dir;
    let file = place.file("other.yaml", "targets: { one: { expr: \"lost{journey=order} >= 1\", level: must } }\n");
    let digest = ring::digest::digest(&ring::digest::SHA256, &fs::read(&file).expect("it is there"));
    let digest: String = digest.as_ref().iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
    for format in ["terminal", "markdown", "html", "junit", "json"] {
        let told = judge(&run, &["--targets", &file, "--format", format]).out;
        let (said, own) = (told.contains(&digest), judge(&run, &["--format", format]).out);
        assert!(said && !own.contains(&digest) && !own.contains("judged_against"), "{format}: {told}");
        // What the scenario expects it expects of its own promises.
        assert!(!told.contains("The scenario expects"), "{format}: {told}");
        if matches!(format, "terminal" | "markdown" | "html") {
            let words = told.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(words.contains("Judged against") && words.contains("not against the run"), "{format}: {told}");
            assert!(own.contains("The scenario expects pass"), "{format}: {own}");
        }
    }
    let summary: Value =
        serde_json::from_str(&judge(&run, &["--targets", &file, "--format", "json"]).out).expect("JSON");
    assert_eq!(summary["judged_against"], serde_json::json!({ "file": file, "sha256": digest }));
    assert_eq!(summary["expectation"], Value::Null);
}

/// A percentile that nobody asked for when the drill was played: whether neighbours fare alike is looked up again for it.
#[test]
fn another_percentile_is_judged_by_what_its_messages_are_worth() {
    let place = Place::new();
    let run = recorded(&place).dir;
    let asked = |confidence: &str| {
        let target = format!("expr: \"p95(delivery_latency) <= 100ms\", level: must{confidence}");
        let file = place.file("targets.yaml", &format!("targets: {{ one: {{ {target} }} }}\n"));
        let judged = judge(&run, &["--targets", &file, "--format", "json"]);
        let summary: Value = serde_json::from_str(&judged.out).expect("JSON");
        summary["targets"][0].clone()
    };
    // A whole phase of the quickstart is slower than that, and messages wait in rows for whoever decides.
    let shown = asked("");
    assert_eq!(shown["confidence"], "upper95");
    assert!(number(&shown["n_effective"]) < number(&shown["n"]) / 10.0, "{shown}");
    assert!(number(&shown["low"]) <= number(&shown["observed"]), "{shown}");
    assert_eq!(asked(", confidence: point")["confidence"], "point");
}

#[test]
fn a_drill_that_fails_says_so_with_its_exit_code() {
    let place = Place::new();
    // The way alone takes 5 ms.
    let strict = TINY.replace("\"undelivered{journey=order} == 0\"", "\"p50(delivery_latency{journey=order}) <= 1ms\"");
    let played = place.play("rehearse", &place.file("strict.yaml", &strict), &["--quiet"]);
    assert_eq!(played.code, Some(1), "{}", played.told());
    assert_eq!((&played.summary()["verdict"], &played.summary()["exit_code"]), (&"fail".into(), &1.into()));
    assert_eq!(judge(&played.dir, &[]).code, Some(1));
}

#[test]
fn report_writes_every_file_again() {
    let place = Place::new();
    let run = recorded(&place).dir;
    let files = ["summary.json", "report.md", "report.html", "junit.xml", "manifest.json"];
    let before: Vec<_> = files.iter().map(|file| read(&run, file)).collect();
    for file in files {
        fs::remove_file(run.join(file)).expect("it was there");
    }
    let told = say(["report", &run.display().to_string()]);
    assert_eq!(told.code, Some(0), "{}", told.told());
    for (file, bytes) in files.iter().zip(before) {
        assert_eq!(read(&run, file), bytes, "{file}");
    }
}

#[test]
fn what_is_no_run_is_bad_usage() {
    let place = Place::new();
    for command in ["judge", "report"] {
        let told = say([command, &place.path().display().to_string()]);
        assert_eq!(told.code, Some(2), "{}", told.told());
        assert!(told.err.contains("no journal"), "{}", told.err);
    }
}

/// Whoever names a wrong file is told so, and not that somebody tampered with evidence.
#[test]
fn a_file_that_is_no_journal_is_not_called_altered() {
    let place = Place::new();
    for text in [TINY, "targets: {}\n"] {
        let file = place.file("mine.yaml", text);
        let told = say(["judge", &file]);
        assert_eq!(told.code, Some(2), "{}", told.told());
        assert!(told.err.contains("mine.yaml is not a journal of firedrill"), "{}", told.err);
    }
}

#[test]
fn a_directory_of_runs_leads_to_the_last_one() {
    let place = Place::new();
    place.play("rehearse", &place.file("tiny.yaml", TINY), &["--quiet"]);
    for directory in [place.reports(), place.reports().join("tiny")] {
        let told = say(["judge", &directory.display().to_string()]);
        let latest = place.reports().join("tiny/latest").display().to_string();
        assert!(told.code == Some(2) && told.err.contains(&format!("such as {latest}")), "{}", told.told());
        assert_eq!(say(["judge", &latest]).code, Some(0));
    }
}

/// One bit of the journal is turned: nothing is judged on it.
#[test]
fn an_altered_journal_is_not_judged() {
    let place = Place::new();
    let run = place.play("rehearse", &place.file("tiny.yaml", TINY), &["--quiet"]).dir;
    let path = run.join("journal/journal.fdj");
    let mut bytes = fs::read(&path).expect("it is there");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&path, bytes).expect("room");
    // Damaged evidence is neither a wrong word on the command line nor a pass.
    for command in ["judge", "report"] {
        let told = say([command, &run.display().to_string()]);
        assert_eq!(told.code, Some(1), "{}", told.told());
        assert!(told.err.contains("altered") && told.out.is_empty(), "{}", told.told());
        let codes = say([command, "--help"]).out;
        assert!(codes.contains("Exit codes:") && codes.contains("the journal was altered"), "{codes}");
    }
}

#[test]
fn latest_points_at_the_run() {
    let place = Place::new();
    let run = place.play("rehearse", &place.file("tiny.yaml", TINY), &["--quiet"]).dir;
    let latest = place.reports().join("tiny/latest");
    assert_eq!(fs::canonicalize(&latest).expect("a link"), fs::canonicalize(run).expect("a directory"));
    // What was copied may be a directory now: it stays, the play says so, and nothing else is left there.
    fs::remove_file(&latest).expect("a link");
    fs::create_dir(&latest).expect("room");
    let again = place.play("rehearse", &place.file("tiny.yaml", TINY), &["--quiet"]);
    assert!(again.err.contains("`latest` does not point at this run"), "{}", again.told());
    let names =
        fs::read_dir(place.reports().join("tiny")).expect("the runs").map(|one| one.expect("a run").file_name());
    assert_eq!(names.filter(|name| name.to_string_lossy().starts_with('.')).count(), 0);
}
