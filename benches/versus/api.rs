//! A client of Toxiproxy's API, over one connection, with an end to its patience.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::{Value, json};

/// How long an answer may take; after that the server counts as hanging.
pub(crate) const PATIENCE: Duration = Duration::from_secs(2);
/// The only proxy, and its only toxic.
const PROXY: &str = "/proxies/versus";
const TOXICS: &str = "/proxies/versus/toxics";
const TOXIC: &str = "/proxies/versus/toxics/fault";
/// The most of an answer that is read.
const ANSWER: usize = 1 << 20;

pub(crate) struct Api {
    connection: BufReader<TcpStream>,
    at: SocketAddr,
}

impl Api {
    pub(crate) fn connect(at: SocketAddr) -> Result<Self, String> {
        let open = || {
            let connection = TcpStream::connect_timeout(&at, PATIENCE)?;
            connection.set_nodelay(true)?;
            connection.set_read_timeout(Some(PATIENCE))?;
            connection.set_write_timeout(Some(PATIENCE))?;
            Ok(BufReader::new(connection))
        };
        let connection = open().map_err(|error: io::Error| format!("API at {at}: {error}"))?;
        Ok(Self { connection, at })
    }

    /// Makes the proxy. `http` asks for the HTTP-aware path, which is firedrill's own word and no part of Toxiproxy's API.
    pub(crate) fn create(&mut self, listen: SocketAddr, upstream: SocketAddr, http: bool) -> Result<(), String> {
        let mut proxy = json!({ "name": "versus", "listen": listen, "upstream": upstream, "enabled": true });
        if http {
            proxy["protocol"] = "http".into();
        }
        self.call("POST", "/proxies", Some(&proxy))
    }

    /// Adds the toxic, on what comes down from the upstream.
    pub(crate) fn add(&mut self, kind: &str, attributes: &Value) -> Result<(), String> {
        self.call("POST", TOXICS, Some(&toxic(kind, attributes)))
    }

    /// Changes the toxic. It is sent as a whole, as Toxiproxy's own client does: not every server takes less.
    pub(crate) fn update(&mut self, kind: &str, attributes: &Value) -> Result<(), String> {
        self.call("POST", TOXIC, Some(&toxic(kind, attributes)))
    }

    pub(crate) fn remove(&mut self) -> Result<(), String> {
        self.call("DELETE", TOXIC, None)
    }

    pub(crate) fn known(&mut self) -> Result<(), String> {
        self.call("GET", PROXY, None)
    }

    fn call(&mut self, method: &str, path: &str, body: Option<&Value>) -> Result<(), String> {
        let failed = |what: String| format!("{method} {path}: {what}");
        let body = body.map(Value::to_string).unwrap_or_default();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            self.at,
            body.len()
        );
        self.connection.get_mut().write_all(request.as_bytes()).map_err(|error| failed(error.to_string()))?;
        let (status, answer) = self.answer().map_err(|error| match error.kind() {
            io::ErrorKind::WouldBlock => failed(format!("no answer within {PATIENCE:?}")),
            _ => failed(error.to_string()),
        })?;
        if (200..300).contains(&status) { Ok(()) } else { Err(failed(format!("{status} {}", answer.trim()))) }
    }

    fn answer(&mut self) -> io::Result<(u16, String)> {
        let nonsense = || io::Error::new(io::ErrorKind::InvalidData, "its answer is no HTTP");
        let status = self.line()?.split(' ').nth(1).and_then(|word| word.parse().ok()).ok_or_else(nonsense)?;
        let (mut length, mut chunked) = (0, false);
        loop {
            let line = self.line()?.to_ascii_lowercase();
            match line.split_once(':') {
                None => break,
                Some(("content-length", value)) => length = value.trim().parse().map_err(|_| nonsense())?,
                Some(("transfer-encoding", value)) => chunked = value.trim() == "chunked",
                Some(_) => {}
            }
        }
        let mut body = self.exactly(length)?;
        while chunked {
            let size = usize::from_str_radix(self.line()?.trim(), 16).map_err(|_| nonsense())?;
            body.extend(self.exactly(size)?);
            self.line()?;
            chunked = size > 0;
        }
        Ok((status, String::from_utf8_lossy(&body).into_owned()))
    }

    fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        if self.connection.by_ref().take(ANSWER as u64).read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        line.truncate(line.trim_end().len());
        Ok(line)
    }

    fn exactly(&mut self, length: usize) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; length.min(ANSWER)];
        self.connection.read_exact(&mut bytes)?;
        Ok(bytes)
    }
}

fn toxic(kind: &str, attributes: &Value) -> Value {
    json!({ "name": "fault", "type": kind, "stream": "downstream", "toxicity": 1.0, "attributes": attributes })
}
