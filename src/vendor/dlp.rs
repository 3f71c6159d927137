//! A service that inspects texts for what may not leave. There is no common interface of such services, so this one is firedrill's own:
//!
//! ```text
//! POST /v1/inspect                {"text": "…"}
//! 200                             {"verdict": "block", "findings": [{"kind": "hkid", "start": 17, "end": 28}]}
//! ```
//!
//! `verdict` is `pass` or `block`; `start` and `end` are bytes of the text in UTF-8. A no has `{"error": "…"}`.

use std::borrow::Cow;
use std::fmt::Write;

use hyper::http::Uri;
use hyper::{Request, Response, StatusCode};
use serde::Deserialize;

use super::{Answer, Body, Head, Identity, Refusal, answer, by_status, json, plain_refusal, post};
use crate::dlp::Finding;
use crate::plan::Capability;

/// Where texts are inspected.
pub const INSPECT_PATH: &str = "/v1/inspect";

/// What the service says of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// It may leave.
    Pass,
    /// It may not.
    Block,
}

#[derive(Deserialize)]
struct Question<'a> {
    #[serde(borrow)]
    text: Cow<'a, str>,
}

#[derive(Deserialize)]
struct Said {
    verdict: Verdict,
}

/// Nobody signs in: whoever reaches the service may ask.
pub(super) fn identity(name: &str) -> Identity {
    Identity { user: name.to_owned(), ..Identity::default() }
}

pub(super) fn capability(head: &impl Head) -> Capability {
    if (head.method(), head.path()) == ("POST", INSPECT_PATH) { Capability::Inspect } else { Capability::Other }
}

/// The request that has a text inspected.
pub fn inspect_request(text: &str) -> Request<Body> {
    let mut body = String::with_capacity(text.len() + 16);
    body.push_str("{\"text\":");
    json::string(&mut body, text);
    body.push('}');
    post("dlp.internal", Uri::from_static(INSPECT_PATH), body)
}

/// What an answer to it says.
///
/// # Errors
/// The answer as a no, or as one that cannot be read: the text was not inspected.
pub fn read_verdict(status: StatusCode, body: &[u8]) -> Result<Verdict, Answer> {
    if !status.is_success() {
        return Err(by_status(status, status.as_str().to_owned()));
    }
    let said: Result<Said, _> = serde_json::from_slice(body);
    said.map(|said| said.verdict).map_err(|_| Answer::Unreadable("no verdict".to_owned()))
}

/// The text that a twin is asked about.
///
/// # Errors
/// What is wrong with the request.
pub fn question<'a>(head: &impl Head, body: &'a [u8]) -> Result<Cow<'a, str>, Refusal> {
    if capability(head) != Capability::Inspect {
        return Err(Refusal::UnknownApi);
    }
    let question: Result<Question<'_>, _> = serde_json::from_slice(body);
    question.map(|question| question.text).map_err(|error| Refusal::BadRequest(error.to_string()))
}

/// What a twin says of a text in which it has found this.
pub fn verdict(findings: &[Finding]) -> Response<Body> {
    let mut body = String::with_capacity(64 + 48 * findings.len());
    body.push_str(if findings.is_empty() { "{\"verdict\":\"pass\"" } else { "{\"verdict\":\"block\"" });
    body.push_str(",\"findings\":[");
    for (number, Finding { kind, start, end }) in findings.iter().enumerate() {
        let comma = if number > 0 { "," } else { "" };
        // Writing to a string does not fail; the words of kinds need no escapes.
        let _ = write!(body, "{comma}{{\"kind\":\"{}\",\"start\":{start},\"end\":{end}}}", kind.name());
    }
    body.push_str("]}");
    answer(200, body)
}

pub(super) fn refusal(refusal: &Refusal) -> Response<Body> {
    let plain = plain_refusal(refusal);
    let status = plain.status();
    let why = match refusal {
        Refusal::BadRequest(why) => why,
        _ => status.canonical_reason().unwrap_or("refused"),
    };
    let mut body = String::from("{\"error\":");
    json::string(&mut body, why);
    body.push('}');
    let mut refused = answer(status.as_u16(), body);
    let wait = plain.headers().get(hyper::header::RETRY_AFTER);
    refused.headers_mut().extend(wait.map(|wait| (hyper::header::RETRY_AFTER, wait.clone())));
    refused
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;
    use proptest::prelude::*;

    use super::*;
    use crate::dlp;

    fn bytes(body: Body) -> Vec<u8> {
        let all = futures_util::FutureExt::now_or_never(body.collect()).expect("it is all there");
        all.expect("a body that cannot fail").to_bytes().to_vec()
    }

    proptest! {
        #[test]
        fn a_twin_reads_what_a_gateway_asks(text in "\\PC{0,200}|[\\x00-\\x7f]{0,50}") {
            let (head, body) = inspect_request(&text).into_parts();
            prop_assert_eq!(capability(&head), Capability::Inspect);
            let body = bytes(body);
            prop_assert_eq!(question(&head, &body).expect("a question"), text);
        }

        #[test]
        fn a_gateway_reads_what_a_twin_says(text in "[A-Z0-9() ]{0,60}|Tel [0-9]{8}") {
            let findings = dlp::inspect(&text);
            let (head, body) = verdict(&findings).into_parts();
            let body = bytes(body);
            let expected = if findings.is_empty() { Verdict::Pass } else { Verdict::Block };
            prop_assert_eq!(read_verdict(head.status, &body), Ok(expected));
            let said: serde_json::Value = serde_json::from_slice(&body).expect("JSON");
            prop_assert_eq!(said["findings"].as_array().map(Vec::len), Some(findings.len()));
        }

        #[test]
        fn garbage_is_refused(body: Vec<u8>) {
            let head = inspect_request("").into_parts().0;
            prop_assert!(matches!(question(&head, &body), Err(Refusal::BadRequest(_))));
        }
    }

    #[test]
    fn a_no_is_no_verdict() {
        for no in [Refusal::Status(503), Refusal::UnknownApi, Refusal::Throttled(crate::units::Span::from_secs(3))] {
            let (head, body) = refusal(&no).into_parts();
            assert!(matches!(read_verdict(head.status, &bytes(body)), Err(Answer::Refused(_))), "{no:?}");
        }
        assert!(matches!(read_verdict(StatusCode::OK, b"{}"), Err(Answer::Unreadable(_))));
    }
}
