//! Services that speak in frames, with servers that nobody here wrote: Python's `websockets` and `socketserver`, reached by `url` and by
//! their description in a scenario alone. What they have taken is the witness.

#[path = "common/mod.rs"]
mod common;
#[path = "common/installed.rs"]
mod installed;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use common::{Place, records};
use installed::{here, python};

/// A server, for as long as a test needs it.
struct Server {
    child: Child,
    out: BufReader<std::process::ChildStdout>,
    port: u64,
}

impl Server {
    fn start(what: &str) -> Self {
        let mut command = Command::new(python("wires-venv", "wires/requirements.txt"));
        command.arg(here("wires/server.py")).arg(what);
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the interpreter that was installed");
        let mut out = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut line = String::new();
        out.read_line(&mut line).expect("a line");
        let told: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("no server: {:?}", child.wait()));
        Self { port: told["port"].as_u64().expect("a port"), child, out }
    }

    /// How often it has taken each text.
    fn taken(mut self) -> BTreeMap<String, usize> {
        drop(self.child.stdin.take());
        let mut rest = String::new();
        self.out.read_to_string(&mut rest).expect("lines");
        self.child.wait().expect("it ends");
        let mut taken = BTreeMap::new();
        for line in rest.lines() {
            let message: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
            *taken.entry(message["text"].as_str().expect("a text").to_owned()).or_default() += 1;
        }
        taken
    }
}

/// The link is cut for a second and a half; later every connection is dropped, or whoever receives hears nothing.
const DRILL: &str = r#"
firedrill: 1
name: wires
regions: { hk: {}, shenzhen: {} }
links: { hk-shenzhen: { latency: 10ms } }
endpoints:
  desk: { ENDPOINT }
groups: { office: { count: 4, region: hk }, factory: { count: 3, region: hk } }
journeys:
  order: { from: office, to: factory, rate: 20/s, deadline: 1s, routes: [desk] }
phases: { baseline: 3s, cut: { kind: fault, for: 1500ms }, between: { kind: recovery, for: 1500ms }, trouble: { kind: fault, for: 1s }, recovery: 2s }
injects:
  cut: { during: cut, partition: { link: hk-shenzhen } }
  trouble: { during: trouble, FAULT }
targets: { availability: { expr: "availability >= 10%", level: must } }
"#;

/// 20 a second for 9 s.
const MESSAGES: usize = 180;

const SOCKET: &str = r#"kind: websocket, region: shenzhen, url: "ws://127.0.0.1:PORT",
    connect: { path: "/chat?user={from}", headers: { authorization: "Bearer {token}" } },
    send: { json: '{"op": "send", "id": "{message}", "to": ["{to}"], "body": "{text}"}' },
    taken: { json: '{"op": "ack", "id": "{message}"}' },
    refused: { json: '{"op": "no", "id": "{message}", "why": "{code}"}' },
    receipts: { push: { json: '{"op": "new", "body": "{text}"}', path: "/inbox/{to}" } }"#;

const LINES: &str = r#"kind: tcp, framing: crlf, region: shenzhen, url: "tcp://127.0.0.1:PORT",
    login: { text: "HELLO {from} {token}", taken: { text: "WELCOME {any}" }, refused: { text: "BYE {code}" } },
    send: { text: "SEND {to} {text}" }, taken: { text: OK }, refused: { text: "ERR {code}" },
    receipts: { push: { text: "MSG {from} {text}" } }"#;

/// What a drill over a server did, by its journal and by the server's own list.
struct Books {
    lines: Vec<Value>,
    summary: Value,
    words: String,
    taken: BTreeMap<String, usize>,
    plays: usize,
}

impl Books {
    fn of(what: &str, endpoint: &str, fault: &str) -> Self {
        let server = Server::start(what);
        let place = Place::new();
        let text = DRILL.replace("ENDPOINT", endpoint).replace("FAULT", fault);
        let file = place.file("wires.yaml", &text.replace("PORT", &server.port.to_string()));
        let played = place.play_undisturbed(&file, &["--quiet"]);
        // What a play that was disturbed had sent is there as well: its messages say the same.
        let plays = place.runs().len();
        let (lines, summary) = (records(&played.dir), played.summary());
        Self { lines, summary, words: played.told(), taken: server.taken(), plays }
    }

