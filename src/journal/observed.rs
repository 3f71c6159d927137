//! What is written down of programs that are not ours, and how it is written. Never what they say: no body, no credential, no path and no
//! query of a URL.

use std::net::{IpAddr, SocketAddr};

use serde::Serialize;

use super::wire::{DecodeError, In, Out};
use crate::plan::Capability;
use crate::units::{AccountId, InjectId, Moment, WayId};

/// What a program that is not ours asked for by a way in: one request with its answer where HTTP is read, otherwise one connection.
#[derive(Clone, Debug, PartialEq)]
pub struct Observed {
    /// The way in.
    pub way: WayId,
    /// The program's connection. Joins hits.
    pub connection: u64,
    /// The number of the exchange on that connection, from 1; 0 for the connection as a whole.
    pub exchange: u32,
    /// Where the program came from.
    pub source: IpAddr,
    /// The name it gave as a proxy user, cut to [`crate::limits::OBSERVED_TEXT`] bytes; empty without one.
    pub user: Box<str>,
    /// The account that source, user or credential belong to.
    pub account: Option<AccountId>,
    /// What it asked for, as `host:port`; empty if several are counted together.
    pub host: Box<str>,
    /// The address that was dialled for it.
    pub address: Option<SocketAddr>,
    /// The method of HTTP; empty for a connection.
    pub method: Box<str>,
    /// What the exchange is for, on a platform that we know.
    pub capability: Option<Capability>,
    /// The status of the answer; 0 without one.
    pub status: u16,
    /// Bytes that went on to the host, over HTTP/2 those of the body alone, …
    pub sent: u64,
    /// … and back to the program.
    pub received: u64,
    /// When it asked.
    pub began: Moment,
    /// When its connection stood; of an exchange, when the answer's head had come from the host.
    pub ready: Option<Moment>,
    /// When it was over.
    pub ended: Moment,
    /// How it ended.
    pub end: ObservedEnd,
    /// The injects that hit it, each once, in order.
    pub injects: Vec<InjectId>,
    /// How many this record stands for: 1, but of those that were over the limit.
    pub count: u32,
    /// The addresses that were dialled for it, in order: the first [`crate::limits::TRIED_ADDRESSES`]. None if its connection stood already.
    pub tried: Box<[Tried]>,
}

/// An address of a host that was dialled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tried {
    /// The address.
    pub address: SocketAddr,
    /// When.
    pub began: Moment,
    /// When it was known how it ended; `None` = nobody waited for that.
    pub ended: Option<Moment>,
    /// How it ended.
    pub end: TriedEnd,
}

/// How dialling an address ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TriedEnd {
    /// It was connected, and has proved its name where it had to.
    Reached,
    /// Nobody listens there.
    Refused,
    /// It did not answer in the time that it had.
    Silent,
    /// There is no way there, or something else went wrong before it was connected.
    Unreachable,
    /// It was connected and has then broken off, or has not proved its name.
    Unproved,
    /// It is this program itself.
    Itself,
    /// Whoever asked has left first.
    Left,
    /// It was not dialled: the name has it, and may not lead there.
    Forbidden,
}

/// How what a program asked for ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ObservedEnd {
    /// With a complete answer, whatever it says; a connection, in order.
    Answered,
    /// A fault answered in the host's place.
    Refused,
    /// The host was not reached.
    Unreachable,
    /// The host, or a fault, broke it off.
    Broken,
    /// The program gave up before it was answered.
    Left,
    /// The way in does not lead there.
    Denied,
    /// More than the way in takes at a time. Those of one second are counted together.
    Limited,
    /// The drill ended first.
    Unfinished,
}

pub(super) fn put(observed: &Observed, out: &mut Vec<u8>) {
    let mut out = Out(out);
    out.num(observed.way.0);
    out.num(observed.connection);
    out.num(observed.exchange);
    put_address(observed.source, &mut out);
    out.text(observed.user.as_bytes());
    out.option(observed.account.map(|account| account.0));
    out.text(observed.host.as_bytes());
    out.option(observed.address.map(|address| address.port()));
    if let Some(address) = observed.address {
        put_address(address.ip(), &mut out);
    }
    out.text(observed.method.as_bytes());
    out.num(u8::from(observed.capability.is_some()));
    if let Some(capability) = observed.capability {
        out.word(capability);
    }
    out.num(observed.status);
    out.num(observed.sent);
    out.num(observed.received);
    out.moment(observed.began);
    out.num(u8::from(observed.ready.is_some()));
    if let Some(ready) = observed.ready {
        out.after(observed.began, ready);
    }
    out.after(observed.began, observed.ended);
    out.word(observed.end);
    out.num(observed.injects.len() as u64);
    observed.injects.iter().for_each(|inject| out.num(inject.0));
    out.num(observed.count);
    put_tried(observed.began, &observed.tried, &mut out);
}

