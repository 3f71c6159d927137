//! An independent reader, `tests/reader.py`, recomputes the figures of a run from its exported records and must agree with the summary.

mod common;

use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::common::{Place, number, say, scenario};

/// What the reader makes of a run.
fn reread(run: &str) -> Value {
    let export = say(["report", run, "--format", "jsonl"]);
    assert_eq!(export.code, Some(0), "{}", export.err);
    let reader = format!("{}/tests/reader.py", env!("CARGO_MANIFEST_DIR"));
    let mut python =
        Command::new("python3").arg(reader).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("python3");
    python.stdin.take().expect("a pipe").write_all(export.out.as_bytes()).expect("it reads all of it");
    let output = python.wait_with_output().expect("it ends");
    assert!(output.status.success());
    serde_json::from_slice(&output.stdout).expect("JSON")
}

#[track_caller]
fn agrees(name: &str, more: &[&str], outages: usize) {
    let place = Place::new();
    let played = place.play("rehearse", &scenario(name), &[more, &["--quiet"]].concat());
    assert_eq!(played.code, Some(0), "{}", played.told());
    let (summary, read) = (played.summary(), reread(&played.dir.display().to_string()));
    for count in ["intended", "accepted", "refused", "indeterminate", "unsent"] {
        assert_eq!(read["messages"][count], summary["messages"][count], "{count}");
    }
    for count in ["owed", "delivered"] {
        assert_eq!(read[count], summary["deliveries"][count], "{count}");
    }
    let audits = summary["audits"].as_array().map(Vec::as_slice).unwrap_or_default();
    assert_eq!(read["audits"].as_object().map_or(0, serde_json::Map::len), audits.len());
    for audit in audits {
        let read = &read["audits"][audit["gateway"].as_str().expect("a name")];
        for count in ["acts", "told", "missing", "wrong"] {
            assert_eq!(read[count], audit[count], "{count}: {audit}");
        }
    }
    let pairs = |value: &Value| value["journeys"].as_array().cloned().expect("a list");
    for (read, told) in pairs(&read).iter().zip(pairs(&summary)) {
        assert_eq!(read["id"], told["id"]);
        assert_eq!(read["n"], told["latency_ms"]["n"]);
        // Three digits of a histogram: a cell is at most a thousandth of its value wide, and its middle is told.
        let (exact, told_p99) = (number(&read["p99_s"]) * 1e3, number(&told["latency_ms"]["p99"]));
        assert!((exact - told_p99).abs() <= exact * 1e-3, "p99: {exact} ms read, {told_p99} ms told");
        let (read, told) = (read["outages"].as_array().expect("a list"), told["outages"].as_array().expect("a list"));
        assert_eq!((read.len(), told.len()), (outages, outages), "{read:?}, {told:?}");
        for (read, told) in read.iter().zip(told) {
            six_digits(&read[0], &told["start_s"]);
            six_digits(&read[1], &told["end_s"]);
        }
    }
}

/// The same to six significant digits, as printed figures are rounded; half a unit of the sixth is the bound.
#[track_caller]
fn six_digits(exact: &Value, told: &Value) {
    let (exact, told) = (number(exact), number(told));
    // 12.3456 has its sixth digit at 10⁻⁴: as many places after the point as there are digits left.
    let before = told.abs().trunc().to_string().len();
    let unit = 10_f64.powi(6 - i32::try_from(before).expect("few"));
    assert!((exact - told).abs() * unit <= 0.5 + 1e-6, "{exact} read, {told} told");
}

#[test]
fn the_quickstart() {
    agrees("quickstart", &[], 2);
}

#[test]
fn the_account_freeze() {
    agrees("account-freeze", &["--variant", "short"], 1);
}

/// Here messages go unanswered, and some arrive twice.
#[test]
fn the_network_cut() {
    agrees("network-cut", &["--variant", "short"], 1);
}

/// Everything goes by a gateway, whose audit trail is read; it is cut off, and forgets.
#[test]
fn the_hybrid_gateway() {
    agrees("hybrid-gateway", &["--variant", "short"], 1);
    let place = Place::new();
    let losing = "--set=endpoints.gateway.audit.keeps=50";
    let played = place.play("rehearse", &scenario("hybrid-gateway"), &["--variant", "short", losing, "--quiet"]);
    let (audit, read) = (played.summary()["audits"][0].clone(), reread(&played.dir.display().to_string()));
    assert!(audit["missing"].as_u64() > Some(0), "{audit}");
    assert_eq!(read["audits"]["gateway"]["missing"], audit["missing"], "{audit}");
}
