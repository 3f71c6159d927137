//! A set of numbers that mostly follow each other.

use std::collections::VecDeque;

/// A set of numbers, kept by its runs: where many follow each other it is small, however many they are. It is made for numbers that come
/// nearly in order: one that comes long after larger ones moves these.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Numbers {
    /// The first number of each run, and its last, in order; no two runs touch each other. Eight bytes a run, where a tree takes twenty.
    runs: VecDeque<(u32, u32)>,
}

impl Numbers {
    /// Whether it has a number.
    #[must_use]
    pub fn has(&self, number: u32) -> bool {
        self.before(number).is_some_and(|run| number <= self.runs[run].1)
    }

    /// Adds a number, and says whether it was not there.
    pub fn insert(&mut self, number: u32) -> bool {
        let before = self.before(number);
        if before.is_some_and(|run| number <= self.runs[run].1) {
            return false;
        }
        let next = before.map_or(0, |run| run + 1);
        let before = before.filter(|run| self.runs[*run].1.checked_add(1) == Some(number));
        let touches_next = self.runs.get(next).is_some_and(|(first, _)| number.checked_add(1) == Some(*first));
        match (before, touches_next) {
            (Some(run), true) => {
                if let Some((_, last)) = self.runs.remove(next) {
                    self.runs[run].1 = last;
                }
            }
            (Some(run), false) => self.runs[run].1 = number,
            (None, true) => self.runs[next].0 = number,
            (None, false) => self.runs.insert(next, (number, number)),
        }
        true
    }

    /// The last run that begins at or before a number.
    fn before(&self, number: u32) -> Option<usize> {
        self.runs.partition_point(|(first, _)| *first <= number).checked_sub(1)
    }

    /// How many runs there are.
    #[must_use]
    pub fn runs(&self) -> usize {
        self.runs.len()
    }

    /// Forgets the run of the smallest numbers.
    pub fn forget_smallest(&mut self) {
        self.runs.pop_front();
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
