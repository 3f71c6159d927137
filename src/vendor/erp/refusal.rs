//! How the ERP says no: a status, and a JSON object with `error` and `message`.

use hyper::Response;
use hyper::header::RETRY_AFTER;

use crate::units::Span;
use crate::vendor::{Body, Refusal, answer, json, plain_refusal};

/// Why a webhook, or a question, is refused by the ERP itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum No {
    /// It is not what is taken.
    Bad(&'static str),
    /// Its signature is missing or wrong.
    Unsigned,
    /// Its signature is older than it may be, or from the future.
    Stale,
    /// Its state is earlier than the one that the document has.
    OutOfOrder,
    /// Too many came; good again after this long.
    TooMany(Span),
}

impl No {
    /// The answer that says so.
    pub fn answer(self) -> Response<Body> {
        match self {
            Self::Bad(why) => with(400, "bad_request", why),
            // Without the challenge that RFC 9110 wants at a 401: no registered scheme stands for webhooks that are signed.
            Self::Unsigned => with(401, "bad_signature", "the signature does not match"),
            Self::Stale => with(401, "stale_signature", "the signature's time is more than five minutes off"),
            Self::OutOfOrder => with(409, "out_of_order", "the document has a later state"),
            Self::TooMany(wait) => {
                let mut response = with(429, "rate_limited", "too many webhooks");
                response.headers_mut().insert(RETRY_AFTER, wait.nanos().div_ceil(1_000_000_000).max(1).into());
                response
            }
        }
    }
}

/// A no that a fault has the ERP say, or that any service says.
pub(in super::super) fn refusal(refusal: &Refusal) -> Response<Body> {
    if let Refusal::Throttled(wait) | Refusal::Banned(wait) = refusal {
        return No::TooMany(*wait).answer();
    }
    let plain = plain_refusal(refusal);
    let why = if let Refusal::BadRequest(why) = refusal { why } else { "refused" };
    with(plain.status().as_u16(), word(refusal), why)
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
    let mut body = String::from("{\"error\":");
    json::string(&mut body, word);
    body.push_str(",\"message\":");
    json::string(&mut body, why);
    body.push('}');
    answer(status, body)
}
