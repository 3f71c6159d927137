//! A service that speaks HTTP and that nobody here knows: its request, its answers, and how its recipients ask.

use serde_json::Value as JsonValue;

use super::cx::{Cx, short};
use super::diagnostic::Code;
use super::fields::Fields;
use super::node::{Entry, Mark, Node, Value};
use super::open;
use crate::plan::{
    Ask, Blank, Capability, Content, EndpointKind, Found, Is, Json, Pattern, Pointer, PointerStep, Poll, Rule, Service,
    Success,
};
use crate::units::Span;

/// What a service takes texts as.
const CAPABILITIES: [(&str, Capability); 4] =
    Capability::words([Capability::Chat, Capability::Group, Capability::Notice, Capability::Webhook]);

const METHODS: [(&str, &str); 4] = [("POST", "POST"), ("PUT", "PUT"), ("PATCH", "PATCH"), ("GET", "GET")];

/// Fields that HTTP itself writes.
const OWN: [&str; 6] = ["host", "content-length", "transfer-encoding", "connection", "upgrade", "expect"];

/// What is in the names of fields that hold secrets.
pub(super) const SECRET: [&str; 5] = ["authorization", "token", "key", "secret", "cookie"];

/// The description of a service, but for how its recipients ask, which stands under `receipts`.
pub(super) fn read(cx: &mut Cx<'_>, fields: &mut Fields<'_>) -> Option<Service> {
    let capability = capability(cx, fields);
    let such_as = "{ path: /messages, json: '{\"to\": \"{to}\", \"text\": \"{text}\"}' }";
    let at = fields.at;
    let send = match fields.entry("send") {
        Some(entry) => send(cx, entry),
        None => fields.need(cx, "send", such_as).and(None),
    };
    let success = match fields.entry("success") {
        Some(entry) => success(cx, entry),
        None => Some(Success::default()),
    };
    let service = Service { capability: capability?, send: send?, success: success?, poll: None };
    if !service.sends_with(Blank::Text) {
        let hint = "put `{text}` where the message's text stands".to_owned();
        return cx.hinted(Code::Missing, at, "`send` does not say what is sent", hint);
    }
    Some(service)
}

/// What is sent by it.
pub(super) fn capability(cx: &mut Cx<'_>, fields: &mut Fields<'_>) -> Option<Capability> {
    match fields.take("capability") {
        Some(node) => cx.choice(node, "capability of a service", &CAPABILITIES, &[]),
        None => Some(Capability::Chat),
    }
}

fn send(cx: &mut Cx<'_>, entry: &Entry) -> Option<Ask> {
    let mut fields = Fields::of(cx, &entry.value, "`send`", entry.at)?;
    let method = match fields.take("method") {
        Some(node) => cx.choice(node, "method", &METHODS, &[]),
        None => Some("POST"),
    };
    let path = fields.need(cx, "path", "/messages").and_then(|node| path(cx, node, &SENDING));
    let headers = match fields.take("headers") {
        Some(node) => headers(cx, node, &SENDING),
        None => Some(Vec::new()),
    };
    let bodies = ["json", "form", "text"].map(|key| fields.entry(key));
    fields.finish(cx);
    let mut given = bodies.into_iter().flatten();
    let content = match (given.next(), given.next()) {
        (None, _) => Some(Content::Nothing),
        (Some(_), Some(second)) => {
            let hint = "leave all but one of `json`, `form` and `text` out".to_owned();
            cx.hinted(Code::Conflict, second.at, "a request has one body", hint)
        }
        (Some(body), None) => content(cx, body).and_then(|content| {
            if open::in_content(&content) { cx.open_secret(body.value.at, SHOWN) } else { Some(content) }
        }),
    };
    Some(Ask { method: method?.to_owned(), path: path?, headers: headers?, content: content? })
}

fn content(cx: &mut Cx<'_>, body: &Entry) -> Option<Content> {
    match body.key.as_str() {
        "json" => json(cx, &body.value, &SENDING).map(Content::Json),
        "form" => {
            let entries = cx.map(&body.value, "`form`")?;
            let read: Vec<_> =
                entries.iter().map(|entry| Some((entry.key.clone(), pattern(cx, &entry.value, &SENDING)?))).collect();
            Some(Content::Form(read.into_iter().collect::<Option<_>>()?))
        }
        _ => pattern(cx, &body.value, &SENDING).map(Content::Text),
    }
}

/// JSON as its own text, so that numbers, texts and truth values are told apart.
pub(super) fn json(cx: &mut Cx<'_>, node: &Node, blanks: &[Blank]) -> Option<Json> {
    let Value::Word(word) = &node.value else {
        let hint = "write it in quotes: `json: '{\"text\": \"{text}\"}'`".to_owned();
        return cx.hinted(Code::WrongKind, node.at, "`json` is the text of a JSON value", hint);
    };
    let value: JsonValue = match serde_json::from_str(word) {
        Ok(value) => value,
        Err(error) => return cx.error(Code::BadFigure, node.at, format!("this is no JSON: {error}")),
    };
    let json = match Json::of(value) {
        Ok(json) => json,
        Err(bad) => return cx.hinted(Code::BadFigure, node.at, bad.to_string(), possible(blanks)),
    };
    let mut service = Vec::new();
    json.templates(&mut service);
    let fits = service.iter().all(|text| allowed(cx, text, node.at, blanks).is_some());
    fits.then_some(json)
}

