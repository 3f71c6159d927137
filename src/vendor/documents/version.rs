//! Versions: how many changes of each store one knows. Of two versions one knows the other, or neither does, and then they conflict:
//! version vectors (Parker and others, "Detection of Mutual Inconsistency in Distributed Systems", 1983).

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::NAME;

/// The most changes of one store that a version may tell of: what JSON's numbers hold exactly.
const CHANGES: u64 = 1 << 53;

/// The most stores that a version may tell of.
const STORES: usize = 64;

/// A version of a document.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Version(BTreeMap<String, u64>);

impl Version {
    /// The version after one more change at a store.
    #[must_use]
    pub fn after(&self, store: &str) -> Self {
        let mut next = self.clone();
        *next.0.entry(store.to_owned()).or_default() += 1;
        next
    }

    /// Whether it knows every change that the other one knows.
    pub fn knows(&self, other: &Self) -> bool {
        other.0.iter().all(|(store, changes)| self.0.get(store).is_some_and(|own| own >= changes))
    }

    /// The version that knows what either knows.
    #[must_use]
    pub fn with(&self, other: &Self) -> Self {
        let mut both = self.clone();
        for (store, changes) in &other.0 {
            let own = both.0.entry(store.clone()).or_default();
            *own = (*own).max(*changes);
        }
        both
    }

    /// Whether it is one that a store could have made.
    pub fn is_sound(&self) -> bool {
        self.0.len() <= STORES && self.0.iter().all(|(store, changes)| is_store(store) && *changes < CHANGES)
    }
}

/// Whether it could be a store's name. Names stand in entity tags.
pub(super) fn is_store(name: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    !name.is_empty() && name.len() <= NAME && name.chars().all(fits)
}

/// As it stands in an entity tag: `hq=3;mainland=1`, and `0` if nothing was ever changed.
impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("0");
        }
        for (number, (store, changes)) in self.0.iter().enumerate() {
            let between = if number == 0 { "" } else { ";" };
            write!(f, "{between}{store}={changes}")?;
        }
        Ok(())
    }
}

/// The strong entity tags of a list, without their quotes; weak ones never match (RFC 9110 §13.1.1). `None` if it is no such list.
pub(super) fn tags(list: &str) -> Option<Vec<String>> {
    let mut strong = Vec::new();
    let mut rest = list.trim();
    loop {
        let (weak, quoted) = rest.strip_prefix("W/").map_or((false, rest), |rest| (true, rest));
        let (tag, after) = quoted.strip_prefix('"')?.split_once('"')?;
        if !weak {
            strong.push(tag.to_owned());
        }
        rest = after.trim_start();
        if rest.is_empty() {
            return Some(strong);
        }
        rest = rest.strip_prefix(',')?.trim_start();
    }
}
