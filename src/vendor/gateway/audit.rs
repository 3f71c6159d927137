//! A gateway's audit trail: what it did with each message, in order, for an auditor to read.
//!
//! - `GET /v1/audit?after=N&limit=M` gives entries whose numbers are larger than `N`, the earliest first, at most `M` of them and at most
//!   [`PAGE`]: `{"entries": […], "next": N, "more": false}`. Whoever asks with `after` = `next` gets what follows; `more` says that there
//!   is some already. Numbers go up by one; a trail that has forgotten entries begins with a larger one.
//! - An entry has `number`, `at` (RFC 3339), `id`, `from`, `class` if the message had one, `to`, and `what`: `sent_on` with the `endpoint` and
//!   the `outcome` there (`acknowledged`, `refused` or `unanswered`), or `refused` with a `reason`.
//! - The token is the auditor's own: nobody else reads the trail, and he sends nothing.

use std::fmt::Write;

use hyper::header::{HOST as HOST_NAME, HeaderValue};
use hyper::{Request, Response, StatusCode};
use serde::{Deserialize, Serialize};

use super::super::head::parameter;
use super::super::{Body, Head, Identity, answer, with_header};
use super::{HOST, identity};

/// The most entries of one answer.
pub const PAGE: usize = 500;

/// The most bytes of the entries of one answer, but for the first: whoever reads it accepts [`BODY_BYTES`](crate::limits::BODY_BYTES).
const PAGE_BYTES: usize = 256 * 1024;

const AUDIT: &str = "/v1/audit";

/// Whom an auditor is at a twin.
const AUDITOR: &str = "auditor";

/// One entry of an audit trail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// Its number, from 1.
    pub number: u64,
    /// When it happened: RFC 3339.
    #[serde(default)]
    pub at: String,
    /// The message's id.
    pub id: String,
    /// Who sent it.
    #[serde(default)]
    pub from: String,
    /// The class of its data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// To whom.
    #[serde(default)]
    pub to: Vec<String>,
    /// What happened.
    #[serde(flatten)]
    pub what: AuditedAct,
}

/// What a gateway did with a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum AuditedAct {
    /// It sent it on.
    SentOn {
        /// By which endpoint.
        #[serde(default)]
        endpoint: String,
        /// How that ended.
        #[serde(default)]
        outcome: String,
    },
    /// It refused it.
    Refused {
        /// Why.
        #[serde(default)]
        reason: String,
    },
}

/// What an auditor is given at once.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct AuditPage {
    /// The entries, by their numbers.
    pub entries: Vec<AuditEntry>,
    /// After which number the next page begins.
    #[serde(default)]
    pub next: u64,
    /// Whether there is more already.
    #[serde(default)]
    pub more: bool,
}

/// Whether a request is an auditor's.
pub fn audits(head: &impl Head) -> bool {
    (head.method(), head.path()) == ("GET", AUDIT)
}

/// Who an auditor is at a twin.
pub fn auditor() -> Identity {
    identity(AUDITOR)
}

/// What an auditor asks for: after which number, and how many entries at most; the reason if that cannot be read.
pub fn read_audit(head: &impl Head) -> Result<(u64, usize), &'static str> {
    let number = |name: &str| match parameter(head.query(), name) {
        Some(text) => text.parse::<u64>().map(Some).map_err(|_| "`after` and `limit` are numbers"),
        None => Ok(None),
    };
    let (after, limit) = (number("after")?.unwrap_or_default(), number("limit")?.unwrap_or(PAGE as u64));
    if limit == 0 {
        return Err("`limit` is at least 1");
    }
    Ok((after, usize::try_from(limit).unwrap_or(PAGE).min(PAGE)))
}

/// The request for what follows a number.
pub fn audit_request(token: &str, after: u64) -> Request<Body> {
    let mut request = Request::new(Body::default());
    let mut path = String::from(AUDIT);
    // Writing to a string does not fail.
    let _ = write!(path, "?after={after}&limit={PAGE}");
    *request.uri_mut() = path.parse().unwrap_or_default();
    request.headers_mut().insert(HOST_NAME, HeaderValue::from_static(HOST));
    with_header(request, "authorization", &format!("Bearer {token}"))
}

/// The answer to whoever asked for what follows `after`: as many of these, which follow each other, as fit; `all` says how many there are.
pub fn audit_page<'e>(after: u64, all: usize, entries: impl Iterator<Item = &'e AuditEntry>) -> Response<Body> {
    let (mut body, mut next, mut told) = (String::from("{\"entries\":["), after, 0);
    for entry in entries {
        // Texts and numbers, which JSON never refuses.
        let text = serde_json::to_string(entry).unwrap_or_default();
        if told > 0 && body.len() + text.len() > PAGE_BYTES {
            break;
        }
        body.extend([if told > 0 { "," } else { "" }, &text]);
        (next, told) = (entry.number, told + 1);
    }
    let _ = write!(body, "],\"next\":{next},\"more\":{}}}", told < all);
    answer(200, body)
}

/// What an answer says; `None` if it is none.
pub fn read_audit_page(status: StatusCode, body: &[u8]) -> Option<AuditPage> {
    if !status.is_success() {
        return None;
    }
    serde_json::from_slice(body).ok()
}