/// What a request that sends may be filled in with.
pub(super) const SENDING: [Blank; 6] =
    [Blank::Text, Blank::Message, Blank::From, Blank::To, Blank::Token, Blank::Webhook];
/// What a request of a recipient may be filled in with.
pub(super) const POLLING: [Blank; 5] = [Blank::To, Blank::From, Blank::Token, Blank::Webhook, Blank::After];

fn possible(blanks: &[Blank]) -> String {
    let words: Vec<_> = blanks.iter().map(|blank| format!("{{{}}}", blank.word())).collect();
    format!("possible here: {}, and ${{NAME}} for a variable of the environment", words.join(", "))
}

pub(super) fn pattern(cx: &mut Cx<'_>, node: &Node, blanks: &[Blank]) -> Option<Pattern> {
    let word = cx.word(node, "what is sent")?;
    match word.parse::<Pattern>() {
        Ok(template) => allowed(cx, &template, node.at, blanks).map(|()| template),
        Err(bad) => cx.hinted(Code::BadFigure, node.inside(bad.at(), 1), bad.to_string(), possible(blanks)),
    }
}

fn allowed(cx: &mut Cx<'_>, template: &Pattern, at: Mark, blanks: &[Blank]) -> Option<()> {
    match template.blanks().find(|blank| !blanks.contains(blank)) {
        Some(blank) => {
            let message = format!("`{{{}}}` is nothing that is known here", blank.word());
            cx.hinted(Code::BadFigure, at, message, possible(blanks))
        }
        None => Some(()),
    }
}

pub(super) fn path(cx: &mut Cx<'_>, node: &Node, blanks: &[Blank]) -> Option<Pattern> {
    let path = pattern(cx, node, blanks)?;
    let written = path.to_string();
    let fits = |c: char| c.is_ascii_graphic() && !matches!(c, '#' | '"' | '<' | '>' | '\\' | '^' | '`' | '|');
    if !written.starts_with('/') || written.starts_with("//") || !written.chars().all(fits) {
        let hint = "write for instance `/messages?to={to}`: host and port stand in `url`".to_owned();
        return cx.hinted(Code::BadFigure, node.at, format!("`{}` is no path", short(&written)), hint);
    }
    if open::in_path(&path) { cx.open_secret(node.at, SHOWN) } else { Some(path) }
}

/// What to write instead of a secret.
const SHOWN: &str = "write `{token}` for an account's own, or `${NAME}` for one that all share";

pub(super) fn headers(cx: &mut Cx<'_>, node: &Node, blanks: &[Blank]) -> Option<Vec<(String, Pattern)>> {
    let entries = cx.map(node, "`headers`")?;
    let read: Vec<_> = entries.iter().map(|entry| header(cx, entry, blanks)).collect();
    read.into_iter().collect()
}

fn header(cx: &mut Cx<'_>, entry: &Entry, blanks: &[Blank]) -> Option<(String, Pattern)> {
    let name = entry.key.to_ascii_lowercase();
    if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')) {
        return cx.error(Code::BadName, entry.at, format!("`{}` cannot name a header field", short(&entry.key)));
    }
    if OWN.contains(&name.as_str()) {
        return cx.error(Code::Conflict, entry.at, format!("`{name}` is written by firedrill itself"));
    }
    let text = pattern(cx, &entry.value, blanks)?;
    let secret = SECRET.iter().any(|word| name.contains(word));
    if secret && text.blanks().next().is_none() && text.variables().next().is_none() {
        // Not quoted: somebody may have written the secret itself.
        let hint =
            format!("write `{name}: \"{{token}}\"` for an account's own, or \"${{NAME}}\" for one that all share");
        return cx.hinted(
            Code::OpenSecret,
            entry.at,
            "a credential stands in the environment and not in a scenario",
            hint,
        );
    }
    Some((name, text))
}

fn success(cx: &mut Cx<'_>, entry: &Entry) -> Option<Success> {
    let mut fields = Fields::of(cx, &entry.value, "`success`", entry.at)?;
    let status = match fields.take("status") {
        Some(node) => statuses(cx, node),
        None => Some(Vec::new()),
    };
    let at = fields.take("at").map(|node| pointer(cx, node));
    let code = fields.take("code").map(|node| pointer(cx, node));
    let (equals, contains) = (fields.entry("equals"), fields.entry("contains"));
    fields.finish(cx);
    let at = match at {
        Some(at) => Some(at?),
        None => None,
    };
    let word = |cx: &mut Cx<'_>, entry: &Entry| cx.word(&entry.value, "what has to stand there").map(str::to_owned);
    let is = match (equals, contains) {
        (Some(_), Some(second)) => {
            let hint = "leave one of `equals` and `contains` out".to_owned();
            return cx.hinted(Code::Conflict, second.at, "the answer is looked at in one way", hint);
        }
        (Some(equals), None) => Some(Is::Equal(word(cx, equals)?)),
        (None, Some(contains)) => Some(Is::Containing(word(cx, contains)?)),
        (None, None) if at.is_some() => {
            let hint = "write `equals: …` or `contains: …` beside it".to_owned();
            return cx.hinted(Code::Missing, entry.at, "`success` does not say what stands at `at`", hint);
        }
        (None, None) => None,
    };
    let code = match code {
        Some(code) => Some(code?),
        None => None,
    };
    Some(Success { status: status?, rule: is.map(|is| Rule { at, is }), code })
}

