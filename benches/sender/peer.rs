//! The load tools beside which the sender is measured.

use std::net::SocketAddr;
use std::process::{Command, Stdio};

use crate::between::Between;
use crate::server::{PATH, Server};
use crate::used_by_children;

/// Connections that each keeps, as a drill's accounts do.
pub(crate) const CONNECTIONS: u32 = 50;

#[derive(Clone, Copy)]
pub(crate) enum Peer {
    Oha,
    Hey,
    Wrk,
}

/// Complains about every peer that is missing.
pub(crate) fn are_there() -> Result<(), String> {
    let starts = |peer: &Peer| {
        let mut command = Command::new(peer.program());
        command.arg("--version").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok()
    };
    let missing: Vec<_> = [Peer::Oha, Peer::Hey, Peer::Wrk].into_iter().filter(|peer| !starts(peer)).collect();
    let lines: Vec<_> = missing.iter().map(|peer| format!("{} ({})", peer.program(), peer.comes_from())).collect();
    if lines.is_empty() { Ok(()) } else { Err(format!("not everything to compare with is here: {}", lines.join(", "))) }
}

impl Peer {
    fn program(self) -> &'static str {
        match self {
            Self::Oha => "oha",
            Self::Hey => "hey",
            Self::Wrk => "wrk",
        }
    }

    fn comes_from(self) -> &'static str {
        match self {
            Self::Oha => "cargo install oha --locked",
            Self::Hey => "apt-get install hey",
            Self::Wrk => "apt-get install wrk",
        }
    }

    /// µs of its processor time a request, at so many requests a second.
    pub(crate) fn at_rate(self, server: &Server, rate: u32, seconds: u32) -> Result<f64, String> {
        let before = used_by_children();
        let sent = self.requests_at_rate(server.address, rate, seconds)?;
        Ok((used_by_children() - before) * 1e6 / sent)
    }

    /// The same through the path, whose processor time is counted with its own.
    pub(crate) fn by_the_path(self, server: &Server, rate: u32, seconds: u32) -> Result<f64, String> {
        let before = used_by_children();
        let between = Between::start(server.address)?;
        let sent = self.requests_at_rate(between.address, rate, seconds)?;
        drop(between);
        Ok((used_by_children() - before) * 1e6 / sent)
    }

    /// How many requests it has sent.
    fn requests_at_rate(self, to: SocketAddr, rate: u32, seconds: u32) -> Result<f64, String> {
        let mut args = self.closed_loop(seconds);
        match self {
            Self::Oha => args.extend(["-q".into(), rate.to_string(), "--latency-correction".into()]),
            Self::Hey => args.extend(["-q".into(), (rate / CONNECTIONS).to_string()]),
            Self::Wrk => return Err("wrk has no open loop".to_owned()),
        }
        let reached = self.requests_a_second(to, &args)?;
        // hey's workers wait for each other's tokens and stay a little below.
        if reached < f64::from(rate) * 0.9 {
            return Err(format!("{} reached {reached:.0} requests/s of {rate}", self.program()));
        }
        Ok(reached * f64::from(seconds))
    }

    /// The requests a second that it reaches when each connection sends as soon as it has its answer.
    pub(crate) fn fastest(self, server: &Server, seconds: u32) -> Result<f64, String> {
        self.requests_a_second(server.address, &self.closed_loop(seconds))
    }

    fn closed_loop(self, seconds: u32) -> Vec<String> {
        let length = format!("{seconds}s");
        let connections = CONNECTIONS.to_string();
        match self {
            Self::Oha => {
                ["--no-tui", "-z", &length, "-c", &connections, "-m", "POST", "-d", BODY].map(str::to_owned).to_vec()
            }
            Self::Hey => ["-z", &length, "-c", &connections, "-m", "POST", "-d", BODY].map(str::to_owned).to_vec(),
            Self::Wrk => ["-t1", "-c", &connections, "-d", &length].map(str::to_owned).to_vec(),
        }
    }

    fn requests_a_second(self, to: SocketAddr, args: &[String]) -> Result<f64, String> {
        let program = self.program();
        let mut command = Command::new(program);
        command.args(args).stdin(Stdio::null());
        let _script = if matches!(self, Self::Wrk) {
            let script = tempfile::NamedTempFile::new().map_err(|error| error.to_string())?;
            let text = format!("wrk.method = \"POST\"\nwrk.body = [[{BODY}]]\n");
            std::fs::write(script.path(), text).map_err(|error| error.to_string())?;
            command.arg("-s").arg(script.path());
            Some(script)
        } else {
            None
        };
        let output = command.arg(format!("http://{to}{PATH}")).output();
        let output = output.map_err(|error| format!("{program} ({}): {error}", self.comes_from()))?;
        let text = String::from_utf8_lossy(&output.stdout);
        let rate = text.lines().find_map(|line| line.trim().strip_prefix("Requests/sec:")?.trim().parse().ok());
        rate.ok_or_else(|| format!("{program} had no answers: {}", text.trim()))
    }
}

/// A robot's message of 200 bytes, as the sender writes it.
pub(crate) const BODY: &str = concat!(
    r#"{"robotCode":"bench","userIds":["factory-1"],"msgKey":"sampleText","msgParam":"{\"content\":\""#,
    "[fd 0.17] order 17: the goods leave Shenzhen on the next truck; please confirm count, colour and carton marks. ",
    "the goods leave Shenzhen on the next truck; please confirm count, colour, carton.",
    r#"\"}"}"#
);
