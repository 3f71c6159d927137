//! The journal as JSON Lines, with the plan's names instead of its numbers. An export: nothing reads it back.
//!
//! Times are seconds with all their digits, `due_s`, `at_s`: a double holds a nanosecond of any drill (they last a month at most, 2⁵³
//! nanoseconds are 104 days), so no second field in nanoseconds is needed.

mod audited;
mod control;
mod dialled;
mod inspected;
mod line;
mod names;
mod observed;
mod onward;
mod shared;

use super::record::{Attempt, Hit, Hop, Message, Receipt, Record, Start};
use crate::plan::Plan;
use line::Line;
use names::Names;

/// Writes the records of one plan as JSON objects, one a line, without the line's end.
#[derive(Clone, Copy)]
pub struct Export<'a> {
    names: Names<'a>,
}

impl<'a> Export<'a> {
    /// An export with the names of `plan`.
    pub fn new(plan: &'a Plan) -> Self {
        Self { names: Names(plan) }
    }

    /// The first line: what the run was started with.
    pub fn start(self, start: &Start) -> String {
        Line::new("start")
            .field("firedrill", &start.firedrill)
            .field("world", start.world)
            .field("seed", start.seed)
            .field("started", &start.started)
            .field("plan_sha256", &start.plan_sha256)
            .field("plan", &start.plan)
            .end()
    }

    /// The line of the record at `position`.
    pub fn record(self, position: u64, record: &Record) -> String {
        let names = self.names;
        let line = |kind: &str| Line::new(kind).field("position", position);
        let line = match record {
            Record::Message(message) => self.message(line("message"), message),
            Record::Unsent(unsent) => line("unsent")
                .field("message", names.message(unsent.message))
                .moment("at_s", unsent.at)
                .field("cause", unsent.cause),
            Record::Attempt(attempt) => self.attempt(line("attempt"), attempt),
            Record::Hit(hit) => self.hit(line("hit"), hit),
            Record::Hop(hop) => self.hop(line("hop"), hop),
            Record::Dialled(dialled) => dialled::dialled(names, line("dialled"), dialled),
            Record::Receipt(receipt) => self.receipt(line("receipt"), receipt),
            Record::Entry(entry) => line("entry")
                .field("message", names.message(entry.message))
                .field("endpoint", names.endpoint(entry.endpoint))
                .field("entry", entry.position)
                .field("effect", entry.effect)
                .moment("at_s", entry.at),
            Record::Shared(shared) => shared::shared(names, line("shared"), shared),
            Record::Onward(onward) => onward::onward(names, line("onward"), onward),
            Record::Audited(audited) => audited::audited(names, line("audited"), audited),
            Record::Inspected(inspected) => inspected::inspected(names, line("inspected"), inspected),
            Record::Observed(observed) => observed::observed(names, line("observed"), observed),
            Record::Control(control) => control::control(names, line("control"), control),
            Record::Gap(gap) => line("gap").moment("from_s", gap.from).moment("to_s", gap.to).field("lost", gap.lost),
            Record::Stall(stall) => {
                line("stall").moment("last_s", stall.last).moment("due_s", stall.due).moment("at_s", stall.at)
            }
            Record::Seal(seal) => {
                line("seal").moment("at_s", seal.at).field("end", seal.end).field("records", seal.records)
            }
        };
        line.end()
    }

    fn message(self, line: Line, message: &Message) -> Line {
        let names = self.names;
        let class = if message.class == 0 { None } else { names.class(message.id.journey) };
        line.field("message", names.message(message.id))
            .field("account", names.account(message.account))
            .field("stream_number", message.stream_number)
            .field("recipients", names.accounts(&message.recipients))
            .field("capability", message.capability)
            .field("class", class)
            .moment("due_s", message.due)
            .field("bytes", message.bytes)
            .field("hash", format!("{:016x}", message.hash))
    }

    fn attempt(self, line: Line, attempt: &Attempt) -> Line {
        let names = self.names;
        line.field("message", names.message(attempt.message))
            .field("number", attempt.number)
            .field("route", names.route(attempt.message.journey, attempt.route))
            .field("connection", attempt.connection)
            .field("exchange", attempt.exchange)
            .moment("slot_at_s", attempt.slot_at)
            .moment("sent_s", attempt.sent)
            .moment("done_s", attempt.done)
            .field("ending", attempt.ending)
            .field("status", attempt.code.status)
            .field("code", &attempt.code.word)
            .field("declined", names.accounts(&attempt.declined))
    }

    fn hit(self, line: Line, hit: &Hit) -> Line {
        line.field("inject", self.names.inject(hit.inject))
            .field("connection", hit.connection)
            .field("exchange", hit.exchange)
            .field("account", hit.account.map(|account| self.names.account(account)))
            .field("fate", hit.fate)
            .span("delay_s", hit.delay)
            .field("units", hit.units)
            .moment("at_s", hit.at)
    }

    fn hop(self, line: Line, hop: &Hop) -> Line {
        line.field("connection", hop.connection)
            .field("endpoint", self.names.endpoint(hop.endpoint))
            .field("from", hop.from.map(|region| self.names.region(region)))
            .field("to", self.names.region(hop.to))
            .moment("at_s", hop.at)
    }

    fn receipt(self, line: Line, receipt: &Receipt) -> Line {
        let names = self.names;
        line.field("message", names.message(receipt.message))
            .field("recipient", names.account(receipt.recipient))
            .field("route", names.route(receipt.message.journey, receipt.route))
            .moment("at_s", receipt.at)
            .field("fresh", receipt.fresh)
            .field("intact", receipt.intact)
    }
}
