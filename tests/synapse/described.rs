//! A chat server that nobody here wrote, described in a scenario and by nothing else: Synapse, the Matrix homeserver, as it is published.
//! What it has in its room at the end is the witness, not our journal.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::common::{Place, number, say};
use crate::server::Synapse;

/// Two senders are frozen for two of nine seconds, two are not, and one comes to send faster than the server lets it.
const DRILL: &str = r#"
firedrill: 1
name: synapse
regions: { hk: {}, shenzhen: {} }
links: { hk-shenzhen: { latency: 10ms } }
endpoints:
  chat:
    CHAT
    credentials:
      struck-1: { token: "${STRUCK_1}" }
      struck-2: { token: "${STRUCK_2}" }
      spared-1: { token: "${SPARED_1}" }
      spared-2: { token: "${SPARED_2}" }
      hasty: { token: "${HASTY}" }
      factory-1: { token: "${FACTORY_1}" }
      factory-2: { token: "${FACTORY_2}" }
groups:
  struck: { count: 2, region: hk }
  spared: { count: 2, region: hk }
  hasty: { count: 1, region: hk }
  factory: { count: 2, region: hk }
journeys:
  struck: { from: struck, to: { all: factory }, rate: 5/s, deadline: 2s, routes: [chat] }
  spared: { from: spared, to: { all: factory }, rate: 5/s, deadline: 2s, routes: [chat] }
  hasty: { from: hasty, to: { all: factory }, rate: { phases: { baseline: 30/min, freezing: 5/s } }, deadline: 2s, routes: [chat] }
phases: { baseline: 5s, freezing: { kind: fault, for: 2s }, recovery: 2s }
injects: { freeze: { during: freezing, account_freeze: { endpoint: chat, group: struck, mode: whole } } }
grace: 10s
targets: { spared: { expr: "lost == 0", level: must } }
"#;

const PEOPLE: [&str; 7] = ["struck-1", "struck-2", "spared-1", "spared-2", "hasty", "factory-1", "factory-2"];

#[test]
fn a_described_chat_server_takes_sends_and_is_polled_and_is_spared_whoever_is_frozen() {
    let synapse = Synapse::start(&PEOPLE);
    let place = Place::new();
    let file = place.file("synapse.yaml", &synapse.described(DRILL));
    let mut command = place.command("run", &file, &["--quiet"]);
    command.env("ROOM", synapse.room());
    for name in PEOPLE {
        let token = synapse.token(name);
        command.env(name.to_ascii_uppercase().replace('-', "_"), token);
    }
    let played = place.ended(command.spawn().expect("the program starts"));
    let summary = played.summary();
    let export = say(["report", "--format", "jsonl", &played.dir.display().to_string()]);
    for name in PEOPLE {
        let token = synapse.token(name);
        assert!(!export.out.contains(token) && !played.told().contains(token), "a secret is told");
    }
    let lines: Vec<Value> = export.out.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let attempts = |journey: &str, ending: &str| {
        let of = lines.iter().filter(|line| line["record"] == "attempt" && line["ending"] == ending);
        of.filter(|line| line["message"].as_str().is_some_and(|name| name.starts_with(journey))).collect::<Vec<_>>()
    };

    // Whoever is not frozen is served as before, and everybody in the room receives it.
    assert_eq!(attempts("spared", "acknowledged").len(), 45, "5/s for 9 s: {}", played.told());
    let journeys = summary["journeys"].as_array().expect("journeys");
    assert!(journeys.iter().all(|one| one["basis"] == "delivery"), "{summary}");
    assert_eq!(summary["deliveries"]["lost"], 0, "{}", played.told());
    // Whoever is frozen meets the path's no and the server nothing: 10 are due in 2 s, one more or less at either end.
    let frozen = attempts("struck", "refused");
    assert!((9..=11).contains(&frozen.len()), "{frozen:?}");
    assert!(
        frozen.iter().all(|line| line["status"] == 403 && (4.9..7.5).contains(&number(&line["sent_s"]))),
        "{frozen:?}"
    );
    // The server's own no keeps its own word: of the 20 due in 4 s it takes five or six, and the test is content with half of the others.
    let hasty = attempts("hasty", "refused");
    assert!(hasty.len() >= 7, "{}", hasty.len());
    assert!(hasty.iter().all(|line| line["status"] == 429 && line["code"] == "M_LIMIT_EXCEEDED"), "{hasty:?}");

    // The server has each message that it acknowledged once, by whom it is, and no other.
    let mut has: BTreeMap<String, usize> = BTreeMap::new();
    for (sender, body) in synapse.messages() {
        let who =
            sender.trim_start_matches('@').split('-').next().unwrap_or_default().split(':').next().unwrap_or_default();
        let number = body.split(' ').nth(3).expect("a number").trim_end_matches(':');
        assert!(body.contains(&format!("] {who} ")), "{sender}: {body}");
        *has.entry(format!("{who}.{number}")).or_default() += 1;
    }
    let taken: BTreeMap<String, usize> = ["struck", "spared", "hasty"]
        .iter()
        .flat_map(|journey| attempts(journey, "acknowledged"))
        .map(|line| (line["message"].as_str().expect("a name").to_owned(), 1))
        .collect();
    assert_eq!(has, taken);
}
