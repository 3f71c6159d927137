//! What a room says between two moments: `/rooms/{roomId}/messages`, asked and answered, by a client and by a twin.

use std::fmt::Write;

use hyper::{Request, Response, StatusCode};
use serde::Deserialize;
use serde_json::Value;

use super::super::head::percent;
use super::sync::{Event, bare, separate, since, texts};
use super::word;
use crate::vendor::head::plain_parameter;
use crate::vendor::{Answer, Body, Head, answer, by_status};

/// As many events as one answer lists if nobody says it.
const LISTED: usize = 10;

/// As many as are asked for.
const ASKED: usize = 100;

/// The request that asks what came into a room before `from` and after `since`, the latest first.
pub fn messages_request(token: &str, room: &str, from: &str, since: &str) -> Request<Body> {
    let (room, from, since) = (percent(room), percent(from), percent(since));
    bare(token, &format!("/_matrix/client/v3/rooms/{room}/messages?dir=b&limit={ASKED}&from={from}&to={since}"))
}

/// One answer's part of what a room says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// The texts of others' messages, the latest first.
    pub texts: Vec<String>,
    /// From where to go on, if there may be more.
    pub end: Option<String>,
}

#[derive(Deserialize)]
struct Read {
    chunk: Vec<Value>,
    #[serde(default)]
    end: Option<String>,
}

/// The answer as whoever is called `user` hears it.
///
/// # Errors
/// The answer as a no, or as one that cannot be read.
pub fn page(user: &str, status: StatusCode, body: &[u8]) -> Result<Page, Answer> {
    if !status.is_success() {
        return Err(by_status(status, word(status, body)));
    }
    let read = serde_json::from_slice::<Read>(body);
    let Read { chunk, end } = read.map_err(|_| Answer::Unreadable(format!("{} without a chunk", status.as_str())))?;
    let end = end.filter(|_| !chunk.is_empty());
    Ok(Page { texts: texts(user, &chunk), end })
}

/// Which events of a room somebody asks for, as a twin reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// Whether the latest comes first.
    pub backwards: bool,
    /// Where to begin; `None` = at the end at which the direction begins.
    pub from: Option<u64>,
    /// Where to end.
    pub to: Option<u64>,
    /// How many events at most.
    pub most: usize,
}

impl Stretch {
    /// What a request asks for; `None` if it names no direction, or what never was.
    pub fn of(head: &impl Head) -> Option<Self> {
        let at = |name| match plain_parameter(head.query(), name) {
            Some(text) if !text.is_empty() => since(&text).map(Some),
            _ => Some(None),
        };
        let backwards = match plain_parameter(head.query(), "dir")?.as_ref() {
            "b" => true,
            "f" => false,
            _ => return None,
        };
        let most = plain_parameter(head.query(), "limit").and_then(|text| text.parse().ok()).unwrap_or(LISTED);
        Some(Self { backwards, from: at("from")?, to: at("to")?, most: std::cmp::max(most, 1) })
    }
}

/// Events of a room, from one token on; up to another if there are more.
pub fn messages_answer(events: &[Event<'_>], start: u64, end: Option<u64>) -> Response<Body> {
    let mut out = String::from("{\"chunk\":[");
    for (at, event) in events.iter().enumerate() {
        separate(&mut out, at);
        event.write(&mut out);
    }
    // Writing to a string does not fail.
    let _ = write!(out, "],\"start\":\"s{start}\"");
    if let Some(end) = end {
        let _ = write!(out, ",\"end\":\"s{end}\"");
    }
    out.push('}');
    answer(200, out)
}
