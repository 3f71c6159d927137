//! A drill against a service in another process, by https and with credentials from the environment: `firedrill twin`, which takes these
//! credentials and no others, and keeps a ledger of its own.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::common::{Place, Played, number, sender_was_slow};
use crate::rig::{Twin, lines};

/// Variables and their values. None of these texts may be found anywhere afterwards.
const VALUES: [(&str, &str); 5] = [
    ("FD_TEST_KEY_1", "dingq7hx0first"),
    ("FD_TEST_SECRET_1", "vF3nKp-first-secret"),
    ("FD_TEST_KEY_2", "dingm2cz9second"),
    ("FD_TEST_SECRET_2", "bT8wLr-second-secret"),
    ("FD_TEST_USER", "manager48151623"),
];

const CONFIG: &str = "
limits: off
users: [manager48151623]
apps:
  - { app_key: dingq7hx0first, app_secret: vF3nKp-first-secret, user: first }
  - { app_key: dingm2cz9second, app_secret: bT8wLr-second-secret, user: second }
";

/// Twenty messages a second for three seconds; in the third one of the two senders is frozen.
fn scenario(url: &str, ca: &str) -> String {
    format!(
        "
firedrill: 1
name: real
regions: {{ hk: {{}}, shenzhen: {{}} }}
links: {{ hk-shenzhen: {{ latency: 1ms }} }}
endpoints:
  dingtalk:
    kind: dingtalk
    edition: mainland
    region: shenzhen
    url: {url}
    ca: {ca}
    credentials:
      office-1: {{ app_key: \"${{FD_TEST_KEY_1}}\", app_secret: \"${{FD_TEST_SECRET_1}}\" }}
      office-2: {{ app_key: \"${{FD_TEST_KEY_2}}\", app_secret: \"${{FD_TEST_SECRET_2}}\" }}
      factory: {{ user: \"${{FD_TEST_USER}}\" }}
groups: {{ office: {{ count: 2, region: hk }}, factory: {{ count: 1, region: shenzhen }} }}
journeys:
  order: {{ from: office, to: factory, rate: 20/s, deadline: 2s, routes: [dingtalk] }}
phases: {{ baseline: 2s, fault: 1s }}
injects:
  freeze: {{ during: fault, account_freeze: {{ endpoint: dingtalk, group: office, share: 50% }} }}
grace: 1s
targets:
  taken: {{ expr: \"availability{{journey=order}} >= 99%\", phase: baseline, level: must, confidence: point }}
"
    )
}

struct Service {
    twin: Twin,
    ledger: std::path::PathBuf,
    ca: String,
}

fn service(place: &Place) -> Service {
    let (ledger, ca) = (place.path().join("ledger.jsonl"), place.path().join("ca").display().to_string());
    let config = place.file("twin.yaml", CONFIG);
    let ledger_text = ledger.display().to_string();
    let args = ["dingtalk", "--tls", "127.0.0.1:0", "--ca", &ca, "--config", &config, "--ledger", &ledger_text];
    let twin = Twin::start(&args);
    let ca = twin.ready["ca"].as_str().expect("a file").to_owned();
    Service { twin, ledger, ca }
}

/// Plays with these variables and everything in the log that anybody writes.
fn play(place: &Place, command: &str, file: &str, values: &[(&str, &str)]) -> Played {
    let mut program = place.command(command, file, &[]);
    program.envs(values.iter().copied()).env("RUST_LOG", "trace");
    place.ended(program.spawn().expect("the program starts"))
}

/// Looks for the values in everything that the drill has said and left.
#[track_caller]
fn nothing_is_told(played: &Played, reports: &Path, values: &[(&str, &str)]) {
    let mut texts = vec![("stdout".to_owned(), played.out.clone().into_bytes())];
    texts.push(("stderr".to_owned(), played.err.clone().into_bytes()));
    collect(reports, &mut texts);
    for (name, value) in values {
        for (place, text) in &texts {
            let found = text.windows(value.len()).any(|part| part == value.as_bytes());
            assert!(!found, "the value of {name} is in {place}");
        }
    }
}

fn collect(folder: &Path, texts: &mut Vec<(String, Vec<u8>)>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_symlink() {
            continue;
        }
        if path.is_dir() {
            collect(&path, texts);
        } else {
            texts.push((path.display().to_string(), fs::read(&path).expect("a readable file")));
        }
    }
}

#[test]
fn a_drill_by_https_is_in_the_service_s_own_books_and_its_secrets_are_nowhere() {
    let place = Place::new();
    let Service { twin, ledger, ca } = service(&place);
    let file = place.file("real.yaml", &scenario(&format!("https://localhost:{}", twin.https().port()), &ca));
    let played = play(&place, "run", &file, &VALUES);
    assert!(played.code == Some(0) || sender_was_slow(&played.dir), "{}", played.told());
    assert_eq!(twin.end("INT").code(), Some(0));
    nothing_is_told(&played, &place.reports(), &VALUES);

    let summary = played.summary();
    let lines = lines(&ledger);
    let messages: std::collections::BTreeSet<_> = lines.iter().filter_map(|line| line["message"].as_str()).collect();
    assert_eq!(messages.len(), lines.len(), "every line is a message of the drill, each once");
    let accepted = number(&summary["messages"]["accepted"]);
    assert!(
        (messages.len() as f64 - accepted).abs() < f64::EPSILON,
        "{} in the ledger, {accepted} accepted",
        messages.len()
    );
    assert!(lines.iter().all(|line| line["recipients"] == serde_json::json!(["manager48151623"])));
    let mut senders: BTreeMap<&str, u32> = BTreeMap::new();
    for line in &lines {
        *senders.entry(line["sender"].as_str().expect("a sender")).or_default() += 1;
    }
    // In two of three seconds both sent twenty; in the third one of them was frozen, whose last ten were refused on the path.
    let refused = number(&summary["messages"]["refused"]);
    assert!(number(&summary["injects"][0]["hits"]) > 0.0 && refused > 0.0, "{summary:#}");
    assert_eq!(senders.len(), 2, "{senders:?}");
    let (least, most) = (senders.values().min().expect("two"), senders.values().max().expect("two"));
    assert!((f64::from(*most - *least) - refused).abs() <= 1.0, "{senders:?}, {refused} refused");
}

#[test]
fn plan_and_journal_hold_the_names() {
    let place = Place::new();
    let Service { twin, ca, .. } = service(&place);
    let file = place.file("real.yaml", &scenario(&format!("https://127.0.0.1:{}", twin.https().port()), &ca));
    // A service that takes other credentials: whatever it says about them is in the books, without their values.
    let wrong =
        VALUES.map(|(name, value)| (name, if name.contains("SECRET") { "wrong-secret-of-somebody" } else { value }));
    let played = play(&place, "run", &file, &wrong);
    assert_ne!(played.code, Some(0), "{}", played.told());
    nothing_is_told(&played, &place.reports(), &wrong);
    let plan: Value = serde_json::from_slice(&crate::common::read(&played.dir, "plan.json")).expect("JSON");
    let bound = plan["endpoints"][0]["credentials"].as_array().expect("bindings");
    assert_eq!(bound[0]["app_secret"], "FD_TEST_SECRET_1", "{plan:#}");
    let exported = crate::common::say(["report", &played.dir.display().to_string(), "--format", "jsonl"]);
    assert!(exported.out.contains("invalidClientIdOrSecret"), "the service's own word is in the journal");
}

#[test]
fn without_a_variable_nothing_is_started() {
    let place = Place::new();
    let file = place.file("real.yaml", &scenario("https://localhost:1", &place.file("ca.pem", "")));
    let refused = |played: &Played, wanted: &[&str]| {
        assert_eq!(played.code, Some(2), "{}", played.told());
        for word in wanted {
            assert!(played.err.contains(word), "no `{word}` in {}", played.err);
        }
        assert!(!place.reports().exists(), "nothing was started");
    };
    refused(&play(&place, "run", &file, &VALUES), &["`ca` of endpoint `dingtalk`", "ca.pem"]);
    let file = place.file("real.yaml", &scenario("https://localhost:1", "ca.pem").replace("    ca: ca.pem\n", ""));
    refused(&play(&place, "run", &file, &VALUES[..3]), &["`FD_TEST_SECRET_2`", "`FD_TEST_USER`", "are not set"]);
    let mut empty = VALUES;
    empty[4].1 = "";
    refused(&play(&place, "run", &file, &empty), &["`FD_TEST_USER` is not set"]);
    refused(&play(&place, "rehearse", &file, &VALUES), &["`dingtalk` is a real service", "firedrill run"]);
}

/// Whoever cannot prove his name is sent nothing.
#[test]
fn a_service_that_is_not_believed_gets_nothing() {
    let place = Place::new();
    let Service { twin, ledger, .. } = service(&place);
    let other = Place::new();
    let Service { ca, twin: _other, .. } = service(&other);
    let file = place.file("real.yaml", &scenario(&format!("https://localhost:{}", twin.https().port()), &ca));
    let played = play(&place, "run", &file, &VALUES);
    assert!(!matches!(played.code, Some(0 | 70)), "{}", played.told());
    assert!(played.err.contains("no TLS with a service"), "{}", played.told());
    assert!(number(&played.summary()["messages"]["accepted"]).abs() < f64::EPSILON);
    nothing_is_told(&played, &place.reports(), &VALUES);
    assert_eq!(twin.end("INT").code(), Some(0));
    assert!(lines(&ledger).is_empty(), "it was sent something");
}
