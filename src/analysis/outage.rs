//! When a journey was down: a machine with hysteresis over its messages in order of due moment.

use std::collections::VecDeque;

use serde::Serialize;

use super::Meanwhile;
use crate::plan::Detector;
use crate::units::{Moment, Span};

/// Before the baseline has ended, so many bad messages in a row make an outage.
pub const N_DOWN_BEFORE: u32 = 5;

/// The fewest messages of which a share is told.
pub const FEWEST_FOR_RATIO: usize = 12;

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
    /// Its number among its journey's; `None` = it is no message of ours.
    pub number: Option<u32>,
}

/// A time during which a journey did not work, known to within two gaps and two deadlines.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Outage {
    /// The first bad message; `None` if it is one of a program that is not ours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_bad: Option<String>,
    /// Its due moment.
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
    /// What became of the messages that were due meanwhile; `None` of a route alone, and of programs that are not ours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub meanwhile: Option<Meanwhile>,
    /// The number of `first_bad`.
    #[serde(skip)]
    pub number: Option<u32>,
    /// `start_s`, exactly.
    #[serde(skip)]
    pub start: Moment,
    /// `end_s`, exactly.
    #[serde(skip)]
    pub end: Option<Moment>,
    /// The due moment of the last good message before it; of the drill's start without one.
    #[serde(skip)]
    pub last_good: Moment,
    /// The due moment of the last bad message.
    #[serde(skip)]
    pub last_bad: Moment,
    /// `declared_s`, exactly.
    #[serde(skip)]
    pub declared: Moment,
}

/// Where a due moment lies among the outages of a journey.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Around {
    /// The first outage that had not ended before it, by its position; it may be still to come.
    pub(super) outage: usize,
    /// Whether it lies within that outage, both ends included …
    pub(super) inside: bool,
    /// … and before its end.
    pub(super) before_end: bool,
}

impl Around {
    const OUTSIDE: Self = Self { outage: 0, inside: false, before_end: false };
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
    /// The inject hit only where outages began that belong to others, or within them: what it would have done alone does not show.
    Masked,
}

impl Outcome {
    /// Whether there was an outage.
    pub fn is_outage(self) -> bool {
        matches!(self, Self::Recovered | Self::NotRecovered)
    }
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

/// Where an outage may begin: a message, and the due moment of the last good one before it.
#[derive(Clone, Copy, Debug)]
struct Start {
    due: Moment,
    number: Option<u32>,
    last_good: Moment,
}

/// An outage by its edges.
#[derive(Clone, Debug)]
struct Raw {
    start: Start,
    last_bad: Moment,
    declared: Moment,
    /// The receipt of the first good message, and when it was certain.
    up: Option<(Moment, Moment)>,
    bad: u64,
    merged: u32,
}

/// Finds the outages of a series of messages, one after another in order of due moment: the state between two of them.
#[derive(Clone, Debug)]
pub(super) struct Machine {
    detector: Detector,
    deadline: Span,
    /// Those that have ended. The last one goes on if the next begins too soon after it.
    found: Vec<Raw>,
    down: Option<Raw>,
    /// The due moment of the latest message …
    latest: Moment,
    /// … and of the last good one; of the drill's start before any.
    last_good: Moment,
    /// The current run of bad messages, with its first.
    bad_run: u32,
    run_start: Start,
    /// The current run of good messages: how many, the receipt of the first, the latest receipt.
    good_run: u32,
    first_good_at: Moment,
    latest_good_at: Moment,
    /// The messages of the trailing window, since the last outage, and whether they were good.
    window: VecDeque<(Start, bool)>,
    bad_in_window: usize,
}

impl Machine {
    pub(super) fn new(detector: Detector, deadline: Span) -> Self {
        Self {
            detector,
            deadline,
            found: Vec::new(),
            down: None,
            latest: Moment::ZERO,
            last_good: Moment::ZERO,
            bad_run: 0,
            run_start: Start { due: Moment::ZERO, number: None, last_good: Moment::ZERO },
            good_run: 0,
            first_good_at: Moment::ZERO,
            latest_good_at: Moment::ZERO,
            window: VecDeque::new(),
            bad_in_window: 0,
        }
    }

    /// Takes in the next message; `n_down` is the parameter in force when it was due.
    pub(super) fn next(&mut self, point: Point, n_down: u32) {
        self.latest = point.due;
        let start = Start { due: point.due, number: point.number, last_good: self.last_good };
        match point.good_at {
            Some(at) => self.good(start, at),
            None => self.bad(start, n_down),
        }
    }

    /// Where a message that was due then lies among the outages so far.
    pub(super) fn around(&self, due: Moment) -> Around {
        let outage = self.found.partition_point(|raw| raw.up.is_some_and(|(end, _)| end < due));
        let Some(raw) = self.found.get(outage).or(self.down.as_ref()) else {
            return Around { outage, ..Around::OUTSIDE };
        };
        let inside = raw.start.due <= due;
        Around { outage, inside, before_end: inside && raw.up.is_none_or(|(end, _)| due < end) }
    }

