//! Tokens: the three ways to one, which all give the same.

use std::borrow::Cow;

use hyper::{Request, Response, StatusCode, Uri};
use serde::{Deserialize, Serialize};

use super::super::head::plain_parameter;
use super::super::{Answer, Body, Head, Identity, Refusal, Token, answer, post};
use super::read::unread;
use super::refusal::{No, bad, lacking, no_body, own};
use super::{Operation, host, operation, text};
use crate::plan::Edition;
use crate::units::Span;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Login<'a> {
    app_key: &'a str,
    app_secret: &'a str,
}

/// A key and what proves it, by whichever names. Stream openings have theirs, too.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Proof {
    #[serde(alias = "appKey", alias = "client_id", alias = "clientId")]
    key: Option<String>,
    #[serde(alias = "appSecret", alias = "client_secret", alias = "clientSecret")]
    secret: Option<String>,
    grant_type: Option<String>,
}

/// A token by whichever names. A Stream ticket is one as well: good for 90 seconds, and once.
#[derive(Deserialize)]
struct Granted {
    #[serde(alias = "accessToken", alias = "ticket")]
    access_token: Option<String>,
    #[serde(alias = "expireIn", default = "ticket_lifetime")]
    expires_in: u64,
}

fn ticket_lifetime() -> u64 {
    super::stream::TICKET_LIFETIME.nanos() / 1_000_000_000
}

/// The request that exchanges an identity's key for a token.
pub(in crate::vendor) fn request(edition: Edition, identity: &Identity) -> Request<Body> {
    let login = Login { app_key: &identity.key, app_secret: &identity.secret };
    post(host(edition), Uri::from_static(operation::TOKEN), text(&login))
}

/// The key that a login names, or the opening of a Stream connection.
pub(in crate::vendor) fn key(head: &impl Head, body: &[u8]) -> Option<String> {
    if Operation::of(head) == Some(Operation::OldToken) {
        return one_of(head, ["appkey", "corpid"]);
    }
    serde_json::from_slice::<Proof>(body).ok()?.key
}

/// The token in the answer to a login, or the ticket in the answer to an opening.
pub(in crate::vendor) fn granted(status: StatusCode, body: &[u8]) -> Result<Token, Answer> {
    if status == StatusCode::OK
        && let Ok(Granted { access_token: Some(text), expires_in }) = serde_json::from_slice(body)
    {
        return Ok(Token { text, lifetime: Span::from_secs(expires_in.min(u64::from(u32::MAX))) });
    }
    Err(unread(status, body))
}

/// The key of a login and what proves it.
///
/// # Errors
/// The platform's reason for not reading them.
pub fn read(operation: Operation, head: &impl Head, body: &[u8]) -> Result<(String, String), No> {
    if operation == Operation::OldToken {
        return read_old(head);
    }
    if body.is_empty() {
        return Err(no_body());
    }
    let proof: Proof = serde_json::from_slice(body).map_err(|error| bad("invalidParameter", error.to_string()))?;
    if operation == Operation::CorpToken && proof.grant_type.as_deref() != Some("client_credentials") {
        return Err(bad("invalidParameter", "grant_type is client_credentials"));
    }
    match (proof.key, proof.secret) {
        (Some(key), Some(secret)) => Ok((key, secret)),
        _ => Err(bad("invalidParameter", "a key and a secret are mandatory")),
    }
}

fn read_old(head: &impl Head) -> Result<(String, String), No> {
    let key = one_of(head, ["appkey", "corpid"]).ok_or_else(|| lacking("corpid or appkey"))?;
    let secret = one_of(head, ["appsecret", "corpsecret"]).ok_or_else(|| lacking("corpsecret or appsecret"))?;
    Ok((key, secret))
}

fn one_of(head: &impl Head, names: [&str; 2]) -> Option<String> {
    names.into_iter().find_map(|name| plain_parameter(head.query(), name)).map(Cow::into_owned)
}

/// The no to a key that its secret does not prove. A corporation's own key, on the old gateway, has another code than an app's.
pub fn bad_key(operation: Operation, head: &impl Head) -> No {
    let is_corporation = operation == Operation::OldToken && plain_parameter(head.query(), "appkey").is_none();
    if is_corporation { own(200, "40089", "不合法的corpid或corpsecret") } else { Refusal::InvalidKey.into() }
}

/// The answer to a login, in its manner.
pub fn token_answer(operation: Operation, token: &Token) -> Response<Body> {
    let (text, secs) = (&token.text, token.lifetime.nanos() / 1_000_000_000);
    let body = match operation {
        Operation::OldToken => {
            serde_json::json!({ "errcode": 0, "access_token": text, "errmsg": "ok", "expires_in": secs })
        }
        Operation::CorpToken => serde_json::json!({ "access_token": text, "expires_in": secs }),
        _ => serde_json::json!({ "accessToken": text, "expireIn": secs }),
    };
    answer(200, body.to_string())
}
