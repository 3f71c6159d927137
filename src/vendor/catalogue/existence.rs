//! What an answer to an empty request says about whether the function is there.

use hyper::StatusCode;
use serde::Deserialize;

use super::Call;
use crate::plan::EndpointKind;
use crate::vendor::NOT_EMULATED;

/// Whether a function is there, as far as an answer tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Existence {
    /// It is: it answered, most often that something is missing in the request.
    Exists,
    /// The platform says that there is no such function.
    Missing,
    /// The platform wants a credential or a permission before it says more.
    Guarded(String),
    /// The answer says nothing about it: too many requests, a platform that is down, somebody else's page.
    Unclear(String),
}

/// An error of DingTalk's new gateway.
#[derive(Deserialize)]
struct Coded {
    code: String,
}

/// An answer of DingTalk's old gateway. The documents have numbers in quotes as well.
#[derive(Deserialize)]
struct Numbered {
    errcode: Number,
    #[serde(default)]
    sub_code: Option<Number>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Number {
    Bare(i64),
    Quoted(String),
}

#[derive(Deserialize)]
struct Enveloped {
    error: MicrosoftError,
}

/// Graph's error is an object, the token endpoint's a word.
#[derive(Deserialize)]
#[serde(untagged)]
enum MicrosoftError {
    Graph {
        code: String,
        #[serde(default)]
        message: String,
    },
    Word(String),
}

/// Reads the answer to an empty request for a function.
pub fn existence(kind: &EndpointKind, call: Call, status: StatusCode, body: &[u8]) -> Existence {
    let code = status.as_u16();
    if says(body, NOT_EMULATED) {
        return Existence::Unclear(NOT_EMULATED.to_owned());
    }
    if code == 429 || code >= 500 {
        return Existence::Unclear(format!("status {code}"));
    }
    match kind {
        EndpointKind::Dingtalk(_) if is_present(call.path) => present(status, body),
        EndpointKind::Dingtalk(_) => old(status, body),
        EndpointKind::Teams => microsoft(status, body),
        EndpointKind::Matrix
        | EndpointKind::Erp(_)
        | EndpointKind::Documents(_)
        | EndpointKind::Http(_)
        | EndpointKind::Smtp(_)
        | EndpointKind::Wire(_)
        | EndpointKind::Dlp
        | EndpointKind::Sso(_)
        | EndpointKind::Gateway(_) => foreign(status),
    }
}

/// Whether these words, which JSON writes as they are, stand in a body.
fn says(body: &[u8], words: &str) -> bool {
    body.windows(words.len()).any(|window| window == words.as_bytes())
}

/// Whether DingTalk's new gateway answers it.
pub(super) fn is_present(path: &str) -> bool {
    path.starts_with("/v1.0/") || path.starts_with("/v2.0/")
}

fn present(status: StatusCode, body: &[u8]) -> Existence {
    if status.is_success() {
        return Existence::Exists;
    }
    let Ok(Coded { code }) = serde_json::from_slice(body) else { return foreign(status) };
    // Throttling is a 403 like a missing permission, and says nothing.
    let throttled = ["QpsLimit", "QpmLimit", "ApiCountLimit"].iter().any(|word| code.contains(word));
    match status.as_u16() {
        _ if throttled => Existence::Unclear(code),
        404 if code == "InvalidAction.NotFound" => Existence::Missing,
        401 | 403 => Existence::Guarded(code),
        _ if code.contains("Authentication") => Existence::Guarded(code),
        _ => Existence::Exists,
    }
}

fn old(status: StatusCode, body: &[u8]) -> Existence {
    let Ok(Numbered { errcode, sub_code }) = serde_json::from_slice(body) else { return foreign(status) };
    let number = match (errcode.value(), sub_code) {
        (Some(88), Some(inner)) => inner.value(),
        (outer, _) => outer,
    };
    let Some(number) = number else { return foreign(status) };
    match number {
        22 | 404 => Existence::Missing,
        // No token, a wrong or an old one; no permission; an address that is not allowed.
        40_000 | 40_001 | 40_014 | 42_001 | 50_002 | 60_011 | 60_020 => Existence::Guarded(format!("errcode {number}")),
        -1 | 90_001..=90_020 => Existence::Unclear(format!("errcode {number}")),
        _ => Existence::Exists,
    }
}

/// Graph looks for the function before it looks at the token; a path that it does not know names the part.
fn microsoft(status: StatusCode, body: &[u8]) -> Existence {
    if status.is_success() {
        return Existence::Exists;
    }
    let Ok(Enveloped { error }) = serde_json::from_slice(body) else { return foreign(status) };
    let (code, message) = match error {
        MicrosoftError::Graph { code, message } => (code, message),
        MicrosoftError::Word(word) => (word, String::new()),
    };
    match status.as_u16() {
        400 | 404 if message.contains("Resource not found for the segment") => Existence::Missing,
        401 | 403 => Existence::Guarded(code),
        _ => Existence::Exists,
    }
}

/// Not in the platform's words: whoever answered, it may not have been the platform.
fn foreign(status: StatusCode) -> Existence {
    Existence::Unclear(format!("status {}, not in the platform's words", status.as_u16()))
}

impl Number {
    fn value(&self) -> Option<i64> {
        match self {
            Self::Bare(number) => Some(*number),
            Self::Quoted(text) => text.parse().ok(),
        }
    }
}
