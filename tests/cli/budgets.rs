//! Error budgets over the calendar: which month and quarter a drill's outages are laid on, and that it stays so.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::common::{Place, Played, TINY, number, read, say};

/// A short drill that promises an availability of a month, with more at its top.
fn promising(place: &Place, name: &str, more: &str) -> String {
    let slo = "targets:\n  slo: { expr: \"availability{journey=order} >= 99%\", window: month }\n";
    assert!(TINY.contains("\ntargets:\n"), "{TINY}");
    place.file(name, &format!("{more}{}", TINY.replace("targets:\n", slo)))
}

fn rehearse(place: &Place, file: &str, start: &str) -> Played {
    place.play("rehearse", file, &["--start", start, "--quiet"])
}

/// Window, period, zone and minutes of every budget.
fn told(played: &Played) -> Vec<(String, Option<String>, Option<String>, f64)> {
    let word = |value: &Value| value.as_str().map(str::to_owned);
    let budget = |budget: &Value| {
        let window = word(&budget["window"]).expect("a window");
        (window, word(&budget["period"]), word(&budget["zone"]), number(&budget["minutes"]))
    };
    played.summary()["budgets"].as_array().expect("budgets").iter().map(budget).collect()
}

/// Month and quarter by one zone.
fn calendar(
    month: (&str, f64),
    quarter: (&str, f64),
    zone: &str,
) -> Vec<(String, Option<String>, Option<String>, f64)> {
    let one = |window: &str, (period, minutes): (&str, f64)| {
        (window.to_owned(), Some(period.to_owned()), Some(zone.to_owned()), minutes)
    };
    vec![one("month", month), one("quarter", quarter)]
}

#[test]
fn the_moment_of_the_start_and_the_zone_decide_the_month() {
    let place = Place::new();
    let file = promising(&place, "hk.yaml", "");
    // Midnight in Hong Kong is 16:00 UTC; 2028 has a leap February.
    let before = rehearse(&place, &file, "2028-02-29T15:59:59Z");
    assert_eq!(told(&before), calendar(("2028-02", 41_760.0), ("2028-Q1", 131_040.0), "Asia/Hong_Kong"));
    let after = rehearse(&place, &file, "2028-02-29T16:00:00Z");
    assert_eq!(told(&after), calendar(("2028-03", 44_640.0), ("2028-Q1", 131_040.0), "Asia/Hong_Kong"));
    // A thousandth's tenfold of the minutes, in seconds.
    let allowed = |played: &Played| number(&played.summary()["budgets"][0]["allowed_s"]);
    assert!((allowed(&before) - 25_056.0).abs() < 0.1 && (allowed(&after) - 26_784.0).abs() < 0.1);
    let report = String::from_utf8(read(&before.dir, "report.md")).expect("text");
    assert!(report.contains("2028-02 (Asia/Hong_Kong, 41,760 min)"), "{report}");
    // Elsewhere it is February still.
    let zone = promising(&place, "utc.yaml", "zone: \"+00:00\"\n");
    let elsewhere = rehearse(&place, &zone, "2028-02-29T16:00:00Z");
    assert_eq!(told(&elsewhere), calendar(("2028-02", 41_760.0), ("2028-Q1", 131_040.0), "+00:00"));
    // The plan does not say when it is played: it is the same, and its digest with it.
    assert_eq!(read(&before.dir, "plan.json"), read(&after.dir, "plan.json"));
    assert_eq!(before.summary()["plan_sha256"], after.summary()["plan_sha256"]);
}

#[test]
fn a_start_gives_the_same_bytes_and_its_journal_the_same_window() {
    let place = Place::new();
    let file = promising(&place, "hk.yaml", "");
    let runs = ["2026-11-30T16:00:00Z", "2026-11-30T16:00:00Z"].map(|start| rehearse(&place, &file, start));
    for name in ["journal/journal.fdj", "summary.json", "report.md", "report.html", "junit.xml", "plan.json"] {
        assert!(read(&runs[0].dir, name) == read(&runs[1].dir, name), "{name} differs");
    }
    let alone = place.path().join("alone");
    fs::create_dir_all(&alone).expect("a directory");
    fs::copy(runs[0].dir.join("journal/journal.fdj"), alone.join("journal.fdj")).expect("a copy");
    let judge = |run: &Path, more: &[&str]| {
        let run = run.display().to_string();
        say(["judge", &run].into_iter().chain(more.iter().copied()))
    };
    assert_eq!(judge(&alone, &["--format", "json"]).out.as_bytes(), read(&runs[0].dir, "summary.json"));
    assert_eq!(judge(&alone, &["--format", "markdown"]).out.as_bytes(), read(&runs[0].dir, "report.md"));
    // Another promise is judged by the calendar of the run.
    let target = "targets: { q: { expr: \"availability{journey=order} >= 99.9%\", window: quarter, level: must } }\n";
    let other = judge(&alone, &["--targets", &place.file("other.yaml", target), "--format", "json"]);
    let other: Value = serde_json::from_str(&other.out).expect("JSON");
    let budget = &other["budgets"][0];
    assert_eq!((&budget["period"], number(&budget["minutes"])), (&"2026-Q4".into(), 132_480.0));
}

#[test]
fn a_window_of_a_length_has_no_calendar() {
    let place = Place::new();
    let file = promising(&place, "rolling.yaml", "");
    let text = fs::read_to_string(&file).expect("the file").replace("window: month", "window: { rolling: 30d }");
    let played = rehearse(&place, &place.file("rolling.yaml", &text), "2026-02-01T00:00:00Z");
    let told = told(&played);
    assert_eq!(told[0], ("rolling".to_owned(), None, None, 43_200.0));
    assert_eq!(told[1..], calendar(("2026-02", 40_320.0), ("2026-Q1", 129_600.0), "Asia/Hong_Kong"));
}
