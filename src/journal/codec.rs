//! A record as bytes: its length, one byte for its kind, its fields.
//!
//! The format grows in two ways that older readers survive: new kinds, which they skip, and new fields at the end of a known kind, which
//! they ignore. Fields are never removed or reordered. Records stand alone: no field depends on an earlier record, so that a block can be
//! read without the ones before it.

use super::record::{Attempt, Code, Control, Event, Gap, Hit, Hop, Message, Receipt, Record, Seal, Unsent};
use super::wire::{DecodeError, In, Out};
use super::{audited, dialled, entry, inspected, observed, onward, shared, stall};
use crate::units::{AccountId, EndpointId, InjectId, JourneyId, MessageId, RegionId, RouteId};

const MESSAGE: u8 = 1;
const UNSENT: u8 = 2;
const ATTEMPT: u8 = 3;
const HIT: u8 = 4;
const HOP: u8 = 5;
const RECEIPT: u8 = 6;
const CONTROL: u8 = 7;
const GAP: u8 = 8;
const SEAL: u8 = 9;
const OBSERVED: u8 = 10;
const ONWARD: u8 = 11;
const AUDITED: u8 = 12;
const INSPECTED: u8 = 13;
const ENTRY: u8 = 14;
const SHARED: u8 = 15;
const DIALLED: u8 = 16;
const STALL: u8 = 17;

/// Appends `record` with its length to `out`. `scratch` is emptied and used for the body.
pub(super) fn encode(record: &Record, scratch: &mut Vec<u8>, out: &mut Vec<u8>) {
    scratch.clear();
    put(record, scratch);
    Out(out).num(scratch.len() as u64);
    out.extend_from_slice(scratch);
}

/// Takes one record off the front of `input`; `None` if this version does not know its kind.
pub(super) fn decode(input: &mut In<'_>) -> Result<Option<Record>, DecodeError> {
    let len = input.long("a record's length")?;
    let mut body = In(input.bytes(len, "a record")?);
    match body.byte("a record's kind")? {
        MESSAGE => take_message(&mut body).map(Record::Message).map(Some),
        UNSENT => take_unsent(&mut body).map(Record::Unsent).map(Some),
        ATTEMPT => take_attempt(&mut body).map(Record::Attempt).map(Some),
        HIT => take_hit(&mut body).map(Record::Hit).map(Some),
        HOP => take_hop(&mut body).map(Record::Hop).map(Some),
        RECEIPT => take_receipt(&mut body).map(Record::Receipt).map(Some),
        CONTROL => take_control(&mut body).map(|control| control.map(Record::Control)),
        GAP => take_gap(&mut body).map(Record::Gap).map(Some),
        SEAL => take_seal(&mut body).map(Record::Seal).map(Some),
        DIALLED => dialled::take(&mut body).map(Record::Dialled).map(Some),
        ENTRY => entry::take(&mut body).map(Record::Entry).map(Some),
        SHARED => shared::take(&mut body).map(|shared| shared.map(Record::Shared)),
        OBSERVED => observed::take(&mut body).map(Record::Observed).map(Some),
        ONWARD => onward::take(&mut body).map(Record::Onward).map(Some),
        AUDITED => audited::take(&mut body).map(Record::Audited).map(Some),
        INSPECTED => inspected::take(&mut body).map(Record::Inspected).map(Some),
        STALL => stall::take(&mut body).map(Record::Stall).map(Some),
        _ => Ok(None),
    }
}

