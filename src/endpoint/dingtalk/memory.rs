//! What a twin remembers, within bounds: records to be asked about later, keys that make two requests one, and bans.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::limits::TWIN_RECORDS;
use crate::units::{Moment, Span};

/// Records by the number of the answer that made them; the oldest are forgotten.
#[derive(Debug)]
pub(super) struct Records<T>(Mutex<ByNumber<T>>);

/// Numbers come nearly in order: a queue takes half of what a tree does, whose nodes would stay half empty.
#[derive(Debug)]
pub(super) struct ByNumber<T>(VecDeque<(u64, T)>);

impl<T> Default for Records<T> {
    fn default() -> Self {
        Self(Mutex::new(ByNumber(VecDeque::new())))
    }
}

impl<T> Records<T> {
    pub(super) fn add(&self, number: u64, record: T) {
        let mut records = self.all();
        if records.0.len() >= TWIN_RECORDS {
            records.0.pop_front();
        }
        let place = records.0.partition_point(|(other, _)| *other < number);
        records.0.insert(place, (number, record));
    }

    pub(super) fn all(&self) -> MutexGuard<'_, ByNumber<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> ByNumber<T> {
    pub(super) fn get(&self, number: u64) -> Option<&T> {
        self.place(number).and_then(|place| self.0.get(place)).map(|(_, record)| record)
    }

    pub(super) fn get_mut(&mut self, number: u64) -> Option<&mut T> {
        self.place(number).and_then(|place| self.0.get_mut(place)).map(|(_, record)| record)
    }

    /// In the order of their numbers.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u64, &T)> {
        self.0.iter().map(|(number, record)| (*number, record))
    }

    fn place(&self, number: u64) -> Option<usize> {
        self.0.binary_search_by_key(&number, |(other, _)| *other).ok()
    }
}

/// Requests that were made before, by a key that the client chose.
#[derive(Debug, Default)]
pub(super) struct Once(Mutex<Before>);

#[derive(Debug, Default)]
struct Before {
    /// Which answer a key was given, and when.
    answers: BTreeMap<String, (u64, Moment)>,
    oldest: VecDeque<String>,
}

impl Once {
    /// The number that was given to this key within `span`, or else `fresh`, which it has from now on; and whether it is fresh.
    ///
    /// # Errors
    /// That of `fresh`: whoever is refused has not used his key up.
    pub(super) fn number<E>(
        &self,
        key: String,
        span: Span,
        now: Moment,
        fresh: impl FnOnce() -> Result<u64, E>,
    ) -> Result<(u64, bool), E> {
        let mut before = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((number, at)) = before.answers.get(&key)
            && now.since(*at) < span
        {
            return Ok((*number, false));
        }
        let number = fresh()?;
        if before.answers.insert(key.clone(), (number, now)).is_none() {
            before.oldest.push_back(key);
        }
        if before.answers.len() > TWIN_RECORDS
            && let Some(oldest) = before.oldest.pop_front()
        {
            before.answers.remove(&oldest);
        }
        Ok((number, true))
    }
}

/// Who is not heard for a while.
#[derive(Debug, Default)]
pub(super) struct Bans(Mutex<BTreeMap<String, Moment>>);

impl Bans {
    /// How long somebody still is not heard.
    pub(super) fn left(&self, who: &str, now: Moment) -> Option<Span> {
        let mut bans = self.bans();
        let until = *bans.get(who)?;
        if now < until {
            return Some(until.since(now));
        }
        bans.remove(who);
        None
    }

    /// Somebody is not heard for `span` from now on.
    pub(super) fn ban(&self, who: &str, span: Span, now: Moment) {
        let mut bans = self.bans();
        bans.retain(|_, until| now < *until);
        bans.insert(who.to_owned(), now + span);
    }

    fn bans(&self) -> MutexGuard<'_, BTreeMap<String, Moment>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_good_for_a_while() {
        let (once, day) = (Once::default(), Span::from_secs(86_400));
        let at = |secs| Moment::ZERO + Span::from_secs(secs);
        let number = |key: &str, secs, fresh| once.number::<()>(key.into(), day, at(secs), || fresh);
        assert_eq!(number("a", 0, Ok(1)), Ok((1, true)));
        assert_eq!(number("a", 86_399, Ok(2)), Ok((1, false)));
        assert_eq!(number("b", 0, Err(())), Err(()));
        assert_eq!(number("b", 0, Ok(3)), Ok((3, true)), "a refusal does not use it up");
        assert_eq!(number("a", 86_400, Ok(4)), Ok((4, true)));
        assert_eq!(number("a", 86_401, Ok(5)), Ok((4, false)));
    }

    #[test]
    fn a_ban_ends() {
        let bans = Bans::default();
        let at = |secs| Moment::ZERO + Span::from_secs(secs);
        bans.ban("a", Span::from_secs(600), at(1));
        assert_eq!(bans.left("a", at(600)), Some(Span::from_secs(1)));
        assert_eq!(bans.left("b", at(600)), None);
        assert_eq!(bans.left("a", at(601)), None);
        (0..100_u64).for_each(|n| bans.ban(&n.to_string(), Span::from_secs(600), at(1_000 * n)));
        assert_eq!(bans.bans().len(), 1, "whose ban is over is forgotten, asked for or not");
    }

    #[test]
    fn the_oldest_are_forgotten() {
        let records = Records::default();
        (0..=TWIN_RECORDS as u64).for_each(|number| records.add(number, ()));
        let all = records.all();
        assert_eq!((all.iter().count(), all.get(0).is_some(), all.get(1).is_some()), (TWIN_RECORDS, false, true));
    }

    #[test]
    fn a_record_is_found_whenever_it_came() {
        let records = Records::default();
        for number in [5, 2, 9] {
            records.add(number, number);
        }
        let mut all = records.all();
        assert!([2, 5, 9].into_iter().all(|number| all.get(number) == Some(&number)) && all.get(3).is_none());
        *all.get_mut(5).unwrap() = 6;
        assert!(all.iter().eq([(2, &2), (5, &6), (9, &9)]));
    }
}
