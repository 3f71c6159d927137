//! DingTalk's requests as a server that is not ours reads them: as much of HTTP/1.1 as its clients use, over one connection that is kept.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

use serde_json::Value;

/// A request that was read whole.
pub(crate) struct Request {
    pub(crate) method: String,
    /// With its query.
    pub(crate) target: String,
    /// The token of its header.
    pub(crate) token: Option<String>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    /// The next one of this connection; `None` when it is over.
    pub(crate) fn read(stream: &TcpStream) -> Option<Self> {
        // Nothing may be read that belongs to the request after it.
        let mut reader = BufReader::with_capacity(1, stream);
        let (mut first, mut token, mut length) = (String::new(), None, 0);
        reader.read_line(&mut first).ok().filter(|read| *read > 0)?;
        loop {
            let mut header = String::new();
            reader.read_line(&mut header).ok()?;
            let Some((name, value)) = header.split_once(':') else { break };
            match name.to_ascii_lowercase().as_str() {
                "content-length" => length = value.trim().parse().ok()?,
                "x-acs-dingtalk-access-token" => token = Some(value.trim().to_owned()),
                _ => {}
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).ok()?;
        let mut words = first.split(' ').map(str::to_owned);
        Some(Self { method: words.next()?, target: words.next()?, token, body })
    }

    /// Its body, if that is JSON.
    pub(crate) fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }
}

/// Answers with a status and JSON; `None` when the connection is over.
pub(crate) fn answer(mut stream: &TcpStream, status: u16, body: &Value) -> Option<()> {
    let body = body.to_string();
    let head =
        format!("HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n", body.len());
    stream.write_all((head + &body).as_bytes()).ok()
}
