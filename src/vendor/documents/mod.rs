//! Shared documents: a small store of our own, since each vendor has another interface. What HTTP itself says of versions is kept.
//!
//! A document is read by GET, which gives its version as an entity tag, and written by PUT. With `If-Match` that is done only if the document
//! still has that version, and with `If-None-Match: *` only if there is none yet; otherwise the answer is 412 (RFC 9110 §13.1). A store may
//! want such a condition, and says 428 to whoever writes without one (RFC 6585 §3). What stores say to each other is in `sync`.

mod refusal;
mod sync;
#[cfg(test)]
mod tests;
mod version;

use std::borrow::Cow;

use hyper::header::{ETAG, HeaderMap, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};
use serde::{Deserialize, Serialize};

use super::{Answer, Body, Head, Identity, answer, by_status, json, post, with_header};
use crate::plan::{Capability, message};
use crate::units::MessageId;

pub use refusal::No;
pub(super) use refusal::refusal;
pub use sync::{Change, Changes, Taken, read_sync, refused, sync_request, synced};
pub use version::Version;

const HOST: &str = "documents.firedrill";
const DOCUMENTS: &str = "/v1/documents/";
const SYNC: &str = "/v1/sync";
/// The longest name of a document or a store that is taken, in bytes.
const NAME: usize = 200;

/// A document as it is read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content<'a> {
    /// Its version, as an entity tag without quotes.
    #[serde(borrow)]
    pub version: Cow<'a, str>,
    /// What stands in it.
    #[serde(borrow)]
    pub text: Cow<'a, str>,
    /// The conflicting copies that stand beside it.
    #[serde(borrow, default)]
    pub copies: Vec<Copied<'a>>,
}

/// A conflicting copy: what somebody wrote who did not know of the version that the document has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Copied<'a> {
    /// Its version.
    #[serde(borrow)]
    pub version: Cow<'a, str>,
    /// What stands in it.
    #[serde(borrow)]
    pub text: Cow<'a, str>,
}

/// On which condition a document is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// On none.
    None,
    /// If there is no such document yet.
    Absent,
    /// If there is one, whatever its version.
    Present,
    /// If it has one of these versions.
    Is(Vec<String>),
}

#[derive(Deserialize)]
struct Written<'a> {
    #[serde(borrow)]
    text: Cow<'a, str>,
}

#[derive(Deserialize)]
struct Wrote {
    #[serde(rename = "version")]
    _version: String,
}

#[derive(Deserialize)]
struct Said {
    error: String,
}

pub(super) fn identity(name: &str) -> Identity {
    Identity { user: name.into(), key: format!("fd-writer-{name}"), ..Identity::default() }
}

pub(super) fn capability(head: &impl Head) -> Capability {
    match (head.method(), head.path()) {
        ("GET", path) if document(path).is_some() => Capability::Read,
        ("PUT", path) if document(path).is_some() => Capability::Edit,
        ("POST", SYNC) => Capability::Sync,
        _ => Capability::Other,
    }
}

/// What shows whose a request is.
pub fn credential(head: &impl Head) -> Option<&str> {
    let (scheme, token) = head.header("authorization")?.split_once(' ')?;
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

/// The document that a path names; `None` if it names none.
pub fn document(path: &str) -> Option<&str> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let name = path.strip_prefix(DOCUMENTS)?;
    (!name.is_empty() && name.len() <= NAME && name.chars().all(fits)).then_some(name)
}

/// Whether a path is the one by which stores tell each other what has changed.
pub fn is_sync(path: &str) -> bool {
    path == SYNC
}

/// The request that reads a document.
pub fn read_request(from: &Identity, document: &str) -> Request<Body> {
    let mut request = post(HOST, path_of(document), String::new());
    *request.method_mut() = Method::GET;
    request.headers_mut().remove(hyper::header::CONTENT_TYPE);
    shown(request, from)
}

/// The request that writes a document on condition that it has the version of this entity tag, or that there is none if that is `None`.
/// Without a condition it is written in any case.
pub fn write_request(
    from: &Identity,
    (document, text): (&str, &str),
    condition: Option<Option<&HeaderValue>>,
) -> Request<Body> {
    let mut body = String::with_capacity(text.len() + 16);
    body.push_str("{\"text\":");
    json::string(&mut body, text);
    body.push('}');
    let mut request = post(HOST, path_of(document), body);
    *request.method_mut() = Method::PUT;
    let headers = request.headers_mut();
    match condition {
        Some(Some(tag)) => headers.insert(hyper::header::IF_MATCH, tag.clone()),
        Some(None) => headers.insert(hyper::header::IF_NONE_MATCH, HeaderValue::from_static("*")),
        None => None,
    };
    shown(request, from)
}

