//! Requests and answers as most platforms have them.

use hyper::{Request, Response, StatusCode, Uri};

use super::{Answer, Body, Refusal};
use crate::units::Span;

/// How an answer with this status reads when its body says nothing more: 2xx is not readable here, 502 and 504 come from something
/// in between and leave open whether the message was taken, every other error is a no.
pub(super) fn by_status(status: StatusCode, word: String) -> Answer {
    match status.as_u16() {
        502 | 504 => Answer::Unreadable(word),
        code if code >= 400 => Answer::Refused(word),
        _ => Answer::Unreadable(word),
    }
}

/// A no of a service of which nothing is known but that it speaks HTTP.
pub fn plain_refusal(refusal: &Refusal) -> Response<Body> {
    let status = match refusal {
        Refusal::Status(code) => StatusCode::from_u16(*code).unwrap_or(StatusCode::SERVICE_UNAVAILABLE),
        Refusal::Throttled(_) | Refusal::Banned(_) | Refusal::Quota => StatusCode::TOO_MANY_REQUESTS,
        Refusal::MissingToken
        | Refusal::InvalidToken
        | Refusal::ExpiredToken
        | Refusal::RevokedToken
        | Refusal::InvalidKey
        | Refusal::MfaRequired => StatusCode::UNAUTHORIZED,
        Refusal::UnknownApi => StatusCode::NOT_FOUND,
        Refusal::BadRequest(_) => StatusCode::BAD_REQUEST,
        Refusal::Frozen(_) | Refusal::Fenced(_) | Refusal::MeetingLocked(_) => StatusCode::FORBIDDEN,
    };
    let reason = status.canonical_reason().unwrap_or("refused");
    let mut answer = Response::new(Body::from(format!("{reason}\n")));
    *answer.status_mut() = status;
    if let Refusal::Throttled(wait) | Refusal::Banned(wait) = refusal {
        let secs = wait.nanos().div_ceil(1_000_000_000);
        answer.headers_mut().insert(hyper::header::RETRY_AFTER, secs.into());
    }
    answer
}

/// How long an answer asks to wait, in whole seconds (RFC 9110, section 10.2.3). As a date, which needs a clock that agrees, it is not read.
pub fn retry_after(fields: &hyper::HeaderMap) -> Option<Span> {
    let secs: u64 = fields.get(hyper::header::RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
    // More than a day is nobody's pause.
    Some(Span::from_secs(secs.min(86_400)))
}

/// A JSON answer.
pub(super) fn answer(status: u16, body: String) -> Response<Body> {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let json = hyper::header::HeaderValue::from_static("application/json;charset=utf-8");
    response.headers_mut().insert(hyper::header::CONTENT_TYPE, json);
    response
}

/// A JSON request.
pub(super) fn post(host: &'static str, path: Uri, body: String) -> Request<Body> {
    let mut request = Request::new(Body::from(body));
    *request.method_mut() = hyper::Method::POST;
    *request.uri_mut() = path;
    let headers = request.headers_mut();
    headers.insert(hyper::header::HOST, hyper::header::HeaderValue::from_static(host));
    let json = hyper::header::HeaderValue::from_static("application/json;charset=utf-8");
    headers.insert(hyper::header::CONTENT_TYPE, json);
    request
}

/// Puts a credential into a header. A text that is no header value leaves it out, which the platform then refuses.
pub(super) fn with_header(mut request: Request<Body>, name: &'static str, value: &str) -> Request<Body> {
    if let Ok(value) = value.parse() {
        request.headers_mut().insert(name, value);
    }
    request
}
