//! What a gateway's audit trail says, and how it is written down.

use serde::Serialize;

use super::codec::{put_id, take_id};
use super::wire::{Coded, DecodeError, In, Out};
use crate::units::{EndpointId, MessageId, Moment, Span};

/// An entry of a gateway's audit trail, as the auditor received it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audited {
    /// The message that it is about.
    pub message: MessageId,
    /// The gateway.
    pub gateway: EndpointId,
    /// The entry's number there.
    pub entry: u64,
    /// The auditor's connection on which it came. Joins hits and hops.
    pub connection: u64,
    /// When it was received: at most the time between two questions, and what lies on the way, after it could be read.
    pub at: Moment,
    /// When it happened, by the gateway's own clock, since 1970; `None` if it does not say.
    pub stated: Option<Span>,
    /// What it says happened to the message.
    pub act: Act,
    /// By which endpoint it says that the message was sent on; `None` if it was not, or by one that the plan does not have.
    pub endpoint: Option<EndpointId>,
    /// How that ended, or why the message was refused, in the gateway's words.
    pub word: Box<str>,
}

/// What a gateway can say that it did with a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    /// It sent it on.
    SentOn,
    /// It refused it.
    Refused,
}

impl Coded for Act {
    const WHAT: &'static str = "act";

    fn code(self) -> u64 {
        match self {
            Self::SentOn => 0,
            Self::Refused => 1,
        }
    }

    fn of(code: u64) -> Option<Self> {
        [Self::SentOn, Self::Refused].into_iter().find(|act| act.code() == code)
    }
}

pub(super) fn put(audited: &Audited, out: &mut Vec<u8>) {
    put_id(audited.message, out);
    let mut out = Out(out);
    out.num(audited.gateway.0);
    out.num(audited.entry);
    out.num(audited.connection);
    out.moment(audited.at);
    out.num(u8::from(audited.stated.is_some()));
    if let Some(stated) = audited.stated {
        out.num(stated.nanos());
    }
    out.word(audited.act);
    out.option(audited.endpoint.map(|endpoint| endpoint.0));
    out.text(audited.word.as_bytes());
}

pub(super) fn take(body: &mut In<'_>) -> Result<Audited, DecodeError> {
    Ok(Audited {
        message: take_id(body)?,
        gateway: EndpointId(body.num("a gateway")?),
        entry: body.long("an entry's number")?,
        connection: body.long("a connection")?,
        at: body.moment("a moment")?,
        stated: match body.long("a stated moment")? {
            0 => None,
            1 => Some(Span::from_nanos(body.long("a stated moment")?)),
            value => return Err(DecodeError::Unknown { what: "kind of stated moment", value }),
        },
        act: body.word()?,
        endpoint: body.option("an endpoint")?.map(EndpointId),
        word: body.text("a word")?.into(),
    })
}
