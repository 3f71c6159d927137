//! A chat server that nobody here wrote, described in a scenario and by nothing else: Synapse, the Matrix homeserver, as it is published.
//! What it has in its room at the end is the witness, not our journal.

#![expect(clippy::disallowed_methods, reason = "tests from outside stand outside the world")]

#[path = "common/mod.rs"]
mod common;
#[path = "common/installed.rs"]
mod installed;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use common::{Place, number, say};
use installed::{here, python};

/// Synapse, for as long as a test needs it.
struct Synapse {
    child: Child,
    told: Value,
    _directory: TempDir,
}

impl Synapse {
    fn start(people: &[&str]) -> Self {
        let directory = TempDir::new().expect("room for a server");
        let mut command = Command::new(python("synapse-venv", "synapse/requirements.txt"));
        command.arg(here("synapse/server.py")).arg(directory.path()).args(people);
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the interpreter that was installed");
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().expect("a pipe")).read_line(&mut line).expect("a line");
        let told = serde_json::from_str(&line).unwrap_or_else(|_| panic!("no server: {:?}", child.wait()));
        Self { child, told, _directory: directory }
    }

    fn url(&self) -> &str {
        self.told["url"].as_str().expect("an address")
    }

    fn room(&self) -> &str {
        self.told["room"].as_str().expect("a room")
    }

    /// Every message in its room, with its sender, as the server itself tells.
    fn messages(&self) -> Vec<(String, String)> {
        let token = self.told["admin"].as_str().expect("a token");
        let place = self.url().trim_start_matches("http://");
        let path = format!("/_matrix/client/v3/rooms/{}/messages?dir=b&limit=1000", self.room());
        let mut stream = TcpStream::connect(place).expect("it listens");
        write!(stream, "GET {path} HTTP/1.0\r\nHost: {place}\r\nAuthorization: Bearer {token}\r\n\r\n")
            .expect("it reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers");
        let (_, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
        let listed: Value = serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {answer}"));
        let events = listed["chunk"].as_array().expect("events").iter().filter(|one| one["type"] == "m.room.message");
        let word = |value: &Value| value.as_str().expect("a word").to_owned();
        events.map(|one| (word(&one["sender"]), word(&one["content"]["body"]))).collect()
    }
}

impl Drop for Synapse {
    fn drop(&mut self) {
        // Its standard input ends, and so does it.
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

/// Two senders are frozen for two of nine seconds, two are not, and one comes to send faster than the server lets it.
const DRILL: &str = r#"
firedrill: 1
name: synapse
regions: { hk: {}, shenzhen: {} }
links: { hk-shenzhen: { latency: 10ms } }
endpoints:
  chat:
    kind: http
    region: shenzhen
    url: URL
    send:
      method: PUT
      path: "/_matrix/client/v3/rooms/${ROOM}/send/m.room.message/{message}"
      headers: { authorization: "Bearer {token}" }
      json: '{"msgtype": "m.text", "body": "{text}"}'
    success: { status: 200, at: /event_id, contains: "$", code: /errcode }
    receipts:
      poll:
        every: 200ms
        path: "/_matrix/client/v3/sync?timeout=0&since={after}&filter=%7B%22room%22%3A%7B%22timeline%22%3A%7B%22limit%22%3A1000%7D%7D%7D"
        first: "/_matrix/client/v3/sync?timeout=0&filter=%7B%22room%22%3A%7B%22timeline%22%3A%7B%22limit%22%3A1000%7D%7D%7D"
        texts: /rooms/join/*/timeline/events/*/content/body
        next: /next_batch
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
    let file = place.file("synapse.yaml", &DRILL.replace("URL", synapse.url()));
    let mut command = place.command("run", &file, &["--quiet"]);
    command.env("ROOM", synapse.room());
    for name in PEOPLE {
        let token = synapse.told["tokens"][name].as_str().expect("a token");
        command.env(name.to_ascii_uppercase().replace('-', "_"), token);
    }
    let played = place.ended(command.spawn().expect("the program starts"));
    let summary = played.summary();
    let export = say(["report", "--format", "jsonl", &played.dir.display().to_string()]);
    for name in PEOPLE {
        let token = synapse.told["tokens"][name].as_str().expect("a token");
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
