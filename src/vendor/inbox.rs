//! The inbox: one WebSocket by which a recipient receives from a twin, over the faulty path. It stands in for the platform app's own
//! push connection until the platforms' own ways are spoken.
//!
//! Frames are numbered for each user. On connecting, a receiver names the last number it saw, and the twin goes on from there: what was
//! under way when a connection broke is pushed again, as a synchronising app would fetch it.

use std::fmt::Write;

use hyper::Request;
use serde::Deserialize;

use super::{Body, Head, json};

/// The path of the inbox on every twin.
pub const INBOX_PATH: &str = "/firedrill/inbox";

const CREDENTIAL_HEADER: &str = "x-firedrill-credential";
const AFTER_HEADER: &str = "x-firedrill-after";
const PREFIX: &str = "push-";

/// One pushed message, as it is read.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Frame<'a> {
    /// The frame's number for this user, from 1.
    pub seq: u64,
    /// The message's text.
    #[serde(borrow)]
    pub text: std::borrow::Cow<'a, str>,
}

/// A pushed message as it is written; [`Frame`] reads it.
pub fn frame(seq: u64, text: &str) -> String {
    let mut frame = String::with_capacity(text.len() + 48);
    // Writing to a string does not fail.
    let _ = write!(frame, "{{\"seq\":{seq},\"text\":");
    json::string(&mut frame, text);
    frame.push('}');
    frame
}

/// The credential by which `user` receives.
pub fn credential(user: &str) -> String {
    format!("{PREFIX}{user}")
}

/// The request that opens `user`'s inbox after frame `after`. `key` is the WebSocket key.
pub fn request(user: &str, after: u64, key: &str) -> Request<Body> {
    let mut request = Request::new(Body::default());
    *request.uri_mut() = hyper::Uri::from_static(INBOX_PATH);
    let headers = request.headers_mut();
    let mut put = |name: &'static str, value: &str| {
        if let Ok(value) = value.parse() {
            headers.insert(name, value);
        }
    };
    put("host", "inbox.firedrill");
    put("connection", "Upgrade");
    put("upgrade", "websocket");
    put("sec-websocket-version", "13");
    put("sec-websocket-key", key);
    put(CREDENTIAL_HEADER, &credential(user));
    put(AFTER_HEADER, &after.to_string());
    request
}

pub(super) fn credential_of(head: &impl Head) -> Option<&str> {
    head.header(CREDENTIAL_HEADER)
}

/// The user whose inbox a credential opens.
pub fn user(credential: &str) -> Option<&str> {
    credential.strip_prefix(PREFIX)
}

/// The user and the last frame seen, as an inbox request names them.
pub fn subscriber(head: &impl Head) -> Option<(&str, u64)> {
    let user = user(credential_of(head)?)?;
    let after = head.header(AFTER_HEADER)?.parse().ok()?;
    Some((user, after))
}
