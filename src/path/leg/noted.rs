//! What is written down of the faults that have hit.

use super::{About, Leg};
use crate::control::Arming;
use crate::journal::{self, Hit, Record};
use crate::path::eye::Eye;
use crate::path::fate::{Change, Ending, Fate};
use crate::plan::Fault;
use crate::units::Moment;

impl Leg {
    /// The same, of which is written down what is seen of it.
    pub(in crate::path) fn seen_by(self, eye: Eye) -> Self {
        Self { eye: Some(eye), ..self }
    }

    /// What is seen of it.
    pub(in crate::path) fn eye(&self) -> Option<&Eye> {
        self.eye.as_ref()
    }

    /// Writes a hit down.
    pub(in crate::path) fn hit(&self, fault: &Arming, fate: &Fate, about: About, units: u32, at: Moment) {
        fault.bit(units, at);
        self.note(fault, fate, about, units, at);
    }

    /// Writes down what has been counted already.
    pub(in crate::path) fn note(&self, fault: &Arming, fate: &Fate, about: About, units: u32, at: Moment) {
        let what = match (&fate.ending, &fate.change) {
            (Some(Ending::Refuse(_) | Ending::Unresolved(_)), _) => journal::Fate::Refused,
            (Some(Ending::Close | Ending::CloseSocket(_)), _) => journal::Fate::Closed,
            (Some(Ending::Reset), _) if fault.inject.fault == Fault::Refuse => journal::Fate::AfterAccept,
            (Some(Ending::Reset), _) => journal::Fate::Reset,
            (Some(Ending::Swallow(_)), _) | (_, Some(Change::Vanish)) => journal::Fate::Dropped,
            (_, Some(Change::Repeat)) => journal::Fate::Duplicated,
            (_, Some(Change::Flip(_) | Change::Body(_) | Change::Addresses(_))) => journal::Fate::Altered,
            _ if fate.hold => journal::Fate::Held,
            _ => journal::Fate::Delayed,
        };
        // A program that is not ours is told of by itself, and is nobody's inbox, whoever it says it is.
        let account = if let Some(eye) = &self.eye {
            eye.bitten(about.exchange, fault.id);
            None
        } else {
            about.account.or(self.owner)
        };
        self.shared.at.journal.append(Record::Hit(Hit {
            inject: fault.id,
            connection: self.number(),
            exchange: about.exchange,
            account,
            fate: what,
            delay: fate.delay,
            units,
            at,
        }));
    }
}
