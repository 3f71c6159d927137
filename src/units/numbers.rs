//! A set of numbers that mostly follow each other.

use std::collections::BTreeMap;

/// A set of numbers, kept by its runs: where many follow each other it is small, however many they are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Numbers {
    /// The first number of each run, and its last.
    runs: BTreeMap<u32, u32>,
}

impl Numbers {
    /// Whether it has a number.
    #[must_use]
    pub fn has(&self, number: u32) -> bool {
        self.runs.range(..=number).next_back().is_some_and(|(_, last)| number <= *last)
    }

    /// Adds a number, and says whether it was not there.
    pub fn insert(&mut self, number: u32) -> bool {
        if self.has(number) {
            return false;
        }
        let next = number.checked_add(1).and_then(|next| self.runs.remove(&next));
        let last = next.unwrap_or(number);
        let before = self.runs.range_mut(..number).next_back();
        match before.filter(|(_, end)| end.checked_add(1) == Some(number)) {
            Some((_, end)) => *end = last,
            None => {
                self.runs.insert(number, last);
            }
        }
        true
    }

    /// How many runs there are.
    #[must_use]
    pub fn runs(&self) -> usize {
        self.runs.len()
    }

    /// Forgets the run of the smallest numbers.
    pub fn forget_smallest(&mut self) {
        self.runs.pop_first();
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::Numbers;

    #[test]
    fn what_follows_each_other_is_one_run() {
        let mut numbers = Numbers::default();
        assert!([3, 1, 2, 0, u32::MAX].into_iter().all(|number| numbers.insert(number)));
        assert!(!numbers.insert(2));
        assert_eq!(numbers.runs(), 2);
        numbers.forget_smallest();
        assert!(!numbers.has(0) && !numbers.has(3) && numbers.has(u32::MAX));
    }

    proptest! {
        #[test]
        fn it_is_a_set(all in proptest::collection::vec(0_u32..60, 0..80)) {
            let (mut numbers, mut set) = (Numbers::default(), BTreeSet::new());
            for number in all {
                prop_assert_eq!(numbers.insert(number), set.insert(number));
            }
            prop_assert!((0..61).all(|number| numbers.has(number) == set.contains(&number)));
            let begins = set.iter().filter(|number| number.checked_sub(1).is_none_or(|before| !set.contains(&before)));
            prop_assert_eq!(numbers.runs(), begins.count());
        }
    }
}
