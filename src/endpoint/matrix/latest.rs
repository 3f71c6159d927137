//! What was sent lately, by what tells it from everything else.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use crate::limits::TWIN_MESSAGES;

/// The numbers of the latest messages by their transactions, and no more of them than [`TWIN_MESSAGES`].
#[derive(Debug, Default)]
pub(super) struct Latest {
    numbers: BTreeMap<Arc<str>, u64>,
    order: VecDeque<Arc<str>>,
}

impl Latest {
    /// The number of this transaction, if it was seen.
    pub(super) fn get(&self, transaction: &str) -> Option<u64> {
        self.numbers.get(transaction).copied()
    }

    /// Remembers one that was not seen.
    pub(super) fn insert(&mut self, transaction: &str, number: u64) {
        let transaction: Arc<str> = transaction.into();
        self.numbers.insert(Arc::clone(&transaction), number);
        self.order.push_back(transaction);
        if self.order.len() > TWIN_MESSAGES
            && let Some(oldest) = self.order.pop_front()
        {
            self.numbers.remove(&oldest);
        }
    }
}
