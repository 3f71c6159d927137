//! What endpoints that keep books did with messages: in the order of their own entries, whenever somebody heard of them.
//!
//! A message is booked twice if it took effect more than once. A document, which one sender keeps in one journey, is overwritten if an
//! earlier state of it takes effect after a later one.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::journal::{Effect, Entry};
use crate::limits::{BOOKINGS_KNOWN, MISHAPS_TOLD};
use crate::plan::Plan;
use crate::units::{AccountId, EndpointId, JourneyId, MessageId, Moment, Numbers, PhaseId};

/// The books of one endpoint.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BookFigures {
    /// The endpoint's name.
    pub endpoint: String,
    /// What it took: all entries that were heard of.
    pub entries: u64,
    /// Those that took effect.
    pub applied: u64,
    /// Those that were known, and had no effect again.
    pub repeated: u64,
    /// Those that came after something later, and had no effect.
    pub superseded: u64,
    /// Those by which a message took effect again.
    pub twice: u64,
    /// Those by which an earlier state overwrote a later one.
    pub out_of_order: u64,
    /// The earliest of both kinds.
    pub first: Vec<MishapFigures>,
}

/// An entry that should not have been.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MishapFigures {
    /// What went wrong.
    pub what: Wrong,
    /// The message: its journey and its number in it.
    pub message: String,
    /// Whose document it is.
    pub document: String,
    /// The number of the entry …
    pub entry: u64,
    /// … and when it was heard of.
    pub at_s: f64,
    /// The entry before it: of the same message, or of the later state that was overwritten; `None` if that is too long ago.
    pub before: Option<BeforeFigures>,
}

/// The entry with which another one does not agree.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BeforeFigures {
    /// The message.
    pub message: String,
    /// The number of the entry.
    pub entry: u64,
    /// When it was heard of.
    pub at_s: f64,
}

/// What can go wrong in books.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Wrong {
    /// A message took effect again.
    Twice,
    /// An earlier state overwrote a later one.
    OutOfOrder,
}

/// An entry that should not have been, as targets select it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Misbooked {
    /// What went wrong.
    pub what: Wrong,
    /// The journey of its message.
    pub journey: JourneyId,
    /// The endpoint that keeps the books.
    pub endpoint: EndpointId,
    /// The phase in which its message was due.
    pub phase: PhaseId,
}

#[derive(Clone, Copy, Debug)]
struct Seen {
    message: MessageId,
    position: u64,
    at: Moment,
}

#[derive(Clone, Copy, Debug)]
struct Mishap {
    what: Wrong,
    seen: Seen,
    before: Option<Seen>,
}

/// Everything that was heard of books.
#[derive(Clone, Debug, Default)]
pub(super) struct Books {
    /// Entries of which earlier ones may still come.
    waiting: BTreeMap<(EndpointId, u64), Entry>,
    kept: BTreeMap<EndpointId, Kept>,
    /// Entries that should not have been.
    pub(super) misbooked: Vec<Misbooked>,
    /// Those that are not listed any more.
    pub(super) unlisted: u64,
}

#[derive(Clone, Debug, Default)]
struct Kept {
    /// The number of the last entry that was taken in.
    until: u64,
    entries: u64,
    applied: u64,
    repeated: u64,
    superseded: u64,
    twice: u64,
    out_of_order: u64,
    /// The messages that took effect.
    ever: BTreeMap<JourneyId, Numbers>,
    /// The first entry of each of them, of the latest.
    booked: BTreeMap<MessageId, Seen>,
    /// The state of each document.
    states: BTreeMap<(JourneyId, AccountId), Seen>,
    /// How many entries took effect, by the journeys of their messages and the phases in which these were due.
    by_phase: BTreeMap<(JourneyId, PhaseId), u64>,
    told: [Vec<Mishap>; 2],
}

impl Books {
    /// Somebody heard of an entry.
    pub(super) fn record(&mut self, plan: &Plan, entry: &Entry) {
        let known =
            entry.endpoint.index() < plan.endpoints.len() && entry.message.journey.index() < plan.journeys.len();
        if known {
            self.waiting.entry((entry.endpoint, entry.position)).or_insert_with(|| entry.clone());
        }
    }

