//! Whether alerts on a journey's error budget would have fired, and when: a detector for drills that have no other.
//!
//! The alerts are those that Google's SRE workbook recommends for an objective over thirty days (chapter 5, "Multiwindow, multi-burn-rate
//! alerts"): each fires while the budget burns faster than its factor over a long and over a short window, so that it comes on for what
//! matters and goes off soon after.

use std::collections::VecDeque;

use serde::Serialize;

use super::{Outage, Point};
use crate::units::{Moment, Span};

/// Factor, long window and short window in minutes.
const ALERTS: [(f64, u64, u64); 4] = [(14.4, 60, 5), (6.0, 360, 30), (3.0, 1_440, 120), (1.0, 4_320, 360)];

/// So many messages of a window are kept one by one …
const ALONE: usize = 16_384;

/// … and of more only how many were due, and bad, in each of so many parts of it: of the shortest window, five minutes, 37 ms.
const CELLS: u64 = 8_192;

/// One alert over the drill.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Alert {
    /// How many times faster than sustainable the budget must burn …
    pub factor: f64,
    /// … over this window …
    pub long_s: f64,
    /// … and over this one.
    pub short_s: f64,
    /// When it would first have fired; `None` = never.
    pub fired_s: Option<f64>,
    /// From when to when it would have been firing: `Moment::MAX` = until the end.
    #[serde(skip)]
    pub firing: Vec<(Moment, Moment)>,
}

/// The alerts on an availability, message by message in order of due moment. One that leaves no budget has none: nothing could be burnt.
///
/// A drill is younger than the windows. What was due before it is taken to have been good: at an objective of 99.9 % and with every
/// message bad the first alert fires after 1.44 % of an hour, as it would on a system that had run well, and not at once.
#[derive(Clone, Debug)]
pub(super) struct Burning {
    /// Δ, the mean gap between two messages.
    gap: Span,
    /// When it is certain that one was bad, counted from its due moment.
    deadline: Span,
    alerts: Vec<State>,
}

#[derive(Clone, Debug)]
struct State {
    factor: f64,
    /// The share of bad messages above which it fires, over both windows.
    limit: f64,
    windows: [Trailing; 2],
    on: bool,
    firing: Vec<(Moment, Moment)>,
}

impl Burning {
    pub(super) fn new(availability: f64, gap: Span, deadline: Span) -> Self {
        let budget = 1.0 - availability;
        let state = |(factor, long, short): (f64, u64, u64)| State {
            factor,
            limit: factor * budget,
            windows: [long, short].map(|minutes| Trailing::new(Span::from_secs(minutes * 60))),
            on: false,
            firing: Vec::new(),
        };
        let alerts = if budget > 0.0 { ALERTS.into_iter().map(state).collect() } else { Vec::new() };
        Self { gap, deadline, alerts }
    }

    /// Takes in the next message.
    pub(super) fn next(&mut self, point: Point) {
        for state in &mut self.alerts {
            state.next(point, self.gap, point.due + self.deadline);
        }
    }

    /// The alerts so far.
    pub(super) fn alerts(&self) -> Vec<Alert> {
        let told = self.alerts.iter().map(|State { factor, windows: [long, short], firing, .. }| Alert {
            factor: *factor,
            long_s: long.length.secs_f64(),
            short_s: short.length.secs_f64(),
            fired_s: firing.first().map(|(from, _)| from.secs_f64()),
            firing: firing.clone(),
        });
        told.collect()
    }
}

impl State {
    fn next(&mut self, point: Point, gap: Span, certain: Moment) {
        for window in &mut self.windows {
            window.push(point);
        }
        let burns = self.windows.iter().all(|window| window.share(point.due, gap) > self.limit);
        match (self.on, burns, self.firing.last_mut()) {
            (false, true, _) => self.firing.push((certain, Moment::MAX)),
            (true, false, Some(last)) => last.1 = certain,
            _ => {}
        }
        self.on = burns;
    }
}

/// When the first alert was firing during an outage, or as soon as its last message was decided.
pub(super) fn alerted(alerts: &[Alert], outage: &Outage, deadline: Span) -> Option<Moment> {
    let until = outage.end.map_or(Moment::MAX, |end| end + deadline);
    let firing = alerts.iter().flat_map(|alert| &alert.firing);
    let meanwhile = firing.filter(|(from, to)| *from <= until && *to >= outage.start);
    meanwhile.map(|(from, _)| (*from).max(outage.start)).min()
}

/// A window that ends with the message at hand.
#[derive(Clone, Debug)]
struct Trailing {
    length: Span,
    /// When the first of some messages was due, how many they are, and how many of them were bad.
    groups: VecDeque<(Moment, u64, u64)>,
    /// Whether messages are grouped: until there are too many of them, each stands alone.
    grouped: bool,
    all: u64,
    bad: u64,
}

impl Trailing {
    fn new(length: Span) -> Self {
        Self { length, groups: VecDeque::new(), grouped: false, all: 0, bad: 0 }
    }

    fn push(&mut self, point: Point) {
        let bad = u64::from(point.good_at.is_none());
        self.all += 1;
        self.bad += bad;
        let cell = |due: Moment| due.nanos() / (self.length.nanos() / CELLS).max(1);
        match self.groups.back_mut().filter(|last| self.grouped && cell(last.0) == cell(point.due)) {
            Some(last) => *last = (last.0, last.1 + 1, last.2 + bad),
            None => self.groups.push_back((point.due, 1, bad)),
        }
        while let Some((first, all, bad)) = self.groups.front().copied()
            && point.due.since(first) >= self.length
        {
            self.groups.pop_front();
            self.all -= all;
            self.bad -= bad;
        }
        if !self.grouped && self.groups.len() > ALONE {
            self.group();
        }
    }

    /// Groups what stands alone by equal parts of the window: a message may then leave it that much too early.
    fn group(&mut self) {
        let alone = std::mem::take(&mut self.groups);
        let width = (self.length.nanos() / CELLS).max(1);
        for (due, all, bad) in alone {
            match self.groups.back_mut().filter(|last| last.0.nanos() / width == due.nanos() / width) {
                Some(last) => *last = (last.0, last.1 + all, last.2 + bad),
                None => self.groups.push_back((due, all, bad)),
            }
        }
        self.grouped = true;
    }

    /// The share of bad messages, with as many good ones as would have been due before the drill.
    fn share(&self, due: Moment, gap: Span) -> f64 {
        let before = self.length.saturating_sub(due.since(Moment::ZERO));
        let all = self.all as f64 + before.secs_f64() / gap.secs_f64().max(1e-9);
        self.bad as f64 / all
    }
}
