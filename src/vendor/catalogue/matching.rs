//! Which function a request asks for.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::Operation;
use crate::vendor::head::decode;

/// The functions, and the ways to find one.
pub(super) struct Catalogue {
    operations: Vec<Operation>,
    /// Those without an id in their path, by method and path.
    exact: BTreeMap<(&'static str, &'static str), usize>,
    /// The others.
    patterns: Vec<usize>,
}

impl Catalogue {
    pub(super) fn new(operations: Vec<Operation>) -> Self {
        let numbered = || operations.iter().enumerate();
        let has_id = |operation: &Operation| operation.call.path.contains('{');
        let exact = numbered().filter(|(_, operation)| !has_id(operation));
        let exact = exact.map(|(at, operation)| ((operation.call.method, operation.call.path), at)).collect();
        let patterns = numbered().filter(|(_, operation)| has_id(operation)).map(|(at, _)| at).collect();
        Self { operations, exact, patterns }
    }

    pub(super) fn operations(&self) -> &[Operation] {
        &self.operations
    }

    /// A path without an id goes before one that has it for an id: `users/search` is no user.
    pub(super) fn find(&self, method: &str, path: &str) -> Option<&Operation> {
        let plain = if path.contains('%') { Cow::Owned(decode(path)) } else { Cow::Borrowed(path) };
        if let Some(at) = self.exact.get(&(method, &*plain)) {
            return self.operations.get(*at);
        }
        let mut candidates = self.patterns.iter().filter_map(|at| self.operations.get(*at));
        candidates.find(|operation| operation.call.method == method && matches(operation.call.path, path))
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
