//! What the path says itself in a stream: a platform's no in a fault's name, and its own.

use std::sync::atomic::AtomicU64;

use bytes::Bytes;
use h2::server::SendResponse;
use http_body_util::BodyExt;
use hyper::header::{CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, HeaderValue, TRANSFER_ENCODING};
use hyper::{Response, StatusCode};

use super::body::send;
use crate::vendor;

/// Answers in the host's place, and counts what of the body has gone.
///
/// # Errors
/// If the client takes no answer.
pub(super) async fn say(
    near: &mut SendResponse<Bytes>,
    answer: Response<vendor::Body>,
    to_head: bool,
    count: &AtomicU64,
) -> Result<(), h2::Error> {
    let (mut parts, body) = answer.into_parts();
    // It is all there: nothing is waited for.
    let body = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    for hop_by_hop in [CONNECTION, TRANSFER_ENCODING] {
        parts.headers.remove(hop_by_hop);
    }
    parts.headers.insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
    let bare = to_head || body.is_empty();
    let mut stream = near.send_response(Response::from_parts(parts, ()), bare)?;
    if bare { Ok(()) } else { send(&mut stream, body, true, count).await }
}

/// The path's own no.
pub(super) fn declined(status: u16, why: &str) -> Response<vendor::Body> {
    let mut answer = Response::new(vendor::Body::from(format!("firedrill: {why}\n")));
    *answer.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    answer
}
