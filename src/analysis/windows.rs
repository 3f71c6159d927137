//! What the sliding windows of a target show of a journey: message by message in order of due moment, a few windows at a time, and of those
//! that are over only the ones that decide.

use std::collections::VecDeque;
use std::sync::Arc;

use super::message::Told;
use super::rows::{Rows, Whose};
use super::{Basis, Distribution, Mark, Quantile};
use crate::confidence::{self, Pairs, RISK};
use crate::plan::{Aggregate, Bound, Confidence, Expr, Metric, Plan, Sliding, Target};
use crate::units::{EndpointId, JourneyId, Moment, Span, TargetId};

/// One window that is over, in the unit in which its target's figure is judged.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WindowFigures {
    /// When it began.
    pub start: Moment,
    /// The messages that it stands on, …
    pub n: u64,
    /// … how many independent ones they are worth, …
    pub effective: f64,
    /// … and how large a share of them was good, or took no longer than the target allows.
    pub share: f64,
    /// The figure; `None` if only a bound is known.
    pub observed: Option<f64>,
    /// How bad the figure may be, for the window that has the worst: the figure itself, to the resolution.
    pub figure: f64,
    /// What has to be good enough for the target to be kept in this window: its figure, or the bound of what its messages show, which is
    /// wrong with a chance of at most [`RISK`].
    pub kept: f64,
    /// What has to be bad enough for the target to be broken in this window: its figure, or the opposite bound. One window of many is bad by
    /// chance more often than a single one: the bound is wrong with a chance of at most [`RISK`] in all of the target's windows together
    /// (C. E. Bonferroni, 1936).
    pub broken: f64,
}

/// What the windows of one target show of one journey.
#[derive(Clone, Debug, PartialEq)]
pub struct Windows {
    /// The target.
    pub target: TargetId,
    /// How many windows are over and had messages enough.
    pub looked_at: u64,
    /// Of these the one with the worst figure, the first if there are several, …
    pub worst: Option<WindowFigures>,
    /// … the one that least shows that the target is kept, which may merely have the fewest messages, …
    pub weakest: Option<WindowFigures>,
    /// … and the one that most shows that it is broken.
    pub clearest: Option<WindowFigures>,
    /// How many windows are over and had too few messages, …
    pub unknown: u64,
    /// … the first of those with the fewest, with how many it had, …
    pub emptiest: Option<(Moment, u64)>,
    /// … and how many would have been enough.
    pub least: u64,
}

/// Follows the windows of one target.
#[derive(Clone, Debug)]
pub(super) struct Slider {
    rule: Rule,
    /// When the windows begin, and the first of them that has not.
    starts: Arc<[Moment]>,
    next: usize,
    open: VecDeque<Open>,
    windows: Windows,
}

/// What is asked of each window.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) expr: Expr,
    confidence: Confidence,
    pub(super) length: Span,
    /// How often a bound may be wrong that says that one window broke the target.
    risk: f64,
}

/// What a message is in a window.
#[derive(Clone, Debug)]
struct Rule {
    asked: Asked,
    deadline: Span,
    /// After its due moment a message that is not in counts as one that never came, so that it does not matter when it is looked.
    settled: Span,
    /// Where the journey's routes lead, and what ends a latency there.
    routes: Vec<(EndpointId, Basis)>,
}

/// What a window holds.
#[derive(Clone, Debug)]
pub(super) struct Held {
    pub(super) start: Moment,
    pub(super) n: u64,
    pub(super) good: u64,
    pub(super) latencies: Distribution,
    pub(super) pairs: Pairs,
}

/// A window that is not over.
#[derive(Clone, Debug)]
struct Open {
    held: Held,
    rows: Rows,
}

/// What a message or an exchange is for a target.
#[derive(Clone, Copy, Debug)]
pub(super) enum Sample {
    Judged(Mark),
    /// `None` = not received.
    Took(Option<Span>),
}

impl Slider {
    /// One for each target with windows whose promises hold for a journey. `settled` after it was due, everything has come that a message is
    /// judged by.
    pub(super) fn all(plan: &Plan, id: JourneyId, bases: &[Basis], settled: Span) -> Vec<Self> {
        let measure = plan.measure(id);
        let targets = (0_u16..).map(TargetId).zip(&plan.targets);
        let of_messages = targets.filter(|(_, target)| !target.expr.metric.is_observed());
        let of_it = of_messages.filter(|(_, target)| plan.may_be(&target.expr.of, measure));
        let slider = |(target, part): (TargetId, &Target)| {
            let rule = Rule::of(plan, part, part.sliding?, (id, bases), settled);
            let windows = Windows::new(target, rule.asked.least(part.min_samples));
            let starts = plan.windows(part, id).into();
            Some(Self { rule, starts, next: 0, open: VecDeque::new(), windows })
        };
        of_it.filter_map(slider).collect()
    }

