//! Messages as they were when all had happened by which they are judged, or nothing more was waited for. What is told of them in order of due
//! moment stands on that: how much later it is told depends on when somebody looks, and what is heard of a message until then must leave no
//! trace.

use super::ledger::Ledger;
use super::message::{is_open, last_heard};
use super::row::{Row, Slot};
use crate::units::Moment;

/// A message without what happened to it afterwards.
#[derive(Clone, Debug)]
pub(super) struct AsJudged {
    row: Row,
    slots: Vec<Slot>,
}

impl Ledger {
    /// Something has happened to a message at a moment, whenever its record comes. Gives what the change gives; `None` if the message is not
    /// kept.
    pub(super) fn happened<T>(
        &mut self,
        number: u32,
        at: Moment,
        change: impl Fn(&mut Row, &mut [Slot]) -> T,
    ) -> Option<T> {
        let (row, slots) = self.as_judged(number)?;
        if self.is_judged_by(at, row, slots) {
            if !self.is_told(number) && !self.as_judged.contains_key(&number) {
                let before = AsJudged { row: row.clone(), slots: slots.to_vec() };
                self.as_judged.insert(number, before);
            }
        } else if let Some(AsJudged { row, slots }) = self.as_judged.get_mut(&number) {
            change(row, slots);
        }
        let (row, slots) = self.row_mut(number)?;
        Some(change(row, slots))
    }

    /// Whether a message is judged without what happens at a moment: everything that it is judged by has happened before, or all that was
    /// waited for.
    fn is_judged_by(&self, at: Moment, row: &Row, slots: &[Slot]) -> bool {
        let after_message = self.patience.after_message;
        let over = || {
            at > row.due + after_message
                && at > last_heard(row, slots) + after_message
                && !is_open(&self.patience, &self.bases, row, slots)
        };
        at > row.due + self.patience.settled() || over()
    }

    /// A message as it was then, if its record has come and it is kept.
    pub(super) fn as_judged(&self, number: u32) -> Option<(&Row, &[Slot])> {
        let before = self.as_judged.get(&number).map(|before| (&before.row, &before.slots[..]));
        before.or_else(|| self.row(number))
    }
}
