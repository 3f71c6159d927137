//! A daemon before two platforms, with accounts that are real and accounts that are made up.

use std::fs::File;
use std::io::{Read, Write};
use std::net::SocketAddr;

use serde_json::Value;
use tempfile::TempDir;

use crate::daemon::{Daemon, program};
use crate::upstream;

/// What nothing may ever show.
pub(crate) const SECRETS: [(&str, &str); 3] =
    [("ANNA_KEY", "dingsecretanna"), ("BEN_KEY", "dingsecretben"), ("BEN_TOKEN", "graphsecretben")];

pub(crate) const REAL: &str = "
regions: { hk: { addresses: [127.77.0.0/16] }, shenzhen: { addresses: [127.78.0.0/16] } }
groups:
  purchasing: { accounts: { anna: \"${ANNA_KEY}\", ben: [\"${BEN_KEY}\", \"${BEN_TOKEN}\"] } }
  office: { count: 4, region: hk }
proxies:
  dingtalk: { listen: \"127.0.0.1:0\", upstream: UPSTREAM, kind: dingtalk, edition: lite }
  teams: { listen: \"127.0.0.1:0\", upstream: UPSTREAM, kind: teams }
  web: { listen: \"127.0.0.1:0\", upstream: UPSTREAM, protocol: http }
  bytes: { listen: \"127.0.0.1:0\", upstream: ECHO }
";

/// A platform as far as it matters: it gives each key its token, and takes every message.
pub(crate) fn platform() -> SocketAddr {
    upstream::serve(|mut stream| {
        while let Some(request) = message(&mut stream) {
            let key = request.split("\"appKey\":\"").nth(1).and_then(|rest| rest.split('"').next());
            let body = match key {
                Some(key) => format!("{{\"accessToken\":\"token-of-{key}\",\"expireIn\":7200}}"),
                None => "{\"processQueryKey\":\"q\"}".to_owned(),
            };
            let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
            if stream.write_all(answer.as_bytes()).is_err() {
                return;
            }
        }
    })
}

/// One message of HTTP that says how long it is.
fn message(stream: &mut impl Read) -> Option<String> {
    let mut text = String::new();
    let mut byte = [0];
    while !text.ends_with("\r\n\r\n") {
        stream.read_exact(&mut byte).ok()?;
        text.push(char::from(byte[0]));
    }
    let length = text.to_ascii_lowercase().split("content-length: ").nth(1)?.split("\r\n").next()?.parse().ok()?;
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    Some(text + &String::from_utf8_lossy(&body))
}

pub(crate) struct Rig {
    pub(crate) daemon: Daemon,
    pub(crate) place: TempDir,
}

impl Rig {
    pub(crate) fn start() -> Self {
        Self::with(REAL)
    }

    /// A daemon with this file, which says everything that it has to say.
    pub(crate) fn with(text: &str) -> Self {
        let place = tempfile::tempdir().expect("a directory");
        let mut command = program(&["--api", "127.0.0.1:0", "--faults", &file(&place, text)]);
        command.envs(SECRETS).env("RUST_LOG", "trace");
        command.stderr(File::create(place.path().join("log")).expect("room"));
        Self { daemon: Daemon::of(command), place }
    }

    pub(crate) fn listen(&self, proxy: &str) -> SocketAddr {
        let proxy = self.daemon.good("GET", &format!("/proxies/{proxy}"), "", 200);
        proxy["listen"].as_str().and_then(|listen| listen.parse().ok()).expect("an address")
    }

    pub(crate) fn arm(&self, fault: &str) -> Value {
        self.daemon.good("POST", "/firedrill/v1/faults", fault, 201)
    }

    pub(crate) fn lift(&self, fault: &str) {
        self.daemon.good("DELETE", &format!("/firedrill/v1/faults/{fault}"), "", 204);
    }

    /// Asks with these lines in the head, from an address; status and body.
    pub(crate) fn ask(&self, proxy: &str, from: [u8; 4], path: &str, header: &str, body: &str) -> (u16, String) {
        let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).expect("a socket");
        socket.bind(&SocketAddr::from((from, 0)).into()).expect("an address of ours");
        socket.connect(&self.listen(proxy).into()).expect("somebody listens");
        let mut stream = std::net::TcpStream::from(socket);
        stream.set_read_timeout(Some(std::time::Duration::from_secs(10))).expect("a time");
        let length = body.len();
        let request = format!("POST {path} HTTP/1.1\r\nHost: a\r\n{header}\r\nContent-Length: {length}\r\n\r\n{body}");
        stream.write_all(request.as_bytes()).expect("sent");
        let answer = message(&mut stream).expect("an answer");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
        (head[9..12].parse().expect("a status"), body.to_owned())
    }

    pub(crate) fn login(&self, key: &str) {
        let (status, answer) = self.try_login(key);
        assert_eq!(status, 200, "{answer}");
    }

    pub(crate) fn try_login(&self, key: &str) -> (u16, String) {
        let body = format!("{{\"appKey\":\"{key}\",\"appSecret\":\"s\"}}");
        self.ask("dingtalk", ELSEWHERE, "/v1.0/oauth2/accessToken", "X: 1", &body)
    }

    /// Sends a message over DingTalk with a token.
    pub(crate) fn send(&self, token: &str) -> (u16, String) {
        self.send_from(ELSEWHERE, token)
    }

    pub(crate) fn send_from(&self, from: [u8; 4], token: &str) -> (u16, String) {
        let header = format!("x-acs-dingtalk-access-token: {token}");
        self.ask("dingtalk", from, "/v1.0/robot/oToMessages/batchSend", &header, "{}")
    }
}

/// In no region.
pub(crate) const ELSEWHERE: [u8; 4] = [127, 0, 0, 1];

pub(crate) fn file(place: &TempDir, text: &str) -> String {
    let file = place.path().join("faults.yaml");
    let quoted = |address: SocketAddr| format!("\"{address}\"");
    let text = text.replace("UPSTREAM", &quoted(platform())).replace("ECHO", &quoted(upstream::echo()));
    std::fs::write(&file, text).expect("room");
    file.display().to_string()
}
