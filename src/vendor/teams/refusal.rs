//! How Graph says no. Entra's and the webhooks' words stand beside them.

use hyper::Response;
use hyper::header::{HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};

use super::{entra, webhook};
use crate::plan::FreezeMode;
use crate::units::Span;
use crate::vendor::{Body, Form, NOT_EMULATED, Refusal, answer};

/// A no in the manner in which the request was made.
pub(in super::super) fn refusal(form: &Form, refusal: &Refusal, number: u64) -> Response<Body> {
    match form {
        Form::Entra => entra::refused(refusal, number),
        Form::Connector => webhook::connector_refusal(refusal, number),
        Form::Workflow => webhook::flow_refusal(refusal, number),
        Form::Graph(segment) => graph_refusal(refusal, segment, number),
        _ => graph_refusal(refusal, "", number),
    }
}

/// What a twin says to a function that Graph has and the twin does not emulate. No answer of Graph's: a client should not take the twin's
/// gap for the platform's.
pub fn not_emulated(number: u64) -> Response<Body> {
    graph_error(404, "NotEmulated", NOT_EMULATED, number)
}

/// Graph's no. A token that may not be used any more, whatever its expiry says, is answered with the challenge of continuous access
/// evaluation, which also asks clients that never declared to understand it to sign in anew. `segment` is the part of the path that names
/// nothing, if none does.
fn graph_refusal(refusal: &Refusal, segment: &str, number: u64) -> Response<Body> {
    let (status, code, message) = phrase(refusal, segment);
    let mut response = graph_error(status, code, &message, number);
    let headers = response.headers_mut();
    if let Refusal::Throttled(wait) | Refusal::Banned(wait) = refusal {
        headers.insert(RETRY_AFTER, whole_seconds(*wait).into());
    }
    if status == 401 {
        let challenge = if is_challenge(refusal) { CHALLENGE } else { BARE };
        headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
    }
    response
}

/// An error of Graph.
pub fn graph_error(status: u16, code: &str, message: &str, number: u64) -> Response<Body> {
    let id = request_id(number);
    let body = serde_json::json!({ "error": { "code": code, "message": message,
        "innerError": { "request-id": id, "client-request-id": id } } });
    answer(status, body.to_string())
}

/// Seconds, as `Retry-After` counts: whole, and never too few.
pub(super) fn whole_seconds(wait: Span) -> u64 {
    wait.nanos().div_ceil(1_000_000_000)
}

/// Ids of requests look like UUIDs.
pub(super) fn request_id(number: u64) -> String {
    format!("{:08x}-0000-4000-8000-{:012x}", number >> 48, number & 0xffff_ffff_ffff)
}

/// A bare 401 tells where tokens come from.
const BARE: &str = "Bearer realm=\"\", authorization_uri=\"https://login.microsoftonline.com/common/oauth2/authorize\", \
    client_id=\"00000003-0000-0000-c000-000000000000\"";

/// The challenge of continuous access evaluation: the token is not good any more, whatever its expiry says.
const CHALLENGE: &str = "Bearer realm=\"\", authorization_uri=\"https://login.microsoftonline.com/common/oauth2/authorize\", \
    client_id=\"00000003-0000-0000-c000-000000000000\", error=\"insufficient_claims\", \
    claims=\"eyJhY2Nlc3NfdG9rZW4iOnsibmJmIjp7ImVzc2VudGlhbCI6dHJ1ZSwidmFsdWUiOiIxNjA0MTA2NjUxIn19fQ==\"";

fn is_challenge(refusal: &Refusal) -> bool {
    matches!(
        refusal,
        Refusal::Frozen(FreezeMode::Whole | FreezeMode::Organisation | FreezeMode::Disabled)
            | Refusal::RevokedToken
            | Refusal::Fenced(_)
    )
}

fn phrase(refusal: &Refusal, segment: &str) -> (u16, &'static str, String) {
    const TOKEN: &str = "InvalidAuthenticationToken";
    let challenge = |code: &str| {
        format!("Continuous access evaluation resulted in challenge with result: InteractionRequired and code: {code}")
    };
    match refusal {
        Refusal::Frozen(FreezeMode::Whole | FreezeMode::Organisation | FreezeMode::Disabled)
        | Refusal::RevokedToken => (401, TOKEN, challenge("TokenIssuedBeforeRevocationTimestamp")),
        Refusal::Frozen(FreezeMode::SendOnly) => (403, "Forbidden", "The user is not allowed to send messages.".into()),
        Refusal::Fenced(_) => (401, TOKEN, challenge("LocationConditionEvaluationSatisfied")),
        Refusal::MissingToken => (401, TOKEN, "Access token is empty.".into()),
        Refusal::ExpiredToken => (401, TOKEN, "Lifetime validation failed, the token is expired.".into()),
        Refusal::InvalidToken | Refusal::InvalidKey | Refusal::MfaRequired | Refusal::Status(401) => {
            (401, TOKEN, "Access token validation failure.".into())
        }
        Refusal::UnknownApi => (400, "BadRequest", format!("Resource not found for the segment '{segment}'.")),
        Refusal::Status(404) => (404, "NotFound", "Resource not found.".into()),
        Refusal::BadRequest(why) => (400, "BadRequest", why.clone()),
        Refusal::MeetingLocked(_) => (403, "Forbidden", "The meeting is locked.".into()),
        Refusal::Throttled(_) | Refusal::Banned(_) | Refusal::Quota | Refusal::Status(429) => {
            (429, "TooManyRequests", "Too many requests.".into())
        }
        Refusal::Status(400) => (400, "BadRequest", "Bad request.".into()),
        Refusal::Status(503) => (503, "ServiceUnavailable", "The service is unavailable.".into()),
        Refusal::Status(status) if *status >= 500 => (*status, "GeneralException", "Internal server error.".into()),
        Refusal::Status(status) => (*status, "Forbidden", "Forbidden.".into()),
    }
}
