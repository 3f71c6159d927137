//! What was seen lately.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use crate::limits::SEEN;

/// The latest ids that were seen, and no more of them than [`SEEN`].
#[derive(Default)]
pub(super) struct Recent {
    ids: BTreeSet<Arc<str>>,
    /// In the order in which they came; some may be gone.
    order: VecDeque<Arc<str>>,
}

impl Recent {
    pub(super) fn has(&self, id: &str) -> bool {
        self.ids.contains(id)
    }

    pub(super) fn insert(&mut self, id: &str) {
        let id: Arc<str> = id.into();
        if self.ids.insert(Arc::clone(&id)) {
            self.order.push_back(id);
        }
        if self.order.len() > SEEN
            && let Some(oldest) = self.order.pop_front()
        {
            self.ids.remove(&oldest);
        }
    }

    /// Takes an id out, and says whether it was there.
    pub(super) fn remove(&mut self, id: &str) -> bool {
        self.ids.remove(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_are_remembered() {
        let mut recent = Recent::default();
        (0..=SEEN).for_each(|number| recent.insert(&number.to_string()));
        assert!(!recent.has("0") && recent.has("1") && recent.has(&SEEN.to_string()));
        assert!(recent.remove("1") && !recent.remove("1"));
    }
}
