//! How a gateway says no.

use hyper::Response;
use hyper::header::RETRY_AFTER;

use super::super::{Body, Refusal, answer, json};
use crate::plan::FreezeMode;

/// What only a gateway says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum No {
    /// No rule fits the message.
    NoRule,
    /// The message says that it is somebody else's than the token.
    NotYours,
    /// The same message is just being sent on.
    InProgress,
    /// Its text was inspected, and has something in it that may not leave.
    Blocked,
    /// Its text could not be inspected, and nothing is sent on without that.
    Uninspected,
    /// Every endpoint that was tried said no, or could not be reached: nobody has the message.
    Refused,
    /// An endpoint that was tried did not answer: it may have the message.
    Unanswered,
    /// Every endpoint is being given a rest.
    Resting,
    /// The audit trail is for auditors, who send nothing.
    NotAuditor,
}

/// Why a no was said, beside the answer that says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reason(pub &'static str);

impl No {
    /// Its code.
    pub fn code(self) -> &'static str {
        self.words().1
    }

    fn words(self) -> (u16, &'static str, &'static str) {
        match self {
            Self::NoRule => (422, "no_rule", "no rule says where such a message goes"),
            Self::NotYours => (403, "not_yours", "the token is not the sender's"),
            Self::InProgress => (409, "in_progress", "this message is just being sent on"),
            Self::Blocked => (403, "blocked", "the text has something in it that may not leave"),
            Self::Uninspected => (503, "not_inspected", "the text could not be inspected, and is not sent on"),
            Self::Refused => (503, "refused", "no endpoint has taken the message"),
            Self::Unanswered => (504, "unanswered", "an endpoint has not answered, and may have the message"),
            Self::NotAuditor => (403, "not_auditor", "the audit trail is read by auditors, with a token of their own"),
            Self::Resting => (503, "resting", "every endpoint has failed, and is left alone for a while"),
        }
    }
}

/// A no of a gateway's own.
pub fn no(why: No) -> Response<Body> {
    let (status, code, message) = why.words();
    with(status, code, message)
}

pub(in super::super) fn refusal(refusal: &Refusal) -> Response<Body> {
    let (status, code, message) = phrase(refusal);
    let mut response = with(status, code, message);
    if let Refusal::Throttled(wait) | Refusal::Banned(wait) = refusal {
        let secs = wait.nanos().div_ceil(1_000_000_000);
        response.headers_mut().insert(RETRY_AFTER, secs.into());
    }
    response
}

fn with(status: u16, code: &'static str, message: &str) -> Response<Body> {
    let mut body = String::from("{\"error\":{\"code\":");
    json::string(&mut body, code);
    body.push_str(",\"message\":");
    json::string(&mut body, message);
    body.push_str("}}");
    let mut response = answer(status, body);
    response.extensions_mut().insert(Reason(code));
    response
}

/// Why a refusal is one, as its code.
pub fn reason(refusal: &Refusal) -> Reason {
    Reason(phrase(refusal).1)
}

fn phrase(refusal: &Refusal) -> (u16, &'static str, &str) {
    match refusal {
        Refusal::Frozen(FreezeMode::SendOnly) => (403, "account_muted", "the account may not send"),
        Refusal::Frozen(FreezeMode::Organisation) => (403, "organisation_frozen", "the organisation is frozen"),
        Refusal::Frozen(FreezeMode::Disabled) => (401, "account_disabled", "the account was taken away"),
        Refusal::Frozen(FreezeMode::Whole) => (403, "account_frozen", "the account is frozen"),
        Refusal::Fenced(_) => (403, "address_not_welcome", "requests from this address are not welcome"),
        Refusal::MissingToken => (401, "missing_token", "the request carries no token"),
        Refusal::InvalidToken | Refusal::InvalidKey => (401, "invalid_token", "the token is nobody's"),
        Refusal::MfaRequired => (401, "second_factor_required", "a second factor is asked for"),
        Refusal::ExpiredToken => (401, "expired_token", "the token is too old"),
        Refusal::RevokedToken => (401, "revoked_token", "the token was taken back"),
        Refusal::UnknownApi => (404, "unknown_function", "a gateway has no such function"),
        Refusal::BadRequest(why) => (400, "bad_request", why),
        Refusal::Throttled(_) => (429, "too_many_requests", "too many requests"),
        Refusal::Banned(_) => (429, "banned", "too many requests: nothing is heard for a while"),
        Refusal::Quota => (429, "quota", "what was paid for is used up"),
        Refusal::MeetingLocked(_) => (403, "meeting_locked", "the meeting is locked"),
        Refusal::Status(status) => (*status, "failed", "the request was refused"),
    }
}
