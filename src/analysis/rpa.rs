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
    /// Deliveries that were owed; without any nothing is known.
    owed: u64,
}

/// One sender's messages: the last due moment up to which all are there, and whether that is over.
#[derive(Clone, Copy)]
struct Stream {
    whole_until: Moment,
    broken: bool,
}

/// For each outage, in their order; `told` in order of due moment, at the end of a finished drill. `None` where nothing was owed.
pub(super) fn points<'a>(outages: &[Outage], told: impl Iterator<Item = Told<'a>>) -> Vec<Option<PointActual>> {
    let mut points = vec![PointActual::default(); outages.len()];
    let mut streams: BTreeMap<(usize, AccountId), Stream> = BTreeMap::new();
    let ended_by = |index: usize, due: Moment| outages[index].end.is_some_and(|end| end < due);
    let mut index = 0;
    for message in told.filter(|told| told.fate == Fate::Accepted && told.basis == Basis::Delivery) {
        let due = message.row.due;
        while index < outages.len() && ended_by(index, due) {
            index += 1;
        }
        // What is due after the last outage belongs to none.
        let (Some(outage), Some(point)) = (outages.get(index), points.get_mut(index)) else { break };
        let begins = index.checked_sub(1).and_then(|before| outages[before].end).unwrap_or(Moment::ZERO);
        let stream =
            streams.entry((index, message.row.account)).or_insert(Stream { whole_until: begins, broken: false });
        let owed = message.slots.iter().filter(|slot| !slot.declined(message.row));
        let missing = owed.clone().filter(|slot| !slot.received()).count() as u64;
        point.owed += owed.count() as u64;
        point.count += missing;
        match (missing, stream.broken) {
            (0, false) => stream.whole_until = due,
            (1.., false) => {
                stream.broken = true;
                point.time = point.time.max(outage.start.since(stream.whole_until));
            }
            (_, true) => {}
        }
    }
    points.into_iter().map(|point| (point.owed > 0).then_some(point)).collect()
}
