//! What is written down of texts that a gateway has inspected, and how it is written.

use serde::Serialize;

use super::codec::{put_id, take_id};
use super::record::Code;
use super::wire::{Coded, DecodeError, In, Out};
use crate::units::{EndpointId, MessageId, Moment};

/// A gateway asked whether a message may leave, and this came of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Inspected {
    /// The message.
    pub message: MessageId,
    /// The gateway that asked.
    pub gateway: EndpointId,
    /// The endpoint that inspects.
    pub endpoint: EndpointId,
    /// The gateway's connection, if one was had. Joins hits and hops.
    pub connection: Option<u64>,
    /// The number of the exchange on that connection, from 1; 0 if the text was handed to none. Joins hits.
    pub exchange: u32,
    /// When it began, by asking for a connection.
    pub asked: Moment,
    /// When it ended.
    pub done: Moment,
    /// What came of it.
    pub ruling: Ruling,
    /// Why there was no verdict.
    pub code: Code,
}

/// What a gateway did with a message whose text it had inspected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Ruling {
    /// The verdict is that it may leave.
    Pass,
    /// The verdict is that it may not: it was refused.
    Block,
    /// There was no verdict, and it was let through.
    FailedOpen,
    /// There was no verdict, and it was refused.
    FailedClosed,
}

impl Coded for Ruling {
    const WHAT: &'static str = "ruling";

    fn code(self) -> u64 {
        match self {
            Self::Pass => 0,
            Self::Block => 1,
            Self::FailedOpen => 2,
            Self::FailedClosed => 3,
        }
    }

    fn of(code: u64) -> Option<Self> {
        [Self::Pass, Self::Block, Self::FailedOpen, Self::FailedClosed].into_iter().find(|one| one.code() == code)
    }
}

pub(super) fn put(inspected: &Inspected, out: &mut Vec<u8>) {
    put_id(inspected.message, out);
    let mut out = Out(out);
    out.num(inspected.gateway.0);
    out.num(inspected.endpoint.0);
    out.connection(inspected.connection);
    out.num(inspected.exchange);
    out.moment(inspected.asked);
    out.after(inspected.asked, inspected.done);
    out.word(inspected.ruling);
    out.num(inspected.code.status);
    out.text(inspected.code.word.as_bytes());
}

pub(super) fn take(body: &mut In<'_>) -> Result<Inspected, DecodeError> {
    let message = take_id(body)?;
    let (gateway, endpoint) = (EndpointId(body.num("a gateway")?), EndpointId(body.num("an endpoint")?));
    let connection = body.connection()?;
    let exchange = body.num("an exchange")?;
    let asked = body.moment("a beginning")?;
    Ok(Inspected {
        message,
        gateway,
        endpoint,
        connection,
        exchange,
        asked,
        done: body.after(asked, "an end")?,
        ruling: body.word()?,
        code: Code { status: body.num("a status")?, word: body.text("a code")?.into() },
    })
}
