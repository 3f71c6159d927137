use super::record::Record;
use crate::units::Moment;

impl Record {
    /// The moment for which the record stands: when it could first be written.
    pub fn at(&self) -> Moment {
        match self {
            Self::Message(message) => message.due,
            Self::Unsent(unsent) => unsent.at,
            Self::Attempt(attempt) => attempt.done,
            Self::Hit(hit) => hit.at,
            Self::Hop(hop) => hop.at,
            Self::Dialled(dialled) => dialled.ended,
            Self::Receipt(receipt) => receipt.at,
            Self::Entry(entry) => entry.at,
            Self::Shared(shared) => shared.at(),
            Self::Onward(onward) => onward.done,
            Self::Audited(audited) => audited.at,
            Self::Inspected(inspected) => inspected.done,
            Self::Observed(observed) => observed.ended,
            Self::Control(control) => control.at,
            Self::Gap(gap) => gap.to,
            Self::Stall(stall) => stall.at,
            Self::Seal(seal) => seal.at,
        }
    }
}
