//! A client of Stream mode, as small as it can be.

use std::io::{Read, Write};
use std::net::TcpStream;

use serde_json::{Value, json};

use super::running::Twin;

impl Twin {
    /// A connection of a user's app, to which his messages are pushed.
    pub(crate) fn stream(&self, user: &str) -> Result<TcpStream, String> {
        let wishes = json!([{ "type": "CALLBACK", "topic": "/v1.0/im/bot/messages/get" }]);
        let open = json!({ "clientId": user, "clientSecret": "anything", "subscriptions": wishes });
        let opened = self.post("/v1.0/gateway/connections/open", "", &open)?;
        let ticket = opened["ticket"].as_str().ok_or_else(|| format!("no ticket: {opened}"))?;
        self.upgrade(&format!("/connect?ticket={ticket}"), "")
    }
}

/// Takes what is pushed and acknowledges it.
pub(crate) fn take(stream: &mut TcpStream) -> Result<(), String> {
    let broken = |error: std::io::Error| format!("nothing was pushed: {error}");
    let mut head = [0; 2];
    stream.read_exact(&mut head).map_err(broken)?;
    let mut length = usize::from(head[1]);
    if length == 126 {
        stream.read_exact(&mut head).map_err(broken)?;
        length = usize::from(u16::from_be_bytes(head));
    }
    let mut frame = vec![0; length];
    stream.read_exact(&mut frame).map_err(broken)?;
    let pushed: Value = serde_json::from_slice(&frame).map_err(|error| format!("{error}: no frame of Stream mode"))?;
    let headers = json!({ "contentType": "application/json", "messageId": pushed["headers"]["messageId"] });
    let ack =
        json!({ "code": 200, "headers": headers, "message": "OK", "data": "{\"response\":\"SUCCESS\"}" }).to_string();
    // A text, masked with zeros, its length in one byte or in three.
    let length = match u8::try_from(ack.len()) {
        Ok(short) if short < 126 => vec![0x80 + short],
        _ => [&[0xfe][..], &u16::try_from(ack.len()).map_err(|error| error.to_string())?.to_be_bytes()].concat(),
    };
    let head = [&[0x81][..], &length, &[0; 4]].concat();
    stream.write_all(&[&head, ack.as_bytes()].concat()).map_err(|error| format!("the twin hears nothing: {error}"))
}
