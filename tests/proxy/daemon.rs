//! The program under test, and a client that hides nothing.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

/// A daemon on a free port, ended with the test.
pub(crate) struct Daemon {
    child: Child,
    pub(crate) api: SocketAddr,
    /// The line that says that it is ready.
    pub(crate) ready: Value,
}

/// An answer as it came.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

/// The program with the daemon's command.
pub(crate) fn program(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_firedrill"));
    command.arg("proxy").args(args).env_remove("RUST_LOG");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

impl Daemon {
    pub(crate) fn start() -> Self {
        Self::with(&["--api", "127.0.0.1:0"])
    }

    /// Starts with these arguments and waits for the line that says it is ready.
    pub(crate) fn with(args: &[&str]) -> Self {
        let mut command = program(args);
        command.stderr(Stdio::inherit());
        Self::of(command)
    }

    /// Starts with at most so many open files.
    pub(crate) fn limited(files: u32) -> Self {
        let mut command = Command::new("sh");
        let script = format!("ulimit -n {files} && exec \"$0\" proxy --api 127.0.0.1:0");
        command.args(["-c", &script, env!("CARGO_BIN_EXE_firedrill")]).env_remove("RUST_LOG");
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        Self::of(command)
    }

    /// The process's number.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Starts a command of the program, whose standard error goes where the command says.
    pub(crate) fn of(mut command: Command) -> Self {
        let mut child = command.spawn().expect("the program starts");
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().expect("a pipe")).read_line(&mut line).expect("a line");
        let ready: Value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line:?}"));
        assert_eq!(ready["ready"], true, "{ready}");
        let api = ready["api"].as_str().and_then(|url| url.strip_prefix("http://")).expect("a URL");
        Self { api: api.parse().expect("an address"), child, ready }
    }

    pub(crate) fn ask(&self, method: &str, path: &str, body: &str) -> Answer {
        self.ask_with(method, path, body, &[])
    }

    pub(crate) fn ask_with(&self, method: &str, path: &str, body: &str, headers: &[&str]) -> Answer {
        let length = format!("Content-Length: {}", body.len());
        let own = format!("Host: {}", self.api);
        let named = headers.iter().any(|header| header.to_ascii_lowercase().starts_with("host:"));
        let mut lines = vec![format!("{method} {path} HTTP/1.1"), "Connection: close".into(), length];
        lines.extend((!named).then_some(own));
        lines.extend(headers.iter().map(|header| (*header).to_owned()));
        let request = lines.join("\r\n");
        self.raw(format!("{request}\r\n\r\n{body}").as_bytes())
    }

    /// Sends these bytes and reads until the end.
    pub(crate) fn raw(&self, request: &[u8]) -> Answer {
        let address = if self.api.ip().is_unspecified() { ([127, 0, 0, 1], self.api.port()).into() } else { self.api };
        let mut stream = TcpStream::connect(address).expect("the interface listens");
        stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a time");
        // An interface that has heard enough may close while we still speak.
        let _ = stream.write_all(request);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        let answer = String::from_utf8(answer).expect("text");
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {answer:?}"));
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
        Answer { status, head: head.to_ascii_lowercase(), body: body.to_owned() }
    }

    /// Asks, and insists on a status.
    #[track_caller]
    pub(crate) fn good(&self, method: &str, path: &str, body: &str, status: u16) -> Value {
        let answer = self.ask(method, path, body);
        assert_eq!(answer.status, status, "{method} {path} {body}: {answer:?}");
        if answer.body.is_empty() { Value::Null } else { answer.json() }
    }

    /// Creates a proxy, and tells where it listens.
    #[track_caller]
    pub(crate) fn proxy(&self, name: &str, upstream: SocketAddr) -> SocketAddr {
        let body = format!("{{\"name\":\"{name}\",\"listen\":\"127.0.0.1:0\",\"upstream\":\"{upstream}\"}}");
        let made = self.good("POST", "/proxies", &body, 201);
        made["listen"].as_str().and_then(|listen| listen.parse().ok()).expect("an address")
    }

    /// Adds a toxic.
    #[track_caller]
    pub(crate) fn toxic(&self, proxy: &str, body: &str) -> Value {
        self.good("POST", &format!("/proxies/{proxy}/toxics"), body, 200)
    }

    /// Sends a signal by its number's name, such as `TERM`, and waits for the end.
    pub(crate) fn end(mut self, signal: &str) -> ExitStatus {
        let sent = Command::new("kill").arg(format!("-{signal}")).arg(self.child.id().to_string()).status();
        assert!(sent.expect("kill").success());
        self.child.wait().expect("it ends")
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Answer {
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().skip(1);
        lines.filter_map(|line| line.split_once(": ")).find(|(key, _)| *key == name).map(|(_, value)| value)
    }
}

/// Waits until something holds, for at most ten seconds: bounds are asserted on what it gives back, how long it took.
#[track_caller]
pub(crate) fn until(what: &str, mut holds: impl FnMut() -> bool) -> Duration {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < Duration::from_secs(10), "it never came: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
    start.elapsed()
}