fn path_of(document: &str) -> hyper::Uri {
    // A name that is no part of a URI leaves `/`, where there is no document.
    format!("{DOCUMENTS}{document}").parse().unwrap_or_default()
}

fn shown(request: Request<Body>, from: &Identity) -> Request<Body> {
    with_header(request, "authorization", &format!("Bearer {}", from.key))
}

/// On which condition a request wants to write.
///
/// # Errors
/// If what it says is no condition.
pub fn condition(head: &impl Head) -> Result<Condition, No> {
    match (head.header("if-match"), head.header("if-none-match")) {
        (None, None) => Ok(Condition::None),
        (Some("*"), None) => Ok(Condition::Present),
        (None, Some("*")) => Ok(Condition::Absent),
        (Some(tags), None) => version::tags(tags).map(Condition::Is).ok_or(No::Bad("`If-Match` has no entity tags")),
        _ => Err(No::Bad("a document is written by `If-Match`, by `If-None-Match: *`, or without a condition")),
    }
}

/// What a request wants to write.
///
/// # Errors
/// If it is no text.
pub fn written(body: &[u8]) -> Result<Cow<'_, str>, No> {
    let read = serde_json::from_slice::<Written<'_>>(body);
    read.map(|written| written.text).map_err(|_| No::Bad("the body is no object with a `text`"))
}

/// The answer that gives a document.
pub fn shows(content: &Content<'_>) -> Response<Body> {
    // Strings alone, which JSON never refuses.
    let body = serde_json::to_string(content).unwrap_or_default();
    tagged(answer(200, body), &content.version)
}

/// The answer that a document was written; `new` if there was none before.
pub fn wrote(version: &str, new: bool) -> Response<Body> {
    let mut body = String::from("{\"version\":");
    json::string(&mut body, version);
    body.push('}');
    tagged(answer(if new { 201 } else { 200 }, body), version)
}

fn tagged(mut response: Response<Body>, version: &str) -> Response<Body> {
    if let Ok(tag) = HeaderValue::from_str(&format!("\"{version}\"")) {
        response.headers_mut().insert(ETAG, tag);
    }
    response
}

/// What a document is found to be: the entity tag of its version, the message whose text it has, and those of its conflicting copies.
/// `Ok(None)` if there is no such document.
///
/// # Errors
/// The answer as a no, or as one that cannot be read.
pub fn found(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Result<Option<Found>, Answer> {
    if status == StatusCode::NOT_FOUND {
        return Ok(None);
    }
    if !status.is_success() {
        return Err(read_answer(status, body));
    }
    let tag =
        headers.get(ETAG).cloned().ok_or_else(|| Answer::Unreadable(format!("{} without an ETag", status.as_str())))?;
    let content = serde_json::from_slice::<Content<'_>>(body);
    let content = content.map_err(|_| Answer::Unreadable(format!("{} without a document", status.as_str())))?;
    let copies = content.copies.iter().filter_map(|copy| message::id(&copy.text)).collect();
    Ok(Some(Found { tag, writer: message::id(&content.text), copies }))
}

/// What a document was found to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The entity tag of its version.
    pub tag: HeaderValue,
    /// The message whose text it has; `None` if it is no message's.
    pub writer: Option<MessageId>,
    /// The messages whose texts its conflicting copies have.
    pub copies: Vec<MessageId>,
}

pub(super) fn read_answer(status: StatusCode, body: &[u8]) -> Answer {
    // Whoever takes a document need not say more (RFC 9110 §9.3.4).
    if status == StatusCode::NO_CONTENT {
        return Answer::Acknowledged { declined: Vec::new() };
    }
    if status.is_success() {
        return match serde_json::from_slice::<Wrote>(body) {
            Ok(_) => Answer::Acknowledged { declined: Vec::new() },
            Err(_) => Answer::Unreadable(format!("{} without a version", status.as_str())),
        };
    }
    let word = serde_json::from_slice::<Said>(body).map_or_else(|_| status.as_str().to_owned(), |said| said.error);
    by_status(status, word.chars().take(80).collect())
}
