//! What is written down. Blame is not: analysis joins attempts and hits.

use serde::{Deserialize, Serialize};

use super::audited::Audited;
use super::called::Called;
use super::decision::Decision;
use super::dialled::Dialled;
use super::entry::Entry;
use super::inspected::Inspected;
use super::observed::Observed;
use super::onward::Onward;
use super::shared::Shared;
use super::stall::Stall;
use crate::draw::Seed;
use crate::plan::{Calendar, Capability, Half};
use crate::units::{AccountId, EndpointId, InjectId, JourneyId, MessageId, Moment, PhaseId, RegionId, RouteId, Span};

/// The contents of block 0, as JSON.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Start {
    /// The version of firedrill that wrote the journal.
    pub firedrill: String,
    /// The world that was played in.
    pub world: WorldKind,
    /// The seed of every draw.
    pub seed: Seed,
    /// The one wall time, RFC 3339. In the virtual world it is the drill's own start.
    pub started: String,
    /// The month, the quarter and the year in which it lies, for error budgets; journals of an earlier firedrill have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calendar: Option<Calendar>,
    /// SHA-256 of the plan's canonical JSON, in hexadecimal.
    pub plan_sha256: String,
    /// The plan, as canonical JSON.
    pub plan: serde_json::Value,
}

/// Which world a run was played in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WorldKind {
    /// Real time over real sockets.
    Sockets,
    /// Virtual time in memory.
    Virtual,
}

/// One entry of the journal.
#[derive(Clone, Debug, PartialEq)]
pub enum Record {
    /// A due moment of a journey.
    Message(Message),
    /// A message for which no attempt was ever begun.
    Unsent(Unsent),
    /// One try on one route, when it ended.
    Attempt(Attempt),
    /// A fault bit.
    Hit(Hit),
    /// A connection to an endpoint was really made.
    Hop(Hop),
    /// An endpoint was dialled by its name, when that ended.
    Dialled(Dialled),
    /// A recipient received a message.
    Receipt(Receipt),
    /// An endpoint that keeps books did something with a message.
    Entry(Entry),
    /// A shared document was read, or told from one store to another.
    Shared(Shared),
    /// A gateway sent a message on, when that ended.
    Onward(Onward),
    /// A gateway's audit trail told an auditor of a message.
    Audited(Audited),
    /// A gateway had a message's text inspected, when that ended.
    Inspected(Inspected),
    /// A program that is not ours asked for something by a way in, when that ended.
    Observed(Observed),
    /// Something was switched, decided or noted.
    Control(Control),
    /// Records were lost between the player and the journal.
    Gap(Gap),
    /// firedrill itself stood still.
    Stall(Stall),
    /// The end of a finished run.
    Seal(Seal),
}

/// A due moment of a journey. Written when it is due, before anything is tried.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// The journey and the number of the due moment in it.
    pub id: MessageId,
    /// The sender. A stream is a journey and a sender.
    pub account: AccountId,
    /// The message's number in its stream, from 0.
    pub stream_number: u32,
    /// Everyone it is for.
    pub recipients: Vec<AccountId>,
    /// What is sent.
    pub capability: Capability,
    /// The class of its data: 1 + its position in the plan's list of classes, 0 for none.
    pub class: u16,
    /// When it is due.
    pub due: Moment,
    /// The size of its text in bytes.
    pub bytes: u32,
    /// The first eight bytes of the SHA-256 of its UTF-8 text, big-endian.
    pub hash: u64,
}

/// A message for which no attempt was ever begun.
#[derive(Clone, Debug, PartialEq)]
pub struct Unsent {
    /// The message.
    pub message: MessageId,
    /// When it was given up.
    pub at: Moment,
    /// Why.
    pub cause: UnsentCause,
}

/// Why no attempt was begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum UnsentCause {
    /// All slots were held by other attempts until the message's deadline: the system's blame, or an inject's that hit each of them.
    Slots,
    /// The sender itself was late: the sender's blame.
    Lag,
    /// The drill was stopped: the sender's blame.
    Stopped,
    /// Its account was busy with other messages, or thought about them, until the message's deadline: the system's blame, or an inject's
    /// that hit each of them.
    Turn,
}

/// One try on one route.
#[derive(Clone, Debug, PartialEq)]
pub struct Attempt {
    /// The message.
    pub message: MessageId,
    /// The number of this attempt for its message, from 1.
    pub number: u16,
    /// The route it was sent on.
    pub route: RouteId,
    /// The connection, if one was had. Joins hits and hops.
    pub connection: Option<u64>,
    /// The number of the exchange on that connection, from 1. Joins hits.
    pub exchange: u32,
    /// When its slot was free for it.
    pub slot_at: Moment,
    /// When it began, by asking for a connection.
    pub sent: Moment,
    /// When it ended.
    pub done: Moment,
    /// How it ended.
    pub ending: Ending,
    /// The answer's code.
    pub code: Code,
    /// Recipients whom the acknowledgement declines.
    pub declined: Vec<AccountId>,
}

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// The endpoint took responsibility.
    Acknowledged,
    /// A complete answer that the vendor's file reads as a no.
    Refused,
    /// Ended before any byte of the request was handed to a connection.
    NotSent,
    /// Anything else: nobody knows whether the message was taken.
    Unanswered,
}

/// What an endpoint answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Code {
    /// The HTTP status; 0 if there was none.
    pub status: u16,
    /// The vendor's own code, or the kind of failure; empty if acknowledged.
    pub word: Box<str>,
}

