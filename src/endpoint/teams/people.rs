//! What an administrator, or too many wrong passwords, did to people.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::units::{Moment, Span};

/// People to whom something was done, by name.
#[derive(Debug, Default)]
pub(super) struct People(Mutex<BTreeMap<Box<str>, Person>>);

#[derive(Debug, Default)]
struct Person {
    disabled: Option<Moment>,
    /// When he was signed out everywhere, and that moment's number: what was given under a lower one is not good any more. Moments alone
    /// would not do: in virtual time he can sign in again at the very same.
    signed_out: Option<(Moment, u64)>,
    /// Wrong passwords in a row.
    wrong: u32,
    locked_until: Moment,
}

impl People {
    pub(super) fn enable(&self, user: &str, enabled: bool, now: Moment) {
        let mut people = self.lock();
        let person = people.entry(user.into()).or_default();
        person.disabled = if enabled { None } else { person.disabled.or(Some(now)) };
    }

    pub(super) fn is_disabled(&self, user: &str) -> bool {
        self.lock().get(user).is_some_and(|person| person.disabled.is_some())
    }

    pub(super) fn sign_out(&self, user: &str, now: Moment, number: u64) {
        self.lock().entry(user.into()).or_default().signed_out = Some((now, number));
    }

    /// Whether what was given to him under this number was taken back since.
    pub(super) fn is_revoked(&self, user: &str, given: u64) -> bool {
        self.lock().get(user).is_some_and(|person| person.signed_out.is_some_and(|(_, number)| given < number))
    }

    /// Since when a token that was given under this number should not be good any more.
    pub(super) fn shut_out_since(&self, user: &str, given: u64) -> Option<Moment> {
        let people = self.lock();
        let person = people.get(user)?;
        let signed_out = person.signed_out.filter(|(_, number)| given < *number).map(|(at, _)| at);
        person.disabled.into_iter().chain(signed_out).min()
    }

    /// A wrong password; the last of too many locks the account.
    pub(super) fn wrong_password(&self, user: &str, (most, span): (u32, Span), now: Moment) {
        let mut people = self.lock();
        let person = people.entry(user.into()).or_default();
        person.wrong += 1;
        if person.wrong >= most {
            (person.wrong, person.locked_until) = (0, now + span);
        }
    }

    pub(super) fn right_password(&self, user: &str) {
        if let Some(person) = self.lock().get_mut(user) {
            person.wrong = 0;
        }
    }

    pub(super) fn is_locked(&self, user: &str, now: Moment) -> bool {
        self.lock().get(user).is_some_and(|person| now < person.locked_until)
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Box<str>, Person>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: u64) -> Moment {
        Moment::ZERO + Span::from_secs(secs)
    }

    #[test]
    fn what_was_given_before_is_taken_back_and_what_is_given_after_is_good() {
        let people = People::default();
        people.sign_out("anna", at(10), 7);
        assert!(people.is_revoked("anna", 6) && !people.is_revoked("anna", 8) && !people.is_revoked("bert", 1));
        assert_eq!((people.shut_out_since("anna", 6), people.shut_out_since("anna", 8)), (Some(at(10)), None));
        people.enable("anna", false, at(20));
        assert_eq!(people.shut_out_since("anna", 8), Some(at(20)));
        people.enable("anna", true, at(30));
        assert!(!people.is_disabled("anna"));
    }

    #[test]
    fn an_account_is_locked_for_a_while() {
        let people = People::default();
        let lockout = (3, Span::from_secs(60));
        for second in 0..2 {
            people.wrong_password("anna", lockout, at(second));
        }
        people.right_password("anna");
        for second in 0..3 {
            assert!(!people.is_locked("anna", at(second)));
            people.wrong_password("anna", lockout, at(second));
        }
        assert!(people.is_locked("anna", at(61)) && !people.is_locked("anna", at(62)));
    }
}
