//! How a store says no: a status, and a JSON object with `error` and `message`.

use hyper::Response;

use crate::vendor::{Body, Refusal, answer, json, plain_refusal};

/// Why the store itself says no.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum No {
    /// It is not what is taken.
    Bad(&'static str),
    /// There is no such document.
    Absent,
    /// The document does not have the version that was read.
    Changed,
    /// It has to be said which version was read.
    Unconditional,
    /// Whoever tells what has changed is no store that this one knows.
    Stranger,
    /// There are as many documents, or copies of one, as there can be, or there is as much in them.
    Full,
}

impl No {
    /// The answer that says so.
    pub fn answer(self) -> Response<Body> {
        match self {
            Self::Bad(why) => with(400, "bad_request", why),
            Self::Absent => with(404, "not_found", "there is no such document"),
            Self::Changed => with(412, "precondition_failed", "the document has another version by now"),
            Self::Unconditional => with(428, "precondition_required", "say by `If-Match` which version was read"),
            Self::Stranger => with(403, "unknown_store", "only stores that are synchronised tell what has changed"),
            Self::Full => with(FULL, NO_ROOM, NO_ROOM_WHY),
        }
    }
}

/// The status that says that there is no room (RFC 4918 §11.5).
pub(super) const FULL: u16 = 507;
const NO_ROOM: &str = "insufficient_storage";
const NO_ROOM_WHY: &str = "there are too many documents, or copies of one, or there is too much in them";

/// The answer that there is no room for these documents.
pub(super) fn with_documents(documents: &[String]) -> Response<Body> {
    let mut body = opened(NO_ROOM, NO_ROOM_WHY);
    body.push_str(",\"documents\":[");
    for (position, document) in documents.iter().enumerate() {
        body.push_str(if position == 0 { "" } else { "," });
        json::string(&mut body, document);
    }
    body.push_str("]}");
    answer(FULL, body)
}

/// A no that a fault has the store say, or that any service says.
pub(in super::super) fn refusal(refusal: &Refusal) -> Response<Body> {
    let plain = plain_refusal(refusal);
    let why = if let Refusal::BadRequest(why) = refusal { why } else { "refused" };
    let mut response = with(plain.status().as_u16(), word(refusal), why);
    if let Some(wait) = plain.headers().get(hyper::header::RETRY_AFTER) {
        response.headers_mut().insert(hyper::header::RETRY_AFTER, wait.clone());
    }
    response
}

fn word(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::Frozen(_) => "account_frozen",
        Refusal::Fenced(_) => "address_not_allowed",
        Refusal::MissingToken | Refusal::InvalidToken | Refusal::InvalidKey => "unauthorized",
        Refusal::ExpiredToken | Refusal::RevokedToken => "token_expired",
        Refusal::UnknownApi => "not_found",
        Refusal::BadRequest(_) => "bad_request",
        Refusal::Throttled(_) | Refusal::Banned(_) => "rate_limited",
        Refusal::Quota => "quota_used_up",
        Refusal::MfaRequired => "second_factor_required",
        Refusal::Status(_) | Refusal::MeetingLocked(_) => "refused",
    }
}

fn with(status: u16, word: &str, why: &str) -> Response<Body> {
    let mut body = opened(word, why);
    body.push('}');
    answer(status, body)
}

fn opened(word: &str, why: &str) -> String {
    let mut body = String::from("{\"error\":");
    json::string(&mut body, word);
    body.push_str(",\"message\":");
    json::string(&mut body, why);
    body
}
