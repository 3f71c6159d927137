//! What an endpoint asks a provider whose tokens it takes, and what it reads of the answers.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hyper::header::{CONTENT_TYPE, HOST as HOST_FIELD, HeaderValue};
use hyper::{Method, Request, StatusCode, Uri};
use serde::Deserialize;

use super::place::{INTROSPECT, KEYS};
use super::wanted::basic_field;
use super::{HOST, percent};
use crate::vendor::{Body, Identity, with_header};

/// Asks for the published keys.
pub fn keys_request() -> Request<Body> {
    request(Method::GET, KEYS, Body::default())
}

/// The published keys that sign as ours do, by their names; `None` if the answer is no set of keys. Others are left out.
pub fn read_keys(body: &[u8]) -> Option<BTreeMap<String, Vec<u8>>> {
    #[derive(Deserialize)]
    struct Set {
        keys: Vec<Key>,
    }
    #[derive(Deserialize)]
    struct Key {
        kty: String,
        #[serde(default)]
        crv: String,
        #[serde(default)]
        kid: String,
        #[serde(default)]
        x: String,
    }
    let set: Set = serde_json::from_slice(body).ok()?;
    let ours = set.keys.into_iter().filter(|key| key.kty == "OKP" && key.crv == "Ed25519" && !key.kid.is_empty());
    Some(ours.filter_map(|key| Some((key.kid, URL_SAFE_NO_PAD.decode(key.x).ok()?))).collect())
}

/// Asks whether a token is good.
pub fn introspection_request(asks: &Identity, token: &str) -> Request<Body> {
    let mut request = request(Method::POST, INTROSPECT, Body::from(format!("token={}", percent(token))));
    let form = HeaderValue::from_static("application/x-www-form-urlencoded");
    request.headers_mut().insert(CONTENT_TYPE, form);
    with_header(request, "authorization", &basic_field(&asks.key, &asks.secret))
}

/// What a provider says of a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// Whose it is; `None` if it is not good.
    pub user: Option<String>,
    /// From when on it is good no more, in seconds since 1970, if it says so.
    pub expires: Option<u64>,
    /// Who gave it, if it says so.
    pub issuer: Option<String>,
    /// Whom it is for; nobody is anybody.
    pub audience: Vec<String>,
}

/// Reads what a provider says of a token; `None` if it says nothing of it. A client's own token has no user at many: then it is the client's.
pub fn read_introspection(status: StatusCode, body: &[u8]) -> Option<Said> {
    #[derive(Deserialize)]
    struct Read {
        active: bool,
        #[serde(default)]
        sub: Option<String>,
        #[serde(default)]
        client_id: Option<String>,
        #[serde(default)]
        exp: Option<u64>,
        #[serde(default)]
        iss: Option<String>,
        #[serde(default, with = "super::jwt::audience")]
        aud: Vec<String>,
    }
    let read: Read = serde_json::from_slice(body).ok().filter(|_| status.is_success())?;
    let user = read.sub.or(read.client_id).filter(|_| read.active);
    Some(Said { user, expires: read.exp, issuer: read.iss, audience: read.aud })
}

fn request(method: Method, path: &'static str, body: Body) -> Request<Body> {
    let mut request = Request::new(body);
    *request.method_mut() = method;
    *request.uri_mut() = Uri::from_static(path);
    request.headers_mut().insert(HOST_FIELD, HeaderValue::from_static(HOST));
    request
}
