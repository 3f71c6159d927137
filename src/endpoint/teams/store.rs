//! The messages that were taken, for whoever asks for them later.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::super::mailbox::Letter;
use crate::limits::TWIN_MESSAGES;
use crate::units::Moment;

/// Messages by number, and each conversation's. Of too many the oldest are forgotten.
#[derive(Debug, Default)]
pub(super) struct Store {
    messages: BTreeMap<u64, Kept>,
    rooms: BTreeMap<Arc<str>, BTreeSet<u64>>,
}

/// A message that was taken.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    /// The conversation, as a resource.
    pub(super) room: Arc<str>,
    /// The message to which it replies.
    pub(super) reply_to: Option<Box<str>>,
    pub(super) sender: Arc<str>,
    pub(super) letter: Arc<Letter>,
    pub(super) html: bool,
    pub(super) at: Moment,
}

impl Store {
    /// A conversation's name, shared by its messages.
    pub(super) fn room(&self, resource: &str) -> Arc<str> {
        self.rooms.get_key_value(resource).map_or_else(|| resource.into(), |(room, _)| Arc::clone(room))
    }

    pub(super) fn keep(&mut self, number: u64, message: Kept) {
        self.rooms.entry(Arc::clone(&message.room)).or_default().insert(number);
        self.messages.insert(number, message);
        if self.messages.len() > TWIN_MESSAGES
            && let Some((number, oldest)) = self.messages.pop_first()
            && let Some(room) = self.rooms.get_mut(&oldest.room)
        {
            room.remove(&number);
            if room.is_empty() {
                self.rooms.remove(&oldest.room);
            }
        }
    }

    /// A message of a conversation.
    pub(super) fn get(&self, room: &str, number: u64) -> Option<&Kept> {
        self.messages.get(&number).filter(|message| &*message.room == room)
    }

    /// Whether a message begins a thread of a conversation: others can reply to it, and not to replies.
    pub(super) fn begins(&self, room: &str, number: u64) -> bool {
        self.get(room, number).is_some_and(|message| message.reply_to.is_none())
    }

    /// At most so many messages of a conversation, latest first, before that number; and whether there are older ones. Replies are
    /// listed with the message to which they reply, and with nothing else.
    pub(super) fn list(
        &self,
        room: &str,
        reply_to: Option<&str>,
        before: u64,
        most: usize,
    ) -> (Vec<(u64, &Kept)>, bool) {
        let numbers = self.rooms.get(room).into_iter().flat_map(|room| room.range(..before).rev());
        let messages = numbers.filter_map(|number| Some((*number, self.messages.get(number)?)));
        let mut found: Vec<_> =
            messages.filter(|(_, message)| message.reply_to.as_deref() == reply_to).take(most + 1).collect();
        let more = found.len() > most;
        found.truncate(most);
        (found, more)
    }
}
