//! What left a company and may not: the earliest one by one.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::dlp::Kind;
use crate::limits::CROSSINGS_TOLD;
use crate::plan::{Journey, Plan};
use crate::units::{AccountId, Moment, RouteId};

/// A message that leaked. Ordered by time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Leak {
    /// When the first of its recipients got it, or the platform took it.
    pub(super) at: Moment,
    pub(super) number: u32,
    pub(super) kind: Kind,
    pub(super) account: AccountId,
    /// By which way.
    pub(super) route: RouteId,
}

/// The earliest leaks of a journey.
#[derive(Clone, Debug, Default)]
pub(super) struct Leaks(BTreeSet<Leak>);

/// One message with something in it that may not leave, and left.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LeakFigures {
    /// The message: its journey and its number in it, as in the journal's export.
    pub message: String,
    /// What was in it.
    pub kind: Kind,
    /// Who sent it.
    pub account: String,
    /// The endpoint by which it left.
    pub route: String,
    /// When its first recipient got it, or, where nobody tells of receipts, the platform took it.
    pub at_s: f64,
}

impl Leaks {
    /// One more, of which only the earliest are kept.
    pub(super) fn add(&mut self, leak: Leak) {
        self.0.insert(leak);
        if self.0.len() > CROSSINGS_TOLD {
            self.0.pop_last();
        }
    }

    /// The earliest, by time.
    pub(super) fn figures<'a>(
        &'a self,
        plan: &'a Plan,
        journey: &'a Journey,
    ) -> impl Iterator<Item = LeakFigures> + 'a {
        self.0.iter().map(|leak| LeakFigures {
            message: format!("{}.{}", journey.name, leak.number),
            kind: leak.kind,
            account: plan.account_name(leak.account),
            route: plan.endpoints[journey.routes[leak.route.index()].endpoint.index()].name.clone(),
            at_s: leak.at.secs_f64(),
        })
    }
}