fn put(record: &Record, out: &mut Vec<u8>) {
    match record {
        Record::Message(message) => put_message(message, out),
        Record::Unsent(unsent) => {
            out.push(UNSENT);
            put_id(unsent.message, out);
            Out(out).moment(unsent.at);
            Out(out).word(unsent.cause);
        }
        Record::Attempt(attempt) => put_attempt(attempt, out),
        Record::Hit(hit) => put_hit(hit, out),
        Record::Hop(hop) => put_hop(hop, out),
        Record::Receipt(receipt) => {
            out.push(RECEIPT);
            put_id(receipt.message, out);
            let mut out = Out(out);
            out.num(receipt.recipient.0);
            out.num(receipt.route.0);
            out.moment(receipt.at);
            out.num(u8::from(receipt.fresh) | u8::from(receipt.intact) << 1);
        }
        Record::Dialled(dialled) => {
            out.push(DIALLED);
            dialled::put(dialled, out);
        }
        Record::Entry(entry) => {
            out.push(ENTRY);
            entry::put(entry, out);
        }
        Record::Shared(shared) => {
            out.push(SHARED);
            shared::put(shared, out);
        }
        Record::Observed(observed) => {
            out.push(OBSERVED);
            observed::put(observed, out);
        }
        Record::Onward(onward) => {
            out.push(ONWARD);
            onward::put(onward, out);
        }
        Record::Audited(audited) => {
            out.push(AUDITED);
            audited::put(audited, out);
        }
        Record::Inspected(inspected) => {
            out.push(INSPECTED);
            inspected::put(inspected, out);
        }
        Record::Control(control) => {
            out.push(CONTROL);
            Out(out).moment(control.at);
            // An event holds only strings, numbers and lists, none of which JSON refuses.
            Out(out).text(&serde_json::to_vec(&control.event).unwrap_or_default());
        }
        Record::Gap(gap) => put_gap(gap, out),
        Record::Stall(stall) => {
            out.push(STALL);
            stall::put(stall, out);
        }
        Record::Seal(seal) => {
            out.push(SEAL);
            let mut out = Out(out);
            out.moment(seal.at);
            out.word(seal.end);
            out.num(seal.records);
        }
    }
}

fn put_hop(hop: &Hop, out: &mut Vec<u8>) {
    out.push(HOP);
    let mut out = Out(out);
    out.num(hop.connection);
    out.num(hop.endpoint.0);
    out.option(hop.from.map(|region| region.0));
    out.num(hop.to.0);
    out.moment(hop.at);
}

fn put_gap(gap: &Gap, out: &mut Vec<u8>) {
    out.push(GAP);
    let mut out = Out(out);
    out.moment(gap.from);
    out.after(gap.from, gap.to);
    out.num(gap.lost);
}

pub(super) fn put_id(id: MessageId, out: &mut Vec<u8>) {
    Out(out).num(id.journey.0);
    Out(out).num(id.number);
}

pub(super) fn take_id(body: &mut In<'_>) -> Result<MessageId, DecodeError> {
    Ok(MessageId { journey: JourneyId(body.num("a journey")?), number: body.num("a message's number")? })
}

fn put_message(message: &Message, out: &mut Vec<u8>) {
    out.push(MESSAGE);
    put_id(message.id, out);
    let mut out = Out(out);
    out.num(message.account.0);
    out.num(message.stream_number);
    out.accounts(&message.recipients);
    out.word(message.capability);
    out.num(message.class);
    out.moment(message.due);
    out.num(message.bytes);
    // A hash has no small values: eight bytes are shorter than a variable-length number.
    out.0.extend_from_slice(&message.hash.to_le_bytes());
}

fn take_message(body: &mut In<'_>) -> Result<Message, DecodeError> {
    Ok(Message {
        id: take_id(body)?,
        account: AccountId(body.num("a sender")?),
        stream_number: body.num("a stream's number")?,
        recipients: body.accounts("a list of recipients")?,
        capability: body.word()?,
        class: body.num("a data class")?,
        due: body.moment("a due moment")?,
        bytes: body.num("a text's size")?,
        hash: body.bytes(8, "a hash")?.iter().rev().fold(0, |hash, byte| hash << 8 | u64::from(*byte)),
    })
}

fn take_unsent(body: &mut In<'_>) -> Result<Unsent, DecodeError> {
    Ok(Unsent { message: take_id(body)?, at: body.moment("a moment")?, cause: body.word()? })
}