    /// Where messages that were due before this moment lie is certain, whatever comes.
    pub(super) fn certain_before(&self) -> Moment {
        const NEXT: Span = Span::from_nanos(1);
        if let Some(raw) = &self.down {
            return raw.last_bad + NEXT;
        }
        // The next outage begins with a message of the window, or of the current run of bad ones, or with one that is still to come.
        let oldest = self.window.front().map_or(self.latest, |(oldest, _)| oldest.due);
        let next = if self.bad_run > 0 { oldest.min(self.run_start.due) } else { oldest };
        let end = self.found.last().and_then(|raw| raw.up).map(|(end, _)| end);
        match end.filter(|end| next.since(*end) < self.detector.hold_up) {
            Some(end) => end + NEXT,
            None => next,
        }
    }

    /// The outages so far; of the last one the end may not be known yet.
    pub(super) fn outages(&self) -> Vec<Outage> {
        self.found.iter().chain(&self.down).map(|raw| raw.figures(self.deadline)).collect()
    }

    fn good(&mut self, good: Start, at: Moment) {
        if self.good_run == 0 {
            (self.first_good_at, self.latest_good_at) = (at, at);
        }
        self.good_run += 1;
        self.latest_good_at = self.latest_good_at.max(at);
        self.bad_run = 0;
        self.push(good, true);
        self.last_good = good.due;
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

    fn bad(&mut self, bad: Start, n_down: u32) {
        let due = bad.due;
        if self.bad_run == 0 {
            self.run_start = bad;
        }
        self.bad_run += 1;
        self.good_run = 0;
        self.push(bad, false);
        if let Some(raw) = &mut self.down {
            raw.last_bad = due;
            raw.bad += 1;
            return;
        }
        let in_a_row = (self.bad_run >= n_down).then_some((self.run_start, u64::from(self.bad_run)));
        let Some((start, bad)) = in_a_row.or_else(|| self.by_ratio()) else { return };
        let declared = due + self.deadline;
        let raw = Raw { start, last_bad: due, declared, up: None, bad, merged: 1 };
        let hold_up = self.detector.hold_up;
        let goes_on = self.found.pop_if(|before| before.up.is_some_and(|(end, _)| start.due.since(end) < hold_up));
        self.down = Some(goes_on.map_or(raw.clone(), |before| before.goes_on(&raw)));
    }

    fn push(&mut self, start: Start, good: bool) {
        self.window.push_back((start, good));
        self.bad_in_window += usize::from(!good);
        while let Some((oldest, was_good)) = self.window.front().copied()
            && start.due.since(oldest.due) >= self.detector.window
        {
            self.window.pop_front();
            self.bad_in_window -= usize::from(!was_good);
        }
    }

    /// If the bad share of the window is reached: the first bad message in it after the last three good ones in a row, and how many bad ones
    /// there are from there.
    fn by_ratio(&self) -> Option<(Start, u64)> {
        let all = self.window.len();
        let reached = self.bad_in_window as f64 >= self.detector.down_ratio.fraction() * all as f64;
        if all < FEWEST_FOR_RATIO || !reached {
            return None;
        }
        let (mut start, mut bad, mut good_run) = (None, 0, 0);
        for (one, good) in &self.window {
            good_run = if *good { good_run + 1 } else { 0 };
            if good_run >= APART {
                (start, bad) = (None, 0);
            }
            if !good {
                start = start.or(Some(*one));
                bad += 1;
            }
        }
        start.map(|start| (start, bad))
    }
}

impl Raw {
    /// One outage of two, of which the later began too soon after the earlier.
    fn goes_on(self, later: &Self) -> Self {
        let (last_bad, up) = (later.last_bad, later.up);
        Self { last_bad, up, bad: self.bad + later.bad, merged: self.merged + later.merged, ..self }
    }

    fn figures(&self, deadline: Span) -> Outage {
        Outage {
            first_bad: None,
            start_s: self.start.due.secs_f64(),
            end_s: self.up.map(|(end, _)| end.secs_f64()),
            lo_s: self.last_bad.since(self.start.due).saturating_sub(deadline).secs_f64(),
            hi_s: self.up.map(|(end, _)| end.since(self.start.last_good).secs_f64()),
            censored: self.up.is_none(),
            declared_s: self.declared.secs_f64(),
            recovered_s: self.up.map(|(_, certain)| certain.secs_f64()),
            bad: self.bad,
            merged: self.merged,
            meanwhile: None,
            number: self.start.number,
            start: self.start.due,
            end: self.up.map(|(end, _)| end),
            last_good: self.start.last_good,
            last_bad: self.last_bad,
            declared: self.declared,
        }
    }
}
