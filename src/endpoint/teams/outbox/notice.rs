//! One notification, and the call that brings it.

use std::sync::Arc;

use super::Facts;
use crate::units::{Moment, Span};
use crate::vendor::teams::subscription::{self, Lifecycle, Subscription};

/// A notification that has not arrived yet.
pub(super) struct Notice {
    /// The number of the subscription.
    pub(super) subscription: u64,
    what: What,
    /// Since when it is tried.
    pub(super) since: Moment,
    /// How often it was.
    tries: u32,
}

/// What it tells of.
pub(super) enum What {
    /// A message.
    Created {
        /// The resource by which it is fetched.
        resource: Box<str>,
        /// Its id.
        id: Box<str>,
    },
    /// The subscription itself, which may be gone by now.
    News(Arc<Facts>, Lifecycle),
}

/// A call that brings a notification.
pub(in super::super::super) struct Call {
    /// Whom to call.
    pub(in super::super::super) url: String,
    /// What to bring.
    pub(in super::super::super) body: String,
    /// How long he may take.
    pub(in super::super::super) within: Span,
    pub(super) notice: Notice,
}

impl Notice {
    pub(super) fn new(subscription: u64, what: What, since: Moment) -> Self {
        Self { subscription, what, since, tries: 0 }
    }

    pub(super) fn of_itself(facts: Arc<Facts>, event: Lifecycle, since: Moment) -> Self {
        Self::new(facts.number, What::News(facts, event), since)
    }

    pub(super) fn is_news(&self) -> bool {
        matches!(self.what, What::News(..))
    }

    pub(super) fn is_missed(&self) -> bool {
        matches!(self.what, What::News(_, Lifecycle::Missed))
    }

    /// Counts a try that failed, and tells how long to wait for the next.
    pub(super) fn backoff(&mut self, first: Span, longest: Span) -> Span {
        let wait = first * (1_u64 << self.tries.min(32));
        self.tries += 1;
        wait.min(longest)
    }

    /// The call that brings it, by what its subscription is now.
    pub(super) fn call(self, facts: Option<&Facts>, within: Span) -> Option<Call> {
        let (url, body) = match &self.what {
            What::Created { resource, id } => {
                let facts = facts?;
                (facts.wish.url.clone(), subscription::notification(&shown(facts), resource, id))
            }
            What::News(facts, event) => {
                (facts.wish.lifecycle_url.clone()?, subscription::lifecycle(&shown(facts), *event))
            }
        };
        Some(Call { url, body, within, notice: self })
    }
}

/// A subscription as it is told of.
pub(in super::super) fn shown(facts: &Facts) -> Subscription<'_> {
    Subscription { id: &facts.id, wish: &facts.wish, app: &facts.app, creator: &facts.creator }
}

/// The host and port of a URL.
pub(super) fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split(['/', '?']).next().unwrap_or_default()
}
