//! Synapse as a process of its own, and what it says when it is asked past everything that is ours.

#![expect(clippy::disallowed_methods, reason = "tests from outside stand outside the world")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::Value;
use tempfile::TempDir;

use crate::installed::{here, python};

/// How a scenario describes it.
const CHAT: &str = r#"kind: http
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
        next: /next_batch"#;

/// Synapse, for as long as a test needs it.
pub(crate) struct Synapse {
    child: Child,
    says: BufReader<ChildStdout>,
    told: Value,
    _directory: TempDir,
    _alone: MutexGuard<'static, ()>,
}

/// One server at a time: a drill tells little of one while another starts on the same two cores.
static ALONE: Mutex<()> = Mutex::new(());

impl Synapse {
    /// With these people, all of them in one room.
    pub(crate) fn start(people: &[&str]) -> Self {
        let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        let directory = TempDir::new().expect("room for a server");
        let mut command = Command::new(python("synapse-venv", "synapse/requirements.txt"));
        command.arg(here("synapse/server.py")).arg(directory.path()).args(people);
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the interpreter that was installed");
        let mut says = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut line = String::new();
        says.read_line(&mut line).expect("a line");
        let told = serde_json::from_str(&line).unwrap_or_else(|_| panic!("no server: {:?}", child.wait()));
        Self { child, says, told, _directory: directory, _alone: alone }
    }

    pub(crate) fn url(&self) -> &str {
        self.told["url"].as_str().expect("an address")
    }

    pub(crate) fn room(&self) -> &str {
        self.told["room"].as_str().expect("a room")
    }

    /// A scenario in which `CHAT` is this server, by its description.
    pub(crate) fn described(&self, scenario: &str) -> String {
        scenario.replace("CHAT", CHAT).replace("URL", self.url())
    }

    /// The token of one of its people.
    pub(crate) fn token(&self, name: &str) -> &str {
        self.told["tokens"][name].as_str().expect("a token")
    }

    /// The token of whoever may lock people out.
    pub(crate) fn admin(&self) -> &str {
        self.told["admin"].as_str().expect("a token")
    }

    /// What it says to a question with this token: a status, and JSON.
    pub(crate) fn ask(&self, token: &str, path: &str) -> (u16, Value) {
        let place = self.url().trim_start_matches("http://");
        let mut stream = TcpStream::connect(place).expect("it listens");
        write!(stream, "GET {path} HTTP/1.0\r\nHost: {place}\r\nAuthorization: Bearer {token}\r\n\r\n")
            .expect("it reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
        (status, serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {answer}")))
    }

    /// Every message in its room, with its sender, as the server itself tells.
    pub(crate) fn messages(&self) -> Vec<(String, String)> {
        let path = format!("/_matrix/client/v3/rooms/{}/messages?dir=b&limit=1000", self.room());
        let (_, listed) = self.ask(self.admin(), &path);
        let events = listed["chunk"].as_array().expect("events").iter().filter(|one| one["type"] == "m.room.message");
        let word = |value: &Value| value.as_str().expect("a word").to_owned();
        events.map(|one| (word(&one["sender"]), word(&one["content"]["body"]))).collect()
    }

    /// Whether it has locked somebody out, as it tells its administrator.
    pub(crate) fn has_locked(&self, name: &str) -> bool {
        let (status, person) = self.ask(self.admin(), &format!("/_synapse/admin/v2/users/@{name}:firedrill.test"));
        assert_eq!(status, 200, "{person}");
        person["locked"].as_bool().expect("it says so")
    }

    /// Stops it, or starts it again with everything that it had.
    pub(crate) fn order(&mut self, order: &str) {
        let stdin = self.child.stdin.as_mut().expect("a pipe");
        writeln!(stdin, "{order}").expect("it reads");
        let mut line = String::new();
        self.says.read_line(&mut line).expect("a line");
        assert_eq!(line, "done\n", "{order}: {:?}", self.child.try_wait());
    }
}

impl Drop for Synapse {
    fn drop(&mut self) {
        // Its standard input ends, and so does it.
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}
