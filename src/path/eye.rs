//! What is seen of one connection of a program that is not ours, exchange by exchange, until each is written down.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::leg::{About, Leg};
use super::sight::Streams;
use super::traffic::Meter;
use super::tries::Tries;
use super::ways::{Observer, cut};
use crate::journal::{Journal, Observed, ObservedEnd, Record};
use crate::units::InjectId;
use crate::world::Clock;

/// Looks at one connection. What is not over when it is dropped is written down as unfinished.
pub(super) struct Eye {
    pub(super) observer: Arc<Observer>,
    pub(super) journal: Journal,
    pub(super) clock: Clock,
    pub(super) meter: Arc<Meter>,
    /// The name that the program has given itself.
    user: Box<str>,
    /// The addresses that are dialled for it.
    pub(super) tries: Tries,
    /// Its exchanges that go on beside each other, where HTTP/2 is spoken.
    pub(super) streams: Streams,
    /// What is the same of all its exchanges, and of the one that goes on.
    seen: Mutex<Seen>,
}

struct Seen {
    record: Observed,
    /// Whether something goes on.
    open: bool,
    /// Whether a fault has answered.
    refused: bool,
    /// The bytes of earlier exchanges, to the host and back to the program.
    before: (u64, u64),
}

impl Eye {
    /// For a connection for which a host was asked. `record` is what is known of it already.
    pub(super) fn new(
        (observer, journal, clock): (Arc<Observer>, Journal, Clock),
        meter: Arc<Meter>,
        record: Observed,
    ) -> Self {
        let user = record.user.clone();
        let tries = Tries::new(clock.clone());
        let seen = Mutex::new(Seen { record, open: false, refused: false, before: (0, 0) });
        Self { observer, journal, clock, meter, user, tries, streams: Streams::default(), seen }
    }

    /// The name that the program has given itself; empty without one.
    pub(super) fn user(&self) -> &str {
        &self.user
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Something is asked for: a request, or a connection if the method is empty.
    fn begins(&self, method: &str, about: About) {
        let now = self.clock.now();
        let mut seen = self.seen();
        seen.open = true;
        seen.refused = false;
        let record = &mut seen.record;
        record.exchange = about.exchange;
        record.method = cut(method);
        (record.account, record.capability) = (about.account, about.capability);
        record.status = 0;
        (record.began, record.ready) = (now, None);
    }

    /// Its body has told more of what it is about.
    pub(super) fn is_about(&self, about: About) {
        let record = &mut self.seen().record;
        (record.account, record.capability) = (about.account, about.capability);
    }

    /// The connection stands.
    pub(super) fn stands(&self) {
        let now = self.clock.now();
        self.seen().record.ready.get_or_insert(now);
    }

    /// What it was for has begun: what follows is written down by itself.
    pub(super) fn is_followed(&self) {
        self.seen().open = false;
    }

    /// An answer has come, or a fault has made one.
    pub(super) fn answers(&self, status: u16, refused: bool) {
        self.stands();
        let mut seen = self.seen();
        seen.record.status = status;
        seen.refused = refused;
    }

    pub(super) fn dialled(&self, address: SocketAddr) {
        self.seen().record.address = Some(address);
    }

    /// What is the same of all its exchanges.
    pub(super) fn record(&self) -> Observed {
        self.seen().record.clone()
    }

    /// What has bitten, and is told of whatever comes next.
    pub(super) fn bites(&self) -> Vec<InjectId> {
        std::mem::take(&mut self.seen().record.injects)
    }

    /// A fault has bitten an exchange, or the connection, which has the number 0.
    pub(super) fn bitten(&self, exchange: u32, inject: InjectId) {
        if self.streams.bitten(exchange, inject) {
            return;
        }
        let injects = &mut self.seen().record.injects;
        if let Err(at) = injects.binary_search(&inject) {
            injects.insert(at, inject);
        }
    }

    /// An exchange is over: with an answer, if there was one.
    pub(super) fn exchanged(&self) {
        let end = {
            let seen = self.seen();
            match (seen.refused, seen.record.status) {
                (true, _) => ObservedEnd::Refused,
                // What could not be understood, or did not come in time.
                (false, 0) => ObservedEnd::Left,
                _ => ObservedEnd::Answered,
            }
        };
        self.ended(end);
    }

    /// A stream of bytes has ended, in order or not. A connection over which the program alone has spoken has not been answered.
    pub(super) fn streamed(&self, in_order: bool) {
        let (sent, received) = self.bytes();
        let unanswered = {
            let seen = self.seen();
            seen.record.exchange == 0 && sent > seen.before.0 && received == seen.before.1
        };
        self.ended(match (in_order, unanswered) {
            (false, _) => ObservedEnd::Broken,
            (true, true) => ObservedEnd::Left,
            (true, false) => ObservedEnd::Answered,
        });
    }

    /// Writes down what went on, if anything did.
    pub(super) fn ended(&self, end: ObservedEnd) {
        let (sent, received) = self.bytes();
        let now = self.clock.now();
        let mut seen = self.seen();
        if !std::mem::take(&mut seen.open) {
            return;
        }
        let before = std::mem::replace(&mut seen.before, (sent, received));
        let injects = std::mem::take(&mut seen.record.injects);
        let tried = self.tries.take();
        let (sent, received) = (sent.saturating_sub(before.0), received.saturating_sub(before.1));
        let record = Observed { sent, received, ended: now, end, injects, tried, ..seen.record.clone() };
        drop(seen);
        self.journal.append(Record::Observed(record));
    }

    /// What went on to the host by now, and back to the program.
    fn bytes(&self) -> (u64, u64) {
        let traffic = self.meter.traffic();
        (traffic.to_endpoint.written, traffic.from_endpoint.written)
    }
}

impl Drop for Eye {
    fn drop(&mut self) {
        self.ended(ObservedEnd::Unfinished);
    }
}

impl std::fmt::Debug for Eye {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Eye")
    }
}

impl Leg {
    /// Whether the way in takes one exchange or connection more.
    pub(super) fn takes(&self) -> bool {
        let takes = |eye: &Eye| eye.observer.takes(self.origin().address, &eye.journal, self.now());
        self.eye().is_none_or(takes)
    }

    /// A program asks for something: with a request of this method, or for a connection.
    pub(super) fn is_asked(&self, method: &str, about: About) {
        if let Some(eye) = self.eye() {
            eye.begins(method, about);
        }
    }

    /// What was asked for is followed by something else, which is written down by itself.
    pub(super) fn follows(&self) {
        if let Some(eye) = self.eye() {
            eye.is_followed();
        }
    }

    /// An answer has come, or a fault has made one.
    pub(super) fn answers(&self, status: u16, refused: bool) {
        if let Some(eye) = self.eye() {
            eye.answers(status, refused);
        }
    }

    /// Whatever streams are still open are over.
    pub(super) fn streams_are_over(&self, end: ObservedEnd) {
        if let Some(eye) = self.eye() {
            eye.streams.end(end);
        }
    }

    /// What was asked for is over.
    pub(super) fn is_over(&self, end: ObservedEnd) {
        if let Some(eye) = self.eye() {
            eye.ended(end);
        }
    }
}
