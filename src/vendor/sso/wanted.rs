//! What is asked of a provider, as forms say it (RFC 6749).

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::digest::{SHA256, digest};

use super::problem::Problem;
use crate::vendor::Head;
use crate::vendor::head::{form_value, percent};

/// The parameters of a request, each of which stands there once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parameters(BTreeMap<String, String>);

impl Parameters {
    /// Those of a form in the body.
    ///
    /// # Errors
    /// If it is no form, or one stands there twice.
    pub fn of_form(head: &impl Head, body: &[u8]) -> Result<Self, Problem> {
        let kind = head.header("content-type").unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim();
        if !kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            return Err(Problem::request("the body is no application/x-www-form-urlencoded"));
        }
        let text = std::str::from_utf8(body).map_err(|_| Problem::request("the body is no text"))?;
        Self::read(text)
    }

    /// Those of a query.
    ///
    /// # Errors
    /// If one stands there twice.
    pub fn of_query(head: &impl Head) -> Result<Self, Problem> {
        Self::read(head.query())
    }

    fn read(text: &str) -> Result<Self, Problem> {
        let mut all = BTreeMap::new();
        for pair in text.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let (name, value) = (form_value(name), form_value(value));
            // RFC 6749 §3.2: what has no value is not there, and nothing is there twice.
            if !value.is_empty() && all.insert(name, value).is_some() {
                return Err(Problem::request("a parameter stands there twice"));
            }
        }
        Ok(Self(all))
    }

    /// A parameter.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// A parameter that has to be there.
    ///
    /// # Errors
    /// If it is not.
    pub fn need(&self, name: &str) -> Result<&str, Problem> {
        self.get(name).ok_or_else(|| Problem::request(format!("the parameter {name} is missing")))
    }

    /// What the token is to be good for.
    ///
    /// # Errors
    /// If it holds characters that RFC 6749 §3.3 does not have.
    pub fn scope(&self) -> Result<&str, Problem> {
        let scope = self.get("scope").unwrap_or_default();
        let fits = |c: char| matches!(c, ' '..='~') && c != '"' && c != '\\';
        if scope.chars().all(fits) { Ok(scope) } else { Err(Problem::SCOPE) }
    }
}

/// An application, and what proves that it is it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// Its id.
    pub id: String,
    /// Its secret; `None` for one that has none.
    pub secret: Option<String>,
}

impl Client {
    /// Whoever asks: by HTTP's Basic scheme or in the form, and not by both (RFC 6749 §2.3).
    ///
    /// # Errors
    /// If he does not say, or says two things.
    pub fn of(head: &impl Head, form: &Parameters) -> Result<Self, Problem> {
        let (id, secret) = (form.get("client_id"), form.get("client_secret"));
        let Some(field) = head.header("authorization") else {
            let id = id.ok_or(Problem::CLIENT)?.to_owned();
            return Ok(Self { id, secret: secret.map(str::to_owned) });
        };
        if secret.is_some() {
            return Err(Problem::request("the client proves itself in two ways"));
        }
        let client = basic(field).ok_or(Problem::CLIENT)?;
        if id.is_some_and(|id| id != client.id) {
            return Err(Problem::request("the client has two ids"));
        }
        Ok(client)
    }
}

/// Id and secret of HTTP's Basic scheme, each encoded as in a form (RFC 6749 §2.3.1).
pub(super) fn basic(field: &str) -> Option<Client> {
    let (scheme, text) = field.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = String::from_utf8(STANDARD.decode(text.trim()).ok()?).ok()?;
    let (id, secret) = text.split_once(':')?;
    let secret = Some(form_value(secret)).filter(|secret| !secret.is_empty());
    Some(Client { id: form_value(id), secret })
}

/// HTTP's Basic scheme for an application.
pub(super) fn basic_field(id: &str, secret: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{}:{}", percent(id), percent(secret))))
}

/// Whether a text is what was hashed before (RFC 7636 §4.6, `S256`).
pub fn proves(verifier: &str, challenge: &str) -> bool {
    URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes())) == challenge
}

/// Whether a text can be a challenge, or what is hashed for one: RFC 7636 §4.1.
pub fn is_verifier(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | '~');
    (43..=128).contains(&text.len()) && text.chars().all(fits)
}
