//! A gateway of the company's own: it takes messages under one identity, and sends them on.
//!
//! There is no product whose interface this is: it is firedrill's own, small enough that a gateway of yours can offer it. Everything is JSON,
//! and every request carries `authorization: Bearer …`.
//!
//! - `POST /v1/messages` takes `{"id", "to": […], "class", "text"}`, and `"from"` if the sender wants to be sure who he is. The id is the
//!   idempotency key: a message that was taken is not taken twice. 200 with `{"id", "declined": […]}` says that it was sent on.
//! - `GET /v1/audit` tells an auditor what became of messages (`audit`).
//! - A no is `{"error": {"code", "message"}}`. 504 leaves open whether the message was taken.

mod audit;
mod refusal;

use std::borrow::Cow;

use hyper::{Request, Response, StatusCode, Uri};
use serde::Deserialize;

use super::http::message_text;
use super::{Answer, Body, Head, Identity, Outgoing, answer, json, post, with_header};
use crate::plan::Capability;

pub use audit::{
    AuditEntry, AuditPage, AuditedAct, PAGE, audit_page, audit_request, auditor, audits, read_audit, read_audit_page,
};
pub(super) use refusal::refusal;
pub use refusal::{No, Reason, no, reason};

/// What is addressed where nobody says otherwise.
const HOST: &str = "gateway.firedrill.example";
const MESSAGES: &str = "/v1/messages";

/// A message as a gateway reads it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Post<'a> {
    /// What tells it from every other.
    #[serde(borrow)]
    pub id: Cow<'a, str>,
    /// Who says that he sends it, if he does.
    #[serde(borrow, default)]
    pub from: Option<Cow<'a, str>>,
    /// The users it is for.
    pub to: Vec<String>,
    /// The class of its data.
    #[serde(borrow, default)]
    pub class: Option<Cow<'a, str>>,
    /// Its text.
    #[serde(borrow)]
    pub text: Cow<'a, str>,
}

#[derive(Deserialize)]
struct Taken {
    #[expect(dead_code, reason = "it has to be there")]
    id: String,
    #[serde(default)]
    declined: Vec<String>,
}

#[derive(Deserialize)]
struct Error {
    error: Why,
}

#[derive(Deserialize)]
struct Why {
    code: String,
}

/// Whether a request is to send a message.
pub fn sends(head: &impl Head) -> bool {
    (head.method(), head.path()) == ("POST", MESSAGES)
}

pub(super) fn identity(name: &str) -> Identity {
    Identity { user: name.into(), key: format!("fd-gateway-{name}"), secret: String::new(), webhook: String::new() }
}

/// What a request is for at a gateway by which this is sent.
pub(super) fn capability(sent: Capability, head: &impl Head) -> Capability {
    if sends(head) { sent } else { Capability::Other }
}

/// The token in a request's head.
pub fn credential(head: &impl Head) -> Option<&str> {
    let (scheme, token) = head.header("authorization")?.split_once(' ')?;
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

pub(super) fn send_request(message: &Outgoing<'_>) -> Request<Body> {
    let Outgoing { token, recipients, class, text, once, .. } = *message;
    let mut body = String::with_capacity(text.len() + 96);
    body.push_str("{\"id\":");
    json::string(&mut body, &message_text(once));
    body.push_str(",\"to\":");
    json::strings(&mut body, recipients);
    if let Some(class) = class {
        body.push_str(",\"class\":");
        json::string(&mut body, class);
    }
    body.push_str(",\"text\":");
    json::string(&mut body, text);
    body.push('}');
    with_header(post(HOST, Uri::from_static(MESSAGES), body), "authorization", &format!("Bearer {token}"))
}

/// The message in a request's body; the reason if there is none.
pub fn read_post(body: &[u8]) -> Result<Post<'_>, &'static str> {
    let post: Post<'_> = serde_json::from_slice(body).map_err(|_| "the body is no message")?;
    if post.id.is_empty() || post.to.is_empty() {
        return Err("a message has an id and somebody to go to");
    }
    Ok(post)
}

/// The answer to a message that was sent on, but to these users.
pub fn taken(id: &str, declined: &[String]) -> Response<Body> {
    let mut body = String::from("{\"id\":");
    json::string(&mut body, id);
    if !declined.is_empty() {
        body.push_str(",\"declined\":");
        json::strings(&mut body, declined);
    }
    body.push('}');
    answer(200, body)
}

pub(super) fn read_answer(status: StatusCode, body: &[u8]) -> Answer {
    if status.is_success() {
        return match serde_json::from_slice::<Taken>(body) {
            Ok(taken) => Answer::Acknowledged { declined: taken.declined },
            Err(_) => Answer::Unreadable(status.as_str().into()),
        };
    }
    let code = serde_json::from_slice::<Error>(body).map_or_else(|_| status.as_str().into(), |no| no.error.code);
    super::by_status(status, code)
}

/// Whether a no with this code is about the token.
pub(super) fn is_about_token(code: &str) -> bool {
    matches!(code, "missing_token" | "invalid_token" | "expired_token" | "revoked_token")
}

#[cfg(test)]
mod tests;
