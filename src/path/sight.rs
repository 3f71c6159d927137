//! What is seen of one stream among others, of a program that is not ours: an exchange of HTTP/2, until it is written down.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::eye::Eye;
use super::leg::About;
use super::ways::cut;
use crate::journal::{Observed, ObservedEnd, Record, Tried};
use crate::units::{InjectId, Moment};

/// The streams of one connection that are open.
#[derive(Default)]
pub(super) struct Streams(Mutex<Open>);

#[derive(Default)]
struct Open {
    /// What has bitten each, by its number.
    bitten: BTreeMap<u32, BTreeSet<InjectId>>,
    /// How those end that are open still.
    end: Option<ObservedEnd>,
}

impl Streams {
    fn open(&self) -> MutexGuard<'_, Open> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A fault has bitten a stream or, if it was the connection, all that are open; `false` if there is none.
    pub(super) fn bitten(&self, exchange: u32, inject: InjectId) -> bool {
        let mut open = self.open();
        let hit = open.bitten.iter_mut().filter(|(number, _)| exchange == 0 || **number == exchange);
        hit.map(|(_, injects)| injects.insert(inject)).count() > 0
    }

    /// The connection is over, and so is what is open.
    pub(super) fn end(&self, end: ObservedEnd) {
        self.open().end.get_or_insert(end);
    }
}

/// Looks at one stream. What is not over when it is dropped ends as its connection did.
pub(super) struct Sight<'a> {
    /// `None` if nobody looks.
    eye: Option<&'a Eye>,
    /// Bytes of its body that went on to the host …
    pub(super) sent: AtomicU64,
    /// … and back to the program.
    pub(super) received: AtomicU64,
    seen: Mutex<Seen>,
}

struct Seen {
    about: About,
    method: Box<str>,
    began: Moment,
    ready: Option<Moment>,
    status: u16,
    /// Whether a fault has answered.
    refused: bool,
    end: Option<ObservedEnd>,
    /// The addresses that were dialled for it.
    tried: Vec<Tried>,
}

impl<'a> Sight<'a> {
    /// A stream begins, with a request of this method.
    pub(super) fn new(eye: Option<&'a Eye>, about: About, method: &str) -> Self {
        if let Some(eye) = eye {
            // What has bitten the connection before it is told of the first that comes.
            let bitten = eye.bites().into_iter().collect();
            eye.streams.open().bitten.insert(about.exchange, bitten);
        }
        let (method, began) = eye.map_or_else(Default::default, |eye| (cut(method), eye.clock.now()));
        // What was dialled before any stream began is told of the first that did.
        let tried = eye.map_or_else(Vec::new, |eye| eye.tries.take().into());
        let seen = Seen { about, method, began, ready: None, status: 0, refused: false, end: None, tried };
        Self { eye, sent: AtomicU64::new(0), received: AtomicU64::new(0), seen: Mutex::new(seen) }
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What was dialled since was dialled for this one.
    pub(super) fn has_dialled(&self) {
        if let Some(eye) = self.eye {
            self.seen().tried.extend(eye.tries.take());
        }
    }

    /// Its body has told more of what it is about.
    pub(super) fn is_about(&self, about: About) {
        self.seen().about = about;
    }

    /// An answer has come, or a fault has made one.
    pub(super) fn answers(&self, status: u16, refused: bool) {
        let now = self.eye.map(|eye| eye.clock.now());
        let mut seen = self.seen();
        seen.ready = seen.ready.or(now);
        (seen.status, seen.refused) = (status, refused);
    }

    /// It is over, with an answer.
    pub(super) fn answered(&self) {
        let mut seen = self.seen();
        seen.end = Some(if seen.refused { ObservedEnd::Refused } else { ObservedEnd::Answered });
    }

    /// It is over, without one.
    pub(super) fn ends(&self, end: ObservedEnd) {
        self.seen().end = Some(end);
    }
}

impl Drop for Sight<'_> {
    fn drop(&mut self) {
        let Some(eye) = self.eye else { return };
        let seen = self.seen.get_mut().unwrap_or_else(PoisonError::into_inner);
        let Seen { about, began, ready, status, end, .. } = *seen;
        let (method, tried) = (std::mem::take(&mut seen.method), std::mem::take(&mut seen.tried));
        let (bitten, left) = {
            let mut open = eye.streams.open();
            (open.bitten.remove(&about.exchange), open.end)
        };
        eye.journal.append(Record::Observed(Observed {
            exchange: about.exchange,
            account: about.account,
            capability: about.capability,
            method,
            status,
            sent: self.sent.load(Ordering::Relaxed),
            received: self.received.load(Ordering::Relaxed),
            began,
            ready,
            ended: eye.clock.now(),
            end: end.or(left).unwrap_or(ObservedEnd::Unfinished),
            injects: bitten.into_iter().flatten().collect(),
            tried: tried.into(),
            ..eye.record()
        }));
    }
}
