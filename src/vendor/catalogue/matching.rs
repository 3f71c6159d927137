//! Which function a request asks for.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::{Call, Operation};
use crate::vendor::head::decode;

/// The functions, and the ways to find one.
pub(super) struct Catalogue {
    operations: Vec<Operation>,
    /// By their calls on DingTalk.
    own: Index,
    /// By those that do the same on Teams.
    counterparts: Index,
}

/// Ways to find a function by its call.
struct Index {
    /// Calls without an id in their path, by method and path.
    exact: BTreeMap<(&'static str, &'static str), usize>,
    /// The others.
    patterns: Vec<(Call, usize)>,
}

impl Catalogue {
    pub(super) fn new(operations: Vec<Operation>) -> Self {
        let own = Index::new(operations.iter().map(|operation| Some(operation.call)));
        let counterparts = Index::new(operations.iter().map(|operation| operation.counterpart));
        Self { operations, own, counterparts }
    }

    pub(super) fn operations(&self) -> &[Operation] {
        &self.operations
    }

    /// The function that a request to DingTalk asks for.
    pub(super) fn find(&self, method: &str, path: &str) -> Option<&Operation> {
        self.operations.get(self.own.find(method, path)?)
    }

    /// A function that a request to Teams asks for: several may have the same counterpart.
    pub(super) fn find_counterpart(&self, method: &str, path: &str) -> Option<&Operation> {
        self.operations.get(self.counterparts.find(method, path)?)
    }
}

impl Index {
    /// Of each function's call, if it has one.
    fn new(calls: impl Iterator<Item = Option<Call>>) -> Self {
        let (mut exact, mut patterns) = (BTreeMap::new(), Vec::new());
        for (at, call) in calls.enumerate() {
            match call {
                Some(call) if call.path.contains('{') => patterns.push((call, at)),
                Some(call) => _ = exact.insert((call.method, call.path), at),
                None => {}
            }
        }
        Self { exact, patterns }
    }

    /// A path without an id goes before one that has it for an id: `users/search` is no user.
    fn find(&self, method: &str, path: &str) -> Option<usize> {
        let plain = if path.contains('%') { Cow::Owned(decode(path)) } else { Cow::Borrowed(path) };
        if let Some(at) = self.exact.get(&(method, &*plain)) {
            return Some(*at);
        }
        let found = self.patterns.iter().find(|(call, _)| call.method == method && matches(call.path, path));
        found.map(|(_, at)| *at)
    }
}

/// Whether `path` is what `pattern` stands for: segment by segment, and an id is never empty.
fn matches(pattern: &str, path: &str) -> bool {
    let mut asked = path.split('/');
    let same = pattern.split('/').all(|expected| {
        asked.next().is_some_and(|segment| match expected.starts_with('{') {
            true => !segment.is_empty(),
            false if segment.contains('%') => decode(segment) == expected,
            false => segment == expected,
        })
    });
    same && asked.next().is_none()
}
