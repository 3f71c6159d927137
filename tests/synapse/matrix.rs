//! One scenario, played with Matrix's twin in both worlds and with Synapse: the kind `matrix`, whoever plays the homeserver.

use serde_json::Value;

use crate::common::{Place, Played, number, records};
use crate::server::Synapse;

/// One sender is frozen on the path for two of seven seconds, another is not.
const DRILL: &str = r#"
firedrill: 1
name: matrix
regions: { hk: {}, shenzhen: {} }
links: { hk-shenzhen: { latency: 10ms } }
endpoints:
  chat: { kind: matrix, region: shenzhen, receipts: sync, WHERE }
groups: { frozen: { count: 1, region: hk }, spared: { count: 1, region: hk }, factory: { count: 2, region: shenzhen } }
journeys:
  frozen: { from: frozen, to: { all: factory }, rate: 4/s, deadline: 3s, routes: [chat] }
  spared: { from: spared, to: { all: factory }, rate: 4/s, deadline: 3s, routes: [chat] }
phases: { baseline: 3s, freezing: { kind: fault, for: 2s }, recovery: 2s }
injects: { freeze: { during: freezing, account_freeze: { endpoint: chat, group: frozen, mode: whole } } }
grace: 15s
targets: { spared: { expr: "undelivered{journey=spared} == 0", level: must } }
"#;

/// Senders and one recipient log in with their passwords; the other has a token already.
const WHERE: &str = r#"url: "URL", credentials: {
    frozen: { user: "${FROZEN}", password: "${PASSWORD}", room: "${ROOM}" },
    spared: { user: "${SPARED}", password: "${PASSWORD}", room: "${ROOM}" },
    factory-1: { user: "${FACTORY_1}", password: "${PASSWORD}" },
    factory-2: { user: "${FACTORY_2}", token: "${TOKEN}" } }"#;

const PEOPLE: [&str; 4] = ["frozen", "spared", "factory-1", "factory-2"];

/// What the same scenario says wherever it is played.
fn tells(played: &Played) {
    assert_eq!(played.code, Some(0), "{}", played.told());
    let summary = played.summary();
    let of = |what: &str| summary["deliveries"][what].as_u64().expect("a number");
    assert_eq!((of("lost"), of("delivered"), of("duplicated")), (0, of("owed"), 0), "{}", played.told());
    let journeys = summary["journeys"].as_array().expect("journeys");
    assert!(journeys.iter().all(|one| one["basis"] == "delivery"), "{summary}");
    let attempts = records(&played.dir).into_iter().filter(|line| line["record"] == "attempt");
    let (taken, refused): (Vec<Value>, Vec<Value>) = attempts.partition(|line| line["ending"] == "acknowledged");
    // 8 are due in 2 s, one more or less at either end; all others are taken, each for two.
    assert!((7..=9).contains(&refused.len()), "{refused:?}");
    assert_eq!((taken.len() + refused.len(), of("owed")), (56, 2 * taken.len() as u64), "{}", played.told());
    for line in refused {
        assert_eq!((&line["status"], &line["code"]), (&401.into(), &"M_USER_LOCKED".into()), "{line}");
        assert!(line["message"].as_str().is_some_and(|name| name.starts_with("frozen")), "{line}");
        assert!((2.9..6.0).contains(&number(&line["sent_s"])), "{line}");
    }
}

#[test]
fn a_scenario_tells_the_same_with_the_twin_and_with_synapse() {
    for world in ["rehearse", "run"] {
        let place = Place::new();
        let file = place.file("matrix.yaml", &DRILL.replace("WHERE", "limits: off"));
        tells(&place.play(world, &file, &["--quiet"]));
    }
    let synapse = Synapse::start(&PEOPLE);
    let place = Place::new();
    let file = place.file("matrix.yaml", &DRILL.replace("WHERE", WHERE).replace("URL", synapse.url()));
    let played = with_synapse(&synapse, &place, &file);
    tells(&played);
    assert!(!played.told().contains(synapse.token("factory-2")));
    // The server has each message once that it acknowledged.
    let owed = played.summary()["deliveries"]["owed"].as_u64().expect("a number");
    assert_eq!(2 * synapse.messages().len() as u64, owed);
}

/// Who hears nothing for so long that more comes than a homeserver lists asks for the rest, and the twin and Synapse have it for him.
const CUT_OFF: &str = r#"
firedrill: 1
name: cut-off
regions: { hk: {} }
endpoints:
  chat: { kind: matrix, region: hk, receipts: sync, WHERE }
groups: { frozen: { count: 1, region: hk }, spared: { count: 1, region: hk }, factory: { count: 2, region: hk } }
journeys:
  frozen: { from: frozen, to: { all: factory }, rate: 12/s, deadline: 5s, routes: [chat] }
  spared: { from: spared, to: { all: factory }, rate: 12/s, deadline: 5s, routes: [chat] }
phases: { baseline: 2s, cut: { kind: fault, for: 11s }, recovery: 2s }
injects: { cut: { during: cut, partition: { endpoint: chat, group: factory } } }
grace: 40s
targets: { arrived: { expr: "lost == 0", level: must } }
"#;

fn tells_everything(played: &Played) {
    assert_eq!(played.code, Some(0), "{}", played.told());
    let summary = played.summary();
    let of = |what: &str| summary["deliveries"][what].as_u64().expect("a number");
    assert_eq!((of("lost"), of("delivered"), of("duplicated")), (0, of("owed"), 0), "{}", played.told());
    assert_eq!(of("owed"), 720, "{}", played.told());
}

#[test]
fn what_is_not_listed_is_read_back_from_the_twin_and_from_synapse() {
    for world in ["rehearse", "run"] {
        let place = Place::new();
        let file = place.file("cut-off.yaml", &CUT_OFF.replace("WHERE", "limits: off"));
        tells_everything(&place.play(world, &file, &["--quiet"]));
    }
    let synapse = Synapse::start(&PEOPLE);
    let place = Place::new();
    let file = place.file("cut-off.yaml", &CUT_OFF.replace("WHERE", WHERE).replace("URL", synapse.url()));
    tells_everything(&with_synapse(&synapse, &place, &file));
}

fn with_synapse(synapse: &Synapse, place: &Place, file: &str) -> Played {
    let mut command = place.command("run", file, &["--quiet"]);
    command.env("ROOM", synapse.room()).env("PASSWORD", "password").env("TOKEN", synapse.token("factory-2"));
    for name in PEOPLE {
        let variable = name.to_ascii_uppercase().replace('-', "_");
        command.env(variable, format!("@{name}:firedrill.test"));
    }
    place.ended(command.spawn().expect("the program starts"))
}
