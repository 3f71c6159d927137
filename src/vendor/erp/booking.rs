//! The ledger: everything that was taken, in the order in which it was, and what came of it.

use std::fmt::Write;

use hyper::{Request, Response, StatusCode};
use serde::{Deserialize, Serialize};

use super::{BOOKINGS, HOST};
use crate::vendor::{Answer, Body, answer, by_status, with_header};

/// The most entries in one answer.
pub const PAGE: usize = 500;

/// An entry of the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Booking {
    /// Its number, from 1.
    pub booking: u64,
    /// The idempotency key that it came with.
    pub key: String,
    /// The document that it is about.
    pub document: String,
    /// The number of the document's state.
    pub state: u64,
    /// Who is to see it.
    pub to: Vec<String>,
    /// What it says.
    pub text: String,
    /// What came of it.
    pub effect: Effect,
}

/// What came of a webhook that was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// It was booked: the document has its state.
    Booked,
    /// It was known by its key, and had no effect again.
    Repeated,
    /// The document had a later state, and keeps it.
    Superseded,
}

impl Effect {
    /// What the ERP says to whoever sent it.
    pub fn answer(self, booking: u64) -> Response<Body> {
        let (status, word) = match self {
            Self::Booked => (201, "booked"),
            Self::Repeated => (200, "repeated"),
            Self::Superseded => (200, "superseded"),
        };
        answer(status, format!("{{\"booking\":{booking},\"effect\":\"{word}\"}}"))
    }
}

#[derive(Deserialize)]
struct Listed {
    bookings: Vec<Booking>,
}

/// The request for what was booked after a number.
pub fn bookings_request(token: &str, after: u64) -> Request<Body> {
    let mut request = Request::new(Body::default());
    let mut path = String::from(BOOKINGS);
    // Writing to a string does not fail.
    let _ = write!(path, "?after={after}");
    *request.uri_mut() = path.parse().unwrap_or_default();
    request.headers_mut().insert(hyper::header::HOST, hyper::header::HeaderValue::from_static(HOST));
    with_header(request, "authorization", &format!("Bearer {token}"))
}

/// The answer that lists these.
pub fn listed<'b>(bookings: impl Iterator<Item = &'b Booking>) -> Response<Body> {
    let bookings: Vec<&Booking> = bookings.take(PAGE).collect();
    // Strings and numbers only, which JSON never refuses.
    let list = serde_json::to_string(&bookings).unwrap_or_else(|_| "[]".into());
    answer(200, format!("{{\"bookings\":{list}}}"))
}

/// What an answer lists.
///
/// # Errors
/// The answer as a no, or as one that cannot be read.
pub fn bookings(status: StatusCode, body: &[u8]) -> Result<Vec<Booking>, Answer> {
    if !status.is_success() {
        return Err(by_status(status, status.as_str().to_owned()));
    }
    let listed = serde_json::from_slice::<Listed>(body);
    listed
        .map(|listed| listed.bookings)
        .map_err(|_| Answer::Unreadable(format!("{} without bookings", status.as_str())))
}
