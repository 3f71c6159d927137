//! Answers that the path gives itself: a platform's no in a fault's name, and its own no to what it will not pass on.

use futures_util::FutureExt;
use http_body_util::BodyExt;
use hyper::{Response, StatusCode};

use super::head::Bad;
use crate::vendor::Body;

/// A whole answer as bytes: head and body.
pub(in crate::path) struct Written {
    pub(in crate::path) head: Vec<u8>,
    pub(in crate::path) body: Vec<u8>,
}

/// A platform's answer. `closes` says whether the connection ends with it.
pub(super) fn written(answer: Response<Body>, closes: bool) -> Written {
    let (parts, body) = answer.into_parts();
    let body = body.collect().now_or_never();
    let body = body.and_then(Result::ok).map(|body| body.to_bytes().to_vec()).unwrap_or_default();
    let mut head = status_line(parts.status);
    for (name, value) in &parts.headers {
        field(&mut head, name.as_str(), value.as_bytes());
    }
    end(&mut head, body.len(), closes);
    Written { head, body }
}

/// The no to a request that is not passed on; the connection ends with it.
pub(in crate::path) fn declined(status: u16, why: &str) -> Written {
    let body = format!("firedrill: {why}\n").into_bytes();
    let mut head = status_line(StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST));
    if status == Bad::Connect.status() {
        field(&mut head, "allow", b"GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS, TRACE");
    }
    field(&mut head, "content-type", b"text/plain; charset=utf-8");
    end(&mut head, body.len(), true);
    Written { head, body }
}

/// The answer to a call-back that vanishes: its sender takes it for delivered.
pub(super) fn accepted() -> Response<Body> {
    let mut answer = Response::new(Body::default());
    *answer.status_mut() = StatusCode::ACCEPTED;
    answer
}

fn status_line(status: StatusCode) -> Vec<u8> {
    let reason = status.canonical_reason().unwrap_or_default();
    format!("HTTP/1.1 {} {reason}\r\n", status.as_u16()).into_bytes()
}

fn field(head: &mut Vec<u8>, name: &str, value: &[u8]) {
    for part in [name.as_bytes(), b": ", value, b"\r\n"] {
        head.extend_from_slice(part);
    }
}

fn end(head: &mut Vec<u8>, length: usize, closes: bool) {
    field(head, "content-length", length.to_string().as_bytes());
    if closes {
        field(head, "connection", b"close");
    }
    head.extend_from_slice(b"\r\n");
}
