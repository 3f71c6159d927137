use std::collections::BTreeSet;

use super::{Alike, Place};
use crate::analysis::Distribution;
use crate::confidence::Pairs;
use crate::journal::{Observed, ObservedEnd};
use crate::plan::{Aggregate, Bound, Metric, Plan};
use crate::units::{HostId, InjectId, PhaseId, Span, WayId};

use serde::Serialize;

/// What programs that are not ours asked one host for, or all hosts that no way in names, by one way in and in one phase.
#[derive(Clone, Debug, PartialEq)]
pub struct ObservedCell {
    /// The way in.
    pub way: WayId,
    /// The host; `None` = all that are not named.
    pub host: Option<HostId>,
    /// The phase of their beginnings.
    pub phase: PhaseId,
    /// How they ended.
    pub ends: Ends,
    /// Of those that the way in let in and that ended, how many were requests; the others are connections.
    pub requests: u64,
    /// Those that got what they asked for.
    pub good: u64,
    /// Answers with a status of 400 or more.
    pub errors: u64,
    /// Those that a fault hit …
    pub hit: u64,
    /// … and that did not get what they asked for.
    pub hit_in_vain: u64,
    /// The injects that hit them.
    pub hit_by: BTreeSet<InjectId>,
    /// Bytes that went on to hosts.
    pub sent: u64,
    /// Bytes that went back to programs.
    pub received: u64,
    /// From requests to the end of their answers.
    pub latency: Distribution,
    /// Until connections stood.
    pub connect: Distribution,
    /// Whether those next to each other failed alike.
    pub failed: Alike,
    /// Whether they were alike in taking longer than a target allows.
    slower: Vec<(Metric, Span, Alike)>,
}

/// How what programs asked for ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Ends {
    /// With a complete answer, whatever it says; a connection, in order.
    pub answered: u64,
    /// With an answer of a fault in the host's place.
    pub refused: u64,
    /// The host was not reached.
    pub unreachable: u64,
    /// The host, or a fault, broke it off.
    pub broken: u64,
    /// The program gave up.
    pub left: u64,
    /// The way in does not lead there.
    pub denied: u64,
    /// More than the way in takes.
    pub limited: u64,
    /// The drill ended first.
    pub unfinished: u64,
}

impl Ends {
    fn of(&mut self, end: ObservedEnd) -> &mut u64 {
        match end {
            ObservedEnd::Answered => &mut self.answered,
            ObservedEnd::Refused => &mut self.refused,
            ObservedEnd::Unreachable => &mut self.unreachable,
            ObservedEnd::Broken => &mut self.broken,
            ObservedEnd::Left => &mut self.left,
            ObservedEnd::Denied => &mut self.denied,
            ObservedEnd::Limited => &mut self.limited,
            ObservedEnd::Unfinished => &mut self.unfinished,
        }
    }

    /// Adds others.
    pub fn add(&mut self, other: &Self) {
        self.answered += other.answered;
        self.refused += other.refused;
        self.unreachable += other.unreachable;
        self.broken += other.broken;
        self.left += other.left;
        self.denied += other.denied;
        self.limited += other.limited;
        self.unfinished += other.unfinished;
    }

    /// Those that are judged: let in, and over before the drill was.
    pub fn valid(&self) -> u64 {
        self.answered + self.refused + self.unreachable + self.broken + self.left
    }

    /// What the way in refused by itself.
    pub fn refused_here(&self) -> u64 {
        self.denied + self.limited
    }

    /// All that was asked for.
    pub fn asked(&self) -> u64 {
        self.valid() + self.refused_here() + self.unfinished
    }
}

impl ObservedCell {
    pub(super) fn new(plan: &Plan, (way, host, phase): Place) -> Self {
        let mut slower: Vec<(Metric, Span, Alike)> = Vec::new();
        for expr in plan.targets.iter().map(|target| &target.expr).filter(|expr| expr.metric.is_observed()) {
            let selects = expr.of.way.is_none_or(|of| of == way) && (expr.of.host.is_none() || expr.of.host == host);
            let (Some(Aggregate::Percentile(_)), Bound::Time(than)) = (expr.aggregate, expr.bound) else { continue };
            if selects && !slower.iter().any(|(metric, known, _)| (*metric, *known) == (expr.metric, than)) {
                slower.push((expr.metric, than, Alike::default()));
            }
        }
        Self {
            way,
            host,
            phase,
            ends: Ends::default(),
            requests: 0,
            good: 0,
            errors: 0,
            hit: 0,
            hit_in_vain: 0,
            hit_by: BTreeSet::new(),
            sent: 0,
            received: 0,
            latency: Distribution::new(Span::ZERO),
            connect: Distribution::new(Span::ZERO),
            failed: Alike::default(),
            slower,
        }
    }

    pub(super) fn record(&mut self, observed: &Observed) {
        *self.ends.of(observed.end) += u64::from(observed.count);
        self.sent += observed.sent;
        self.received += observed.received;
        if !counts(observed.end) {
            return;
        }
        let (error, good) = (is_error(observed), is_good(observed));
        self.requests += u64::from(observed.exchange > 0);
        self.good += u64::from(good);
        self.errors += u64::from(error);
        let hit = !observed.injects.is_empty();
        self.hit += u64::from(hit);
        self.hit_in_vain += u64::from(hit && !good);
        self.hit_by.extend(&observed.injects);
        self.failed.add(observed.began, !good);
        self.time(observed);
    }

    fn time(&mut self, observed: &Observed) {
        let (metric, took) = took(observed);
        let distribution = if metric == Metric::ObservedConnectLatency { &mut self.connect } else { &mut self.latency };
        match took {
            Some(took) => distribution.record(took),
            None => distribution.record_undelivered(),
        }
        for (_, than, alike) in self.slower.iter_mut().filter(|(of, ..)| *of == metric) {
            alike.add(observed.began, took.is_none_or(|took| took > *than));
        }
    }

    /// Whether those next to each other were alike in taking longer than so much; `None` if no target of the plan asks for that.
    pub fn slower(&self, metric: Metric, than: Span) -> Option<Pairs> {
        let of = self.slower.iter().find(|(of, known, _)| (*of, *known) == (metric, than))?;
        Some(of.2.pairs())
    }
}

/// Whether it is judged: let in, and over before the drill was.
pub(super) fn counts(end: ObservedEnd) -> bool {
    !matches!(end, ObservedEnd::Denied | ObservedEnd::Limited | ObservedEnd::Unfinished)
}

/// Whether it is an answer that says no.
fn is_error(observed: &Observed) -> bool {
    observed.exchange > 0 && observed.status >= 400
}

/// Whether it got what it asked for.
pub(super) fn is_good(observed: &Observed) -> bool {
    observed.end == ObservedEnd::Answered && !is_error(observed)
}

/// The latency that it is one of, and how long it took, if that is known: a request until its answer had gone back, a connection until it
/// stood. Of what became a stream, until it did.
pub(super) fn took(observed: &Observed) -> (Metric, Option<Span>) {
    let (metric, until) = if observed.exchange == 0 {
        (Metric::ObservedConnectLatency, observed.ready)
    } else {
        let answered = matches!(observed.end, ObservedEnd::Answered | ObservedEnd::Refused);
        let until = if observed.status == 101 { observed.ready } else { answered.then_some(observed.ended) };
        (Metric::ObservedLatency, until)
    };
    (metric, until.map(|until| until.since(observed.began)))
}