    /// Takes in the next message.
    pub(super) fn next(&mut self, told: &Told<'_>) {
        self.advance(told.row.due);
        if let Some(sample) = self.rule.sample(told) {
            let whose = Whose::message(told);
            self.open.iter_mut().for_each(|open| open.add(&self.rule.asked, sample, whose));
        }
    }

    /// What the windows show that were over before nothing more was due.
    pub(super) fn windows(&self, until: Moment) -> Windows {
        let mut all = self.clone();
        all.advance(until);
        all.windows
    }

    /// Closes the windows that have ended, and opens those that have begun.
    fn advance(&mut self, now: Moment) {
        self.close(now);
        while let Some(start) = self.starts.get(self.next).copied().filter(|start| *start <= now) {
            self.open.push_back(Open::new(start, self.rule.took_at_least()));
            self.next += 1;
            self.close(now);
        }
    }

    fn close(&mut self, now: Moment) {
        while self.open.front().is_some_and(|open| open.held.start + self.rule.asked.length <= now) {
            let Some(open) = self.open.pop_front() else { return };
            self.windows.add(&self.rule.asked, &open.held);
        }
    }
}

impl Windows {
    /// None yet. With fewer than `least` messages nothing can be said of one.
    pub(super) fn new(target: TargetId, least: u64) -> Self {
        Self { target, looked_at: 0, worst: None, weakest: None, clearest: None, unknown: 0, emptiest: None, least }
    }

    /// Takes in one that is over.
    pub(super) fn add(&mut self, asked: &Asked, open: &Held) {
        if open.n < self.least {
            self.unknown += 1;
            if self.emptiest.is_none_or(|(_, fewest)| open.n < fewest) {
                self.emptiest = Some((open.start, open.n));
            }
            return;
        }
        self.looked_at += 1;
        let window = asked.look(open);
        let upward = asked.expr.op.is_lower_bound();
        let replace = |kept: &mut Option<WindowFigures>, of: fn(&WindowFigures) -> f64| {
            if kept.is_none_or(|kept| if upward { of(&window) < of(&kept) } else { of(&window) > of(&kept) }) {
                *kept = Some(window);
            }
        };
        replace(&mut self.worst, |window| window.figure);
        replace(&mut self.weakest, |window| window.kept);
        replace(&mut self.clearest, |window| window.broken);
    }
}

impl Open {
    fn new(start: Moment, least: Span) -> Self {
        Self { held: Held::new(start, least), rows: Rows::default() }
    }

    fn add(&mut self, asked: &Asked, sample: Sample, whose: Whose) {
        let bad = self.held.add(asked, sample);
        self.rows.next(bad, whose, &mut self.held.pairs);
    }
}

impl Held {
    /// Nothing yet; `least` is what counts at least for what is not in.
    pub(super) fn new(start: Moment, least: Span) -> Self {
        Self { start, n: 0, good: 0, latencies: Distribution::new(least), pairs: Pairs::default() }
    }

    /// Takes one more in; whether it is bad. Of neighbours the caller knows.
    pub(super) fn add(&mut self, asked: &Asked, sample: Sample) -> bool {
        self.n += 1;
        let bad = match (sample, asked.expr.bound) {
            (Sample::Judged(mark), _) => mark == Mark::Bad,
            (Sample::Took(Some(took)), Bound::Time(most)) => took > most,
            (Sample::Took(_), _) => true,
        };
        self.good += u64::from(!bad);
        match sample {
            Sample::Took(Some(took)) => self.latencies.record(took),
            Sample::Took(None) => self.latencies.record_undelivered(),
            Sample::Judged(_) => {}
        }
        bad
    }
}

impl Rule {
    fn of(plan: &Plan, target: &Target, sliding: Sliding, (id, bases): (JourneyId, &[Basis]), settled: Span) -> Self {
        let journey = &plan.journeys[id.index()];
        let endpoints = journey.routes.iter().map(|route| route.endpoint);
        Self {
            asked: Asked::of(plan, target, sliding),
            deadline: journey.deadline,
            settled,
            routes: endpoints.zip(bases.iter().copied()).collect(),
        }
    }

