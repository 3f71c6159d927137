//! How a provider says no: RFC 6749 §5.2 where tokens are given, RFC 6750 §3 where they are shown.

use std::borrow::Cow;

use hyper::Response;
use hyper::header::{CACHE_CONTROL, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};

use super::with_header_of;
use crate::units::Span;
use crate::vendor::{Body, Form, Refusal, answer, json};

/// Why a provider gives nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    status: u16,
    error: &'static str,
    why: Cow<'static, str>,
    wait: Option<Span>,
}

impl Problem {
    const fn new(status: u16, error: &'static str, why: &'static str) -> Self {
        Self { status, error, why: Cow::Borrowed(why), wait: None }
    }

    /// The request is not what the endpoint takes.
    pub fn request(why: impl Into<Cow<'static, str>>) -> Self {
        Self { why: why.into(), ..Self::new(400, "invalid_request", "") }
    }

    /// Whoever asks has not proved who he is.
    pub const CLIENT: Self = Self::new(401, "invalid_client", "the client is unknown or its secret is wrong");

    /// What stands for a person is good no more.
    pub const fn grant(why: &'static str) -> Self {
        Self::new(400, "invalid_grant", why)
    }

    /// There is no such way to get a token.
    pub const GRANT_TYPE: Self = Self::new(400, "unsupported_grant_type", "this provider knows no such grant type");

    /// A scope that is none.
    pub const SCOPE: Self = Self::new(400, "invalid_scope", "the scope is malformed");

    /// Something within is broken.
    pub const SERVER: Self = Self::new(500, "server_error", "the provider could not sign");

    /// OAuth's word for it.
    pub fn error(&self) -> &'static str {
        self.error
    }

    /// The reason, in words.
    pub fn why(&self) -> &str {
        &self.why
    }

    /// What OAuth makes of a reason that all platforms share.
    fn of(refusal: &Refusal) -> Self {
        match refusal {
            Refusal::Frozen(_) => Self::grant("the account is disabled"),
            // No standard has a word for it: what stands before a provider says this one.
            Refusal::Fenced(_) => Self::new(403, "access_denied", "access from this address is not allowed"),
            Refusal::Status(413) => Self::new(413, "invalid_request", "the body is too large"),
            Refusal::Status(status) => {
                Self { status: *status, ..Self::new(0, of_status(*status), "the request was refused") }
            }
            Refusal::MissingToken | Refusal::InvalidKey => Self::CLIENT,
            Refusal::MfaRequired => Self::new(400, "interaction_required", "a second factor is required"),
            Refusal::InvalidToken => Self::grant("the grant is unknown"),
            Refusal::ExpiredToken => Self::grant("the grant has expired"),
            Refusal::RevokedToken => Self::grant("the grant was revoked"),
            Refusal::UnknownApi => Self::new(404, "invalid_request", "there is no such endpoint"),
            Refusal::BadRequest(why) => Self::request(why.clone()),
            Refusal::Throttled(wait) | Refusal::Banned(wait) => {
                Self { wait: Some(*wait), ..Self::new(429, "temporarily_unavailable", "too many requests") }
            }
            Refusal::Quota => Self::new(429, "temporarily_unavailable", "the quota is used up"),
            Refusal::MeetingLocked(_) => Self::request("there are no meetings here"),
        }
    }
}

/// The word that goes with a bare status.
fn of_status(status: u16) -> &'static str {
    match status {
        401 => "invalid_client",
        403 => "access_denied",
        429 | 503 => "temporarily_unavailable",
        500.. => "server_error",
        _ => "invalid_request",
    }
}

/// A no where tokens are given.
pub fn problem_answer(problem: &Problem) -> Response<Body> {
    let mut body = String::from("{\"error\":");
    json::string(&mut body, problem.error);
    body.push_str(",\"error_description\":");
    json::string(&mut body, &described(&problem.why));
    body.push('}');
    let mut response = unkept(answer(problem.status, body));
    if problem.status == 401 {
        // RFC 6749 §5.2: by the scheme that the client may have used.
        response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"sso\""));
    }
    if let Some(wait) = problem.wait {
        response.headers_mut().insert(RETRY_AFTER, wait.nanos().div_ceil(1_000_000_000).into());
    }
    response
}

/// An answer that nobody may keep: RFC 6749 §5.1.
pub(super) fn unkept(mut response: Response<Body>) -> Response<Body> {
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// A no where a token is shown.
pub fn bearer_answer(status: u16, error: &str, why: &str) -> Response<Body> {
    let mut body = String::from("{\"error\":");
    json::string(&mut body, error);
    body.push_str(",\"error_description\":");
    json::string(&mut body, &described(why));
    body.push('}');
    let challenge = format!("Bearer realm=\"sso\", error=\"{error}\", error_description=\"{}\"", described(why));
    let response = unkept(answer(status, body));
    if status == 401 { with_header_of(response, "www-authenticate", &challenge) } else { response }
}

/// The characters that a description may have: RFC 6749 §5.2.
fn described(why: &str) -> String {
    why.chars().map(|c| if matches!(c, ' '..='~') && c != '"' && c != '\\' { c } else { '?' }).collect()
}

/// Whether whoever is asked about a token would say that it is not good.
fn is_about_token(refusal: &Refusal) -> bool {
    matches!(refusal, Refusal::Frozen(_) | Refusal::InvalidToken | Refusal::ExpiredToken | Refusal::RevokedToken)
}

/// A no in the words of the standard that is spoken there.
pub(in super::super) fn refusal(form: &Form, refusal: &Refusal) -> Response<Body> {
    match form {
        Form::Scim => super::scim::refused(refusal),
        // RFC 7662 §2.2: that a token is not good is no error, and why is not said.
        Form::Introspection if is_about_token(refusal) => super::introspection_answer(None),
        Form::OAuth | Form::Introspection => problem_answer(&Problem::of(refusal)),
        _ => match refusal {
            Refusal::MissingToken => bare_challenge(),
            Refusal::InvalidToken => bearer_answer(401, "invalid_token", "the access token is unknown"),
            Refusal::ExpiredToken => bearer_answer(401, "invalid_token", "the access token has expired"),
            Refusal::RevokedToken => bearer_answer(401, "invalid_token", "the access token was revoked"),
            Refusal::Frozen(_) => bearer_answer(401, "invalid_token", "the account is disabled"),
            other => problem_answer(&Problem::of(other)),
        },
    }
}

/// Whoever shows nothing is told no error: RFC 6750 §3.1.
fn bare_challenge() -> Response<Body> {
    let mut response = unkept(answer(401, "{}".into()));
    response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"sso\""));
    response
}
