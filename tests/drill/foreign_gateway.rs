//! A gateway that is not ours, by `url`: Python's standard library, written from docs/gateway.md alone. What it has taken is the witness, and its
//! audit trail is read as it offers it.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::common::turns::Turn;
use crate::common::{Place, Played, pause, records, sender_was_slow};
use crate::counting::Service;

const TOKEN: &str = "a-token-of-the-auditors";

/// 20/s for 4 s.
const DRILL: &str = r#"
firedrill: 1
name: foreign-gateway
regions: { hk: {}, london: {} }
links: { hk-london: { latency: 20ms } }
endpoints:
  gateway: { kind: gateway, region: hk, url: "http://127.0.0.1:PORT", audit: { every: 300ms, from: london, token: "${AUDIT_TOKEN}" } }
groups: { sales: { count: 4, region: hk } }
journeys:
  quote: { from: sales, to: sales, rate: 20/s, deadline: 1s, routes: [gateway] }
phases: { baseline: 2s, fault: 1s, recovery: 1s }
injects: { slow: { during: fault, latency: { endpoint: gateway, constant: 20ms } } }
targets:
  promises: { expr: "availability >= 90%", level: must, confidence: point }
  audited: { expr: "audit_missing == 0", level: must }
  honest: { expr: "audit_wrong == 0", level: must }
"#;

const MESSAGES: u64 = 80;

/// The texts that a gateway has taken, by the ids of their messages.
fn taken(told: &str) -> BTreeMap<String, String> {
    let message = |line: &str| {
        let message: Value = serde_json::from_str(line).expect("JSON");
        let text = |key: &str| message[key].as_str().expect("a text").to_owned();
        (text("id"), text("text"))
    };
    told.lines().map(message).collect()
}

/// A drill by a gateway that keeps its trail so, with what it has taken.
fn play(kept: &str) -> (Place, Played, BTreeMap<String, String>) {
    let _turn = Turn::to("run");
    let place = Place::new();
    // Again, with a gateway that knows nothing of it, if this machine was too busy to send.
    for left in [2, 1, 0] {
        let gateway = Service::start("gateway", &[kept, TOKEN]);
        let file = place.file("foreign-gateway.yaml", &DRILL.replace("PORT", &gateway.port.to_string()));
        let mut command = place.command("run", &file, &["--quiet"]);
        let played = place.ended(command.env("AUDIT_TOKEN", TOKEN).spawn().expect("the program starts"));
        let taken = taken(&gateway.ended());
        if left == 0 || !sender_was_slow(&played.dir) {
            return (place, played, taken);
        }
    }
    unreachable!("the last time it is as it is")
}

fn counts(played: &Played) -> [u64; 5] {
    let audit = &played.summary()["audits"][0];
    ["acts", "told", "missing", "open", "wrong"].map(|key| audit[key].as_u64().unwrap_or_else(|| panic!("{audit}")))
}

#[test]
fn what_it_took_is_what_was_sent_and_its_trail_tells_of_all_of_it() {
    let (_place, played, taken) = play("whole");
    assert_eq!(played.code, Some(0), "{}", played.told());
    assert_eq!((taken.len() as u64, counts(&played)), (MESSAGES, [MESSAGES, MESSAGES, 0, 0, 0]), "{}", played.told());
    let lines = records(&played.dir);
    let entries: Vec<&Value> = lines.iter().filter(|line| line["record"] == "audited").collect();
    // Two for each message; what was in the trail before is passed over, and it calls endpoints by names that are not the drill's.
    assert_eq!(entries.len() as u64, 2 * MESSAGES);
    for entry in entries {
        let id =
            format!("fd-0.{}", entry["message"].as_str().and_then(|name| name.rsplit('.').next()).expect("a number"));
        assert!(taken.contains_key(&id), "{entry}");
        // By its own clock, which goes as the world's does: since 1970.
        assert!(entry["stated_s"].as_f64() > Some(1.7e9) && entry["endpoint"].is_null(), "{entry}");
    }
    assert!(!played.told().contains(TOKEN));
    assert!(lines.iter().all(|line| !line.to_string().contains(TOKEN)));
}

#[test]
fn a_trail_that_loses_messages_is_caught() {
    let (_place, played, taken) = play("loses");
    assert_eq!((played.code, taken.len() as u64), (Some(1), MESSAGES), "{}", played.told());
    assert_eq!(counts(&played), [MESSAGES, MESSAGES - MESSAGES / 10, MESSAGES / 10, 0, 0], "{}", played.told());
}

#[test]
fn a_trail_that_tells_of_what_never_happened_is_caught() {
    let (_place, played, _) = play("lies");
    assert_eq!(played.code, Some(1), "{}", played.told());
    assert_eq!(counts(&played), [MESSAGES, MESSAGES, 0, 0, MESSAGES / 20], "{}", played.told());
}

/// It has no audit trail: nothing is known of what it did, and that is no pass.
#[test]
fn without_a_trail_nobody_knows() {
    let (_place, played, taken) = play("none");
    assert_eq!((played.code, taken.len() as u64), (Some(3), MESSAGES), "{}", played.told());
    assert_eq!(counts(&played), [MESSAGES, 0, 0, MESSAGES, 0], "{}", played.told());
    assert!(played.told().contains("nobody read what became of it"), "{}", played.told());
}

/// Nobody could read the trail before the drill began: what another drill left there has the same ids, and is not taken for this one's.
#[test]
fn what_was_there_before_is_passed_over_whenever_it_can_be_read() {
    let (_place, played, taken) = play("late");
    assert_eq!((played.code, taken.len() as u64), (Some(3), MESSAGES), "{}", played.told());
    let [acts, told, missing, open, wrong] = counts(&played);
    assert_eq!((acts, told + open, missing, wrong), (MESSAGES, MESSAGES, 0, 0), "{}", played.told());
    // The first message came before anybody could read, and its entry was passed over with the old ones.
    assert!(open >= 1, "{}", played.told());
    assert!(played.told().contains("not read whole"), "{}", played.told());
}

/// Its trail says that there is more, and gives nothing: nobody has read it, and nothing is missing.
#[test]
fn a_trail_that_goes_nowhere_is_not_read() {
    let (_place, played, taken) = play("stuck");
    assert_eq!((played.code, taken.len() as u64), (Some(3), MESSAGES), "{}", played.told());
    assert_eq!(counts(&played), [MESSAGES, 0, 0, MESSAGES, 0], "{}", played.told());
}

/// Before the drill begins its auditor reads and reads: a person need not wait for the end of that.
#[test]
fn whoever_passes_over_an_endless_trail_can_be_interrupted() {
    let _turn = Turn::to("run");
    let place = Place::new();
    let gateway = Service::start("gateway", &["endless", TOKEN]);
    let file = place.file("foreign-gateway.yaml", &DRILL.replace("PORT", &gateway.port.to_string()));
    let child =
        place.command("run", &file, &["--quiet"]).env("AUDIT_TOKEN", TOKEN).spawn().expect("the program starts");
    // Its journal is there as soon as it has handlers for signals.
    while place.runs().is_empty() {
        pause(20);
    }
    pause(300);
    let pid = child.id().to_string();
    assert!(std::process::Command::new("kill").args(["-INT", &pid]).status().is_ok_and(|status| status.success()));
    let played = place.ended(child);
    assert_eq!(played.code, Some(130), "{}", played.told());
    // The drill had not begun.
    assert!(taken(&gateway.ended()).is_empty() && records(&played.dir).iter().all(|line| line["record"] != "message"));
}
