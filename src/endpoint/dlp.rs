//! A service that inspects texts for what may not leave.

use bytes::Bytes;
use hyper::http::request::Parts;

use super::reply::Reply;
use crate::dlp;
use crate::vendor::{Refusal, dlp as spoken};

/// What it says to a request. It remembers nothing.
pub(super) fn answer(head: &Parts, body: &Bytes) -> Result<Reply, Refusal> {
    let text = spoken::question(head, body)?;
    Ok(spoken::verdict(&dlp::inspect(&text)).into())
}
