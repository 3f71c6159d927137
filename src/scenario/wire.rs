//! A service that speaks in frames and that nobody here knows: what is said to it, what its frames mean, and what recipients hear.

use super::cx::Cx;
use super::diagnostic::Code;
use super::endpoints::Described;
use super::fields::Fields;
use super::node::{Entry, Mark};
use super::service::{POLLING, SECRET, SENDING, headers, json, path, pattern};
use crate::plan::{Blank, Carrier, EndpointKind, Frame, Framing, Json, Login, Opening, Pattern, Push, Receipts, Wire};

/// What a yes may have in it.
const TAKEN: [Blank; 4] = [Blank::Message, Blank::From, Blank::To, Blank::Any];
/// What a no may have in it.
const REFUSED: [Blank; 5] = [Blank::Message, Blank::From, Blank::To, Blank::Code, Blank::Any];
/// What may be in what comes to a recipient.
const PUSHED: [Blank; 5] = [Blank::Text, Blank::Message, Blank::From, Blank::To, Blank::Any];
/// Whoever connects.
const WHO: [Blank; 4] = [Blank::From, Blank::To, Blank::Token, Blank::Webhook];

/// The description, but for what comes to recipients, which stands under `receipts`.
pub(super) fn read(cx: &mut Cx<'_>, fields: &mut Fields<'_>, what: Described) -> Option<Wire> {
    let capability = super::service::capability(cx, fields);
    let at = fields.at;
    let carrier = match what {
        Described::Tcp => framing(cx, fields).map(Carrier::Tcp),
        Described::Http | Described::Websocket => opening(cx, fields).map(Carrier::Websocket),
    };
    let login = fields.entry("login").map(|entry| login(cx, entry));
    let such_as = "{ json: '{\"id\": \"{message}\", \"to\": \"{to}\", \"text\": \"{text}\"}' }";
    let send = match fields.entry("send") {
        Some(entry) => frame(cx, entry, &SENDING),
        None => fields.need(cx, "send", such_as).and(None),
    };
    let taken = fields.entry("taken").map(|entry| frame(cx, entry, &TAKEN));
    let refused = fields.entry("refused").map(|entry| frame(cx, entry, &REFUSED));
    let (login, taken, refused) = (all(login)?, all(taken)?, all(refused)?);
    let wire = Wire { capability: capability?, carrier: carrier?, login, send: send?, taken, refused, push: None };
    fits(cx, at, &wire).map(|()| wire)
}

/// What was read, if there was anything to read.
#[expect(clippy::option_option, reason = "whether it stands there, and whether it could be read")]
fn all<T>(read: Option<Option<T>>) -> Option<Option<T>> {
    match read {
        Some(read) => read.map(Some),
        None => Some(None),
    }
}

/// Whether the frames go together.
fn fits(cx: &mut Cx<'_>, at: Mark, wire: &Wire) -> Option<()> {
    let Wire { send, taken, refused, .. } = wire;
    if !send.has(Blank::Text) {
        let hint = "put `{text}` where the message's text stands".to_owned();
        return cx.hinted(Code::Missing, at, "`send` does not say what is sent", hint);
    }
    let names = |frame: &Option<Frame>| frame.as_ref().is_some_and(|frame| frame.has(Blank::Message));
    if (names(taken) || names(refused)) && !send.has(Blank::Message) {
        let hint = "put `{message}` into `send`, where the service takes an id of the sender's".to_owned();
        return cx.hinted(Code::Conflict, at, "answers are told apart by `{message}`, which `send` does not say", hint);
    }
    if refused.is_some() && names(taken) != names(refused) {
        let hint = "write `{message}` into both `taken` and `refused`, or into neither".to_owned();
        return cx.hinted(Code::Conflict, at, "one of `taken` and `refused` says which message it is about", hint);
    }
    Some(())
}

fn framing(cx: &mut Cx<'_>, fields: &mut Fields<'_>) -> Option<Framing> {
    match fields.take("framing") {
        Some(node) => cx.choice(node, "framing", &Framing::WORDS, &[]),
        None => Some(Framing::default()),
    }
}

fn opening(cx: &mut Cx<'_>, fields: &mut Fields<'_>) -> Option<Opening> {
    let Some(entry) = fields.entry("connect") else {
        return Some(Opening { path: "/".parse().unwrap_or_default(), headers: Vec::new() });
    };
    let mut fields = Fields::of(cx, &entry.value, "`connect`", entry.at)?;
    let path = fields.need(cx, "path", "/chat").and_then(|node| path(cx, node, &WHO));
    let headers = match fields.take("headers") {
        Some(node) => headers(cx, node, &WHO),
        None => Some(Vec::new()),
    };
    fields.finish(cx);
    Some(Opening { path: path?, headers: headers? })
}

