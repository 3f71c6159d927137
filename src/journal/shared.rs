//! What is written down of shared documents, and how it is written.

use super::codec::{put_id, take_id};
use super::record::Ending;
use super::wire::{DecodeError, In, Out};
use crate::units::{EndpointId, JourneyId, MessageId, Moment};

/// What happened to shared documents.
#[derive(Clone, Debug, PartialEq)]
pub enum Shared {
    /// Somebody has read one.
    Found(Found),
    /// A store has told another one what has changed.
    Synced(Synced),
}

/// What somebody found who read a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// For which message he read it: one that reads, or one that will write. `None` = the drill itself, when all is over.
    pub by: Option<MessageId>,
    /// Which document: its position among all of the plan, by name.
    pub document: u16,
    /// The store.
    pub endpoint: EndpointId,
    /// When he asked …
    pub asked: Moment,
    /// … and when he was told.
    pub at: Moment,
    /// The message whose text it has; `None` if it is none's.
    pub writer: Option<MessageId>,
    /// The messages whose texts its conflicting copies have.
    pub copies: Vec<MessageId>,
}

/// One try of a store to tell another one what has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Synced {
    /// Which.
    pub from: EndpointId,
    /// Whom.
    pub to: EndpointId,
    /// The connection, if one was had. Joins hits and hops.
    pub connection: Option<u64>,
    /// When it began, by asking for a connection.
    pub sent: Moment,
    /// When it ended.
    pub done: Moment,
    /// How it ended.
    pub ending: Ending,
    /// The answer's status; 0 if there was none.
    pub status: u16,
    /// The messages whose texts were in it.
    pub messages: Vec<MessageId>,
}

impl Synced {
    /// Whether a message of a journey was in it.
    pub fn is_of(&self, journey: JourneyId) -> bool {
        self.messages.iter().any(|message| message.journey == journey)
    }
}

impl Shared {
    /// When it was over.
    pub(super) fn at(&self) -> Moment {
        match self {
            Self::Found(found) => found.at,
            Self::Synced(synced) => synced.done,
        }
    }
}

const FOUND: u64 = 0;
const SYNCED: u64 = 1;

pub(super) fn put(shared: &Shared, out: &mut Vec<u8>) {
    match shared {
        Shared::Found(found) => {
            Out(out).num(FOUND);
            put_one(found.by, out);
            Out(out).num(found.document);
            Out(out).num(found.endpoint.0);
            Out(out).moment(found.asked);
            Out(out).after(found.asked, found.at);
            put_one(found.writer, out);
            put_all(&found.copies, out);
        }
        Shared::Synced(synced) => {
            Out(out).num(SYNCED);
            Out(out).num(synced.from.0);
            Out(out).num(synced.to.0);
            Out(out).connection(synced.connection);
            Out(out).moment(synced.sent);
            Out(out).after(synced.sent, synced.done);
            Out(out).word(synced.ending);
            Out(out).num(synced.status);
            put_all(&synced.messages, out);
        }
    }
}

/// `None` if it is something that only a later version knows.
pub(super) fn take(body: &mut In<'_>) -> Result<Option<Shared>, DecodeError> {
    match body.long("what happened to a document")? {
        FOUND => take_found(body).map(Shared::Found).map(Some),
        SYNCED => take_synced(body).map(Shared::Synced).map(Some),
        _ => Ok(None),
    }
}

fn take_found(body: &mut In<'_>) -> Result<Found, DecodeError> {
    let by = take_one(body)?;
    let (document, endpoint) = (body.num("a document")?, EndpointId(body.num("an endpoint")?));
    let asked = body.moment("a question's moment")?;
    let at = body.after(asked, "an answer's moment")?;
    Ok(Found { by, document, endpoint, asked, at, writer: take_one(body)?, copies: take_all(body)? })
}

fn take_synced(body: &mut In<'_>) -> Result<Synced, DecodeError> {
    let (from, to) = (EndpointId(body.num("an endpoint")?), EndpointId(body.num("an endpoint")?));
    let connection = body.connection()?;
    let sent = body.moment("a beginning")?;
    let done = body.after(sent, "an end")?;
    let (ending, status) = (body.word()?, body.num("a status")?);
    Ok(Synced { from, to, connection, sent, done, ending, status, messages: take_all(body)? })
}

/// At most one message.
fn put_one(message: Option<MessageId>, out: &mut Vec<u8>) {
    put_all(message.as_slice(), out);
}

fn take_one(body: &mut In<'_>) -> Result<Option<MessageId>, DecodeError> {
    Ok(take_all(body)?.first().copied())
}

fn put_all(messages: &[MessageId], out: &mut Vec<u8>) {
    Out(out).num(messages.len() as u64);
    for message in messages {
        put_id(*message, out);
    }
}

fn take_all(body: &mut In<'_>) -> Result<Vec<MessageId>, DecodeError> {
    let count = body.long("a count of messages")?;
    // What a damaged count says is not believed before it is read.
    let mut all = Vec::new();
    for _ in 0..count {
        all.push(take_id(body)?);
    }
    Ok(all)
}