    /// How long what is not in when it is judged takes at least, should it still come. An attempt begins within the deadline.
    fn took_at_least(&self) -> Span {
        let since_due = self.settled + Span::from_nanos(1);
        let since_sent = since_due.saturating_sub(self.deadline);
        let took = if self.asked.expr.metric == Metric::ServiceLatency { since_sent } else { since_due };
        took.max(self.deadline)
    }

    /// What a message is for the target; `None` = nothing.
    fn sample(&self, told: &Told<'_>) -> Option<Sample> {
        let mark = told.counted()?;
        let by = told.row.due + self.settled;
        let completed = told.completed.filter(|at| *at <= by);
        // By which route something comes later does not matter: it counts for the one that was tried.
        let route = if completed.is_some() { told.carried } else { told.tried() };
        let (endpoint, basis) = self.routes.get(route.index()).copied()?;
        if self.asked.expr.of.route.is_some_and(|of| of != endpoint) {
            return None;
        }
        let basis = if completed.is_some() { told.basis } else { basis };
        let since_due = |at: Moment| at.since(told.row.due);
        match self.asked.expr.metric {
            Metric::AcceptLatency => Some(Sample::Took(told.accepted().filter(|at| *at <= by).map(since_due))),
            Metric::ServiceLatency => match (completed, told.first_attempt) {
                // The receipt came before the attempt has ended, or its record was lost.
                (Some(_), None) => None,
                (Some(at), Some(sent)) => Some(Sample::Took(Some(at.since(sent)))),
                (None, _) => Some(Sample::Took(None)),
            },
            Metric::DeliveryLatency => (basis == Basis::Delivery).then(|| Sample::Took(completed.map(since_due))),
            _ => Some(Sample::Judged(mark)),
        }
    }
}

impl Asked {
    pub(super) fn of(plan: &Plan, target: &Target, sliding: Sliding) -> Self {
        let risk = RISK / plan.windows_of(target).max(1) as f64;
        Self { expr: target.expr.clone(), confidence: target.confidence, length: sliding.length, risk }
    }

    /// The fewest messages with which a window is looked at. A bound says by itself when they are too few.
    pub(super) fn least(&self, min_samples: u64) -> u64 {
        let percentile = match (self.expr.aggregate, self.confidence) {
            (Some(Aggregate::Percentile(thousandths)), Confidence::Point) => Distribution::fewest(thousandths),
            _ => 1,
        };
        percentile.max(min_samples)
    }

    fn look(&self, open: &Held) -> WindowFigures {
        let n = open.n;
        let share = open.good as f64 / n as f64;
        let effective = open.pairs.effective(n);
        let (observed, exactly) = self.figure(open, share);
        let bounds = |risk: f64| match (self.confidence, self.expr.aggregate) {
            (Confidence::Point, _) => exactly,
            (_, Some(Aggregate::Percentile(thousandths))) => open.latencies.between(thousandths, effective, risk),
            _ => {
                let good = share * effective;
                (confidence::at_least(good, effective, risk), confidence::at_most(good, effective, risk))
            }
        };
        let (of_one, of_all) = (bounds(RISK), bounds(self.risk));
        let upward = self.expr.op.is_lower_bound();
        let (figure, kept, broken) =
            if upward { (exactly.0, of_one.0, of_all.1) } else { (exactly.1, of_one.1, of_all.0) };
        WindowFigures { start: open.start, n, effective, share, observed, figure, kept, broken }
    }

    /// The figure of a window's messages, and between what it lies.
    fn figure(&self, open: &Held, share: f64) -> (Option<f64>, (f64, f64)) {
        let quantile = match self.expr.aggregate {
            Some(Aggregate::Percentile(thousandths)) => open.latencies.percentile(thousandths),
            Some(Aggregate::Mean) => open.latencies.mean(),
            Some(Aggregate::Min) => open.latencies.min(),
            Some(Aggregate::Max) => open.latencies.max(),
            _ => Quantile::Value { low: share, high: share },
        };
        match quantile {
            Quantile::Value { low, high } => (Some(f64::midpoint(low, high)), (low, high)),
            Quantile::AtLeast(low) => (None, (low, f64::INFINITY)),
            Quantile::Empty => (None, (0.0, f64::INFINITY)),
        }
    }
}
