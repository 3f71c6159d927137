//! The ledger: everything that was taken, in the order in which it was, and what came of it.

use std::borrow::Cow;
use std::fmt::Write;

use hyper::{Request, Response, StatusCode};
use serde::{Deserialize, Serialize};

use super::super::head::{parameter, percent, plain_parameter};
use super::{BOOKINGS, HOST};
use crate::vendor::{Answer, Body, Head, answer, by_status, with_header};

/// The most entries in one answer.
pub const PAGE: usize = 500;

/// The most bytes of the entries of one answer, but for the first: whoever reads it accepts [`BODY_BYTES`](crate::limits::BODY_BYTES).
const PAGE_BYTES: usize = 256 * 1024;

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
    /// Who is to see it; in brief nobody.
    #[serde(default)]
    pub to: Vec<String>,
    /// What it says; in brief nothing.
    #[serde(default)]
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

/// An entry without what it says and who is to see it.
#[derive(Serialize)]
struct Brief<'b> {
    booking: u64,
    key: &'b str,
    document: &'b str,
    state: u64,
    effect: Effect,
}

/// What a reader asks of the ledger.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Question<'a> {
    /// After which entry he goes on.
    pub after: u64,
    /// Whose entries he wants, if not all.
    pub to: Option<Cow<'a, str>>,
    /// Whether he does without what they say and who is to see it.
    pub brief: bool,
}

impl<'a> Question<'a> {
    /// Whether the question is about an entry.
    fn is_about(&self, booking: &Booking) -> bool {
        self.to.as_ref().is_none_or(|to| booking.to.iter().any(|name| name == to))
    }

    /// The request that asks it.
    pub fn request(&self, token: &str) -> Request<Body> {
        let mut request = Request::new(Body::default());
        let mut path = String::from(BOOKINGS);
        // Writing to a string does not fail.
        let _ = write!(path, "?after={}", self.after);
        if let Some(to) = &self.to {
            path.extend(["&to=", &percent(to)]);
        }
        if self.brief {
            path.push_str("&brief=true");
        }
        *request.uri_mut() = path.parse().unwrap_or_default();
        request.headers_mut().insert(hyper::header::HOST, hyper::header::HeaderValue::from_static(HOST));
        with_header(request, "authorization", &format!("Bearer {token}"))
    }

    /// What a request asks.
    ///
    /// # Errors
    /// What of it cannot be read.
    pub fn read(head: &'a impl Head) -> Result<Self, &'static str> {
        let query = head.query();
        let after = parameter(query, "after").map_or(Ok(0), str::parse).map_err(|_| "`after` is no number")?;
        let brief = parameter(query, "brief").map_or(Ok(false), str::parse).map_err(|_| "`brief` is true or false")?;
        Ok(Self { after, to: plain_parameter(query, "to"), brief })
    }

    /// The answer, from the entries after that number: as many as fit.
    pub fn answer<'b>(&self, entries: impl Iterator<Item = &'b Booking>) -> Response<Body> {
        let (mut body, mut next, mut told, mut more) = (String::from("{\"bookings\":["), self.after, 0, false);
        for entry in entries {
            if self.is_about(entry) {
                let text = self.told(entry);
                more = told == PAGE || (told > 0 && body.len() + text.len() > PAGE_BYTES);
                if more {
                    break;
                }
                body.extend([if told > 0 { "," } else { "" }, &text]);
                told += 1;
            }
            next = entry.booking;
        }
        let _ = write!(body, "],\"next\":{next},\"more\":{more}}}");
        answer(200, body)
    }

    fn told(&self, entry: &Booking) -> String {
        // Strings and numbers only, which JSON never refuses.
        let written = if self.brief {
            let Booking { booking, key, document, state, effect, .. } = entry;
            serde_json::to_string(&Brief { booking: *booking, key, document, state: *state, effect: *effect })
        } else {
            serde_json::to_string(entry)
        };
        written.unwrap_or_default()
    }
}

/// What a reader is given at once.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Page {
    /// The entries, by their numbers.
    pub bookings: Vec<Booking>,
    /// After which number the next page begins.
    #[serde(default)]
    next: u64,
    /// Whether there is more already.
    #[serde(default)]
    more: bool,
}

impl Page {
    /// What an answer lists.
    ///
    /// # Errors
    /// The answer as a no, or as one that cannot be read.
    pub fn read(status: StatusCode, body: &[u8]) -> Result<Self, Answer> {
        if !status.is_success() {
            return Err(by_status(status, status.as_str().to_owned()));
        }
        serde_json::from_slice(body).map_err(|_| Answer::Unreadable(format!("{} without bookings", status.as_str())))
    }

    /// After which number whoever asked for what follows `after` goes on, and whether he finds more there already. Whoever lists so many as may
    /// be in an answer, and says nothing, may have more.
    pub fn ends(&self, after: u64) -> (u64, bool) {
        let last = self.bookings.iter().map(|booking| booking.booking).max();
        let next = after.max(self.next).max(last.unwrap_or_default());
        // Where nothing follows, nothing more is to be had.
        (next, next > after && (self.more || self.bookings.len() >= PAGE))
    }
}
