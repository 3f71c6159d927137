//! The addresses that are dialled for one connection, one after another, until they are written down.

use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::leg::Leg;
use crate::journal::{Dialled, Record, Tried, TriedEnd};
use crate::limits::TRIED_ADDRESSES;
use crate::units::Moment;
use crate::world::Clock;

/// The first [`TRIED_ADDRESSES`] of them.
pub(super) struct Tries {
    clock: Clock,
    tried: Mutex<Vec<Tried>>,
}

impl Tries {
    /// None yet.
    pub(super) fn new(clock: Clock) -> Self {
        Self { clock, tried: Mutex::default() }
    }

    fn tried(&self) -> MutexGuard<'_, Vec<Tried>> {
        self.tried.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An address is dialled.
    pub(super) fn begins(&self, address: SocketAddr) {
        let began = self.clock.now();
        let mut tried = self.tried();
        if tried.len() < TRIED_ADDRESSES {
            tried.push(Tried { address, began, ended: None, end: TriedEnd::Left });
        }
    }

    /// It is known how that has ended.
    pub(super) fn ends(&self, address: SocketAddr, end: TriedEnd) {
        let now = self.clock.now();
        let mut tried = self.tried();
        if let Some(tried) = tried.iter_mut().rev().find(|tried| tried.address == address && tried.ended.is_none()) {
            (tried.ended, tried.end) = (Some(now), end);
        }
    }

    /// All of them, in order. Those of the next connection begin anew.
    pub(super) fn take(&self) -> Box<[Tried]> {
        std::mem::take(&mut *self.tried()).into()
    }
}

/// One dialling of an endpoint by its name. Dropping it writes down what was tried, also if whoever asked has left meanwhile.
pub(super) struct ByName<'a> {
    leg: &'a Leg,
    host: &'a str,
    began: Moment,
    pub(super) tries: Tries,
}

impl<'a> ByName<'a> {
    /// It is dialled now, as `host:port`.
    pub(super) fn new(leg: &'a Leg, host: &'a str) -> Self {
        Self { leg, host, began: leg.now(), tries: Tries::new(leg.shared.at.world.clock.clone()) }
    }
}

impl Drop for ByName<'_> {
    fn drop(&mut self) {
        let &Self { leg, host, began, .. } = &*self;
        self.leg.shared.at.journal.append(Record::Dialled(Dialled {
            connection: leg.number(),
            endpoint: leg.to.endpoint,
            host: host.into(),
            began,
            ended: leg.now(),
            tried: self.tries.take(),
        }));
    }
}
