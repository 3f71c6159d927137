//! What each outage cost in messages, and how far back: the recovery point actual, by count and by time.

use std::collections::BTreeMap;

use super::message::{Fate, Told};
use super::{Basis, Outage};
use crate::units::{AccountId, Moment, Span};

/// What was acknowledged and is not there at the end, of what was due after the outage before and until the end of this one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct PointActual {
    /// Deliveries that are missing.
    pub(super) count: u64,
    /// From the due moment of the last message up to which a stream is whole to the outage's first bad message, for the stream that
    /// lost most; zero if every stream is whole, or whole beyond the outage's start.
    pub(super) time: Span,
}

/// Finds it, over messages in order of due moment.
#[derive(Clone, Debug, Default)]
pub(super) struct Points {
    /// Sender by sender: when the message before was due.
    streams: BTreeMap<AccountId, Moment>,
    /// One for each outage, and one for what was due after the last.
    parts: Vec<Part>,
}

/// Where a message stands: to which outage it belongs, and until when its stream is whole without it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Standing {
    outage: usize,
    whole_until: Moment,
}

/// What was due after one outage and until the end of the next.
#[derive(Clone, Copy, Debug, Default)]
struct Part {
    /// Deliveries that were owed; without any nothing is known.
    owed: u64,
    missing: u64,
    /// The earliest moment up to which a stream is whole that misses something. What a stream misses later is behind a later one, so
    /// that all of it may be looked at.
    whole_until: Option<Moment>,
}

fn is_owed(message: &Told<'_>) -> bool {
    message.fate == Fate::Accepted && message.basis == Basis::Delivery
}

impl Points {
    /// Tells where the next message stands, which belongs to an outage by its position. Without it its stream is whole until the message
    /// before it, also if that was due before the outage before, which answers for what was lost until then; and if there is none, until the
    /// drill began.
    pub(super) fn next(&mut self, message: &Told<'_>, outage: usize) -> Standing {
        let (due, account) = (message.row.due, message.row.account);
        let before = self.streams.get(&account).copied();
        if is_owed(message) {
            self.streams.insert(account, due);
        }
        Standing { outage, whole_until: before.unwrap_or(Moment::ZERO) }
    }

    /// Counts a message to which nothing happens any more.
    pub(super) fn count(&mut self, message: &Told<'_>, Standing { outage, whole_until }: Standing) {
        if !is_owed(message) {
            return;
        }
        if self.parts.len() <= outage {
            self.parts.resize(outage + 1, Part::default());
        }
        let part = &mut self.parts[outage];
        let owed = message.slots.iter().filter(|slot| !slot.declined(message.row));
        let missing = owed.clone().filter(|slot| !slot.received()).count() as u64;
        part.owed += owed.count() as u64;
        part.missing += missing;
        if missing > 0 {
            part.whole_until = Some(part.whole_until.map_or(whole_until, |other| other.min(whole_until)));
        }
    }

    /// What each outage cost, if the drill is over. `None` where nothing was owed.
    pub(super) fn of(&self, outages: &[Outage]) -> Vec<Option<PointActual>> {
        let parts = outages.iter().enumerate().map(|(index, outage)| {
            let part = self.parts.get(index).filter(|part| part.owed > 0)?;
            let time = part.whole_until.map_or(Span::ZERO, |until| outage.start.since(until));
            Some(PointActual { count: part.missing, time })
        });
        parts.collect()
    }
}
