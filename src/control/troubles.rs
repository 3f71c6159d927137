use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::limits::UNREACHED;
use crate::units::EndpointId;

/// What is wrong with services that are dialled by their `url`, for whoever cannot hear of it on the wire: a path that does not reach an
/// endpoint can only break off. Cheap to clone: every clone is the same.
#[derive(Clone, Debug, Default)]
pub struct Troubles(Arc<Mutex<Found>>);

#[derive(Debug, Default)]
struct Found {
    /// Why connections led nowhere that nobody has asked about yet, by their numbers.
    unreached: BTreeMap<u64, &'static str>,
    /// What somebody was told of.
    told: BTreeSet<(EndpointId, Trouble)>,
}

/// What can be wrong with a service from the beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Trouble {
    /// It is not there.
    Unreached,
    /// It does not answer those who ask what has come.
    Unanswered,
    /// What has come is not found in its answers.
    Unmatched,
}

impl Troubles {
    /// A client's connection could not be continued to its endpoint.
    pub fn unreached(&self, connection: u64, why: &'static str) {
        let mut found = self.found();
        found.unreached.insert(connection, why);
        if found.unreached.len() > UNREACHED {
            found.unreached.pop_first();
        }
    }

    /// Why a connection could not be continued, if it could not. It is told once.
    pub fn why(&self, connection: u64) -> Option<&'static str> {
        self.found().unreached.remove(&connection)
    }

    /// Whether it is the first time at this endpoint: then somebody is to be told.
    pub fn is_first(&self, endpoint: EndpointId, trouble: Trouble) -> bool {
        self.found().told.insert((endpoint, trouble))
    }

    /// It is known that there is no such trouble: what comes later is another.
    pub fn none(&self, endpoint: EndpointId, trouble: Trouble) {
        self.is_first(endpoint, trouble);
    }

    fn found(&self) -> MutexGuard<'_, Found> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