fn login(cx: &mut Cx<'_>, entry: &Entry) -> Option<Login> {
    let mut fields = Fields::of(cx, &entry.value, "`login`", entry.at)?;
    let say = content(cx, &mut fields, entry, &POLLING[..4]);
    let taken = fields.entry("taken").map(|entry| frame(cx, entry, &TAKEN));
    let refused = fields.entry("refused").map(|entry| frame(cx, entry, &REFUSED));
    fields.finish(cx);
    let (say, taken, refused) = (say?, all(taken)?, all(refused)?);
    if let Frame::Json(json) = &say
        && shows_a_secret(json)
    {
        // Not quoted: somebody may have written the secret itself.
        let hint = "write `{token}` for an account's own, or `${NAME}` for one that all share".to_owned();
        let message = "a credential stands in the environment and not in a scenario";
        return cx.hinted(Code::OpenSecret, entry.at, message, hint);
    }
    Some(Login { say, taken, refused })
}

/// Whether something whose name says that it is secret stands there as it is.
fn shows_a_secret(json: &Json) -> bool {
    let is_open = |text: &Pattern| text.blanks().next().is_none() && text.variables().next().is_none();
    let Json::Map(map) = json else { return false };
    map.iter().any(|(name, value)| {
        let is_secret = || SECRET.iter().any(|word| name.to_ascii_lowercase().contains(word));
        match value {
            Json::Text(text) => is_open(text) && is_secret(),
            other => shows_a_secret(other),
        }
    })
}

/// A map with what is in a frame, and nothing else.
fn frame(cx: &mut Cx<'_>, entry: &Entry, blanks: &[Blank]) -> Option<Frame> {
    let mut fields = Fields::of(cx, &entry.value, format!("`{}`", entry.key), entry.at)?;
    let frame = content(cx, &mut fields, entry, blanks);
    fields.finish(cx);
    frame
}

/// What is in a frame: `json` or `text`.
fn content(cx: &mut Cx<'_>, fields: &mut Fields<'_>, around: &Entry, blanks: &[Blank]) -> Option<Frame> {
    match (fields.entry("json"), fields.entry("text")) {
        (Some(entry), None) => json(cx, &entry.value, blanks).map(Frame::Json),
        (None, Some(entry)) => pattern(cx, &entry.value, blanks).map(Frame::Text),
        (Some(_), Some(second)) => {
            let hint = "leave one of `json` and `text` out".to_owned();
            cx.hinted(Code::Conflict, second.at, "a frame is one thing", hint)
        }
        (None, None) => {
            let hint = "write `json: '{…}'`, or `text: \"…\"`".to_owned();
            cx.hinted(Code::Missing, around.at, format!("`{}` does not say what is in the frame", around.key), hint)
        }
    }
}

/// What comes to recipients, and how their connections begin.
pub(super) fn push(cx: &mut Cx<'_>, entry: &Entry) -> Option<Push> {
    let mut fields = Fields::of(cx, &entry.value, "`push`", entry.at)?;
    let frame = content(cx, &mut fields, entry, &PUSHED);
    let path = fields.take("path").map(|node| path(cx, node, &WHO));
    let login = fields.entry("login").map(|entry| login(cx, entry));
    fields.finish(cx);
    let (frame, path, login) = (frame?, all(path)?, all(login)?);
    if !frame.has(Blank::Text) && !frame.has(Blank::Message) {
        let hint = "put `{text}` where the message's text stands, or `{message}` where its id does".to_owned();
        return cx.hinted(Code::Missing, entry.at, "`push` does not say where the message stands", hint);
    }
    Some(Push { frame, path, login })
}

/// The kind with what comes to its recipients.
pub(super) fn with_push(
    cx: &mut Cx<'_>,
    wire: Wire,
    (push, way): (Option<Push>, Receipts),
    (is_real, at): (bool, Mark),
) -> Option<EndpointKind> {
    let wire = Wire { push, ..wire };
    if way != Receipts::Push {
        return Some(EndpointKind::Wire(wire.into()));
    }
    if !wire.send.has(Blank::To) && !is_real {
        let hint = "put `{to}` into `send`, or write `receipts: acceptance`".to_owned();
        return cx.hinted(Code::Conflict, at, "`send` does not say to whom, so nobody can receive it", hint);
    }
    if !wire.is_websocket() && wire.push.as_ref().is_some_and(|push| push.path.is_some()) {
        let hint = "leave `path` out".to_owned();
        return cx.hinted(Code::Conflict, at, "bare TCP knows no paths", hint);
    }
    if !is_real && !wire.said(true).iter().any(|text| WHO.iter().any(|blank| text.has(*blank))) {
        let hint = "write `{to}` or `{token}` into `connect` or `login`, or into those of `push`".to_owned();
        return cx.hinted(Code::Missing, at, "nothing says whose a recipient's connection is", hint);
    }
    Some(EndpointKind::Wire(wire.into()))
}