    fn attempts(&self, ending: &str) -> Vec<&Value> {
        self.lines.iter().filter(|line| line["record"] == "attempt" && line["ending"] == ending).collect()
    }

    fn delivery(&self, what: &str) -> u64 {
        self.summary["deliveries"][what].as_u64().unwrap_or_else(|| panic!("no `{what}`: {}", self.words))
    }

    /// The server has each message that was acknowledged, once, and nothing that nobody sent.
    fn agree(&self) {
        let [taken, open] = ["acknowledged", "unanswered"].map(|ending| self.attempts(ending).len());
        let never = self.attempts("refused").len() + self.attempts("not_sent").len();
        assert_eq!(taken + open + never, MESSAGES, "{}", self.words);
        let has = |line: &&Value| {
            let name = line["message"].as_str().expect("a name").replace("order.", "[fd 0.");
            self.taken.iter().any(|(text, times)| text.starts_with(&format!("{name}]")) && *times <= self.plays)
        };
        let acknowledged = self.attempts("acknowledged");
        assert!(acknowledged.iter().all(has), "{}", self.words);
        if self.plays == 1 {
            let (unknown, refused) = (self.attempts("unanswered"), self.attempts("refused"));
            assert!(!refused.iter().any(has), "{}", self.words);
            assert_eq!(self.taken.len(), taken + unknown.iter().filter(|line| has(line)).count(), "{}", self.words);
        }
        assert_eq!(self.summary["journeys"][0]["basis"], "delivery", "{}", self.words);
    }
}

/// Pings of the server are answered all along, or it would have ended what stands: each connection lasts until the drop.
#[test]
fn a_foreign_websocket_server_is_described_and_everything_it_took_is_accounted_for() {
    let books = Books::of("websocket", SOCKET, "websocket_drop: { endpoint: desk, code: 1012 }");
    books.agree();
    // Before anything happens, for 3 s, and in the last 2 s, all goes well: 100 messages, but for those in their trips when the drop ended.
    assert!(books.attempts("acknowledged").len() >= 90, "{}", books.words);
    assert!(books.delivery("delivered") >= 90, "{}", books.words);
    let drop = books.summary["injects"].as_array().expect("injects").iter().find(|inject| inject["id"] == "trouble");
    // Four senders and three recipients were connected.
    assert!(drop.and_then(|drop| drop["hits"].as_u64()) >= Some(7), "{}", books.words);
}

#[test]
fn a_foreign_server_of_lines_is_described_and_everything_it_took_is_accounted_for() {
    let books = Books::of("tcp", LINES, "latency: { constant: 200ms, endpoint: desk }");
    books.agree();
    assert_eq!(books.delivery("lost"), 0, "{}", books.words);
    // Whatever the cut held goes on when it heals, or was given up: of its 30 messages those in the last half second at least arrive.
    assert!(books.delivery("delivered") >= 150, "{}", books.words);
}

/// A no in the server's own words, and by its status.
#[test]
fn what_a_foreign_server_refuses_is_refused_in_its_words() {
    let deaf = SOCKET.replace("[\"{to}\"]", "[\"nobody\", \"{to}\"]");
    let books = Books::of("websocket", &deaf, "latency: { constant: 20ms }");
    // A baseline in which nothing works ends the drill after some of its 60 messages.
    let refused = books.attempts("refused");
    assert!(refused.len() >= 20 && refused.iter().all(|line| line["code"] == "404"), "{}", books.words);
    let unknown = SOCKET.replace("Bearer {token}", "Basic {token}");
    let books = Books::of("websocket", &unknown, "latency: { constant: 20ms }");
    let refused = books.attempts("refused");
    assert!(refused.len() >= 20 && refused.iter().all(|line| line["status"] == 401), "{}", books.words);
    assert!(books.taken.is_empty());
}
