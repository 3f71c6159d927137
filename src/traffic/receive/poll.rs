//! Polls: a recipient asks a service by scenario what has come, again and again.
//!
//! An answer may list everything that ever came. What is in it more often than before has come since; what was there before the drill began
//! was looked at then and is nobody's receipt.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

use hyper::StatusCode;

use super::{Receiver, backoff};
use crate::control::Trouble;
use crate::limits::{EMPTY_ANSWERS, RECEIVER_PATIENCE};
use crate::plan::{EndpointKind, Found, Receipts, Service};
use crate::units::{Moment, Span};
use crate::vendor::http::{self, Heard, Polled};

/// A recipient who asks.
pub(in crate::traffic) struct Polls {
    receiver: Receiver,
    every: Span,
    /// What the last answer said that the next question is to name.
    after: String,
    /// How often each message was in an answer, at most.
    had: BTreeMap<Heard, usize>,
    /// How many answers had nothing in them since the service has taken a message.
    empty: u32,
}

impl Polls {
    /// `None` if nobody asks at this endpoint.
    pub(super) fn new(receiver: Receiver) -> Option<Self> {
        let plan = &receiver.stage.scene.plan;
        let Receipts::Poll { every } = plan.endpoints[receiver.whom.1.index()].receipts else { return None };
        Some(Self { receiver, every, after: String::new(), had: BTreeMap::new(), empty: 0 })
    }

    /// Looks at what was there before the drill began. If there is no answer, nothing was.
    pub(super) async fn look(&mut self) {
        let _ = self.ask().await;
    }

    /// Asks for ever. It does not ask too often after a service that does not answer.
    pub(super) async fn run(mut self) {
        let mut silent_since: Option<Moment> = None;
        loop {
            let clock = self.receiver.clock();
            let pause = silent_since.map_or(Span::ZERO, |since| backoff(clock.now().since(since)));
            clock.sleep(self.every.max(pause)).await;
            match self.ask().await {
                Some(fresh) => {
                    silent_since = None;
                    for one in &fresh {
                        self.take(one);
                    }
                }
                None => silent_since = silent_since.or(Some(self.receiver.clock().now())),
            }
        }
    }

    /// What has come since the last answer; `None` if there is no answer.
    async fn ask(&mut self) -> Option<Vec<Heard>> {
        let (status, body) = self.answer().await?;
        let polled = http::polled(self.service()?, status, &body);
        self.warn(status, polled.as_ref().ok());
        let Polled { messages, next } = polled.ok()?;
        if let Some(next) = next {
            self.after = next;
        }
        if self.service()?.poll.as_ref()?.next.is_some() {
            // The service itself tells what is new.
            return Some(messages);
        }
        let mut now: BTreeMap<Heard, usize> = BTreeMap::new();
        let mut fresh = Vec::new();
        for message in messages {
            let count = now.entry(message.clone()).or_default();
            *count += 1;
            let had = self.had.entry(message.clone()).or_default();
            if *count > *had {
                *had = *count;
                fresh.push(message);
            }
        }
        Some(fresh)
    }

    /// Warns of a service that does not answer as the scenario says, at most once of each: of one that is real, that never has, and that
    /// nothing is done to.
    fn warn(&mut self, status: StatusCode, polled: Option<&Polled>) {
        let stage = &self.receiver.stage;
        let (scene, id) = (&stage.scene, self.receiver.whom.1);
        let part = &scene.plan.endpoints[id.index()];
        if part.url.is_none() || !scene.board.snapshot().faults.is_empty() {
            return;
        }
        let (name, troubles, status) = (&part.name, &scene.troubles, status.as_u16());
        let Some(polled) = polled else {
            if troubles.is_first(id, Trouble::Unanswered) {
                tracing::warn!(
                    "no poll at `{name}` has been answered as it has to be ({status}); is its `path` right?"
                );
            }
            return;
        };
        troubles.none(id, Trouble::Unanswered);
        if !polled.messages.is_empty() {
            return troubles.none(id, Trouble::Unmatched);
        }
        self.empty += u32::from(stage.has_taken[id.index()].load(Ordering::Relaxed));
        if self.empty >= EMPTY_ANSWERS && troubles.is_first(id, Trouble::Unmatched) {
            let found = self.service().and_then(|service| service.poll.as_ref()).map(|poll| &poll.found);
            let key = if matches!(found, Some(Found::Ids(_))) { "ids" } else { "texts" };
            tracing::warn!(
                "`{key}` of the poll at `{name}` has matched nothing in {EMPTY_ANSWERS} answers, though it has taken messages; \
                 is it the right place in the answer?"
            );
        }
    }

    async fn answer(&self) -> Option<(StatusCode, hyper::body::Bytes)> {
        let client = &self.receiver.client;
        let request = http::poll_request(self.service()?, client.identity(), &self.after)?;
        client.say(request, self.receiver.clock().now() + RECEIVER_PATIENCE).await
    }

    fn service(&self) -> Option<&Service> {
        match self.receiver.client.kind() {
            EndpointKind::Http(service) => Some(service),
            _ => None,
        }
    }

    fn take(&self, heard: &Heard) {
        match heard {
            Heard::Text(text) => self.receiver.take(text),
            Heard::Known(message) => self.receiver.take_known(*message),
        }
    }
}
