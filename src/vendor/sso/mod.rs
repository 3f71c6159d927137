//! Single sign-on: OpenID Connect with OAuth 2.0's token endpoint, introspection and revocation, and the directory's SCIM.
//!
//! Formats follow OpenID Connect Core and Discovery 1.0, RFC 6749, 6750, 7009, 7517, 7519, 7636, 7643, 7644, 7662, 8414, 9068 and 9207; paths
//! are those of npm `oidc-provider`, against which a certified provider can be put in a twin's place. Stand-ins:
//! - tokens are signed by Ed25519 (`EdDSA`) alone, though OpenID Connect wants every provider to know RS256 as well: its signatures are a
//!   function of the text, so that a run has the same bytes;
//! - nobody sees a page: whoever is named by `login_hint`, and else whom the application acts for, signs in at the authorization endpoint;
//! - a token by `client_credentials` is for the user whom the application acts for, so that an account is known by it.

mod answers;
mod asked;
mod attribute;
mod jwt;
mod place;
mod problem;
pub mod scim;
mod unique;
mod wanted;

use std::borrow::Cow;

use hyper::header::{CONTENT_TYPE, HOST as HOST_FIELD, HeaderName, HeaderValue};
use hyper::{Request, Response, StatusCode};
use serde::Deserialize;

use super::head::percent;
use super::{Answer, Body, Form, Head, Identity, Token, by_status, with_header};
use crate::plan::Capability;
use crate::units::Span;

pub use answers::{
    Given, discovery_answer, given_answer, introspection_answer, keys_answer, redirect_answer, revoked_answer,
    user_answer,
};
pub use asked::{Said, introspection_request, keys_request, read_introspection, read_keys};
pub use jwt::{BadToken, Claims, SigningKey, Type, verify};
pub use place::Place;
pub(super) use problem::refusal;
pub use problem::{Problem, bearer_answer, problem_answer};
pub use wanted::{Client, Parameters, is_verifier, proves};

/// What is addressed where nobody says otherwise.
pub const HOST: &str = "sso.firedrill.example";

/// What a twin calls itself to whoever knows it by its [host](HOST), and for whom its tokens are if nobody says otherwise.
pub const ISSUER: &str = "http://sso.firedrill.example";

/// The token of whoever may write to the directory of a drill's twin.
pub const DIRECTORY: &str = "fd-directory";

/// The longest that a token is taken to be good for, whatever its answer says: ten years, so that no sum overflows.
const LONGEST: u64 = 10 * 365 * 86_400;

/// How long a token is good for whose answer does not say: RFC 6749 §5.1 leaves it open, and providers mostly give an hour.
const UNSAID: u64 = 3_600;

pub(super) fn identity(name: &str) -> Identity {
    Identity { user: name.into(), key: name.into(), secret: format!("fd-secret-{name}"), webhook: String::new() }
}

/// The address of a user, as far as there is one.
pub fn address_of(user: &str) -> String {
    if user.contains('@') { user.to_owned() } else { format!("{user}@firedrill.example") }
}

pub(super) fn capability(head: &impl Head) -> Capability {
    match Place::of(head.path()) {
        Place::Discovery | Place::Keys | Place::ServiceProvider | Place::ResourceTypes => Capability::Metadata,
        // Whoever gives tokens says whether they are good, and takes them back.
        Place::Token | Place::Authorize | Place::Introspect | Place::Revoke => Capability::Login,
        Place::UserInfo => Capability::Directory,
        Place::Users | Place::User(_) if head.method() == "GET" => Capability::Directory,
        Place::Users | Place::User(_) => Capability::Admin,
        Place::Scim | Place::Unknown => Capability::Other,
    }
}

/// The token in the head, or the application that proves itself there.
pub(super) fn credential(head: &impl Head) -> Option<Cow<'_, str>> {
    match bearer(head) {
        Some(token) => Some(Cow::Borrowed(token)),
        None => wanted::basic(head.header("authorization")?).map(|client| Cow::Owned(client.id)),
    }
}

/// The token in the head.
pub fn bearer(head: &impl Head) -> Option<&str> {
    let (scheme, token) = head.header("authorization")?.split_once(' ')?;
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

pub(super) fn form(head: &impl Head) -> Form {
    match Place::of(head.path()) {
        Place::Token | Place::Authorize | Place::Revoke => Form::OAuth,
        Place::Introspect => Form::Introspection,
        place if place.is_directory() => Form::Scim,
        _ => Form::Present,
    }
}

/// The request that gives an application a token for the user whom it acts for.
pub(super) fn login_request(identity: &Identity) -> Request<Body> {
    let mut request = Request::new(Body::from("grant_type=client_credentials"));
    *request.method_mut() = hyper::Method::POST;
    *request.uri_mut() = hyper::Uri::from_static(place::TOKEN);
    let headers = request.headers_mut();
    headers.insert(HOST_FIELD, HeaderValue::from_static(HOST));
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
    with_header(request, "authorization", &wanted::basic_field(&identity.key, &identity.secret))
}

#[derive(Deserialize)]
struct Granted {
    access_token: String,
    #[serde(default)]
    expires_in: Option<u64>,
    #[serde(default)]
    refresh_token: Option<String>,
}

#[derive(Deserialize)]
struct No {
    error: String,
}

pub(super) fn login_answer(status: StatusCode, body: &[u8]) -> Result<Token, Answer> {
    if !status.is_success() {
        let word = serde_json::from_slice::<No>(body).map_or_else(|_| status.as_str().to_owned(), |no| no.error);
        return Err(by_status(status, word));
    }
    let granted = serde_json::from_slice::<Granted>(body)
        .map_err(|_| Answer::Unreadable(format!("{} without a token", status.as_str())))?;
    let secs = granted.expires_in.unwrap_or(UNSAID).min(LONGEST);
    Ok(Token { text: granted.access_token, lifetime: Span::from_secs(secs) })
}

/// Whose login it is: a refresh token's, a person's, or an application's.
pub(super) fn login_key(head: &impl Head, body: &[u8]) -> Option<String> {
    let asked = match head.method() {
        "POST" => Parameters::of_form(head, body),
        _ => Parameters::of_query(head),
    };
    let asked = asked.ok()?;
    let named = ["refresh_token", "username", "login_hint"].iter().find_map(|name| asked.get(name));
    match named {
        Some(name) => Some(name.to_owned()),
        None => Client::of(head, &asked).ok().map(|client| client.id),
    }
}

/// The token that is introspected.
pub(super) fn asked_about(head: &impl Head, body: &[u8]) -> Option<String> {
    let asks = (head.method(), Place::of(head.path())) == ("POST", Place::Introspect);
    asks.then(|| Parameters::of_form(head, body).ok()?.get("token").map(str::to_owned)).flatten()
}

pub(super) fn next_key(body: &[u8]) -> Option<String> {
    serde_json::from_slice::<Granted>(body).ok()?.refresh_token
}

/// An answer with a field more. A text that is none leaves it out.
fn with_header_of(mut response: Response<Body>, name: &'static str, value: &str) -> Response<Body> {
    if let Ok(value) = value.parse() {
        response.headers_mut().insert(HeaderName::from_static(name), value);
    }
    response
}

#[cfg(test)]
mod tests;
