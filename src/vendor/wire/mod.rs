//! A service by scenario that speaks in frames, by WebSocket or by bare TCP: how its frames are made of the description, and how those of
//! the other side are read. A twin is made from the same the other way round.
//!
//! As every service by scenario it has no words of its own: a handshake that the path refuses in its name gets a bare status with its reason.

mod twin;

use hyper::Request;
use hyper::header::{CONNECTION, HeaderValue, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE};

use super::http::fill::{Values, fill, write};
use super::http::read::{Places, percent, read, read_json};
use super::http::{self, Heard, asked, message_id, message_text, shown, target};
use super::{Answer, Body, Head, Identity, Outgoing};
use crate::plan::{Blank, Capability, Frame, Login, Wire};

pub use twin::{Arrival, Post, arrival, granted, logs_in, no, post, pushed, yes};

/// The answer to a message, as far as a frame of the service is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// Which message it is about, as [`named`] writes it; `None` if it does not say.
    pub message: Option<String>,
    /// What it says.
    pub answer: Answer,
}

/// How a message is named in frames.
pub fn named(message: &Outgoing<'_>) -> String {
    message_text(message.once)
}

pub(super) fn capability(wire: &Wire, head: &impl Head) -> Capability {
    let target = target(head);
    let asks = |receives| wire.path_of(receives).is_some_and(|path| read(path, &target, percent).is_some());
    let own_path = wire.push.as_ref().is_some_and(|push| push.path.is_some());
    match (asks(false), own_path && asks(true)) {
        (_, true) => Capability::Receive,
        (true, false) => wire.capability,
        (false, false) => Capability::Other,
    }
}

/// Whatever in the head of a handshake tells accounts apart.
pub(super) fn credential(wire: &Wire, head: &impl Head) -> Option<String> {
    let paths: Vec<_> = [false, true].into_iter().filter_map(|receives| wire.path_of(receives)).collect();
    shown(head, &wire.headers().iter(), &paths)
}

/// The request for the WebSocket by which an account sends, or receives; `None` on bare TCP. `key` is the WebSocket key.
pub fn opening(wire: &Wire, whom: &Identity, receives: bool, key: &str) -> Option<Request<Body>> {
    let mut request = asked("GET", wire.path_of(receives)?, wire.headers(), &of(whom), Body::default());
    let fields = request.headers_mut();
    fields.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    fields.insert(UPGRADE, HeaderValue::from_static("websocket"));
    fields.insert(SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
    fields.insert(SEC_WEBSOCKET_KEY, HeaderValue::from_str(key).ok()?);
    Some(request)
}

/// What an account says first.
pub fn login(login: &Login, whom: &Identity) -> String {
    filled(&login.say, &of(whom))
}

/// What the service answers to a login; `None` if the frame is no answer to one.
pub fn login_answer(login: &Login, frame: &str) -> Option<Answer> {
    reply(login.refused.as_ref(), login.taken.as_ref(), frame).map(|reply| reply.answer)
}

/// The frame that sends a message.
pub fn send(wire: &Wire, message: &Outgoing<'_>) -> String {
    let (to, once) = (message.recipients.join(","), named(message));
    let values = Values { text: message.text, message: &once, to: &to, each: message.recipients, ..of(message.from) };
    filled(&wire.send, &values)
}

/// What a frame of the service answers; `None` if it is no answer. A no is looked for first: what it has, a yes may have as well.
pub fn answer(wire: &Wire, frame: &str) -> Option<Reply> {
    reply(wire.refused.as_ref(), wire.taken.as_ref(), frame)
}

/// What a frame is that comes where an answer is awaited and that is none.
pub fn unreadable(frame: &str) -> Answer {
    Answer::Unreadable(http::short(frame))
}

/// The message that a frame brings to a recipient.
pub fn heard(wire: &Wire, frame: &str) -> Option<Heard> {
    let found = places(&wire.push.as_ref()?.frame, frame)?;
    match found.get(Blank::Text) {
        Some(text) => Some(Heard::Text(text.to_owned())),
        None => message_id(found.get(Blank::Message)?).map(Heard::Known),
    }
}

fn of(whom: &Identity) -> Values<'_> {
    Values { from: &whom.user, to: &whom.user, token: &whom.key, webhook: &whom.webhook, ..Values::default() }
}

fn reply(refused: Option<&Frame>, taken: Option<&Frame>, frame: &str) -> Option<Reply> {
    let message = |found: &Places| found.get(Blank::Message).map(str::to_owned);
    if let Some(found) = refused.and_then(|refused| places(refused, frame)) {
        let code = found.get(Blank::Code).unwrap_or("refused");
        return Some(Reply { message: message(&found), answer: Answer::Refused(http::short(code)) });
    }
    let found = places(taken?, frame)?;
    Some(Reply { message: message(&found), answer: Answer::Acknowledged { declined: Vec::new() } })
}

fn filled(frame: &Frame, values: &Values<'_>) -> String {
    match frame {
        Frame::Text(text) => fill(text, values, str::to_owned),
        Frame::Json(json) => {
            let mut out = String::new();
            write(json, values, &mut out);
            out
        }
    }
}

/// What was filled into a frame; `None` if it was not made so.
fn places(wanted: &Frame, frame: &str) -> Option<Places> {
    match wanted {
        Frame::Text(text) => read(text, frame, |part| Some(part.to_owned())),
        Frame::Json(json) => read_json(json, &serde_json::from_str(frame).ok()?),
    }
}

#[cfg(test)]
mod tests;
