use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use crate::plan::Plan;

/// The values of a plan's variables. They are in memory while a drill plays, and nowhere else: not in plan, journal, log or `Debug`. Cheap
/// to clone.
#[derive(Clone, Default)]
pub struct Secrets(Arc<BTreeMap<String, String>>);

impl Secrets {
    /// Looks every variable of a plan up.
    ///
    /// # Errors
    /// The names of those that are not set, or empty.
    pub fn of(plan: &Plan, look_up: impl Fn(&str) -> Option<String>) -> Result<Self, Vec<String>> {
        let mut values = BTreeMap::new();
        let mut missing = Vec::new();
        for name in plan.variables() {
            match look_up(name).filter(|value| !value.is_empty()) {
                Some(value) => drop(values.insert(name.to_owned(), value)),
                None => missing.push(name.to_owned()),
            }
        }
        if missing.is_empty() { Ok(Self(Arc::new(values))) } else { Err(missing) }
    }

    /// Looks variables up, without those that are not set, or empty.
    pub fn known<'n>(names: impl Iterator<Item = &'n str>, look_up: impl Fn(&str) -> Option<String>) -> Self {
        let found = names.filter_map(|name| Some((name.to_owned(), look_up(name).filter(|value| !value.is_empty())?)));
        Self(Arc::new(found.collect()))
    }

    /// The bytes of the longest value.
    pub fn longest(&self) -> usize {
        self.0.values().map(String::len).max().unwrap_or(0)
    }

    /// The value of a variable; `None` if the plan has no such.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// A text from outside without any of the values in it: a service may quote what it refuses.
    pub fn scrub<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut scrubbed = Cow::Borrowed(text);
        // Of two of which one begins like the other, the longer: nothing of it may be left.
        let mut longest_first: Vec<_> = self.0.iter().collect();
        longest_first.sort_by_key(|(_, value)| std::cmp::Reverse(value.len()));
        for (name, value) in longest_first {
            if scrubbed.contains(value.as_str()) {
                scrubbed = Cow::Owned(scrubbed.replace(value.as_str(), &format!("${{{name}}}")));
            }
        }
        scrubbed
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::Secrets;

    #[test]
    fn values_are_not_shown() {
        let secrets = Secrets(std::sync::Arc::new([("KEY".to_owned(), "hunter2".to_owned())].into()));
        assert_eq!(secrets.value("KEY"), Some("hunter2"));
        assert_eq!(secrets.scrub("no app hunter2, hunter2"), "no app ${KEY}, ${KEY}");
        assert_eq!(secrets.scrub("nothing of it"), "nothing of it");
        assert_eq!(format!("{secrets:?}"), "{\"KEY\"}");
    }

    #[test]
    fn nothing_is_left_of_a_value_that_begins_like_another() {
        let (user, password) = (("A_USER".to_owned(), "bob".to_owned()), ("PASSWORD".to_owned(), "bob-7f3".to_owned()));
        let secrets = Secrets(std::sync::Arc::new([user, password].into()));
        assert_eq!(secrets.scrub("no bob with bob-7f3"), "no ${A_USER} with ${PASSWORD}");
    }
}
