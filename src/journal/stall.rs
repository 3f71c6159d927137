//! What is written down when firedrill itself stood still, and how it is written.

use super::wire::{DecodeError, In, Out};
use crate::units::Moment;

/// firedrill got no time from its machine: a beat of its heart, on the runtime that reads the sockets, came late. Whatever else was to be
/// done meanwhile was as late.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stall {
    /// The beat before it: until then nothing stood still.
    pub last: Moment,
    /// When the beat was due: since then it did.
    pub due: Moment,
    /// When it came.
    pub at: Moment,
}

pub(super) fn put(stall: &Stall, out: &mut Vec<u8>) {
    let mut out = Out(out);
    out.moment(stall.last);
    out.after(stall.last, stall.due);
    out.after(stall.due, stall.at);
}

pub(super) fn take(body: &mut In<'_>) -> Result<Stall, DecodeError> {
    let last = body.moment("the last beat")?;
    let due = body.after(last, "when a beat was due")?;
    Ok(Stall { last, due, at: body.after(due, "when a beat came")? })
}