    /// Takes in the entries that were heard of until a moment: all of them have come, and so have those before them. `phase` is that in which
    /// a message was due.
    pub(super) fn look(&mut self, plan: &Plan, until: Moment, phase: impl Fn(MessageId) -> PhaseId) {
        let (now, later): (BTreeMap<_, _>, BTreeMap<_, _>) =
            std::mem::take(&mut self.waiting).into_iter().partition(|(_, entry)| entry.at <= until);
        self.waiting = later;
        for entry in now.values() {
            let kept = self.kept.entry(entry.endpoint).or_default();
            if entry.position <= kept.until {
                continue;
            }
            kept.until = entry.position;
            let phase = phase(entry.message);
            for what in kept.take(plan, entry, phase) {
                if self.misbooked.len() < BOOKINGS_KNOWN {
                    let (journey, endpoint) = (entry.message.journey, entry.endpoint);
                    self.misbooked.push(Misbooked { what, journey, endpoint, phase });
                } else {
                    self.unlisted += 1;
                }
            }
        }
    }

    /// How many entries took effect at each endpoint, by the journeys of their messages and the phases in which these were due.
    pub(super) fn applied(&self) -> BTreeMap<(EndpointId, JourneyId, PhaseId), u64> {
        let of = |endpoint: EndpointId, kept: &Kept| -> Vec<_> {
            kept.by_phase.iter().map(|((journey, phase), n)| ((endpoint, *journey, *phase), *n)).collect()
        };
        self.kept.iter().flat_map(|(endpoint, kept)| of(*endpoint, kept)).collect()
    }

    /// Endpoint by endpoint.
    pub(super) fn figures(&self, plan: &Plan) -> Vec<BookFigures> {
        let figures = self.kept.iter().map(|(endpoint, kept)| {
            let mut first: Vec<&Mishap> = kept.told.iter().flatten().collect();
            first.sort_by_key(|mishap| (mishap.seen.position, mishap.what));
            BookFigures {
                endpoint: plan.endpoints[endpoint.index()].name.clone(),
                entries: kept.entries,
                applied: kept.applied,
                repeated: kept.repeated,
                superseded: kept.superseded,
                twice: kept.twice,
                out_of_order: kept.out_of_order,
                first: first.into_iter().map(|mishap| mishap.told(plan)).collect(),
            }
        });
        figures.collect()
    }
}

impl Kept {
    /// Takes in the next entry, and tells what is wrong with it.
    fn take(&mut self, plan: &Plan, entry: &Entry, phase: PhaseId) -> Vec<Wrong> {
        self.entries += 1;
        match entry.effect {
            Effect::Applied => self.applied += 1,
            Effect::Repeated => self.repeated += 1,
            Effect::Superseded => self.superseded += 1,
        }
        if entry.effect != Effect::Applied {
            return Vec::new();
        }
        *self.by_phase.entry((entry.message.journey, phase)).or_default() += 1;
        let mut wrong = Vec::new();
        let seen = Seen { message: entry.message, position: entry.position, at: entry.at };
        if self.ever.entry(entry.message.journey).or_default().insert(entry.message.number) {
            self.booked.insert(entry.message, seen);
            if self.booked.len() > BOOKINGS_KNOWN {
                self.booked.pop_first();
            }
        } else {
            self.twice += 1;
            let before = self.booked.get(&entry.message).copied();
            self.tell(Mishap { what: Wrong::Twice, seen, before });
            wrong.push(Wrong::Twice);
        }
        let before = self.states.insert(whose(plan, entry.message), seen);
        if before.is_some_and(|before| before.message.number > entry.message.number) {
            self.out_of_order += 1;
            self.tell(Mishap { what: Wrong::OutOfOrder, seen, before });
            wrong.push(Wrong::OutOfOrder);
        }
        wrong
    }

    fn tell(&mut self, mishap: Mishap) {
        let told = &mut self.told[usize::from(mishap.what == Wrong::OutOfOrder)];
        if told.len() < MISHAPS_TOLD {
            told.push(mishap);
        }
    }
}

impl Mishap {
    fn told(&self, plan: &Plan) -> MishapFigures {
        let name = |id: MessageId| format!("{}.{}", plan.journeys[id.journey.index()].name, id.number);
        let Self { what, seen, before } = self;
        let (journey, sender) = whose(plan, seen.message);
        MishapFigures {
            what: *what,
            message: name(seen.message),
            document: format!("{} of {}", plan.journeys[journey.index()].name, plan.account_name(sender)),
            entry: seen.position,
            at_s: seen.at.secs_f64(),
            before: before.map(|before| BeforeFigures {
                message: name(before.message),
                entry: before.position,
                at_s: before.at.secs_f64(),
            }),
        }
    }
}

/// Which document a message is a state of: each sender keeps one in each journey, and senders take turns.
fn whose(plan: &Plan, message: MessageId) -> (JourneyId, AccountId) {
    (message.journey, plan.senders(&plan.journeys[message.journey.index()]).nth(message.number))
}
