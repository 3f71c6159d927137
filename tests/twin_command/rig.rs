//! The program under test, and a client that hides nothing.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, ExitStatus};
use std::time::Duration;

use serde_json::Value;

use crate::common::firedrill;

/// DingTalk's own paths.
pub(crate) const LOGIN: &str = "/v1.0/oauth2/accessToken";
pub(crate) const SEND: &str = "/v1.0/robot/oToMessages/batchSend";

/// A twin on free ports, ended with the test.
pub(crate) struct Twin {
    child: Child,
    /// The line that it printed.
    pub(crate) ready: Value,
    /// Where it listens in the clear, by HTTP or SMTP.
    pub(crate) http: SocketAddr,
}

/// An answer as it came.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
}

impl Answer {
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

impl Twin {
    /// Starts with these arguments, on a free port unless they name one, and waits for the line that says it is ready.
    pub(crate) fn start(args: &[&str]) -> Self {
        let mut command = firedrill(["twin"]);
        command.args(args);
        if !args.contains(&"--listen") {
            command.args(["--listen", "127.0.0.1:0"]);
        }
        let mut child = command.stderr(std::process::Stdio::inherit()).spawn().expect("the program starts");
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().expect("a pipe")).read_line(&mut line).expect("a line");
        let ready: Value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line:?}"));
        assert_eq!(ready["ready"], true, "{ready}");
        let scheme = if ready["smtp"].is_null() { "http" } else { "smtp" };
        Self { http: address(&ready[scheme], &format!("{scheme}://")), ready, child }
    }

    /// The number of its process.
    pub(crate) fn process(&self) -> u32 {
        self.child.id()
    }

    /// Where it listens by TLS.
    pub(crate) fn https(&self) -> SocketAddr {
        address(&self.ready["https"], "https://")
    }

    /// A request with a JSON body.
    pub(crate) fn post(&self, path: &str, token: &str, body: &str) -> Answer {
        let length = body.len();
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: api.dingtalk.com\r\nconnection: close\r\ncontent-type: application/json\r\n\
             x-acs-dingtalk-access-token: {token}\r\ncontent-length: {length}\r\n\r\n{body}"
        );
        self.raw(head.as_bytes())
    }

    /// Logs in and gives the token.
    #[track_caller]
    pub(crate) fn token(&self, key: &str, secret: &str) -> String {
        let answer = self.post(LOGIN, "", &login(key, secret));
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()["accessToken"].as_str().expect("a token").to_owned()
    }

    /// Sends a text.
    pub(crate) fn send(&self, token: &str, to: &[&str], text: &str) -> Answer {
        self.post(SEND, token, &message(to, text))
    }

    /// Sends these bytes and reads until the end.
    pub(crate) fn raw(&self, request: &[u8]) -> Answer {
        let mut stream = connect(self.http);
        // A twin that has heard enough may close while we still speak.
        let _ = stream.write_all(request);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        let answer = String::from_utf8(answer).expect("text");
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {answer:?}"));
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
        Answer { status, body: body.to_owned() }
    }

    /// Sends a signal by its name and waits for the end.
    pub(crate) fn end(mut self, signal: &str) -> ExitStatus {
        let sent = Command::new("kill").arg(format!("-{signal}")).arg(self.child.id().to_string()).status();
        assert!(sent.expect("kill").success());
        self.child.wait().expect("it ends")
    }

    /// Waits for an end that nobody asked for.
    pub(crate) fn wait(mut self) -> ExitStatus {
        self.child.wait().expect("it ends")
    }
}

impl Drop for Twin {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[expect(clippy::disallowed_methods, reason = "tests from outside stand outside the world")]
pub(crate) fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).expect("the twin listens");
    stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a time");
    stream
}

#[track_caller]
fn address(url: &Value, scheme: &str) -> SocketAddr {
    url.as_str().and_then(|url| url.strip_prefix(scheme)).and_then(|rest| rest.parse().ok()).expect("a URL")
}

pub(crate) fn login(key: &str, secret: &str) -> String {
    serde_json::json!({ "appKey": key, "appSecret": secret }).to_string()
}

/// The body of a text to single users, as DingTalk's robots send it.
pub(crate) fn message(to: &[&str], text: &str) -> String {
    let param = serde_json::json!({ "content": text }).to_string();
    serde_json::json!({ "robotCode": "dingorders", "userIds": to, "msgKey": "sampleText", "msgParam": param })
        .to_string()
}

/// The lines of a ledger.
#[track_caller]
pub(crate) fn lines(path: impl AsRef<Path>) -> Vec<Value> {
    let text = std::fs::read_to_string(path).expect("a ledger");
    assert!(text.is_empty() || text.ends_with('\n'), "the last line is not whole");
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line:?}"))).collect()
}
