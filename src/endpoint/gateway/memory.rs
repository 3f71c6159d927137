//! What a gateway remembers of the messages that it was given: nothing is taken twice.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use crate::limits::TWIN_MESSAGES;

/// The latest messages by their ids, and no more of them than [`TWIN_MESSAGES`].
#[derive(Default)]
pub(super) struct Memory {
    known: BTreeMap<Arc<str>, Known>,
    order: VecDeque<Arc<str>>,
}

/// How it stands with a message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Known {
    /// How many times it was sent on.
    pub(super) legs: u16,
    pub(super) stand: Stand,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Stand {
    /// Nobody has it for certain, and it may be sent on again.
    #[default]
    Open,
    /// It is just being sent on.
    UnderWay,
    /// It was taken, but for these users.
    Taken(Vec<String>),
}

impl Memory {
    /// A message, which is remembered from now on.
    pub(super) fn of(&mut self, id: &str) -> &mut Known {
        if !self.known.contains_key(id) {
            let id: Arc<str> = id.into();
            self.order.push_back(Arc::clone(&id));
            self.known.insert(id, Known::default());
            if self.order.len() > TWIN_MESSAGES
                && let Some(oldest) = self.order.pop_front()
            {
                self.known.remove(&oldest);
            }
        }
        self.known.entry(id.into()).or_default()
    }
}
