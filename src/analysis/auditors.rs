//! Which hits fell on auditors: on connections on which entries of an audit trail came.

use std::collections::{BTreeMap, BTreeSet};

use crate::journal::{Audited, Hit};
use crate::limits::CONNECTIONS_KNOWN;
use crate::plan::Plan;
use crate::units::{InjectId, PhaseId};

/// The latest connections of auditors, and the latest hits on connections of nobody's account.
#[derive(Clone, Debug, Default)]
pub(super) struct Auditors {
    /// Whether any trail is read.
    read: bool,
    connections: BTreeSet<u64>,
    /// Units, by connection.
    hits: BTreeMap<u64, Vec<(InjectId, Option<PhaseId>, u64)>>,
}

impl Auditors {
    pub(super) fn new(plan: &Plan) -> Self {
        Self { read: plan.audits().next().is_some(), ..Self::default() }
    }

    /// An entry came.
    pub(super) fn entry(&mut self, audited: &Audited) {
        self.connections.insert(audited.connection);
        if self.connections.len() > CONNECTIONS_KNOWN {
            self.connections.pop_first();
        }
    }

    /// A fault bit.
    pub(super) fn hit(&mut self, plan: &Plan, hit: &Hit) {
        if !self.read || hit.account.is_some() {
            return;
        }
        let phase = plan.phase_at(hit.at).filter(|_| hit.at < plan.end());
        self.hits.entry(hit.connection).or_default().push((hit.inject, phase, u64::from(hit.units)));
        if self.hits.len() > CONNECTIONS_KNOWN {
            self.hits.pop_first();
        }
    }

    /// Units that an inject has hit.
    pub(super) fn hit_by(&self, inject: InjectId) -> u64 {
        self.units(|(by, ..)| *by == inject)
    }

    /// Units that were hit in a phase.
    pub(super) fn hit_in(&self, phase: PhaseId) -> u64 {
        self.units(|(_, at, _)| *at == Some(phase))
    }

    fn units(&self, counts: impl Fn(&&(InjectId, Option<PhaseId>, u64)) -> bool) -> u64 {
        let mine = self.hits.iter().filter(|(connection, _)| self.connections.contains(connection));
        mine.flat_map(|(_, hits)| hits).filter(counts).map(|(.., units)| units).sum()
    }
}
