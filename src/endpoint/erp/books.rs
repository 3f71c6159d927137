use std::collections::{BTreeMap, VecDeque};

use crate::limits::{TWIN_CALLERS, TWIN_RECORDS};
use crate::plan::{Applies, Dedupe, Erp};
use crate::vendor::erp::{Booking, Effect, No, Post};

/// What was taken and what came of it. Of too much the oldest is forgotten.
#[derive(Debug, Default)]
pub(super) struct Books {
    /// How many entries were forgotten.
    before: u64,
    entries: VecDeque<Booking>,
    /// The booking of each key that is still in the books.
    keys: BTreeMap<String, u64>,
    /// The latest state that each document was given; of too many documents the first by name is forgotten.
    latest: BTreeMap<String, u64>,
}

impl Books {
    /// Takes a webhook, and tells the number of its entry and what came of it. The number of one that is repeated is the first one's.
    pub(super) fn take(&mut self, Erp { dedupe, applies, .. }: Erp, post: &Post<'_>) -> Result<(u64, Effect), No> {
        let first = self.keys.get(post.key).copied().filter(|_| dedupe == Dedupe::Key);
        let is_earlier = self.latest.get(&*post.document).is_some_and(|latest| post.state < *latest);
        let effect = match (first, applies) {
            (Some(_), _) => Effect::Repeated,
            (None, Applies::InOrder) if is_earlier => return Err(No::OutOfOrder),
            (None, Applies::Latest) if is_earlier => Effect::Superseded,
            (None, _) => Effect::Booked,
        };
        let number = self.enter(post, effect);
        if effect == Effect::Booked {
            self.keys.entry(post.key.to_owned()).or_insert(number);
            // Where an earlier state has overwritten a later one, the document has the earlier.
            self.latest.insert(post.document.clone().into_owned(), post.state);
            if self.latest.len() > TWIN_CALLERS {
                self.latest.pop_first();
            }
        }
        Ok((first.unwrap_or(number), effect))
    }

    fn enter(&mut self, post: &Post<'_>, effect: Effect) -> u64 {
        let number = self.before + self.entries.len() as u64 + 1;
        self.entries.push_back(Booking {
            booking: number,
            key: post.key.to_owned(),
            document: post.document.clone().into_owned(),
            state: post.state,
            to: post.to.iter().map(|to| to.clone().into_owned()).collect(),
            text: post.text.clone().into_owned(),
            effect,
        });
        if self.entries.len() > TWIN_RECORDS
            && let Some(oldest) = self.entries.pop_front()
        {
            self.before += 1;
            if self.keys.get(&oldest.key) == Some(&oldest.booking) {
                self.keys.remove(&oldest.key);
            }
        }
        number
    }

    /// The entries after a number that are still in the books.
    pub(super) fn after(&self, number: u64) -> impl Iterator<Item = &Booking> {
        let from = usize::try_from(number.saturating_sub(self.before)).unwrap_or(usize::MAX);
        self.entries.iter().skip(from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn post(key: &str, state: u64) -> Post<'_> {
        Post { key, document: "order".into(), state, to: vec!["clerk".into()], text: "x".into() }
    }

    /// The second state, the first, the second once more.
    fn taken(dedupe: Dedupe, applies: Applies) -> Vec<Result<(u64, Effect), No>> {
        let mut books = Books::default();
        let erp = Erp { dedupe, applies, rate_limit: None };
        [("b", 2), ("a", 1), ("b", 2)].map(|(key, state)| books.take(erp, &post(key, state))).into()
    }

    #[test]
    fn what_was_taken_is_known_by_its_key_and_by_nothing_else() {
        use Effect::{Booked, Repeated, Superseded};
        assert_eq!(taken(Dedupe::Key, Applies::AnyOrder), [Ok((1, Booked)), Ok((2, Booked)), Ok((1, Repeated))]);
        assert_eq!(taken(Dedupe::None, Applies::AnyOrder), [Ok((1, Booked)), Ok((2, Booked)), Ok((3, Booked))]);
        assert_eq!(taken(Dedupe::Key, Applies::Latest), [Ok((1, Booked)), Ok((2, Superseded)), Ok((1, Repeated))]);
        assert_eq!(taken(Dedupe::Key, Applies::InOrder), [Ok((1, Booked)), Err(No::OutOfOrder), Ok((1, Repeated))]);
        // The same state again is no earlier one.
        assert_eq!(taken(Dedupe::None, Applies::InOrder), [Ok((1, Booked)), Err(No::OutOfOrder), Ok((2, Booked))]);
    }

    #[test]
    fn of_too_many_entries_the_oldest_are_forgotten_with_their_keys() {
        let mut books = Books::default();
        let most = TWIN_RECORDS as u64;
        for state in 0..=most {
            books.take(Erp::USUAL, &post(&state.to_string(), state)).expect("taken");
        }
        assert_eq!(books.after(0).next().map(|entry| entry.booking), Some(2));
        assert_eq!(books.after(most).map(|entry| entry.booking).collect::<Vec<_>>(), [most + 1]);
        assert_eq!(books.after(u64::MAX).count(), 0);
        assert_eq!(books.keys.len(), TWIN_RECORDS);
        assert_eq!(books.take(Erp::USUAL, &post("0", most + 1)), Ok((most + 2, Effect::Booked)), "long forgotten");
    }
}
