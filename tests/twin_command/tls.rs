//! HTTPS and wss, by a client that is not ours, and the private authority.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::common::{Place, say};
use crate::rig::Twin;

fn secured(kind: &str, ca: &str) -> Twin {
    Twin::start(&[kind, "--tls", "127.0.0.1:0", "--ca", ca])
}

/// What Python sees.
fn seen(twin: &Twin) -> Value {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/twin_command/client.py");
    let ca = twin.ready["ca"].as_str().expect("a file");
    let mut python = Command::new("python3");
    let output = python.args([script, &twin.https().to_string(), ca]).output().expect("python3 (Debian: python3)");
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {told}"))
}

#[test]
fn a_foreign_client_trusts_it_as_this_machine_and_as_the_platform_and_as_nobody_else() {
    let place = Place::new();
    let twin = secured("dingtalk", &place.path().join("ca").display().to_string());
    let mut seen = seen(&twin);
    let trusted = seen["trusted"].take();
    for (name, status) in trusted.as_object().expect("names") {
        assert_eq!(*status, 200, "{name}");
    }
    assert_eq!(trusted.as_object().map(serde_json::Map::len), Some(6));
    let wanted = json!({
        "alpn": "http/1.1", "version": "TLSv1.3", "trusted": null, "long": true,
        "switched": "HTTP/1.1 101 Switching Protocols", "heard": "over wss",
        "foreign name": "CERTIFICATE_VERIFY_FAILED", "not ours": "CERTIFICATE_VERIFY_FAILED",
    });
    assert_eq!(seen, wanted);
    assert_eq!(twin.end("INT").code(), Some(0));
}

/// It is the same platform at both listeners.
#[test]
fn both_listeners_know_the_same() {
    let place = Place::new();
    let ledger = place.path().join("ledger").display().to_string();
    let ca = place.path().join("ca").display().to_string();
    let twin = Twin::start(&["dingtalk", "--tls", "127.0.0.1:0", "--ca", &ca, "--ledger", &ledger]);
    let token = twin.token("python", "anything");
    assert_eq!(twin.send(&token, &["anna"], "plain").status, 200);
    assert_eq!(seen(&twin)["heard"], "over wss");
    assert_eq!(twin.end("INT").code(), Some(0));
    let sizes: Vec<_> = crate::rig::lines(&ledger).iter().map(|line| line["bytes"].clone()).collect();
    assert_eq!(sizes, [5, 8, 500_000]);
}

#[test]
fn an_authority_is_made_once_and_its_key_is_for_its_owner() {
    let place = Place::new();
    let dir = place.path().join("deep/ca");
    let ca = dir.display().to_string();
    let read = |name: &str| fs::read(dir.join(name)).expect("a file");
    assert_eq!(secured("dingtalk", &ca).end("INT").code(), Some(0));
    let first = (read("ca.pem"), read("ca.key"));
    assert_eq!(mode(&dir.join("ca.key")), 0o600);
    let names: Vec<_> =
        fs::read_dir(&dir).expect("a directory").map(|entry| entry.expect("a file").file_name()).collect();
    assert_eq!(names.len(), 2, "nothing is left over: {names:?}");
    // Another platform, the same authority.
    assert_eq!(secured("teams", &ca).end("INT").code(), Some(0));
    assert_eq!((read("ca.pem"), read("ca.key")), first);
}

#[test]
fn two_that_make_it_at_once_share_it() {
    let place = Place::new();
    let ca = place.path().join("ca").display().to_string();
    let twins: Vec<_> = std::thread::scope(|scope| {
        let started: Vec<_> = (0..4).map(|_| scope.spawn(|| secured("dingtalk", &ca))).collect();
        started.into_iter().map(|twin| twin.join().expect("it starts")).collect()
    });
    for twin in &twins {
        assert_eq!(seen(twin)["heard"], "over wss");
    }
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("a file").permissions().mode() & 0o777
}

#[test]
fn an_authority_that_is_not_fit_is_refused_with_what_to_do() {
    let place = Place::new();
    let start = |dir: &Path| {
        let dir = dir.display().to_string();
        say(["twin", "dingtalk", "--listen", "127.0.0.1:0", "--tls", "127.0.0.1:0", "--ca", &dir])
    };
    let made = |name: &str| {
        let dir = place.path().join(name);
        drop(secured("dingtalk", &dir.display().to_string()));
        dir
    };
    let (open, other, broken, lost) = (made("open"), made("other"), made("broken"), made("lost"));
    fs::set_permissions(open.join("ca.key"), Permissions::from_mode(0o640)).expect("our file");
    // The key of another authority.
    fs::copy(open.join("ca.key"), other.join("ca.key")).expect("room");
    fs::set_permissions(other.join("ca.key"), Permissions::from_mode(0o600)).expect("our file");
    fs::write(broken.join("ca.pem"), "not a certificate").expect("room");
    fs::remove_file(lost.join("ca.key")).expect("our file");
    for (dir, wanted) in [(open, "chmod 600"), (other, "remove"), (broken, "remove"), (lost, "--ca")] {
        let told = start(&dir);
        assert_eq!(told.code, Some(5), "{}", told.told());
        assert!(told.err.contains(wanted) && told.err.contains(&dir.display().to_string()), "{}", told.told());
    }
}
