//! What an endpoint that keeps books says that it did with a message.

use serde::Serialize;

use super::wire::{Coded, DecodeError, In, Out};
use crate::units::{EndpointId, JourneyId, MessageId, Moment};

/// An entry in the books of an endpoint, as whoever reads them hears of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The message.
    pub message: MessageId,
    /// The endpoint that keeps the books.
    pub endpoint: EndpointId,
    /// The entry's number there: of two entries the one with the larger was made later.
    pub position: u64,
    /// What was done with the message.
    pub effect: Effect,
    /// When it was heard of: at most the time between two questions after it was made.
    pub at: Moment,
}

/// What was done with a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// It took effect.
    Applied,
    /// It was known, and had no effect again.
    Repeated,
    /// Something later had taken effect, and it had none.
    Superseded,
}

impl Coded for Effect {
    const WHAT: &'static str = "effect";

    fn code(self) -> u64 {
        match self {
            Self::Applied => 0,
            Self::Repeated => 1,
            Self::Superseded => 2,
        }
    }

    fn of(code: u64) -> Option<Self> {
        [Self::Applied, Self::Repeated, Self::Superseded].into_iter().find(|effect| effect.code() == code)
    }
}

pub(super) fn put(entry: &Entry, out: &mut Vec<u8>) {
    let mut out = Out(out);
    out.num(entry.message.journey.0);
    out.num(entry.message.number);
    out.num(entry.endpoint.0);
    out.num(entry.position);
    out.word(entry.effect);
    out.moment(entry.at);
}

pub(super) fn take(body: &mut In<'_>) -> Result<Entry, DecodeError> {
    Ok(Entry {
        message: MessageId { journey: JourneyId(body.num("a journey")?), number: body.num("a message's number")? },
        endpoint: EndpointId(body.num("an endpoint")?),
        position: body.long("an entry's number")?,
        effect: body.word()?,
        at: body.moment("a moment")?,
    })
}
