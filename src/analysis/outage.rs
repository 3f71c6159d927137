//! When a journey was down: a machine with hysteresis over its messages in order of due moment.

use std::collections::VecDeque;

use serde::Serialize;

use crate::plan::Detector;
use crate::units::{Moment, Span};

/// Before the baseline has ended, so many bad messages in a row make an outage.
pub const N_DOWN_BEFORE: u32 = 5;

/// The fewest messages of which a share is told.
pub(super) const FEWEST_FOR_RATIO: usize = 12;

/// So many good messages in a row, inside the window, separate its bad ones from earlier, unrelated ones.
const APART: u32 = 3;

/// How a message is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// Received by every owed recipient within the deadline.
    Good,
    /// Not so.
    Bad,
}

/// One message of an outage series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point {
    /// When it was due.
    pub due: Moment,
    /// When it was received, if it was good; `None` = bad.
    pub good_at: Option<Moment>,
}

/// A time during which a journey did not work, known to within two gaps and two deadlines.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Outage {
    /// The due moment of the first bad message.
    pub start_s: f64,
    /// The receipt of the first good message of the run that ended it; `None` if still down.
    pub end_s: Option<f64>,
    /// max(0, `s_last_bad` − `s_first_bad` − D): the truth is at least this.
    pub lo_s: f64,
    /// `c_first_good` − `s_last_good`: the truth is at most this; `None` = no bound, still down.
    pub hi_s: Option<f64>,
    /// Whether it was still down at the end.
    pub censored: bool,
    /// When it was certain that the journey was down: the deadline of the message that tipped the balance.
    pub declared_s: f64,
    /// When it was certain that it was up again.
    pub recovered_s: Option<f64>,
    /// Bad messages from the first to the last.
    pub bad: u64,
    /// How many outages less than `hold_up` apart became this one.
    pub merged: u32,
    /// `start_s`, exactly.
    #[serde(skip)]
    pub start: Moment,
    /// `end_s`, exactly.
    #[serde(skip)]
    pub end: Option<Moment>,
    /// The due moment of the last bad message.
    #[serde(skip)]
    pub last_bad: Moment,
    /// `declared_s`, exactly.
    #[serde(skip)]
    pub declared: Moment,
}

/// What became of an outage or of an inject.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Down, and up again.
    Recovered,
    /// Down at the end.
    NotRecovered,
    /// The inject hit, and no outage followed: RTA 0.
    Tolerated,
}

/// How many bad messages in a row make an outage: the smallest n ≥ 3 with N·fⁿ·(1−f) < 0.01, so that background failures make less
/// than one false outage in a hundred drills. `bad` of `all` messages of the baseline were bad (f), `planned` is N.
///
/// Without any message f is unknown and the answer is that of before the baseline. With only bad ones no n tells an outage from the
/// background, and the answer, like any above 1,000, is 1,000.
pub fn n_down(bad: u64, all: u64, planned: u64) -> u32 {
    const HOPELESS: u32 = 1_000;
    if all == 0 {
        return N_DOWN_BEFORE;
    }
    if bad >= all {
        return HOPELESS;
    }
    let share = bad as f64 / all as f64;
    let expected = |n: u32| planned as f64 * libm::pow(share, f64::from(n)) * (1.0 - share);
    (3..HOPELESS).find(|n| expected(*n) < 0.01).unwrap_or(HOPELESS)
}

/// Finds the outages of a series of messages in order of due moment. `n_down` tells the parameter in force at a due moment.
pub(super) fn outages(
    detector: &Detector,
    deadline: Span,
    n_down: impl Fn(Moment) -> u32,
    series: impl Iterator<Item = Point>,
) -> Vec<Outage> {
    let mut machine = Machine::new(detector, deadline);
    for point in series {
        let needed = n_down(point.due);
        match point.good_at {
            Some(at) => machine.good(point.due, at),
            None => machine.bad(point.due, needed),
        }
    }
    merge(machine.finish(), detector.hold_up).iter().map(|raw| raw.figures(deadline)).collect()
}

/// An outage by its edges.
#[derive(Clone, Debug)]
struct Raw {
    last_good: Moment,
    first_bad: Moment,
    last_bad: Moment,
    declared: Moment,
    /// The receipt of the first good message, and when it was certain.
    up: Option<(Moment, Moment)>,
    bad: u64,
    merged: u32,
}

/// The state between two messages.
struct Machine<'a> {
    detector: &'a Detector,
    deadline: Span,
    found: Vec<Raw>,
    down: Option<Raw>,
    /// The due moment of the last good message; of the drill's start before any.
    last_good: Moment,
    /// The current run of bad messages, with the good one before it.
    bad_run: u32,
    run_start: (Moment, Moment),
    /// The current run of good messages: how many, the receipt of the first, the latest receipt.
    good_run: u32,
    first_good_at: Moment,
    latest_good_at: Moment,
    /// The messages of the trailing window, since the last outage: due, good, and the good one before.
    window: VecDeque<(Moment, bool, Moment)>,
    bad_in_window: usize,
}

