//! Reading a map whose keys are fixed: it knows which were taken and reports the rest.

use super::cx::{Cx, short};
use super::diagnostic::Code;
use super::node::{Entry, Mark, Node, Value};
use super::{meant, spell};

/// A map while it is being read.
pub(super) struct Fields<'n> {
    /// What the map is, for messages: ``journey `order` ``.
    what: String,
    /// Where it starts, for what is missing.
    pub(super) at: Mark,
    entries: &'n [Entry],
    known: Vec<&'static str>,
    /// Keys that are read only to say in better words than ours why they have no place here: no hint leads to them.
    refused: Vec<&'static str>,
    /// Keys that were reported in better words than ours.
    forgiven: Vec<&'n str>,
    /// Keys that were needed and are not there, with what was said of them.
    missing: Vec<(&'static str, String)>,
}

/// What serves instead of a key that this version does not play.
fn instead(key: &str) -> Option<&'static str> {
    match key {
        "runbook" => Some("this version plays no runbook steps: `decide:` of a failover states how long people take"),
        "account" | "accounts" => {
            Some("name a group of one account (`count: 1`), or a part of a group with `share: 10%`")
        }
        _ => None,
    }
}

impl<'n> Fields<'n> {
    /// Starts to read `node`, which has to be a map. `at` is where to point when something is missing: usually its key.
    pub(super) fn of(cx: &mut Cx<'_>, node: &'n Node, what: impl Into<String>, at: Mark) -> Option<Self> {
        Self::such_as(cx, node, what, at, None)
    }

    /// The same, of a map for which something else is easily written.
    pub(super) fn such_as(
        cx: &mut Cx<'_>,
        node: &'n Node,
        what: impl Into<String>,
        at: Mark,
        example: Option<String>,
    ) -> Option<Self> {
        let what = what.into();
        let example = example.or_else(|| meant::as_a_map(&what));
        let entries = cx.map_such_as(node, &what, example)?;
        Some(Self {
            what,
            at,
            entries,
            known: Vec::new(),
            refused: Vec::new(),
            forgiven: Vec::new(),
            missing: Vec::new(),
        })
    }

    fn know(&mut self, key: &'static str) {
        if !self.known.contains(&key) {
            self.known.push(key);
        }
    }

    /// The entry of `key`; a null is as good as absent.
    pub(super) fn entry(&mut self, key: &'static str) -> Option<&'n Entry> {
        self.know(key);
        let entry = self.entries.iter().find(|entry| entry.key == key)?;
        (!matches!(entry.value.value, Value::Null)).then_some(entry)
    }

    /// The value of `key`.
    pub(super) fn take(&mut self, key: &'static str) -> Option<&'n Node> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// The words under the singular or the plural of a key; either may hold one word or a list. `empty` reports a list of nothing.
    pub(super) fn words<T>(
        &mut self,
        cx: &mut Cx<'_>,
        (one, many): (&'static str, &'static str),
        empty: impl FnOnce(&mut Cx<'_>, &Entry),
        mut read: impl FnMut(&mut Cx<'_>, &str, Mark) -> Option<T>,
    ) -> Option<Vec<T>> {
        let (single, several) = (self.entry(one), self.entry(many));
        if let (Some(_), Some(second)) = (single, several) {
            return cx.error(
                Code::Conflict,
                second.at,
                format!("`{one}` and `{many}` say the same: write one of them"),
            );
        }
        let Some(entry) = single.or(several) else { return Some(Vec::new()) };
        let nodes = entry.value.items();
        if nodes.is_empty() {
            empty(cx, entry);
            return None;
        }
        let word = |node: &Node| cx.word(node, one).and_then(|word| read(cx, word, node.at));
        let read: Vec<_> = nodes.iter().map(word).collect();
        read.into_iter().collect()
    }

    /// The value of `key` even if it is null, as in `partition:`.
    pub(super) fn take_any(&mut self, key: &'static str) -> Option<&'n Entry> {
        self.know(key);
        self.entries.iter().find(|entry| entry.key == key)
    }

    /// The entry of a key that has no place here, for whoever can say why.
    pub(super) fn refuse(&mut self, key: &'static str) -> Option<&'n Entry> {
        self.refused.push(key);
        self.entries.iter().find(|entry| entry.key == key)
    }

    /// The value of `key`, which has no default. `such_as` completes "write …".
    pub(super) fn need(&mut self, cx: &mut Cx<'_>, key: &'static str, such_as: &str) -> Option<&'n Node> {
        if let Some(node) = self.take(key) {
            return Some(node);
        }
        // A key that holds nothing is shown where it stands.
        let (at, message) = match self.entries.iter().find(|entry| entry.key == key) {
            Some(empty) => (empty.at, format!("`{key}` of {} holds nothing", self.what)),
            None => (self.at, format!("{} has no `{key}`", self.what)),
        };
        self.missing.push((key, message.clone()));
        cx.hinted(Code::Missing, at, message, format!("write for instance `{key}: {such_as}`"))
    }

    /// Keys of the language that this version does not play; whether one of them stands here.
    pub(super) fn not_yet(&mut self, cx: &mut Cx<'_>, keys: &[&'static str]) -> bool {
        let mut found = false;
        for key in keys {
            if let Some(entry) = self.refuse(key) {
                let what = format!("`{key}` of {}", self.what);
                match instead(key) {
                    Some(instead) => cx.not_yet_but::<()>(entry.at, &what, instead),
                    None => cx.not_yet(entry.at, &what),
                };
                found = true;
            }
        }
        found
    }

    /// Keys that were not asked for so far.
    pub(super) fn others(&self) -> impl Iterator<Item = &'n Entry> {
        let asked = |entry: &Entry| self.known.iter().chain(&self.refused).any(|key| *key == entry.key);
        self.entries.iter().filter(move |entry| !asked(entry))
    }

    /// Says nothing more about a key.
    pub(super) fn forgive(&mut self, entry: &'n Entry) {
        self.forgiven.push(&entry.key);
    }

    /// Reports every key that was never asked for.
    pub(super) fn finish(self, cx: &mut Cx<'_>) {
        #[cfg(test)]
        cx.asked.push((self.what.clone(), self.known.clone()));
        for entry in self.others().filter(|entry| !self.forgiven.contains(&entry.key.as_str())) {
            if cx.found.is_full() {
                cx.found.omit();
                continue;
            }
            // A slip of the pen is one mistake: what it left missing is none of its own.
            let meant = self.missing.iter().find(|(key, _)| spell::meant(&entry.key, &[*key]).is_some());
            if let Some((_, said)) = meant {
                cx.found.withdraw(Code::Missing, said);
            }
            let message = format!("{} has no key `{}`", self.what, short(&entry.key));
            let hint = spell::hint(&entry.key, &self.known).or_else(|| meant::explained(&self.what));
            cx.hinted::<()>(Code::UnknownKey, entry.at, message, hint);
        }
    }
}
