//! The four clocks of an outage: they begin at different events and stop together.

use serde::Serialize;

use super::Outage;
use crate::plan::Clock;
use crate::units::{Moment, Span};

/// How long an outage took by one clock.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Clocked {
    /// Which clock.
    pub clock: Clock,
    /// When it began; `None` = never, because its event did not happen.
    pub from_s: Option<f64>,
    /// The truth is at least this; `None` = it never began.
    pub lo_s: Option<f64>,
    /// The truth is at most this; `None` = no bound: still down, or it never began.
    pub hi_s: Option<f64>,
    /// The tightest objective of a recovery target by this clock that selects the outage.
    pub objective_s: Option<f64>,
}

/// When the events happened that clocks begin at, besides the first bad message; `None` = they did not.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Begun {
    /// The inject that the outage belongs to was applied.
    pub(super) injected: Option<Moment>,
    /// A failover of the journey was decided.
    pub(super) declared: Option<Moment>,
}

/// All four, in the order of the events.
///
/// The end lies after the due moment of the last bad message and not after the receipt of the first good one. The first bad message may
/// have met its trouble up to a deadline after it was due, and so the impact clock's lower bound is that much shorter; the other three
/// begin at moments that are known.
pub(super) fn clocks(outage: &Outage, begun: Begun, objective: impl Fn(Clock) -> Option<Span>) -> Vec<Clocked> {
    let since = |clock, from: Option<Moment>| Clocked {
        clock,
        from_s: from.map(Moment::secs_f64),
        lo_s: from.map(|from| outage.last_bad.since(from).secs_f64()),
        hi_s: from.zip(outage.end).map(|(from, end)| end.since(from).secs_f64()),
        objective_s: None,
    };
    let of = |clock| match clock {
        Clock::Impact => {
            let (from_s, lo_s) = (Some(outage.start_s), Some(outage.lo_s));
            Clocked { clock, from_s, lo_s, hi_s: outage.hi_s, objective_s: None }
        }
        Clock::Injection => since(clock, begun.injected),
        Clock::Detection => since(clock, Some(outage.declared)),
        Clock::Declaration => since(clock, begun.declared),
    };
    let told = |clock| Clocked { objective_s: objective(clock).map(Span::secs_f64), ..of(clock) };
    Clock::ALL.into_iter().map(|(_, clock)| told(clock)).collect()
}
