//! What a provider answers, but for a no.

use hyper::Response;
use serde_json::{Value, json};

use super::jwt::{Claims, SigningKey};
use super::place::{AUTHORIZE, INTROSPECT, KEYS, REVOKE, TOKEN, USER_INFO};
use super::problem::unkept;
use super::with_header_of;
use crate::vendor::{Body, answer};

/// What a provider says of itself, to whoever knows it by this name.
pub fn discovery_answer(issuer: &str, password: bool, refresh: bool) -> Response<Body> {
    let at = |path: &str| format!("{issuer}{path}");
    let mut grants = vec!["authorization_code", "client_credentials"];
    grants.extend(refresh.then_some("refresh_token"));
    grants.extend(password.then_some("password"));
    let by = ["client_secret_basic", "client_secret_post"];
    let body = json!({
        "issuer": issuer,
        "authorization_endpoint": at(AUTHORIZE),
        "token_endpoint": at(TOKEN),
        "introspection_endpoint": at(INTROSPECT),
        "revocation_endpoint": at(REVOKE),
        "userinfo_endpoint": at(USER_INFO),
        "jwks_uri": at(KEYS),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": grants,
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["EdDSA"],
        "token_endpoint_auth_methods_supported": by,
        "introspection_endpoint_auth_methods_supported": by,
        "revocation_endpoint_auth_methods_supported": by,
        "code_challenge_methods_supported": ["S256"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "claims_supported": ["sub", "iss", "aud", "exp", "iat", "sid", "name", "preferred_username", "email"],
        "authorization_response_iss_parameter_supported": true,
    });
    answer(200, body.to_string())
}

/// The public keys, the present one first.
pub fn keys_answer<'k>(keys: impl Iterator<Item = &'k SigningKey>) -> Response<Body> {
    let keys: Vec<_> = keys.map(SigningKey::jwk).collect();
    answer(200, format!("{{\"keys\":[{}]}}", keys.join(",")))
}

/// What is given to whoever signs in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Given {
    /// The access token.
    pub token: String,
    /// For how many seconds it is good.
    pub secs: u64,
    /// What it is good for; empty if that was not asked for.
    pub scope: String,
    /// With what the next one may be asked for.
    pub refresh: Option<String>,
    /// Who signed in.
    pub identity: Option<String>,
}

/// The answer to a login that succeeded.
pub fn given_answer(given: Given) -> Response<Body> {
    let mut body = json!({ "access_token": given.token, "token_type": "Bearer", "expires_in": given.secs });
    let more = [("scope", Some(given.scope)), ("refresh_token", given.refresh), ("id_token", given.identity)];
    for (name, text) in more {
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            body[name] = text.into();
        }
    }
    unkept(answer(200, body.to_string()))
}

/// Whether a token is good, and what it says (RFC 7662 §2.2).
pub fn introspection_answer(claims: Option<&Claims>) -> Response<Body> {
    let Some(claims) = claims else { return unkept(answer(200, "{\"active\":false}".into())) };
    // An object of texts and numbers.
    let mut body = serde_json::to_value(claims).unwrap_or_default();
    body["active"] = Value::Bool(true);
    body["token_type"] = "Bearer".into();
    body["username"] = claims.sub.clone().into();
    unkept(answer(200, body.to_string()))
}

/// A token was given back, or was none (RFC 7009 §2.2).
pub fn revoked_answer() -> Response<Body> {
    unkept(Response::new(Body::default()))
}

/// Who a token is for.
pub fn user_answer(user: &str) -> Response<Body> {
    let email = super::address_of(user);
    let body = json!({ "sub": user, "name": user, "preferred_username": user, "email": email });
    unkept(answer(200, body.to_string()))
}

/// Sends whoever signs in back to the application, with these parameters.
pub fn redirect_answer(back: &str, parameters: &[(&str, &str)]) -> Response<Body> {
    let mut place = back.to_owned();
    for (name, value) in parameters {
        place.push(if place.contains('?') { '&' } else { '?' });
        place.push_str(name);
        place.push('=');
        place.push_str(&super::percent(value));
    }
    let mut response = with_header_of(unkept(Response::new(Body::default())), "location", &place);
    *response.status_mut() = hyper::StatusCode::FOUND;
    response
}
