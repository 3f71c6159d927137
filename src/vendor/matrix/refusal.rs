//! How a homeserver says no: a status, and a JSON object with `errcode` and `error`.

use hyper::Response;
use hyper::header::RETRY_AFTER;

use crate::plan::FreezeMode;
use crate::vendor::{Body, Form, NOT_EMULATED, Refusal, answer, json};

/// A no in the words of the specification, and of Synapse where it leaves them open.
pub(in super::super) fn refusal(form: &Form, refusal: &Refusal) -> Response<Body> {
    if let Refusal::Throttled(wait) | Refusal::Banned(wait) = refusal {
        let millis = wait.nanos().div_ceil(1_000_000);
        let mut response = with(429, "M_LIMIT_EXCEEDED", "Too Many Requests", &format!(",\"retry_after_ms\":{millis}"));
        response.headers_mut().insert(RETRY_AFTER, millis.div_ceil(1_000).into());
        return response;
    }
    let (status, code, why) = phrase(form, refusal);
    with(status, code, why, more(refusal, code))
}

/// An error.
pub fn error(status: u16, code: &str, why: &str) -> Response<Body> {
    with(status, code, why, "")
}

/// What a twin says to a function that homeservers have and the twin does not emulate.
pub fn not_emulated() -> Response<Body> {
    error(404, "FIREDRILL_NOT_EMULATED", NOT_EMULATED)
}

fn with(status: u16, code: &str, why: &str, more: &str) -> Response<Body> {
    let mut body = String::from("{\"errcode\":");
    json::string(&mut body, code);
    body.push_str(",\"error\":");
    json::string(&mut body, why);
    body.push_str(more);
    body.push('}');
    answer(status, body)
}

/// What else stands in the object: whether a client keeps what it has and logs in anew (`soft_logout`).
fn more(refusal: &Refusal, code: &str) -> &'static str {
    match (refusal, code) {
        (Refusal::ExpiredToken, _) | (_, "M_USER_LOCKED") => ",\"soft_logout\":true",
        (_, "M_UNKNOWN_TOKEN") => ",\"soft_logout\":false",
        _ => "",
    }
}

fn phrase<'r>(form: &Form, refusal: &'r Refusal) -> (u16, &'static str, &'r str) {
    match refusal {
        Refusal::Frozen(FreezeMode::Whole) => (401, "M_USER_LOCKED", "User account has been locked"),
        Refusal::Frozen(FreezeMode::SendOnly) => {
            (403, "M_USER_SUSPENDED", "Sending messages while account is suspended is not allowed.")
        }
        Refusal::Frozen(FreezeMode::Organisation) => {
            (403, "M_RESOURCE_LIMIT_EXCEEDED", "This homeserver has been blocked by its administrator")
        }
        Refusal::Frozen(FreezeMode::Disabled) if *form == Form::SignIn => {
            (403, "M_USER_DEACTIVATED", "This account has been deactivated")
        }
        Refusal::Frozen(FreezeMode::Disabled) | Refusal::RevokedToken | Refusal::InvalidToken => {
            (401, "M_UNKNOWN_TOKEN", "Invalid access token passed.")
        }
        Refusal::ExpiredToken => (401, "M_UNKNOWN_TOKEN", "Access token has expired"),
        Refusal::MissingToken => (401, "M_MISSING_TOKEN", "Missing access token"),
        Refusal::InvalidKey | Refusal::MfaRequired => (403, "M_FORBIDDEN", "Invalid username or password"),
        Refusal::Fenced(_) => (403, "M_FORBIDDEN", "Access from this address is not allowed"),
        Refusal::UnknownApi => (404, "M_UNRECOGNIZED", "Unrecognized request"),
        Refusal::BadRequest(why) => (400, "M_BAD_JSON", why),
        Refusal::Quota => (403, "M_RESOURCE_LIMIT_EXCEEDED", "The quota of this homeserver is used up"),
        Refusal::MeetingLocked(_) => (403, "M_FORBIDDEN", "The call is locked"),
        Refusal::Throttled(_) | Refusal::Banned(_) => (429, "M_LIMIT_EXCEEDED", "Too Many Requests"),
        Refusal::Status(status) => (*status, of_status(*status), "The request was refused"),
    }
}

/// The code that goes with a bare status.
fn of_status(status: u16) -> &'static str {
    match status {
        401 => "M_UNKNOWN_TOKEN",
        403 => "M_FORBIDDEN",
        404 => "M_NOT_FOUND",
        413 => "M_TOO_LARGE",
        429 => "M_LIMIT_EXCEEDED",
        _ => "M_UNKNOWN",
    }
}
