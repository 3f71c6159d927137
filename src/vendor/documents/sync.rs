//! What stores tell each other: the documents that have changed, each with the version that it has.

use std::borrow::Cow;

use hyper::{Request, Response, StatusCode};
use serde::{Deserialize, Serialize};

use super::refusal::{FULL, with_documents};
use super::version::is_store;
use super::{Body, Identity, NAME, No, SYNC, Version, shown};
use crate::limits::DOCUMENT_COPIES;
use crate::vendor::{answer, post};

/// What a store tells another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changes<'a> {
    /// Who tells it.
    #[serde(borrow)]
    pub from: Cow<'a, str>,
    /// What has changed.
    #[serde(borrow)]
    pub documents: Vec<Change<'a>>,
}

/// One document, or one of its conflicting copies, as a store has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change<'a> {
    /// Its name; that of its document, if it is a copy.
    #[serde(borrow)]
    pub document: Cow<'a, str>,
    /// What it knows.
    pub version: Version,
    /// When it was written, in nanoseconds since 1970 by the clock of the store where that was …
    pub modified: u64,
    /// … and which store that was.
    #[serde(borrow)]
    pub by: Cow<'a, str>,
    /// What stands in it.
    #[serde(borrow)]
    pub text: Cow<'a, str>,
    /// The conflicting copies beside it.
    #[serde(borrow, default)]
    pub copies: Vec<Change<'a>>,
}

/// The request that tells another store what has changed.
pub fn sync_request(from: &Identity, changes: &Changes<'_>) -> Request<Body> {
    // Strings and numbers alone, which JSON never refuses.
    let body = serde_json::to_string(changes).unwrap_or_default();
    shown(post(super::HOST, hyper::Uri::from_static(SYNC), body), from)
}

/// What came of what a store told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// How many documents were taken.
    pub count: usize,
    /// Those that were not, since there is no room for them.
    pub refused: Vec<String>,
}

#[derive(Deserialize)]
struct Refused {
    documents: Vec<String>,
}

/// The answer that says what was taken: 507 if not all was (RFC 4918 §11.5), with the documents that were not.
pub fn synced(taken: &Taken) -> Response<Body> {
    if taken.refused.is_empty() {
        return answer(200, format!("{{\"documents\":{}}}", taken.count));
    }
    with_documents(&taken.refused)
}

/// Which documents a store has not taken of those that it was told of; `None` if it has taken none, or nobody knows.
pub fn refused(status: StatusCode, body: &[u8]) -> Option<Vec<String>> {
    if status.is_success() {
        return Some(Vec::new());
    }
    let read = (status.as_u16() == FULL).then(|| serde_json::from_slice::<Refused>(body).ok()).flatten();
    read.map(|refused| refused.documents)
}

/// Reads what a store tells.
///
/// # Errors
/// If it is nothing that a store could tell.
pub fn read_sync(body: &[u8]) -> Result<Changes<'_>, No> {
    let read = serde_json::from_slice::<Changes<'_>>(body);
    let changes = read.map_err(|_| No::Bad("the body is no object with `from` and `documents`"))?;
    let sound = is_store(&changes.from) && changes.documents.iter().all(is_sound);
    if sound { Ok(changes) } else { Err(No::Bad("a name or a version is none that a store could have")) }
}

fn is_sound(change: &Change<'_>) -> bool {
    let path = format!("{}{}", super::DOCUMENTS, change.document);
    change.document.len() <= NAME
        && super::document(&path).is_some()
        && is_store(&change.by)
        && change.version.is_sound()
        && change.copies.len() <= DOCUMENT_COPIES
        && change.copies.iter().all(|copy| copy.copies.is_empty() && copy.document == change.document && is_sound(copy))
}
