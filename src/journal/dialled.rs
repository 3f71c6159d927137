//! What is written down of endpoints that are dialled by their names, and how it is written.

use super::observed::{Tried, put_tried, take_tried};
use super::wire::{DecodeError, In, Out};
use crate::units::{EndpointId, Moment};

/// An endpoint that has a name was dialled: the name was looked up, and its addresses were tried one after another until one was reached.
/// Of an endpoint that is an address, or a twin, there is no such record.
#[derive(Clone, Debug, PartialEq)]
pub struct Dialled {
    /// The client's connection. Joins hops and hits.
    pub connection: u64,
    /// The endpoint.
    pub endpoint: EndpointId,
    /// The name that was looked up, as `host:port`.
    pub host: Box<str>,
    /// When it was looked up.
    pub began: Moment,
    /// When one was reached, or none was left, or nobody waited any more.
    pub ended: Moment,
    /// The addresses that were dialled, in order: the first [`crate::limits::TRIED_ADDRESSES`]. None if the name had no address, or none yet.
    pub tried: Box<[Tried]>,
}

pub(super) fn put(dialled: &Dialled, out: &mut Vec<u8>) {
    let mut out = Out(out);
    out.num(dialled.connection);
    out.num(dialled.endpoint.0);
    out.text(dialled.host.as_bytes());
    out.moment(dialled.began);
    out.after(dialled.began, dialled.ended);
    put_tried(dialled.began, &dialled.tried, &mut out);
}

pub(super) fn take(body: &mut In<'_>) -> Result<Dialled, DecodeError> {
    let (connection, endpoint) = (body.long("a connection")?, EndpointId(body.num("an endpoint")?));
    let (host, began) = (body.text("a host")?.into(), body.moment("a beginning")?);
    let ended = body.after(began, "an end")?;
    Ok(Dialled { connection, endpoint, host, began, ended, tried: take_tried(began, body)? })
}
