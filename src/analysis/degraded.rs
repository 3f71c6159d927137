//! For how long a journey was not down and yet not as good as its targets promise.

use std::collections::VecDeque;

use serde::Serialize;

use super::message::Told;
use super::outage::FEWEST_FOR_RATIO;
use super::promised::Promised;
use super::{Basis, Mark};
use crate::plan::Detector;
use crate::units::{Moment, Span};

/// How long a journey was degraded, and by what measure.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Degraded {
    /// Degraded while a smaller share than this was good over the window …
    pub availability: Option<f64>,
    /// … or a percentile of latency over it was longer than this.
    pub latency: Vec<LongestLatency>,
    /// The trailing window, W of the outage detector.
    pub window_s: f64,
    /// For how long altogether.
    pub total_s: f64,
    /// In how many stretches.
    pub stretches: u64,
}

/// A promise on a percentile of latency.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct LongestLatency {
    /// Which percentile, in percent.
    pub percentile: f64,
    /// The longest that it may be.
    pub at_most_s: f64,
}

/// One message of the window: when due, whether good, and its delivery latency: `None` = nobody would have told of its receipt,
/// `Span::MAX` = never received.
#[derive(Clone, Debug)]
struct Sample {
    due: Moment,
    good: bool,
    latency: Option<Span>,
}

/// Finds it, over messages in order of due moment.
///
/// A state lasts from a message's due moment to the next one's. What an outage made bad belongs to the outage, and so the window begins
/// anew after it.
#[derive(Clone, Debug)]
pub(super) struct Degrading {
    window: Window,
    total: Span,
    stretches: u64,
    /// Since when it is degraded.
    since: Option<Moment>,
    judged: bool,
}

impl Degrading {
    pub(super) fn new(promised: Promised, detector: &Detector) -> Self {
        let window = Window { promised, length: detector.window, samples: VecDeque::new() };
        Self { window, total: Span::ZERO, stretches: 0, since: None, judged: false }
    }

    /// Takes in the next message; `down` says whether the journey was when it was due.
    pub(super) fn next(&mut self, message: &Told<'_>, down: bool) {
        let Some(mark) = message.counted().filter(|_| !self.window.promised.is_empty()) else { return };
        let due = message.row.due;
        let since = self.since.take();
        self.total = since.map_or(self.total, |since| self.total + due.since(since));
        if down {
            self.window.samples.clear();
            return;
        }
        self.window.push(sample(message, mark));
        let degraded = self.window.is_degraded();
        self.judged |= degraded.is_some();
        self.since = (degraded == Some(true)).then_some(due);
        self.stretches += u64::from(since.is_none() && self.since.is_some());
    }

    /// What was found so far. `None` if nothing is promised, or no window ever held enough messages to tell.
    pub(super) fn degraded(&self) -> Option<Degraded> {
        let promised = &self.window.promised;
        let latency = |(at, most): (&u32, &Span)| LongestLatency {
            percentile: f64::from(*at) / 1_000.0,
            at_most_s: most.secs_f64(),
        };
        self.judged.then(|| Degraded {
            availability: promised.availability,
            latency: promised.latency.iter().map(latency).collect(),
            window_s: self.window.length.secs_f64(),
            total_s: self.total.secs_f64(),
            stretches: self.stretches,
        })
    }
}

fn sample(message: &Told<'_>, mark: Mark) -> Sample {
    let (due, good) = (message.row.due, mark == Mark::Good);
    let told = message.basis == Basis::Delivery;
    Sample { due, good, latency: told.then(|| message.completed.map_or(Span::MAX, |at| at.since(due))) }
}

/// The messages of the trailing window.
#[derive(Clone, Debug)]
struct Window {
    promised: Promised,
    length: Span,
    samples: VecDeque<Sample>,
}

impl Window {
    fn push(&mut self, sample: Sample) {
        let due = sample.due;
        self.samples.push_back(sample);
        while self.samples.front().is_some_and(|oldest| due.since(oldest.due) >= self.length) {
            self.samples.pop_front();
        }
    }

    /// Whether a promise is not kept over the window; `None` = it holds too few messages to tell.
    fn is_degraded(&self) -> Option<bool> {
        let all = self.samples.len();
        if all < FEWEST_FOR_RATIO {
            return None;
        }
        let good = self.samples.iter().filter(|sample| sample.good).count();
        let too_few = self.promised.availability.is_some_and(|least| (good as f64) < least * all as f64);
        Some(too_few || self.is_slow())
    }

    /// Whether any percentile, by nearest rank, is longer than promised.
    fn is_slow(&self) -> bool {
        if self.promised.latency.is_empty() {
            return false;
        }
        let mut latencies: Vec<Span> = self.samples.iter().filter_map(|sample| sample.latency).collect();
        latencies.sort_unstable();
        let n = latencies.len() as u64;
        self.promised.latency.iter().any(|(at, most)| {
            let rank = usize::try_from((n * u64::from(*at)).div_ceil(100_000)).unwrap_or(usize::MAX);
            latencies.get(rank.saturating_sub(1)).is_some_and(|latency| latency > most)
        })
    }
}
