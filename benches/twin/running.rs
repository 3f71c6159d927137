//! The twin as a process of its own.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde_json::Value;

/// Robot messages to single users.
pub(crate) const SEND: &str = "/v1.0/robot/oToMessages/batchSend";

/// Clock ticks in a second, as /proc counts: the same on every Linux of today.
const TICKS: f64 = 100.0;

/// A twin on a free port; dropped, it is ended.
pub(crate) struct Twin {
    child: Child,
    pub(crate) http: SocketAddr,
}

impl Twin {
    pub(crate) fn start(args: &[&str]) -> Result<Self, String> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_firedrill"));
        command.arg("twin").args(args).args(["--listen", "127.0.0.1:0"]).env_remove("RUST_LOG");
        let spawned = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
        let mut child = spawned.map_err(|error| format!("cannot start firedrill: {error}"))?;
        let mut line = String::new();
        let read = child.stdout.as_mut().map(|out| BufReader::new(out).read_line(&mut line));
        let ready = serde_json::from_str::<Value>(&line).unwrap_or_default();
        let http = ready["http"].as_str().and_then(|url| url.strip_prefix("http://")?.parse().ok());
        match http {
            Some(http) => Ok(Self { child, http }),
            None => Err(format!("the twin is not ready: {read:?} {line}")),
        }
    }

    /// A token to send with.
    pub(crate) fn token(&self) -> Result<String, String> {
        let login = serde_json::json!({ "appKey": "bench", "appSecret": "anything" });
        let answer = self.post("/v1.0/oauth2/accessToken", "", &login)?;
        answer["accessToken"].as_str().map(str::to_owned).ok_or_else(|| format!("no token: {answer}"))
    }

    /// The answer to a request with a JSON body.
    pub(crate) fn post(&self, path: &str, token: &str, body: &Value) -> Result<Value, String> {
        let body = body.to_string();
        let request = format!(
            "POST {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\nx-acs-dingtalk-access-token: {token}\r\n\
             content-length: {}\r\n\r\n{body}",
            self.http,
            body.len()
        );
        let mut stream = self.connect()?;
        let mut answer = String::new();
        stream
            .write_all(request.as_bytes())
            .and_then(|()| stream.read_to_string(&mut answer))
            .map_err(|error| format!("the twin does not answer: {error}"))?;
        let body = answer.split("\r\n\r\n").nth(1).unwrap_or_default();
        serde_json::from_str(body).map_err(|error| format!("{error}: {answer}"))
    }

    /// A WebSocket for what a user receives.
    pub(crate) fn inbox(&self, user: &str) -> Result<TcpStream, String> {
        self.upgrade("/firedrill/inbox", &format!("x-firedrill-credential: push-{user}\r\nx-firedrill-after: 0\r\n"))
    }

    /// A connection that has become a WebSocket.
    pub(crate) fn upgrade(&self, target: &str, fields: &str) -> Result<TcpStream, String> {
        let mut stream = self.connect()?;
        let request = format!(
            "GET {target} HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\
             sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n{fields}\r\n"
        );
        stream.write_all(request.as_bytes()).map_err(|error| format!("{target}: {error}"))?;
        let mut answer = Vec::new();
        while !answer.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).map_err(|error| format!("{target}: {error}"))?;
            answer.extend(byte);
        }
        if answer.starts_with(b"HTTP/1.1 101 ") { Ok(stream) } else { Err(String::from_utf8_lossy(&answer).into()) }
    }

    fn connect(&self) -> Result<TcpStream, String> {
        let stream = TcpStream::connect(self.http).map_err(|error| format!("{}: {error}", self.http))?;
        // Nothing here takes so long unless it hangs.
        stream.set_read_timeout(Some(Duration::from_secs(10))).map_err(|error| error.to_string())?;
        Ok(stream)
    }

    /// Seconds of its processor time so far.
    pub(crate) fn cpu(&self) -> f64 {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap_or_default();
        // The name in brackets may hold blanks; the times are the 12th and 13th words after it.
        let words = stat.rsplit(')').next().unwrap_or_default().split_ascii_whitespace();
        words.skip(11).take(2).filter_map(|word| word.parse::<f64>().ok()).sum::<f64>() / TICKS
    }

    /// KiB of its memory that are resident.
    pub(crate) fn resident_kib(&self) -> f64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
        line.trim().trim_end_matches(" kB").parse().unwrap_or_default()
    }
}

impl Drop for Twin {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Takes as many descriptors as the system gives.
pub(crate) fn raise_descriptors() -> Result<(), String> {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }).map_err(|error| format!("open files: {error}"))
}