fn put_attempt(attempt: &Attempt, out: &mut Vec<u8>) {
    out.push(ATTEMPT);
    put_id(attempt.message, out);
    let mut out = Out(out);
    out.num(attempt.number);
    out.num(attempt.route.0);
    out.connection(attempt.connection);
    out.num(attempt.exchange);
    out.moment(attempt.slot_at);
    out.after(attempt.slot_at, attempt.sent);
    out.after(attempt.sent, attempt.done);
    out.word(attempt.ending);
    out.num(attempt.code.status);
    out.text(attempt.code.word.as_bytes());
    out.accounts(&attempt.declined);
}

fn take_attempt(body: &mut In<'_>) -> Result<Attempt, DecodeError> {
    let (message, number, route) = (take_id(body)?, body.num("an attempt's number")?, body.num("a route")?);
    let connection = body.connection()?;
    let exchange = body.num("an exchange")?;
    let slot_at = body.moment("a slot's moment")?;
    let sent = body.after(slot_at, "an attempt's beginning")?;
    let done = body.after(sent, "an attempt's end")?;
    Ok(Attempt {
        message,
        number,
        route: RouteId(route),
        connection,
        exchange,
        slot_at,
        sent,
        done,
        ending: body.word()?,
        code: Code { status: body.num("a status")?, word: body.text("a code")?.into() },
        declined: body.accounts("a list of declined recipients")?,
    })
}

fn put_hit(hit: &Hit, out: &mut Vec<u8>) {
    out.push(HIT);
    let mut out = Out(out);
    out.num(hit.inject.0);
    out.num(hit.connection);
    out.num(hit.exchange);
    out.option(hit.account.map(|account| account.0));
    out.word(hit.fate);
    out.num(hit.delay.nanos());
    out.num(hit.units);
    out.moment(hit.at);
}

fn take_hit(body: &mut In<'_>) -> Result<Hit, DecodeError> {
    Ok(Hit {
        inject: InjectId(body.num("an inject")?),
        connection: body.long("a connection")?,
        exchange: body.num("an exchange")?,
        account: body.option("an account")?.map(AccountId),
        fate: body.word()?,
        delay: crate::units::Span::from_nanos(body.long("a delay")?),
        units: body.num("a count of units")?,
        at: body.moment("a moment")?,
    })
}

fn take_hop(body: &mut In<'_>) -> Result<Hop, DecodeError> {
    Ok(Hop {
        connection: body.long("a connection")?,
        endpoint: EndpointId(body.num("an endpoint")?),
        from: body.option("a region")?.map(RegionId),
        to: RegionId(body.num("a region")?),
        at: body.moment("a moment")?,
    })
}

fn take_receipt(body: &mut In<'_>) -> Result<Receipt, DecodeError> {
    let message = take_id(body)?;
    let recipient = AccountId(body.num("a recipient")?);
    let route = RouteId(body.num("a route")?);
    let at = body.moment("a moment")?;
    // Bits above the second are room for later fields.
    let flags = body.long("a receipt's flags")?;
    Ok(Receipt { message, recipient, route, at, fresh: flags & 1 != 0, intact: flags & 2 != 0 })
}

/// `None` if the event is one that only a later version knows: like an unknown kind, it is skipped.
fn take_control(body: &mut In<'_>) -> Result<Option<Control>, DecodeError> {
    let at = body.moment("a moment")?;
    match serde_json::from_str::<Event>(body.text("an event")?) {
        Ok(event) => Ok(Some(Control { at, event })),
        Err(error) if error.is_data() => Ok(None),
        Err(_) => Err(DecodeError::Text("an event")),
    }
}

fn take_gap(body: &mut In<'_>) -> Result<Gap, DecodeError> {
    let from = body.moment("a gap's beginning")?;
    Ok(Gap { from, to: body.after(from, "a gap's end")?, lost: body.long("a count of lost records")? })
}

fn take_seal(body: &mut In<'_>) -> Result<Seal, DecodeError> {
    Ok(Seal { at: body.moment("a moment")?, end: body.word()?, records: body.long("a count of records")? })
}

#[cfg(test)]
mod tests;
