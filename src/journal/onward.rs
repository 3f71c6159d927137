//! What is written down of messages that a gateway sends on, and how it is written.

use super::codec::{put_id, take_id};
use super::record::{Code, Ending};
use super::wire::{DecodeError, In, Out};
use crate::units::{EndpointId, MessageId, Moment};

/// One try of a gateway to send a message on. It is to an [`Attempt`](super::Attempt) at the gateway what that is to its message.
#[derive(Clone, Debug, PartialEq)]
pub struct Onward {
    /// The message.
    pub message: MessageId,
    /// The number of this try among all at its message by this gateway, from 1.
    pub number: u16,
    /// The gateway.
    pub gateway: EndpointId,
    /// The endpoint that it called.
    pub endpoint: EndpointId,
    /// The gateway's connection, if one was had. Joins hits and hops.
    pub connection: Option<u64>,
    /// The number of the exchange on that connection, from 1. Joins hits.
    pub exchange: u32,
    /// When it began, by asking for a connection.
    pub sent: Moment,
    /// When it ended.
    pub done: Moment,
    /// How it ended.
    pub ending: Ending,
    /// The answer's code.
    pub code: Code,
}

pub(super) fn put(onward: &Onward, out: &mut Vec<u8>) {
    put_id(onward.message, out);
    let mut out = Out(out);
    out.num(onward.number);
    out.num(onward.gateway.0);
    out.num(onward.endpoint.0);
    out.connection(onward.connection);
    out.num(onward.exchange);
    out.moment(onward.sent);
    out.after(onward.sent, onward.done);
    out.word(onward.ending);
    out.num(onward.code.status);
    out.text(onward.code.word.as_bytes());
}

pub(super) fn take(body: &mut In<'_>) -> Result<Onward, DecodeError> {
    let (message, number) = (take_id(body)?, body.num("a number")?);
    let (gateway, endpoint) = (EndpointId(body.num("a gateway")?), EndpointId(body.num("an endpoint")?));
    let connection = body.connection()?;
    let exchange = body.num("an exchange")?;
    let sent = body.moment("a beginning")?;
    Ok(Onward {
        message,
        number,
        gateway,
        endpoint,
        connection,
        exchange,
        sent,
        done: body.after(sent, "an end")?,
        ending: body.word()?,
        code: Code { status: body.num("a status")?, word: body.text("a code")?.into() },
    })
}
