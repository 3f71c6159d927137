//! Which versions of a document there were. A version has its message's text, and whoever tries again writes the same text once more, made
//! from what he has read since: it is another version.

use std::collections::BTreeMap;

use crate::journal::Found;
use crate::plan::Plan;
use crate::units::{MessageId, Moment};

/// One try of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Version {
    /// The change.
    pub(super) message: MessageId,
    /// Which of its tries it is, from 0.
    pub(super) number: usize,
}

/// When a writer asked what the document was, when he was told, and whose text it had.
type Read = (Moment, Moment, Option<MessageId>);

/// When attempts at a change began and ended that certainly wrote nothing.
pub(super) type Unwritten = BTreeMap<MessageId, Vec<(Moment, Moment)>>;

/// One read of somebody who goes on to write.
#[derive(Clone, Copy, Debug)]
struct Try {
    /// When he was told.
    at: Moment,
    /// Whose text it was.
    text: Option<MessageId>,
    /// Whether he may have written.
    may_have_written: bool,
}

/// The versions that there may have been of one document.
pub(super) struct Versions(BTreeMap<MessageId, Vec<Try>>);

impl Versions {
    /// By what was read by those who write.
    pub(super) fn new(plan: &Plan, found: &[&Found], unwritten: &Unwritten) -> Self {
        let edits = |id: MessageId| plan.work(id).is_some_and(|work| work.writes.is_some());
        let mut reads: BTreeMap<MessageId, Vec<Read>> = BTreeMap::new();
        for (by, read) in found.iter().filter_map(|read| Some((read.by.filter(|id| edits(*id))?, read))) {
            reads.entry(by).or_default().push((read.asked, read.at, read.writer));
        }
        let tries = |(id, mut reads): (MessageId, Vec<Read>)| {
            reads.sort_unstable();
            let none = Vec::new();
            let unwritten = unwritten.get(&id).unwrap_or(&none);
            let made = |(asked, at, text): Read| {
                let may_have_written = !unwritten.iter().any(|(from, to)| (*from..=*to).contains(&asked));
                Try { at, text, may_have_written }
            };
            (id, reads.into_iter().map(made).collect())
        };
        Self(reads.into_iter().map(tries).collect())
    }

    /// Each with the one that it was made from; `None` if there was none, or it is of another drill.
    pub(super) fn bases(&self) -> BTreeMap<Version, Option<Version>> {
        let all =
            self.0.iter().flat_map(|(id, tries)| tries.iter().enumerate().map(move |(number, one)| (id, number, one)));
        let base = |(message, number, one): (&MessageId, usize, &Try)| {
            // Whoever finds his own text has written it before.
            let before = if one.text == Some(*message) { number } else { usize::MAX };
            let base = one.text.and_then(|text| self.read(text, one.at, before).last());
            (Version { message: *message, number }, base)
        };
        all.map(base).collect()
    }

    /// Which version it is that was read with this text at that moment: of several the last one, since whoever has read something else after
    /// his try has seen it replaced.
    pub(super) fn of(&self, text: MessageId, at: Moment) -> Option<Version> {
        self.read(text, at, usize::MAX).last()
    }

    /// Which versions a conflicting copy with this text may be: it may be of any try, since what is beside a document is not replaced.
    pub(super) fn any_of(&self, text: MessageId, at: Moment) -> impl Iterator<Item = Version> {
        self.read(text, at, usize::MAX)
    }

    /// The versions of a text that could be read at a moment, of the tries before this one. Those whose writes were certainly refused are
    /// among them only if there is no other.
    fn read(&self, message: MessageId, at: Moment, before: usize) -> impl Iterator<Item = Version> {
        let tries = self.0.get(&message).map_or(&[][..], Vec::as_slice);
        let tries: Vec<(usize, &Try)> =
            tries.iter().enumerate().take(before).take_while(|(_, one)| one.at <= at).collect();
        let some = tries.iter().any(|(_, one)| one.may_have_written);
        let fits = tries.into_iter().filter(move |(_, one)| one.may_have_written || !some);
        fits.map(move |(number, _)| Version { message, number }).collect::<Vec<_>>().into_iter()
    }
}
