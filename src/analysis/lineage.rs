//! What of a document's changes is in which of its versions. Each version was made from one that its writer had read: a change is in every
//! version that goes back to one of its own.

use std::collections::{BTreeMap, BTreeSet};

use super::versions::Version;
use crate::units::{MessageId, Moment};

/// The changes of one document.
#[derive(Clone, Debug, Default)]
pub(super) struct Changes {
    /// Each version with the one that its writer had read; `None` if there was none, or nobody knows which.
    pub(super) bases: BTreeMap<Version, Option<Version>>,
    /// When each of those that were acknowledged was.
    pub(super) acknowledged: BTreeMap<MessageId, Moment>,
    /// What is there in the end, at whatever store, conflicting copies included.
    pub(super) ends: BTreeSet<Version>,
}

/// Which version goes back to which.
#[derive(Debug)]
pub(super) struct Lineage {
    /// Versions that go back to each other are one. That is never so, but moments may be the same.
    nodes: BTreeMap<Version, usize>,
    bases: Vec<Option<usize>>,
    /// When a walk over everything that goes back to a node came to it, and when it left.
    walked: Vec<(u32, u32)>,
    /// The acknowledged changes that are there in the end, the earliest first.
    survivors: Vec<Survivor>,
    /// The acknowledged changes that are not.
    lost: Vec<MessageId>,
    /// For each version the first of the survivors that is not in it, once that was asked for.
    missing: Vec<Option<usize>>,
}

/// A change that was acknowledged at a moment, and its versions.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Survivor {
    at: Moment,
    nodes: Vec<usize>,
}

impl Lineage {
    pub(super) fn new(changes: &Changes) -> Self {
        let (nodes, bases) = joined(&changes.bases);
        let walked = walked(&bases);
        let mut survives = vec![false; bases.len()];
        for end in changes.ends.iter().filter_map(|end| nodes.get(end)) {
            let mut at = Some(*end);
            while let Some(node) = at.filter(|node| !survives[*node]) {
                survives[node] = true;
                at = bases[node];
            }
        }
        let (mut survivors, mut lost) = (Vec::new(), Vec::new());
        for (message, at) in &changes.acknowledged {
            let version = |number| Version { message: *message, number };
            let own: Vec<usize> = nodes.range(version(0)..=version(usize::MAX)).map(|(_, node)| *node).collect();
            if own.iter().any(|node| survives[*node]) {
                survivors.push(Survivor { at: *at, nodes: own });
            } else {
                lost.push(*message);
            }
        }
        survivors.sort_unstable();
        let missing = vec![None; bases.len()];
        Self { nodes, bases, walked, survivors, lost, missing }
    }

    /// The acknowledged changes that are in nothing that is there in the end.
    pub(super) fn lost(&self) -> &[MessageId] {
        &self.lost
    }

    /// When the earliest of the changes was acknowledged that are there in the end and in none of these versions.
    pub(super) fn oldest_missing(&mut self, versions: impl IntoIterator<Item = Version>) -> Option<Moment> {
        let found: Vec<usize> = versions.into_iter().filter_map(|version| self.nodes.get(&version).copied()).collect();
        let from = found.iter().map(|node| self.first_missing(*node)).max().unwrap_or(0);
        let is_in = |one: &Survivor| found.iter().any(|node| self.has(*node, one));
        self.survivors[from..].iter().find(|one| !is_in(one)).map(|one| one.at)
    }

    /// Whether a change is in a version.
    fn has(&self, version: usize, change: &Survivor) -> bool {
        change.nodes.iter().any(|node| self.goes_back(version, *node))
    }

    /// Whether a version goes back to another one, or is it.
    fn goes_back(&self, version: usize, to: usize) -> bool {
        let ((came, _), (first, last)) = (self.walked[version], self.walked[to]);
        (first..last).contains(&came)
    }

    /// The position of the first survivor that is not in a version: not before that of the version that it was made from.
    fn first_missing(&mut self, version: usize) -> usize {
        let mut way = Vec::new();
        let mut at = Some(version);
        let mut from = 0;
        while let Some(node) = at {
            if let Some(known) = self.missing[node] {
                from = known;
                break;
            }
            way.push(node);
            at = self.bases[node];
        }
        for node in way.into_iter().rev() {
            from += self.survivors[from..].iter().take_while(|one| self.has(node, one)).count();
            self.missing[node] = Some(from);
        }
        from
    }
}

/// The versions as nodes of a forest, with what each was made from: those that go back to each other are one node.
fn joined(bases: &BTreeMap<Version, Option<Version>>) -> (BTreeMap<Version, usize>, Vec<Option<usize>>) {
    let mut nodes: BTreeMap<Version, usize> = bases.keys().enumerate().map(|(node, id)| (*id, node)).collect();
    let mut made_from: Vec<Option<usize>> =
        bases.values().map(|base| base.and_then(|base| nodes.get(&base).copied())).collect();
    let mut seen = vec![0_usize; made_from.len()];
    let mut instead: Vec<usize> = (0..made_from.len()).collect();
    for start in 0..made_from.len() {
        let mut at = Some(start);
        while let Some(node) = at.filter(|node| seen[*node] == 0) {
            seen[node] = start + 1;
            at = made_from[node];
        }
        // A walk that comes back to where it was itself has gone round.
        let Some(first) = at.filter(|node| seen[*node] == start + 1) else { continue };
        let mut node = first;
        while let Some(next) = made_from[node].filter(|next| *next != first) {
            instead[next] = first;
            node = next;
        }
        made_from[first] = None;
    }
    for node in nodes.values_mut() {
        *node = instead[*node];
    }
    let made_from = made_from.into_iter().map(|base| base.map(|base| instead[base])).collect();
    (nodes, made_from)
}

/// When a walk over a forest comes to each node, and when it leaves what goes back to it.
fn walked(bases: &[Option<usize>]) -> Vec<(u32, u32)> {
    let mut after: Vec<Vec<usize>> = vec![Vec::new(); bases.len()];
    let mut stack = Vec::new();
    for (node, base) in bases.iter().enumerate() {
        match base {
            Some(base) => after[*base].push(node),
            None => stack.push((node, false)),
        }
    }
    let mut walked = vec![(0, 0); bases.len()];
    let mut now = 0;
    while let Some((node, leaves)) = stack.pop() {
        if leaves {
            walked[node].1 = now;
            continue;
        }
        walked[node].0 = now;
        now += 1;
        stack.push((node, true));
        stack.extend(after[node].iter().map(|next| (*next, false)));
    }
    walked
}

#[cfg(test)]
mod tests;
