//! How long it is waited for what may still happen to a message: derived from the plan, and no longer than that, so that what is kept is
//! bounded by the rate and not by the length of a drill.

use super::row::Row;
use crate::limits::{HELD, RECEIVER_BACKOFF_MOST, RECORDS_APART};
use crate::plan::{After, Back, Bound, Failover, Journey, Plan, Resend};
use crate::units::{Moment, RouteId, Span};

/// How long the hits on chunks that one record stands for may go on after its first.
pub(super) const CHUNKS: Span = Span::from_secs(1);

/// What is waited for in one journey.
#[derive(Clone, Debug)]
pub(super) struct Patience {
    /// After the last thing that happened to a message: whatever else belongs to that is in the journal by then.
    pub(super) quiet: Span,
    /// After the last thing that was heard of a message itself, while its last attempt may go on, or its account thinks about it.
    pub(super) after_message: Span,
    /// How long an account goes on being busy with an attempt that has ended.
    pub(super) thinks: Span,
    /// After its due moment: it was tried, tried again after a failover, and is as good or bad as it will ever be. What is open then
    /// may still be delivered, and changes no outage any more.
    pub(super) judged: Span,
    /// When each inject begins and when the last message that it may hold is in.
    held: Vec<(Moment, Moment)>,
    /// After that.
    grace: Span,
    /// The rule by which what is not acknowledged is sent again, and the last route.
    resends: bool,
    last_route: Option<RouteId>,
    /// How many attempts may fail so that another follows by itself.
    retries: u32,
}

impl Patience {
    pub(super) fn of(plan: &Plan, journey: &Journey) -> Self {
        let routes = plan.journeys.iter().flat_map(|journey| &journey.routes);
        let attempts = routes.map(|route| route.timeout + plan.sent_on_within(route.endpoint));
        let longest = attempts.chain(plan.journeys.iter().map(|journey| journey.deadline)).max().unwrap_or_default();
        let quiet = RECORDS_APART + CHUNKS + longest;
        let asked = plan.targets.iter().filter_map(|target| match target.expr.bound {
            Bound::Time(span) if target.expr.aggregate.is_some() => Some(span),
            _ => None,
        });
        // Whatever is tried again by itself is silent for one pause at a time.
        let (pause, pauses) = journey.retry.map_or((Span::ZERO, Span::ZERO), |rule| {
            let ends = Span::from_nanos(longest.nanos().saturating_mul(u64::from(rule.times)));
            (rule.most, rule.pauses() + ends)
        });
        let tried = journey.deadline + longest + pauses;
        let again = journey.failover.as_ref().map_or(Span::ZERO, |rule| sent_again(plan, journey, rule, tried));
        let held = plan.injects.iter().map(|inject| (inject.start, inject.end + RECEIVER_BACKOFF_MOST));
        let rule = journey.failover.as_ref().filter(|rule| rule.resend == Resend::Unconfirmed);
        let last = u8::try_from(journey.routes.len().saturating_sub(1)).unwrap_or(u8::MAX);
        Self {
            quiet,
            after_message: quiet + longest + journey.per_account.think + pause,
            thinks: journey.per_account.think,
            judged: (tried + again).max(asked.max().unwrap_or_default()) + quiet,
            held: held.collect(),
            grace: plan.grace + HELD,
            resends: rule.is_some(),
            last_route: rule.filter(|rule| rule.back == Back::Never).map(|_| RouteId(last)),
            retries: journey.retry.map_or(0, |rule| rule.times),
        }
    }

    /// After its due moment everything has happened to a message by which it is judged; a moment later it is in the journal.
    pub(super) fn settled(&self) -> Span {
        self.judged.saturating_sub(self.quiet)
    }

    /// Whether a message that was attempted and not acknowledged may be sent again: on another route, or by itself. When that is depends on how
    /// many others wait for a slot, which has no bound.
    pub(super) fn may_be_sent_again(&self, row: &Row) -> bool {
        let by_itself = row.ends.again() && u32::from(row.attempts) <= self.retries;
        by_itself || self.resends && self.last_route.is_none_or(|last| row.last_route < last)
    }

    /// Until when it is waited for a message that was taken and is not received.
    pub(super) fn given_up(&self, due: Moment) -> Moment {
        let mut until = due + self.judged;
        let mut held = self.held.clone();
        held.sort_unstable();
        for (from, to) in held {
            if from <= until {
                until = until.max(to);
            }
        }
        until + self.grace
    }
}

/// How long it takes until what failed has been sent again on every other route, if every failover is decided at once.
fn sent_again(plan: &Plan, journey: &Journey, rule: &Failover, tried: Span) -> Span {
    let noticed = match rule.after {
        After::Silence(span) => span,
        After::Failures(most) => journey.detector.gap * u64::from(most),
    };
    let waiting = noticed + tried + rule.decide;
    let peak = journey.rate.peak(plan.end().since(Moment::ZERO), waiting.max(Span::from_nanos(1)));
    let sending = Span::from_secs_f64(waiting.secs_f64() * peak * rule.resend_rate.gap().secs_f64());
    // With a way back, once more on the first.
    let ways = journey.routes.len() as u64 - u64::from(rule.back == Back::Never);
    (waiting + sending + tried) * ways
}
