//! An ERP that consumes webhooks: a small interface of our own, since each vendor has another one.
//!
//! What is common to them is kept: a webhook is signed by HMAC-SHA256 over its id, its time and its body, as the Standard Webhooks
//! specification writes it (`webhook-id`, `webhook-timestamp`, `webhook-signature: v1,…`), a signature is good for five minutes, the id is
//! the idempotency key, and too many are answered with 429 and `Retry-After`. What is booked is read from a ledger by `GET /v1/bookings`.

mod booking;
mod refusal;
mod sign;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::fmt::Write;

use hyper::{Request, StatusCode};
use serde::Deserialize;

use super::{Answer, Body, Head, Identity, Outgoing, by_status, json, post, with_header};
use crate::plan::{Capability, message::is_probe};
use crate::units::MessageId;

pub use booking::{Booking, Effect, PAGE, Page, Question};
pub use refusal::No;
pub(super) use refusal::refusal;
pub use sign::{SIGNED_WITHIN, sign, verifies};

const HOST: &str = "erp.firedrill";
const HOOKS: &str = "/v1/hooks/";
const BOOKINGS: &str = "/v1/bookings";
/// The longest document's name that is taken, in bytes.
const NAME: usize = 200;
/// The document of all probes, which is no sender's.
const PROBED: &str = "probe";

/// A webhook, as it is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Post<'a> {
    /// The idempotency key.
    pub key: &'a str,
    /// The document that it is about.
    pub document: Cow<'a, str>,
    /// The number of its state: of two states the larger is the later.
    pub state: u64,
    /// Who is to see it.
    pub to: Vec<Cow<'a, str>>,
    /// What it says.
    pub text: Cow<'a, str>,
}

#[derive(Deserialize)]
struct Content<'a> {
    #[serde(borrow)]
    document: Cow<'a, str>,
    state: u64,
    #[serde(borrow, default)]
    to: Vec<Cow<'a, str>>,
    #[serde(borrow)]
    text: Cow<'a, str>,
}

#[derive(Deserialize)]
struct Taken {
    #[serde(rename = "booking")]
    _booking: u64,
}

#[derive(Deserialize)]
struct Said {
    error: String,
}

pub(super) fn identity(name: &str) -> Identity {
    Identity {
        user: name.into(),
        key: format!("fd-reader-{name}"),
        secret: format!("fd-signs-{name}"),
        webhook: format!("fd-hook-{name}"),
    }
}

pub(super) fn capability(head: &impl Head) -> Capability {
    match (head.method(), head.path()) {
        ("POST", path) if hook(path).is_some() => Capability::Webhook,
        ("GET", BOOKINGS) => Capability::Receive,
        _ => Capability::Other,
    }
}

/// What shows whose a request is: the hook's address, or a reader's token.
pub(super) fn credential(head: &impl Head) -> Option<&str> {
    hook(head.path()).or_else(|| token(head))
}

/// The token of whoever reads the ledger.
pub fn token(head: &impl Head) -> Option<&str> {
    let (scheme, token) = head.header("authorization")?.split_once(' ')?;
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

/// What the address of a webhook carries; `None` if a path is none.
pub fn hook(path: &str) -> Option<&str> {
    path.strip_prefix(HOOKS).filter(|hook| !hook.is_empty() && !hook.contains('/'))
}

/// Whether a path is the ledger's.
pub fn is_ledger(path: &str) -> bool {
    path == BOOKINGS
}

/// The idempotency key of a message, the same for every attempt.
pub fn key(message: MessageId) -> String {
    format!("fd-{message}")
}

/// Which message a key is of; `None` if it is none of a drill.
pub fn message(key: &str) -> Option<MessageId> {
    key.strip_prefix("fd-")?.parse().ok()
}

/// The document that a sender's messages are about, and its state: he keeps one for each journey, and each message is its next state. Probes
/// are all of one state, since none of them may be out of order.
fn document(message: &Outgoing<'_>) -> (String, u32) {
    if is_probe(message.once) {
        return (PROBED.to_owned(), 0);
    }
    (format!("{}-{}", message.from.user, message.once.journey.0), message.once.number)
}

pub(super) fn send_request(message: &Outgoing<'_>) -> Request<Body> {
    let Outgoing { from, recipients, text, once, at, .. } = *message;
    let mut body = String::with_capacity(text.len() + 96);
    body.push_str("{\"document\":");
    let (document, state) = document(message);
    json::string(&mut body, &document);
    // Writing to a string does not fail.
    let _ = write!(body, ",\"state\":{state},\"to\":");
    json::strings(&mut body, recipients);
    body.push_str(",\"text\":");
    json::string(&mut body, text);
    body.push('}');
    let (key, stamp) = (key(once), at.nanos() / 1_000_000_000);
    let signature = sign(&from.secret, &key, stamp, body.as_bytes());
    // A hook that is no part of a URI leaves `/`, where there is none.
    let path = format!("{HOOKS}{}", from.webhook).parse().unwrap_or_default();
    let request = with_header(post(HOST, path, body), "webhook-id", &key);
    let request = with_header(request, "webhook-timestamp", &stamp.to_string());
    with_header(request, "webhook-signature", &signature)
}

/// Reads a webhook, whose signature is a matter of its own.
///
/// # Errors
/// What is wrong with it.
pub fn read<'a>(head: &'a impl Head, body: &'a [u8]) -> Result<Post<'a>, No> {
    let key = head.header("webhook-id").filter(|key| !key.is_empty() && key.len() <= NAME);
    let key = key.ok_or(No::Bad("`webhook-id` is missing or too long"))?;
    let content: Content<'_> = serde_json::from_slice(body)
        .map_err(|_| No::Bad("the body is no object with `document`, `state`, `to` and `text`"))?;
    let Content { document, state, to, text } = content;
    if document.is_empty() || document.len() > NAME {
        return Err(No::Bad("`document` is empty or too long"));
    }
    Ok(Post { key, document, state, to, text })
}

pub(super) fn read_answer(status: StatusCode, body: &[u8]) -> Answer {
    if status.is_success() {
        return match serde_json::from_slice::<Taken>(body) {
            Ok(_) => Answer::Acknowledged { declined: Vec::new() },
            Err(_) => Answer::Unreadable(format!("{} without a booking", status.as_str())),
        };
    }
    let word = serde_json::from_slice::<Said>(body).map_or_else(|_| status.as_str().to_owned(), |said| said.error);
    by_status(status, word.chars().take(80).collect())
}