/// Their moments as differences to when they were asked for.
pub(super) fn put_tried(base: Moment, tried: &[Tried], out: &mut Out<'_>) {
    out.num(tried.len() as u64);
    for tried in tried {
        put_address(tried.address.ip(), out);
        out.num(tried.address.port());
        out.after(base, tried.began);
        out.num(u8::from(tried.ended.is_some()));
        if let Some(ended) = tried.ended {
            out.after(tried.began, ended);
        }
        out.word(tried.end);
    }
}

pub(super) fn take(body: &mut In<'_>) -> Result<Observed, DecodeError> {
    let way = WayId(body.num("a way in")?);
    let (connection, exchange) = (body.long("a connection")?, body.num("an exchange")?);
    let (source, user) = (take_address(body)?, body.text("a proxy user")?.into());
    let (account, host) = (body.option("an account")?.map(AccountId), body.text("a host")?.into());
    let port: Option<u16> = body.option("a port")?;
    let address = port.map(|port| take_address(body).map(|ip| SocketAddr::new(ip, port))).transpose()?;
    let method = body.text("a method")?.into();
    let capability = flag(body, "a capability")?.then(|| body.word()).transpose()?;
    let (status, sent, received) = (body.num("a status")?, body.long("a size")?, body.long("a size")?);
    let began = body.moment("a beginning")?;
    let ready = flag(body, "a moment")?.then(|| body.after(began, "a moment")).transpose()?;
    let (ended, end) = (body.after(began, "an end")?, body.word()?);
    let (injects, count) = (take_injects(body)?, body.num("a count")?);
    // Earlier versions have written down only which address was reached.
    let tried = if body.0.is_empty() { Box::default() } else { take_tried(began, body)? };
    Ok(Observed {
        way,
        connection,
        exchange,
        source,
        user,
        account,
        host,
        address,
        method,
        capability,
        status,
        sent,
        received,
        began,
        ready,
        ended,
        end,
        injects,
        count,
        tried,
    })
}

pub(super) fn take_tried(base: Moment, body: &mut In<'_>) -> Result<Box<[Tried]>, DecodeError> {
    let count: usize = body.num("a count of addresses")?;
    if count > body.0.len() {
        return Err(DecodeError::Cut("a list of addresses"));
    }
    let one = |_| {
        let address = SocketAddr::new(take_address(body)?, body.num("a port")?);
        let began = body.after(base, "a beginning")?;
        let ended = flag(body, "an end")?.then(|| body.after(began, "an end")).transpose()?;
        Ok(Tried { address, began, ended, end: body.word()? })
    };
    (0..count).map(one).collect()
}

fn flag(body: &mut In<'_>, what: &'static str) -> Result<bool, DecodeError> {
    match body.long(what)? {
        0 => Ok(false),
        1 => Ok(true),
        value => Err(DecodeError::Unknown { what, value }),
    }
}

fn take_injects(body: &mut In<'_>) -> Result<Vec<InjectId>, DecodeError> {
    let count: usize = body.num("a count of injects")?;
    if count > body.0.len() {
        return Err(DecodeError::Cut("a list of injects"));
    }
    (0..count).map(|_| body.num("an inject").map(InjectId)).collect()
}

/// Its octets, with how many there are.
fn put_address(address: IpAddr, out: &mut Out<'_>) {
    match address {
        IpAddr::V4(address) => out.text(&address.octets()),
        IpAddr::V6(address) => out.text(&address.octets()),
    }
}

fn take_address(body: &mut In<'_>) -> Result<IpAddr, DecodeError> {
    let length = body.long("an address")?;
    let octets = body.bytes(length, "an address")?;
    if let Ok(octets) = <[u8; 4]>::try_from(octets) {
        return Ok(octets.into());
    }
    <[u8; 16]>::try_from(octets)
        .map(IpAddr::from)
        .map_err(|_| DecodeError::Unknown { what: "length of an address", value: length })
}
