//! A service that speaks HTTP and that nobody here knows. Everything that is particular to it stands in the scenario; this says how a
//! request is made of that, and how an answer is read. The other way round it is what a twin reads and says, so that whatever a scenario
//! describes can be played.
//!
//! It has no words of its own: what the path refuses in its name is a bare status with its reason ([`plain_refusal`](super::plain_refusal)),
//! and a 401 says by what scheme requests show credentials there.

pub(super) mod fill;
pub(super) mod read;
mod twin;

use std::borrow::Cow;

use hyper::header::{CONTENT_TYPE, HeaderName};
use hyper::{Method, Request, StatusCode};
use serde_json::Value;

use super::{Answer, Body, Head, Identity, Outgoing, by_status};
use crate::plan::{Ask, Blank, Capability, Found, Is, Pattern, Poll, Rule, Service, Success};
use crate::units::MessageId;

use fill::{Values, body, fill, percent};
pub use twin::{Polling, Post, accepted, listed, poll, post};

/// What is addressed where nobody says otherwise: a twin has no name.
const HOST: &str = "service.firedrill";

/// What the poll of a recipient brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Polled {
    /// Every message in it.
    pub messages: Vec<Heard>,
    /// What goes into `{after}` next time; `None` if the answer does not say.
    pub next: Option<String>,
}

/// A message in an answer.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Heard {
    /// Its text.
    Text(String),
    /// Which it is, and no more.
    Known(MessageId),
}

pub(super) fn identity(name: &str) -> Identity {
    Identity {
        user: name.into(),
        key: format!("fd-token-{name}"),
        secret: String::new(),
        webhook: format!("fd-webhook-{name}"),
    }
}

/// What `{message}` is filled in with.
pub fn message_text(id: MessageId) -> String {
    format!("fd-{id}")
}

/// Which message that was; `None` if it is none of a drill.
pub fn message_id(text: &str) -> Option<MessageId> {
    text.strip_prefix("fd-")?.parse().ok()
}

pub(super) fn capability(service: &Service, head: &impl Head) -> Capability {
    let target = target(head);
    if head.method() == service.send.method && read::read(&service.send.path, &target, read::percent).is_some() {
        return service.capability;
    }
    match &service.poll {
        Some(poll)
            if head.method() == "GET"
                && poll.paths().any(|path| read::read(path, &target, read::percent).is_some()) =>
        {
            Capability::Receive
        }
        _ => Capability::Other,
    }
}

/// Path and query.
pub(super) fn target(head: &impl Head) -> Cow<'_, str> {
    if head.query().is_empty() { head.path().into() } else { format!("{}?{}", head.path(), head.query()).into() }
}

/// Whatever in the head tells accounts apart: the credential if there is one in it, else the sender's name.
pub(super) fn credential(service: &Service, head: &impl Head) -> Option<String> {
    let fields = service.send.headers.iter().chain(service.poll.iter().flat_map(|poll| &poll.headers));
    let paths: Vec<_> = std::iter::once(&service.send.path).chain(service.poll.iter().flat_map(Poll::paths)).collect();
    shown(head, &fields, &paths)
}

/// The same, in these header fields and paths.
pub(super) fn shown<'a>(
    head: &impl Head,
    fields: &(impl Iterator<Item = &'a (String, Pattern)> + Clone),
    paths: &[&Pattern],
) -> Option<String> {
    let target = target(head);
    [Blank::Token, Blank::Webhook, Blank::From].into_iter().find_map(|blank| {
        let in_field = fields
            .clone()
            .filter(|(_, text)| text.has(blank))
            .find_map(|(name, text)| read::read(text, head.header(name)?, |part| Some(part.to_owned()))?.take(blank));
        let in_path = || {
            let mut paths = paths.iter().filter(|path| path.has(blank));
            paths.find_map(|path| read::read(path, &target, read::percent)?.take(blank))
        };
        in_field.or_else(in_path)
    })
}

pub(super) fn send_request(service: &Service, message: &Outgoing<'_>) -> Request<Body> {
    let (to, once) = (message.recipients.join(","), message_text(message.once));
    let values = Values {
        text: message.text,
        message: &once,
        from: &message.from.user,
        to: &to,
        each: message.recipients,
        token: message.token,
        webhook: &message.from.webhook,
        after: "",
        code: "",
    };
    let Ask { method, path, headers, content } = &service.send;
    let (form, body) = body(content, &values);
    let mut request = asked(method, path, headers, &values, body);
    if let Some(form) = form {
        let form = hyper::header::HeaderValue::from_static(form);
        request.headers_mut().entry(CONTENT_TYPE).or_insert(form);
    }
    request
}