impl<'a> Machine<'a> {
    fn new(detector: &'a Detector, deadline: Span) -> Self {
        Self {
            detector,
            deadline,
            found: Vec::new(),
            down: None,
            last_good: Moment::ZERO,
            bad_run: 0,
            run_start: (Moment::ZERO, Moment::ZERO),
            good_run: 0,
            first_good_at: Moment::ZERO,
            latest_good_at: Moment::ZERO,
            window: VecDeque::new(),
            bad_in_window: 0,
        }
    }

    fn good(&mut self, due: Moment, at: Moment) {
        if self.good_run == 0 {
            (self.first_good_at, self.latest_good_at) = (at, at);
        }
        self.good_run += 1;
        self.latest_good_at = self.latest_good_at.max(at);
        self.bad_run = 0;
        self.push(due, true);
        self.last_good = due;
        if self.good_run >= self.detector.m_up
            && let Some(mut raw) = self.down.take()
        {
            raw.up = Some((self.first_good_at, self.latest_good_at));
            self.found.push(raw);
            // What was bad before belongs to the outage that has just ended.
            self.window.clear();
            self.bad_in_window = 0;
        }
    }

    fn bad(&mut self, due: Moment, n_down: u32) {
        if self.bad_run == 0 {
            self.run_start = (due, self.last_good);
        }
        self.bad_run += 1;
        self.good_run = 0;
        self.push(due, false);
        if let Some(raw) = &mut self.down {
            raw.last_bad = due;
            raw.bad += 1;
            return;
        }
        let in_a_row = (self.bad_run >= n_down).then_some((self.run_start, u64::from(self.bad_run)));
        let Some(((first_bad, last_good), bad)) = in_a_row.or_else(|| self.by_ratio()) else { return };
        let declared = due + self.deadline;
        self.down = Some(Raw { last_good, first_bad, last_bad: due, declared, up: None, bad, merged: 1 });
    }

    fn push(&mut self, due: Moment, good: bool) {
        self.window.push_back((due, good, self.last_good));
        self.bad_in_window += usize::from(!good);
        while let Some((oldest, was_good, _)) = self.window.front().copied()
            && due.since(oldest) >= self.detector.window
        {
            self.window.pop_front();
            self.bad_in_window -= usize::from(!was_good);
        }
    }

    /// If the bad share of the window is reached: the first bad message in it after the last three good ones in a row, the good one
    /// before that, and how many bad ones there are from there.
    fn by_ratio(&self) -> Option<((Moment, Moment), u64)> {
        let all = self.window.len();
        let reached = self.bad_in_window as f64 >= self.detector.down_ratio.fraction() * all as f64;
        if all < FEWEST_FOR_RATIO || !reached {
            return None;
        }
        let (mut start, mut bad, mut good_run) = (None, 0, 0);
        for (due, good, last_good) in &self.window {
            good_run = if *good { good_run + 1 } else { 0 };
            if good_run >= APART {
                (start, bad) = (None, 0);
            }
            if !good {
                start = start.or(Some((*due, *last_good)));
                bad += 1;
            }
        }
        start.map(|start| (start, bad))
    }

    fn finish(mut self) -> Vec<Raw> {
        self.found.extend(self.down.take());
        self.found
    }
}

fn merge(found: Vec<Raw>, hold_up: Span) -> Vec<Raw> {
    let mut merged: Vec<Raw> = Vec::new();
    for raw in found {
        match merged.last_mut() {
            Some(before) if before.up.is_some_and(|(end, _)| raw.first_bad.since(end) < hold_up) => {
                before.last_bad = raw.last_bad;
                before.up = raw.up;
                before.bad += raw.bad;
                before.merged += 1;
            }
            _ => merged.push(raw),
        }
    }
    merged
}

impl Raw {
    fn figures(&self, deadline: Span) -> Outage {
        Outage {
            start_s: self.first_bad.secs_f64(),
            end_s: self.up.map(|(end, _)| end.secs_f64()),
            lo_s: self.last_bad.since(self.first_bad).saturating_sub(deadline).secs_f64(),
            hi_s: self.up.map(|(end, _)| end.since(self.last_good).secs_f64()),
            censored: self.up.is_none(),
            declared_s: self.declared.secs_f64(),
            recovered_s: self.up.map(|(_, certain)| certain.secs_f64()),
            bad: self.bad,
            merged: self.merged,
            start: self.first_bad,
            end: self.up.map(|(end, _)| end),
            last_bad: self.last_bad,
            declared: self.declared,
        }
    }
}
