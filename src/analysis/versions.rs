//! Which versions of a document there were. A version has its message's text, and whoever tries again writes the same text once more, made
//! from what he has read since: it is another version.

use std::collections::BTreeMap;

use crate::journal::{Ending, Found, Synced};
use crate::limits::VERSIONS_KNOWN;
use crate::plan::Plan;
use crate::units::{EndpointId, MessageId, Moment};

/// One try of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Version {
    /// The change.
    pub(super) message: MessageId,
    /// Which of its tries it is, from 0.
    pub(super) number: usize,
}

/// When a writer asked what the document was, when he was told, by which store, and whose text it had.
type Read = (Moment, Moment, EndpointId, Option<MessageId>);

/// When attempts at a change began and ended that certainly wrote nothing.
pub(super) type Unwritten = BTreeMap<MessageId, Vec<(Moment, Moment)>>;

/// Where the text of a message may have been carried, from store to store.
#[derive(Clone, Debug, Default)]
pub(super) struct Carried {
    ways: BTreeMap<MessageId, Vec<Way>>,
    known: usize,
}

/// From one store to another, at some time from its beginning to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Way {
    sent: Moment,
    done: Moment,
    from: EndpointId,
    to: EndpointId,
}

impl Carried {
    /// A store has told another one what has changed, or has tried. Says whether there was room to remember it.
    pub(super) fn synced(&mut self, synced: &Synced) -> bool {
        if matches!(synced.ending, Ending::Refused | Ending::NotSent) {
            return true;
        }
        let Synced { from, to, sent, done, .. } = *synced;
        if self.known + synced.messages.len() > VERSIONS_KNOWN {
            return false;
        }
        self.known += synced.messages.len();
        for message in &synced.messages {
            self.ways.entry(*message).or_default().push(Way { sent, done, from, to });
        }
        true
    }

    /// Since when a text may be at a store that was written at another one.
    fn since(&self, message: MessageId, written: (EndpointId, Moment), at: EndpointId) -> Option<Moment> {
        let mut ways = self.ways.get(&message).cloned().unwrap_or_default();
        ways.sort_unstable();
        let mut there = BTreeMap::from([written]);
        for Way { sent, done, from, to } in ways {
            if let Some(since) = there.get(&from).filter(|since| **since <= done) {
                let since = sent.max(*since);
                let first = there.entry(to).or_insert(since);
                *first = since.min(*first);
            }
        }
        there.get(&at).copied()
    }
}

/// One read of somebody who goes on to write.
#[derive(Clone, Copy, Debug)]
struct Try {
    /// When he was told …
    at: Moment,
    /// … and by which store, to which he goes on to write.
    store: EndpointId,
    /// Whose text it was.
    text: Option<MessageId>,
    /// Whether he may have written.
    may_have_written: bool,
}

/// The versions that there may have been of one document.
pub(super) struct Versions<'c> {
    tries: BTreeMap<MessageId, Vec<Try>>,
    carried: &'c Carried,
}

impl<'c> Versions<'c> {
    /// By what was read by those who write.
    pub(super) fn new(plan: &Plan, found: &[&Found], unwritten: &Unwritten, carried: &'c Carried) -> Self {
        let edits = |id: MessageId| plan.work(id).is_some_and(|work| work.writes.is_some());
        let mut reads: BTreeMap<MessageId, Vec<Read>> = BTreeMap::new();
        for (by, read) in found.iter().filter_map(|read| Some((read.by.filter(|id| edits(*id))?, read))) {
            reads.entry(by).or_default().push((read.asked, read.at, read.endpoint, read.writer));
        }
        let tries = |(id, mut reads): (MessageId, Vec<Read>)| {
            reads.sort_unstable();
            let none = Vec::new();
            let unwritten = unwritten.get(&id).unwrap_or(&none);
            // One attempt may begin at the moment at which the one before it ends.
            let made = |(asked, at, store, text): Read| {
                let may_have_written = !unwritten.iter().any(|(from, to)| *from <= asked && at <= *to);
                Try { at, store, text, may_have_written }
            };
            (id, reads.into_iter().map(made).collect())
        };
        Self { tries: reads.into_iter().map(tries).collect(), carried }
    }

    /// Each with the one that it was made from; `None` if there was none, or it is of another drill.
    pub(super) fn bases(&self) -> BTreeMap<Version, Option<Version>> {
        let all = self
            .tries
            .iter()
            .flat_map(|(id, tries)| tries.iter().enumerate().map(move |(number, one)| (id, number, one)));
        let base = |(message, number, one): (&MessageId, usize, &Try)| {
            // Whoever finds his own text has written it before.
            let before = if one.text == Some(*message) { number } else { usize::MAX };
            let base = one.text.and_then(|text| self.there(text, (one.store, one.at), before).last());
            (Version { message: *message, number }, base)
        };
        all.map(base).collect()
    }

    /// Which version it is that was read with this text at a store and a moment: of several that may be there the last one, since whoever has
    /// read something else after his try has seen it replaced.
    pub(super) fn of(&self, text: MessageId, read: (EndpointId, Moment)) -> Option<Version> {
        self.there(text, read, usize::MAX).last()
    }

    /// Which versions a conflicting copy with this text may be: it may be of any try, since what is beside a document is not replaced.
    pub(super) fn any_of(&self, text: MessageId, at: Moment) -> impl Iterator<Item = Version> {
        let tries = self.before(text, at, usize::MAX);
        tries.into_iter().map(move |(number, _)| Version { message: text, number })
    }

    /// The versions of a text that may be at a store at a moment, of the tries before this one: those that were written there, or that may
    /// have been carried there since; all of them if none is known to have come there.
    fn there(
        &self,
        message: MessageId,
        (store, at): (EndpointId, Moment),
        before: usize,
    ) -> impl Iterator<Item = Version> {
        let mut tries = self.before(message, at, before);
        if tries.iter().any(|(_, one)| one.store != store) {
            let carried = |one: &Try| self.carried.since(message, (one.store, one.at), store);
            let is_there = |one: &Try| one.store == store || carried(one).is_some_and(|since| since <= at);
            if tries.iter().any(|(_, one)| is_there(one)) {
                tries.retain(|(_, one)| is_there(one));
            }
        }
        tries.into_iter().map(move |(number, _)| Version { message, number })
    }

    /// The tries at a text before this one that had begun at a moment. Those whose writes were certainly refused are among them only if there
    /// is no other.
    fn before(&self, message: MessageId, at: Moment, before: usize) -> Vec<(usize, &Try)> {
        let tries = self.tries.get(&message).map_or(&[][..], Vec::as_slice);
        let begun = || tries.iter().enumerate().take(before).take_while(|(_, one)| one.at <= at);
        let some = begun().any(|(_, one)| one.may_have_written);
        begun().filter(|(_, one)| one.may_have_written || !some).collect()
    }
}
