//! A target that rests on what somebody claimed: whose figure that is, and whether anyone verified it, stands wherever the target is told.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::common::{Place, Played, TINY, read, say};

/// Both targets ask the same of the same drill: one by a figure of somebody else's, one by a figure of one's own.
const CLAIMED: &str = "\
claims:
  way: { value: 30ms, op: \"<=\", kind: vendor_claim, source: their sales sheet, verified: false, note: on a good day }
targets:
  theirs: { expr: \"p50(delivery_latency{journey=order}) <= claim(way)\", level: must }
  ours: { expr: \"p50(delivery_latency{journey=order}) <= 30ms\", level: must }
";

const VERIFIED: (&str, &str) = ("verified: false", "verified: true");
const UNVERIFIED: &str = "theirs: claim way (a vendor's or an article's statement: their sales sheet; not verified)";

/// Between a figure and its unit a page of HTML has one that does not break.
const SPACE: char = '\u{a0}';

/// The half of a round trip alone takes 5 ms.
const SHORTER: (&str, &str) = ("30ms", "1ms");

fn claimed(changes: &[(&str, &str)]) -> String {
    let (drill, _) = TINY.split_once("targets:\n").expect("targets");
    changes.iter().fold(format!("{drill}{CLAIMED}"), |text, (words, instead)| {
        assert!(text.contains(words), "no `{words}`");
        text.replace(words, instead)
    })
}

fn rehearsed(place: &Place, changes: &[(&str, &str)], code: i32) -> Played {
    let played = place.play("rehearse", &place.file("claimed.yaml", &claimed(changes)), &["--quiet"]);
    assert_eq!(played.code, Some(code), "{}", played.told());
    played
}

/// What a report says beside a target of what is promised, in its table of targets, as `target: whose figure that is`.
fn beside(run: &Path, format: &str, target: &str) -> String {
    let (file, row, from, to) = match format {
        "markdown" => ("report.md", format!("| **{target}** ("), " 30 ms (", ") | "),
        "html" => ("report.html", format!("<th scope=\"row\">{target}<"), " 30 ms<small>", "</small>"),
        _ => unreachable!("two of them have tables"),
    };
    let text = String::from_utf8(read(run, file)).expect("text").replace("&#39;", "'").replace(SPACE, " ");
    let row = text.lines().find(|line| line.starts_with(&row)).unwrap_or_else(|| panic!("no {target}: {text}"));
    let whose = row.split_once(from).and_then(|(_, rest)| rest.split_once(to));
    format!("{target}: {}", whose.map_or("", |(whose, _)| whose))
}

/// What is told of a target, but for its name and its words.
fn verdict(summary: &Value, target: usize) -> Value {
    let mut told = summary["targets"][target].clone();
    for word in ["id", "expr", "claim"] {
        told.as_object_mut().expect("a target").remove(word);
    }
    told
}

#[test]
fn who_said_so_and_whether_it_is_verified_stands_beside_the_target() {
    let place = Place::new();
    let played = rehearsed(&place, &[], 0);
    let summary = played.summary();
    let claims = json!([{ "name": "way", "value": "30ms", "op": "<=", "kind": "vendor_claim", "source": "their sales sheet",
        "verified": false, "note": "on a good day" }]);
    assert_eq!(summary["claims"], claims);
    assert_eq!([0, 1].map(|target| &summary["targets"][target]["claim"]), [&json!("way"), &Value::Null]);
    for format in ["markdown", "html"] {
        assert_eq!(beside(&played.dir, format, "theirs"), UNVERIFIED, "{format}");
        assert_eq!(beside(&played.dir, format, "ours"), "ours: ", "{format}");
    }
    let words = played.out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains(&UNVERIFIED["theirs: ".len()..]), "{words}");
    // The other way round: each claim, what rests on it, and what a verdict on it does not show.
    let markdown = String::from_utf8(read(&played.dir, "report.md")).expect("text");
    let row = "| **way** (on a good day) | at most 30ms | a vendor's or an article's statement | their sales sheet | \
               **✘ not verified** | theirs |";
    let not_shown = "It does not show that the claims marked as not verified are true.";
    assert!(markdown.contains(row) && markdown.contains(not_shown), "{markdown}");
    // Of a claim that somebody verified it says so instead.
    let verified = rehearsed(&place, &[VERIFIED], 0);
    for format in ["markdown", "html"] {
        let told = beside(&verified.dir, format, "theirs");
        assert_eq!(told, UNVERIFIED.replace("not verified", "verified"), "{format}");
    }
    let markdown = String::from_utf8(read(&verified.dir, "report.md")).expect("text");
    assert!(markdown.contains("**✔ yes** | theirs |") && !markdown.contains("not verified"), "{markdown}");
}

/// Before anything is played: what the figure is that somebody claims, who, and whether anyone verified it.
#[test]
fn a_plan_tells_what_is_claimed_and_by_whom() {
    let place = Place::new();
    let planned = |changes| say(["plan", &place.file("claimed.yaml", &claimed(changes))]).out;
    let promised = "p50(delivery_latency{journey=order}) <= claim(way)";
    let below = |plan: &str| {
        let mut lines = plan.lines().skip_while(|line| !line.contains(promised)).skip(1);
        lines.next().unwrap_or_default().trim().to_owned()
    };
    let whose = UNVERIFIED.replace("theirs", "30ms");
    assert_eq!(below(&planned(&[])), whose);
    assert_eq!(below(&planned(&[VERIFIED])), whose.replace("not verified", "verified"));
}

/// A drill compares what it saw with the figure, whoever's that is: provenance is told beside the verdict and never changes it. That a
/// must-target rests on what nobody verified is told before anything is played, and hinders nobody.
#[test]
fn an_unverified_claim_decides_as_any_other_figure_and_is_told_beforehand() {
    for (changes, code, verdicts) in [(&[][..], 0, "pass"), (&[SHORTER][..], 1, "fail")] {
        let place = Place::new();
        let summary = rehearsed(&place, changes, code).summary();
        let verified = rehearsed(&place, &[changes, &[VERIFIED]].concat(), code).summary();
        assert_eq!((&summary["verdict"], &summary["targets"][0]["verdict"]), (&verdicts.into(), &verdicts.into()));
        assert_eq!(verdict(&summary, 0), verdict(&summary, 1));
        assert_eq!(verdict(&summary, 0), verdict(&verified, 0));
    }
    let lint = |changes: &[(&str, &str)]| {
        let place = Place::new();
        let told = say(["check", "--format", "json", &place.file("claimed.yaml", &claimed(changes))]);
        assert_eq!(told.code, Some(0), "{}", told.told());
        let found: Value = serde_json::from_str(&told.out).expect("JSON");
        let found = found[0]["diagnostics"].as_array().expect("a list").clone();
        found.into_iter().find(|one| one["code"] == "unverified-claim")
    };
    let told = lint(&[]).expect("a lint");
    let below = claimed(&[]).lines().position(|line| line.contains("theirs:")).expect("the target") + 1;
    assert_eq!((told["severity"].as_str(), told["line"].as_u64()), (Some("lint"), Some(below as u64)), "{told}");
    assert_eq!(told["message"], "target `theirs` must hold, and rests on `way`, which nobody has verified");
    assert_eq!(told["hint"], "verify the claim, write a figure of your own, or `level: should`");
    // Each of what it advises is enough.
    for advice in [VERIFIED, ("claim(way)", "30ms"), ("claim(way)\", level: must", "claim(way)\", level: should")] {
        assert_eq!(lint(&[advice]), None, "{advice:?}");
    }
}

/// The journal has what was claimed, so that whoever judges it by promises of his own may rest them on it.
#[test]
fn other_promises_on_the_same_claim_are_told_with_it() {
    let place = Place::new();
    let run = rehearsed(&place, &[], 0).dir;
    let alone = place.path().join("alone");
    fs::create_dir_all(&alone).expect("a directory");
    fs::copy(run.join("journal/journal.fdj"), alone.join("journal.fdj")).expect("a copy");
    let targets = "targets: { mine: { expr: \"max(delivery_latency{phase=baseline}) <= claim(way)\", level: must } }\n";
    let file = place.file("mine.yaml", targets);
    let judged = say(["judge", &alone.display().to_string(), "--targets", &file, "--format", "markdown"]);
    let beside = "at most 30 ms (claim way (a vendor's or an article's statement: their sales sheet; not verified)) | ";
    assert!(judged.out.contains(beside) && judged.out.contains("**✘ not verified** | mine |"), "{}", judged.told());
}
