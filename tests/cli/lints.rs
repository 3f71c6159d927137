//! Every lint, as `firedrill check` tells it: the smallest scenario with one thing in it that is probably not meant.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::common::{Place, say};

const SMALL: &str = "\
firedrill: 1
name: small
regions: { hk: {}, shenzhen: {} }
links: { hk-shenzhen: { latency: 10ms } }
endpoints:
  dingtalk: { kind: dingtalk, edition: mainland, region: shenzhen }
  teams: { kind: teams, region: hk }
groups: { purchasing: { count: 20, region: hk }, factory: { count: 10, region: shenzhen } }
journeys:
  order: { from: purchasing, to: factory, rate: 2/s, deadline: 5s, routes: [dingtalk, teams] }
phases: { warmup: 1m, baseline: 10m, fault: 20m, recovery: 10m }
injects: { trouble: { during: fault, partition: {} } }
targets: { kept: { expr: \"lost == 0\", level: must } }
";

/// A lint, and what of the small scenario is replaced by what so that it is told.
type Case = (&'static str, &'static [(&'static str, &'static str)]);

const TARGET: &str = "kept: { expr: \"lost == 0\", level: must }";

const CASES: &[Case] = &[
    ("no-must-target", &[(", level: must", "")]),
    ("no-baseline", &[("baseline: 10m, ", "")]),
    ("vendor-limit", &[("rate: 2/s", "rate: 41/s")]),
    ("unused", &[("[dingtalk, teams]", "[dingtalk]")]),
    ("inject-phase", &[("during: fault", "at: 12m, for: 20m")]),
    ("never-hits", &[("partition: {}", "account_freeze: { endpoint: teams, group: factory, mode: send-only }")]),
    ("silent-route", &[("kind: teams,", "kind: teams, receipts: acceptance,")]),
    ("late-receipts", &[("edition: mainland,", "edition: mainland, receipts: read_status,")]),
    (
        "nobody-decides",
        &[(
            "routes: [dingtalk, teams]",
            "routes: [dingtalk, teams], failover: { by: journey, decide: 1m, on: runbook }",
        )],
    ),
    ("cannot-fail", &[(TARGET, "rto: { expr: \"recovery_time <= 2h\", level: must }")]),
    (
        "too-few-messages",
        &[(TARGET, "up: { expr: \"availability >= 99.99%\", phase: baseline, level: must, confidence: lower95 }")],
    ),
    ("nobody-leaves", &[(TARGET, "gone: { expr: \"time_to_revoke <= 15m\", level: must }")]),
    (
        "token-outlives-key",
        &[
            (
                "  teams: { kind: teams, region: hk }",
                "  idp: { kind: sso, region: hk, token_life: 20m, keys: { rotate: 10m, keep: 2 } }\n  \
                 shop: { kind: http, region: hk, send: { path: \"/{to}\", headers: { authorization: \"Bearer {token}\" }, \
                 text: \"{text}\" }, sso: idp }",
            ),
            ("[dingtalk, teams]", "[dingtalk, shop]"),
        ],
    ),
    ("missing-window", &[(TARGET, "up: { expr: \"availability >= 90%\", level: must }")]),
    (
        "short-window",
        &[
            (TARGET, "up: { expr: \"availability >= 90%\", window: month, level: must }"),
            ("recovery: 10m", "recovery: 672h"),
        ],
    ),
    (
        "rto-above-budget",
        &[
            (
                TARGET,
                "rto: { expr: \"recovery_time <= 45m\", level: must }\n\
             \x20 slo: { expr: \"availability >= 99.9%\", window: month, level: should }",
            ),
            ("targets: {", "targets:\n "),
            ("level: should } }", "level: should }"),
            ("fault: 20m", "fault: 1h"),
        ],
    ),
    ("coarse-gaps", &[(TARGET, "rto: { expr: \"recovery_time <= 10s\", level: must }")]),
    (
        "short-baseline",
        &[
            (TARGET, "rto: { expr: \"recovery_time <= 30m\", level: must }"),
            ("baseline: 10m", "baseline: 10s"),
            ("fault: 20m", "fault: 1h"),
        ],
    ),
    (
        "unverified-claim",
        &[
            (TARGET, "rto: { expr: \"recovery_time <= claim(rto)\", level: must }"),
            (
                "phases:",
                "claims: { rto: { value: 15m, kind: vendor_claim, source: somebody, verified: false } }\nphases:",
            ),
        ],
    ),
    (
        "never-written",
        &[
            ("kind: dingtalk, edition: mainland,", "kind: documents, lock: required,"),
            ("rate: 2/s,", "send: edit, documents: [q3], lock: none, rate: 2/s,"),
            ("to: factory, ", ""),
            ("[dingtalk, teams]", "[dingtalk]"),
        ],
    ),
];

/// Every file of Rust below a directory, but tests.
fn sources(below: &Path) -> Vec<PathBuf> {
    let entries: Vec<PathBuf> =
        fs::read_dir(below).expect("sources").map(|entry| entry.expect("an entry").path()).collect();
    let (directories, files): (Vec<_>, Vec<_>) = entries.into_iter().partition(|path| path.is_dir());
    let deeper = directories.iter().filter(|path| !path.ends_with("tests")).flat_map(|path| sources(path));
    files.into_iter().filter(|path| path.extension().is_some_and(|end| end == "rs")).chain(deeper).collect()
}

/// `CoarseGaps` as it is written in what is told.
fn written(code: &str) -> String {
    let mut written = String::new();
    for letter in code.chars() {
        if letter.is_uppercase() && !written.is_empty() {
            written.push('-');
        }
        written.push(letter.to_ascii_lowercase());
    }
    written
}

/// The lints that the sources tell.
fn told_by_the_sources() -> BTreeSet<String> {
    let mut lints = BTreeSet::new();
    for file in sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/scenario")) {
        let text = fs::read_to_string(&file).expect("a source");
        for call in text.split(".lint(").skip(1) {
            let code =
                call.trim_start().strip_prefix("Code::").unwrap_or_else(|| panic!("{}: no code", file.display()));
            lints.insert(written(&code[..code.find(|c: char| !c.is_alphanumeric()).expect("more")]));
        }
    }
    lints
}

#[test]
fn there_is_a_scenario_for_every_lint() {
    let shown: BTreeSet<String> = CASES.iter().map(|(code, _)| (*code).to_owned()).collect();
    assert_eq!(told_by_the_sources(), shown);
}

#[test]
fn every_lint_is_told_where_it_is_and_hinders_nobody() {
    let place = Place::new();
    let codes = |text: &str| -> Vec<String> {
        let told = say(["check", "--format", "json", &place.file("small.yaml", text)]);
        assert_eq!(told.code, Some(0), "{text}\n{}", told.told());
        let found: serde_json::Value = serde_json::from_str(&told.out).expect("JSON");
        assert_eq!(found[0]["good"], true, "{text}");
        let found = found[0]["diagnostics"].as_array().expect("a list").clone();
        for one in &found {
            assert!(one["severity"] == "lint" && one["line"].as_u64() > Some(0), "{one}");
            assert!(one["message"].as_str().is_some_and(|message| !message.is_empty()), "{one}");
        }
        found.iter().map(|one| one["code"].as_str().expect("a word").to_owned()).collect()
    };
    assert_eq!(codes(SMALL), [""; 0]);
    for (code, changes) in CASES {
        let text = changes.iter().fold(SMALL.to_owned(), |text, (words, instead)| {
            assert!(text.contains(words), "{code}: no `{words}`");
            text.replace(words, instead)
        });
        assert!(codes(&text).contains(&(*code).to_owned()), "{code}: {:?}\n{text}", codes(&text));
    }
}
