//! The keys that sign: which one does follows from the time alone.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::draw::Seed;
use crate::plan::Sso;
use crate::units::Moment;
use crate::vendor::sso::SigningKey;

/// The keys of a provider, numbered from one.
#[derive(Debug)]
pub(super) struct Keys {
    seed: Seed,
    sso: Sso,
    made: BTreeMap<u64, Arc<SigningKey>>,
}

impl Keys {
    pub(super) fn new(seed: Seed, sso: Sso) -> Self {
        Self { seed, sso, made: BTreeMap::new() }
    }

    /// The key that signs now.
    pub(super) fn signing(&mut self, now: Moment) -> Option<Arc<SigningKey>> {
        let number = self.present(now);
        self.made(number)
    }

    /// The keys that are published now, the present one first.
    pub(super) fn published(&mut self, now: Moment) -> Vec<Arc<SigningKey>> {
        let (first, last) = self.range(now);
        (first..=last).rev().filter_map(|number| self.made(number)).collect()
    }

    /// The key of this name, if it is still published.
    pub(super) fn named(&mut self, name: &str, now: Moment) -> Option<Arc<SigningKey>> {
        self.published(now).into_iter().find(|key| key.id() == name)
    }

    fn present(&self, now: Moment) -> u64 {
        let since = now.since(Moment::ZERO).nanos();
        1 + self.sso.rotate.map_or(0, |every| since / every.nanos().max(1))
    }

    fn range(&self, now: Moment) -> (u64, u64) {
        let last = self.present(now);
        (last.saturating_sub(u64::from(self.sso.keep.max(1)) - 1).max(1), last)
    }

    fn made(&mut self, number: u64) -> Option<Arc<SigningKey>> {
        if let Some(made) = self.made.get(&number) {
            return Some(Arc::clone(made));
        }
        let key = Arc::new(SigningKey::of(self.seed, number)?);
        self.made.insert(number, Arc::clone(&key));
        while self.made.len() > self.sso.keep.max(1) as usize {
            self.made.pop_first();
        }
        Some(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Span;

    #[test]
    fn so_many_keys_are_published_and_the_oldest_goes_when_a_new_one_comes() {
        let sso = Sso { rotate: Some(Span::from_secs(60)), keep: 2, ..Sso::default() };
        let mut keys = Keys::new(Seed(7), sso);
        let at = |secs| Moment::ZERO + Span::from_secs(secs);
        let mut names = |secs| keys.published(at(secs)).iter().map(|key| key.id().to_owned()).collect::<Vec<_>>();
        assert_eq!(names(0), ["fd-1"]);
        assert_eq!(names(59), ["fd-1"]);
        assert_eq!(names(60), ["fd-2", "fd-1"]);
        assert_eq!(names(125), ["fd-3", "fd-2"]);
        assert!(keys.named("fd-1", at(125)).is_none() && keys.named("fd-2", at(125)).is_some());
        let other = Keys::new(Seed(8), sso).signing(at(125)).expect("a key");
        let (same, mine) = (Keys::new(Seed(7), sso).signing(at(125)), keys.signing(at(125)).expect("a key"));
        assert_eq!(same.expect("a key").public(), mine.public(), "the same seed has the same keys");
        assert_ne!(other.public(), mine.public());
    }
}
