//! Records that contradict others.

use crate::journal::Receipt;
use crate::plan::{Journey, Plan};
use crate::units::{AccountId, Moment, RouteId};

/// Records that contradict others: bugs, unless a gap explains them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Misfits {
    pub(super) repeated: u64,
    pub(super) beyond: u64,
    pub(super) strangers: u64,
    /// Receipts of messages that were not for whoever received them, where that need be no bug of ours: they were not intact, may have been
    /// changed on their way, or a service delivered them.
    pub(super) strays: u64,
    /// Of those, the ones that a service delivered and nothing had changed …
    pub(super) misdelivered: u64,
    /// … and the earliest.
    pub(super) first_misdelivered: Option<Misdelivered>,
    /// Given up without an attempt, and attempted.
    pub(super) both: u64,
    /// Of messages that were over.
    pub(super) overdue: u64,
    /// Of those, receipts.
    pub(super) overdue_receipts: u64,
}

/// A message that somebody received for whom it was not. Ordered by time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Misdelivered {
    pub(super) at: Moment,
    pub(super) number: u32,
    pub(super) recipient: AccountId,
    pub(super) route: RouteId,
}

/// What may name another message than the one that it is about without a bug of ours.
#[derive(Clone, Debug, Default)]
pub(super) struct Doubts {
    /// Whether an inject flips bits of what is on its way.
    pub(super) flips: bool,
    /// Route by route: whether somebody else's service delivers there.
    services: Vec<bool>,
}

impl Doubts {
    /// Those that a plan leaves about a journey.
    pub(super) fn of(plan: &Plan, journey: &Journey) -> Self {
        let services = journey.routes.iter().map(|route| plan.leads_to_a_service(route.endpoint));
        Self { flips: plan.flips_bits(), services: services.collect() }
    }

    /// Whether a receipt may be by somebody for whom its message was not, or of one that never was.
    pub(super) fn about(&self, receipt: &Receipt) -> bool {
        self.flips || !receipt.intact || self.by_a_service(receipt)
    }

    fn by_a_service(&self, receipt: &Receipt) -> bool {
        self.services.get(receipt.route.index()).copied().unwrap_or_default()
    }
}

/// Messages of a journey that a service delivered to somebody for whom they were not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MisdeliveredFigures {
    /// The journey.
    pub journey: String,
    /// How many such receipts there were.
    pub receipts: u64,
    /// The message of the earliest, as in the journal's export …
    pub message: String,
    /// … who received it …
    pub recipient: String,
    /// … by which endpoint …
    pub route: String,
    /// … and when.
    pub at: Moment,
}

impl Misfits {
    /// What was misdelivered of a journey, if anything was.
    pub(super) fn misdelivered(&self, plan: &Plan, journey: &Journey) -> Option<MisdeliveredFigures> {
        let Misdelivered { at, number, recipient, route } = self.first_misdelivered?;
        Some(MisdeliveredFigures {
            journey: journey.name.clone(),
            receipts: self.misdelivered,
            message: format!("{}.{number}", journey.name),
            recipient: plan.account_name(recipient),
            route: plan.endpoints[journey.routes.get(route.index())?.endpoint.index()].name.clone(),
            at,
        })
    }

    /// Enters a receipt by somebody for whom its message was not.
    pub(super) fn stranger(&mut self, receipt: &Receipt, doubts: &Doubts) {
        if !doubts.about(receipt) {
            self.strangers += 1;
            return;
        }
        self.strays += 1;
        if !doubts.flips && receipt.intact {
            self.misdelivered += 1;
            let Receipt { message, recipient, route, at, .. } = *receipt;
            let this = Misdelivered { at, number: message.number, recipient, route };
            self.first_misdelivered = Some(self.first_misdelivered.map_or(this, |first| first.min(this)));
        }
    }
}
