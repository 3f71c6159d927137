//! What a twin of a service by scenario reads, and what it says: whatever the description of the service wants to hear.

use std::collections::BTreeMap;

use hyper::{Response, StatusCode};
use serde_json::{Map, Value};

use super::super::{Body, Head, answer};
use super::read::{Places, percent, read, read_json};
use super::{message_text, target};
use crate::plan::{Blank, Content, Found, Is, Pattern, PointerStep, Poll, Rule, Service, Success, message};

/// A message as a twin reads it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Post {
    /// Its text.
    pub text: String,
    /// The users it is for.
    pub to: Vec<String>,
    /// Who sends it, as far as the request says: by name …
    pub from: Option<String>,
    /// … by his credential …
    pub token: Option<String>,
    /// … or by what his webhook's address carries.
    pub webhook: Option<String>,
    /// What tells it from every other message.
    pub message: Option<String>,
}

/// The message in a request; `None` if it was not made of what the scenario describes.
pub fn post(service: &Service, head: &impl Head, body: &[u8]) -> Option<Post> {
    if head.method() != service.send.method {
        return None;
    }
    let mut found = read(&service.send.path, &target(head), percent)?;
    found.join(fields(&service.send.headers, head)?).then_some(())?;
    found.join(content(&service.send.content, body)?).then_some(())?;
    let own = |blank| found.get(blank).map(str::to_owned);
    Some(Post {
        text: own(Blank::Text).unwrap_or_default(),
        to: found
            .get(Blank::To)
            .unwrap_or_default()
            .split(',')
            .filter(|to| !to.is_empty())
            .map(str::to_owned)
            .collect(),
        from: own(Blank::From),
        token: own(Blank::Token),
        webhook: own(Blank::Webhook),
        message: own(Blank::Message),
    })
}

fn fields(wanted: &[(String, Pattern)], head: &impl Head) -> Option<Places> {
    let mut found = Places::default();
    for (name, text) in wanted {
        found.join(read(text, head.header(name)?, |part| Some(part.to_owned()))?).then_some(())?;
    }
    Some(found)
}

fn content(wanted: &Content, body: &[u8]) -> Option<Places> {
    match wanted {
        Content::Nothing => Some(Places::default()),
        Content::Json(json) => read_json(json, &serde_json::from_slice(body).ok()?),
        Content::Text(text) => read(text, std::str::from_utf8(body).ok()?, |part| Some(part.to_owned())),
        Content::Form(form) => {
            let body = std::str::from_utf8(body).ok()?;
            let plain = |text: &str| super::super::head::decode(&text.replace('+', " "));
            let pairs = body.split('&').filter_map(|pair| pair.split_once('='));
            let given: BTreeMap<_, _> = pairs.map(|(name, value)| (plain(name), plain(value))).collect();
            let mut found = Places::default();
            for (name, text) in form {
                found.join(read(text, given.get(name)?, |part| Some(part.to_owned()))?).then_some(())?;
            }
            Some(found)
        }
    }
}

/// The answer that the scenario takes for a yes.
pub fn accepted(service: &Service) -> Response<Body> {
    let Success { status, rule, .. } = &service.success;
    let status = status.first().copied().unwrap_or(StatusCode::OK.as_u16());
    match rule {
        None => answer(status, "{}".into()),
        Some(Rule { at: None, is: Is::Equal(text) | Is::Containing(text) }) => answer(status, text.clone()),
        Some(Rule { at: Some(at), is }) => {
            let value = match is {
                // As it is written: `true` is a truth value, and compares like the text.
                Is::Equal(text) => serde_json::from_str(text).unwrap_or_else(|_| Value::from(text.as_str())),
                Is::Containing(text) => text.as_str().into(),
            };
            answer(status, placed(Value::Null, at.steps(), vec![value]).to_string())
        }
    }
}

/// Where a recipient asks from, and whose he is: what a poll names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Polling {
    /// The user, if the request names him.
    pub user: Option<String>,
    /// His credential, if the request carries it.
    pub token: Option<String>,
    /// What the last answer said.
    pub after: String,
}

/// A recipient's question; `None` if it is none.
pub fn poll(service: &Service, head: &impl Head) -> Option<Polling> {
    let poll = service.poll.as_ref().filter(|_| head.method() == "GET")?;
    let mut found = poll.paths().find_map(|path| read(path, &target(head), percent))?;
    found.join(fields(&poll.headers, head)?).then_some(())?;
    let own = |blank| found.get(blank).map(str::to_owned);
    Some(Polling {
        user: own(Blank::To).or_else(|| own(Blank::From)),
        token: own(Blank::Token),
        after: own(Blank::After).unwrap_or_default(),
    })
}

/// The answer to a poll: these texts, and what the next one may begin after.
pub fn listed(service: &Service, texts: &[&str], next: &str) -> Response<Body> {
    let Some(Poll { found, next: at, .. }) = &service.poll else { return answer(404, "{}".into()) };
    let (pointer, values) = match found {
        Found::Texts(pointer) => (pointer, texts.iter().map(|text| Value::from(*text)).collect()),
        Found::Ids(pointer) => {
            let ids = texts.iter().filter_map(|text| message::id(text));
            (pointer, ids.map(|id| message_text(id).into()).collect())
        }
    };
    let mut body = placed(Value::Null, pointer.steps(), values);
    if let Some(at) = at {
        body = placed(body, at.steps(), vec![next.into()]);
    }
    answer(200, body.to_string())
}

/// A value in which these stand where the steps lead: in a list as many as there are, elsewhere the first.
fn placed(value: Value, steps: &[PointerStep], mut all: Vec<Value>) -> Value {
    let Some((step, rest)) = steps.split_first() else {
        return if all.is_empty() { value } else { all.swap_remove(0) };
    };
    match step {
        PointerStep::Every => Value::Array(all.into_iter().map(|one| placed(Value::Null, rest, vec![one])).collect()),
        PointerStep::Key(key) => {
            let mut map = if let Value::Object(map) = value { map } else { Map::new() };
            let inner = map.remove(key).unwrap_or_default();
            map.insert(key.clone(), placed(inner, rest, all));
            Value::Object(map)
        }
    }
}