fn statuses(cx: &mut Cx<'_>, node: &Node) -> Option<Vec<u16>> {
    let read: Vec<_> = node.items().iter().map(|item| cx.count(item, "a status", 100, 599)).collect();
    read.into_iter().map(|status| status.and_then(|status| u16::try_from(status).ok())).collect()
}

fn pointer(cx: &mut Cx<'_>, node: &Node) -> Option<Pointer> {
    let word = cx.word(node, "a place in the answer")?;
    match Pointer::try_from(word.to_owned()) {
        Ok(pointer) => Some(pointer),
        Err(why) => cx.error(Code::BadFigure, node.at, format!("`{}`: {why}", short(word))),
    }
}

/// What recipients ask, and how often. What they show is what senders show, unless something else is written.
pub(super) fn poll(cx: &mut Cx<'_>, entry: &Entry, kind: Option<&EndpointKind>) -> Option<(Poll, Span)> {
    let mut fields = Fields::of(cx, &entry.value, "`poll`", entry.at)?;
    let every = fields.need(cx, "every", "1s").and_then(|node| every(cx, node));
    let path = fields.need(cx, "path", "/messages?to={to}").and_then(|node| self::path(cx, node, &POLLING));
    let first = fields.take("first").map(|node| self::path(cx, node, &POLLING));
    let headers = match fields.take("headers") {
        Some(node) => headers(cx, node, &POLLING),
        None => Some(sender_s(kind)),
    };
    let found = ["texts", "ids"].map(|key| fields.entry(key));
    let next = fields.take("next").map(|node| pointer(cx, node));
    fields.finish(cx);
    let found = match found {
        [Some(texts), None] => items(cx, &texts.value).map(Found::Texts),
        [None, Some(ids)] => items(cx, &ids.value).map(Found::Ids),
        [Some(_), Some(ids)] => {
            let hint = "leave one of `texts` and `ids` out".to_owned();
            cx.hinted(Code::Conflict, ids.at, "messages are known by their texts or by their ids", hint)
        }
        [None, None] => {
            let hint = "write for instance `texts: /items/*/text`, or `ids: …` where `{message}` stands".to_owned();
            cx.hinted(Code::Missing, entry.at, "`poll` does not say where messages stand in the answer", hint)
        }
    };
    let next = match next {
        Some(next) => Some(next?),
        None => None,
    };
    let first = match first {
        Some(first) => Some(first?),
        None => None,
    };
    let (path, headers) = (path?, headers?);
    if next.is_none() && (path.has(Blank::After) || headers.iter().any(|(_, text)| text.has(Blank::After))) {
        let hint = "write `next: /…`: where the answer says it".to_owned();
        return cx.hinted(Code::Missing, entry.at, "nothing says what `{after}` is", hint);
    }
    Some((Poll { path, first, headers, found: found?, next }, every?))
}

fn every(cx: &mut Cx<'_>, node: &Node) -> Option<Span> {
    let span: Span = cx.quantity(node, "the time between questions")?;
    if span < LEAST {
        return cx.error(Code::OutOfRange, node.at, format!("recipients ask at most every {LEAST}, not every {span}"));
    }
    Some(span)
}

/// Ten questions a second of one recipient: more measure no better, and load the service.
const LEAST: Span = Span::from_millis(100);

/// Where messages stand in a list.
fn items(cx: &mut Cx<'_>, node: &Node) -> Option<Pointer> {
    let pointer = pointer(cx, node)?;
    if !pointer.steps().contains(&PointerStep::Every) {
        let hint = "write `*` where the list's items stand, as in `/items/*/text`".to_owned();
        return cx.hinted(Code::BadFigure, node.at, "this leads to one message at most", hint);
    }
    Some(pointer)
}

/// The fields of the sender's request that a recipient can show as well.
fn sender_s(kind: Option<&EndpointKind>) -> Vec<(String, Pattern)> {
    let Some(EndpointKind::Http(service)) = kind else { return Vec::new() };
    let fits = |text: &Pattern| text.blanks().all(|blank| matches!(blank, Blank::Token | Blank::From | Blank::Webhook));
    let fields = service.send.headers.iter().filter(|(name, text)| name != "content-type" && fits(text));
    fields.cloned().collect()
}