/// A fault bit: on a connection, an exchange, or (for chunks of a byte stream) during a second of a connection.
#[derive(Clone, Debug, PartialEq)]
pub struct Hit {
    /// The inject.
    pub inject: InjectId,
    /// The connection.
    pub connection: u64,
    /// The exchange on that connection, from 1; 0 for the connection itself and for chunks.
    pub exchange: u32,
    /// The account that the credential (or the source address) belongs to.
    pub account: Option<AccountId>,
    /// What was done.
    pub fate: Fate,
    /// The delay added by this fault, summed over the units.
    pub delay: Span,
    /// How many units this record stands for.
    pub units: u32,
    /// When it was hit. Chunks and frames of one connection that are hit within a second stand in two records: the first by itself,
    /// at once, and the others when the second is over, with the moment of the first.
    pub at: Moment,
}

/// What a fault did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Fate {
    /// The unit took longer.
    Delayed,
    /// The request was answered with a refusal.
    Refused,
    /// The unit was held.
    Held,
    /// The connection was closed.
    Closed,
    /// The connection was reset.
    Reset,
    /// The unit was swallowed.
    Dropped,
    /// The unit went on twice.
    Duplicated,
    /// The unit went on with other content.
    Altered,
    /// The connection was accepted, then reset: it was to be refused, and the aim is finer than an address.
    AfterAccept,
}

/// A connection that was really made.
#[derive(Clone, Debug, PartialEq)]
pub struct Hop {
    /// The client's connection that it continues.
    pub connection: u64,
    /// The endpoint that was dialled.
    pub endpoint: EndpointId,
    /// The region in which the client's source address lies.
    pub from: Option<RegionId>,
    /// The region of the endpoint.
    pub to: RegionId,
    /// When it stood.
    pub at: Moment,
}

/// A recipient received a message.
#[derive(Clone, Debug, PartialEq)]
pub struct Receipt {
    /// The message.
    pub message: MessageId,
    /// Who received it.
    pub recipient: AccountId,
    /// The route it came by.
    pub route: RouteId,
    /// When.
    pub at: Moment,
    /// Whether it remained after the receiver's own de-duplication.
    pub fresh: bool,
    /// Whether the text had the hash that was sent.
    pub intact: bool,
}

/// Something was switched, decided or noted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Control {
    /// When.
    pub at: Moment,
    /// What.
    pub event: Event,
}

/// What a control record says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// A phase began.
    Phase(PhaseId),
    /// The last phase ended: nothing new is due, receipts are awaited.
    Drain,
    /// An inject's fault was switched on.
    Applied(InjectId),
    /// An inject's fault was switched off.
    Lifted(InjectId),
    /// A call to somebody outside is about to be made, one half of the inject's action. How it is undone stands on disk already.
    Calling(InjectId, Half),
    /// A call to somebody outside has come back, or was given up.
    Called(Called),
    /// A lease of a fault outside this process was taken, renewed or lost.
    Lease {
        /// The inject.
        inject: InjectId,
        /// What happened to its lease.
        state: String,
    },
    /// A journey, or one account of it, changed its route.
    Switched {
        /// The journey.
        journey: JourneyId,
        /// The account, if it changed for itself.
        account: Option<AccountId>,
        /// The route that was in force.
        from: RouteId,
        /// The route now in force.
        to: RouteId,
    },
    /// Something was decided on live figures. Judging never decides it again.
    Decided {
        /// How many records stood in the journal when it was decided.
        position: u64,
        /// What was decided, with the figures.
        decision: Decision,
    },
    /// A probe has come back, or was given up: a message to its own sender, by a route that a journey has left. It counts in no figure.
    Probed {
        /// The journey.
        journey: JourneyId,
        /// Who sent it, to himself.
        account: AccountId,
        /// The route that was asked.
        route: RouteId,
        /// The connection, if one was had.
        connection: Option<u64>,
        /// When it was sent.
        sent: Moment,
        /// How it ended.
        ending: Ending,
        /// The answer's status; 0 if there was none.
        status: u16,
    },
    /// A gateway's audit trail was read for the last time, when everything else had ended.
    AuditEnded {
        /// The gateway.
        gateway: EndpointId,
        /// Whatever it did until then has to be in the trail.
        until: Moment,
        /// Whether all of it was read: to its end, from where it stood when the drill began.
        whole: bool,
    },
    /// A step of the runbook began or ended.
    Step {
        /// The step's name.
        step: String,
        /// What happened.
        state: String,
    },
    /// Anything else worth knowing.
    Note(String),
}

/// Records were lost between the player and the journal. What overlaps a gap is inconclusive.
#[derive(Clone, Debug, PartialEq)]
pub struct Gap {
    /// From when …
    pub from: Moment,
    /// … until when.
    pub to: Moment,
    /// How many.
    pub lost: u64,
}

/// The end of a finished run.
#[derive(Clone, Debug, PartialEq)]
pub struct Seal {
    /// When.
    pub at: Moment,
    /// How it ended.
    pub end: End,
    /// How many records stand before this one.
    pub records: u64,
}

/// How a drill ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// All phases were played and drained.
    Completed,
    /// The steady state did not hold: nothing was injected.
    NotSteady,
    /// A target that must hold could not be kept any more, and said that the drill ends then. It was drained.
    Aborted,
    /// A person interrupted it.
    Interrupted,
    /// A condition of its guard stopped it. Nothing does so yet; journals may tell of it.
    Stopped,
    /// The environment failed.
    Failed,
    /// firedrill itself failed.
    Bug,
}