/// The request by which an account asks what has come for it since the last answer said `after`; `None` where that cannot be asked.
pub fn poll_request(service: &Service, whom: &Identity, after: &str) -> Option<Request<Body>> {
    let Poll { path, first, headers, .. } = service.poll.as_ref()?;
    let path = first.as_ref().filter(|_| after.is_empty()).unwrap_or(path);
    let values = Values {
        to: &whom.user,
        from: &whom.user,
        token: &whom.key,
        webhook: &whom.webhook,
        after,
        ..Values::default()
    };
    Some(asked("GET", path, headers, &values, Body::default()))
}

pub(super) fn asked(
    method: &str,
    path: &Pattern,
    headers: &[(String, Pattern)],
    values: &Values<'_>,
    body: Body,
) -> Request<Body> {
    let mut request = Request::new(body);
    *request.method_mut() = Method::from_bytes(method.as_bytes()).unwrap_or(Method::POST);
    // What is filled in is encoded; a variable that is no part of a URI leaves `/`, which the service refuses.
    *request.uri_mut() = fill(path, values, percent).parse().unwrap_or_default();
    let fields = request.headers_mut();
    fields.insert(hyper::header::HOST, hyper::header::HeaderValue::from_static(HOST));
    for (name, text) in headers {
        // A text that is no header value leaves the field out, which the service then refuses.
        if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), fill(text, values, str::to_owned).parse()) {
            fields.insert(name, value);
        }
    }
    request
}

pub(super) fn read_answer(service: &Service, status: StatusCode, body: &[u8]) -> Answer {
    let Success { status: wanted, rule, code } = &service.success;
    let is_wanted = if wanted.is_empty() { status.is_success() } else { wanted.contains(&status.as_u16()) };
    let json = || serde_json::from_slice::<Value>(body).ok();
    let word = || {
        let json = code.as_ref().and_then(|_| json());
        let found = code.as_ref().zip(json.as_ref()).and_then(|(code, json)| code.find(json).first().map(|v| plain(v)));
        found.map_or_else(|| status.as_str().to_owned(), |word| short(&word))
    };
    if !is_wanted {
        // A status of success that is not the one that is meant is a no as well.
        let no = if status.as_u16() < 400 { Answer::Refused(word()) } else { by_status(status, word()) };
        return no;
    }
    match rule.as_ref().map(|rule| holds(rule, body)) {
        None | Some(Some(true)) => Answer::Acknowledged { declined: Vec::new() },
        Some(Some(false)) => Answer::Refused(word()),
        Some(None) => Answer::Unreadable(format!("{} without JSON", status.as_str())),
    }
}

/// Whether a body says what it has to; `None` if it cannot be read.
fn holds(Rule { at, is }: &Rule, body: &[u8]) -> Option<bool> {
    let says = |text: &str| match is {
        Is::Equal(wanted) => text == wanted,
        Is::Containing(part) => text.contains(part.as_str()),
    };
    match at {
        None => Some(says(String::from_utf8_lossy(body).trim())),
        Some(at) => {
            let json = serde_json::from_slice::<Value>(body).ok()?;
            Some(at.find(&json).iter().any(|value| says(&plain(value))))
        }
    }
}

/// A value as it is written, a text without its quotes.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Codes stand in tables: the first so many characters of one.
pub(super) fn short(word: &str) -> String {
    word.chars().take(80).collect()
}

/// What the answer to a poll brought.
///
/// # Errors
/// The answer as a no, or as one that cannot be read.
pub fn polled(service: &Service, status: StatusCode, body: &[u8]) -> Result<Polled, Answer> {
    let Some(Poll { found, next, .. }) = &service.poll else {
        return Err(Answer::Unreadable("nothing is polled".into()));
    };
    if !status.is_success() {
        return Err(by_status(status, status.as_str().to_owned()));
    }
    let json = serde_json::from_slice::<Value>(body)
        .map_err(|_| Answer::Unreadable(format!("{} without JSON", status.as_str())))?;
    let messages = match found {
        Found::Texts(at) => {
            at.find(&json).into_iter().filter_map(Value::as_str).map(|text| Heard::Text(text.into())).collect()
        }
        Found::Ids(at) => {
            at.find(&json).into_iter().filter_map(|id| message_id(&plain(id))).map(Heard::Known).collect()
        }
    };
    let next =
        next.as_ref().and_then(|next| next.find(&json).first().filter(|value| !value.is_null()).map(|v| plain(v)));
    Ok(Polled { messages, next })
}

#[cfg(test)]
mod tests;
