//! Whether alerts on a journey's error budget would have fired, and when: a detector for drills that have no other.
//!
//! The alerts are those that Google's SRE workbook recommends for an objective over thirty days (chapter 5, "Multiwindow, multi-burn-rate
//! alerts"): each fires while the budget burns faster than its factor over a long and over a short window, so that it comes on for what
//! matters and goes off soon after.

use serde::Serialize;

use super::{Outage, Point};
use crate::units::{Moment, Span};

/// Factor, long window and short window in minutes.
const ALERTS: [(f64, u64, u64); 4] = [(14.4, 60, 5), (6.0, 360, 30), (3.0, 1_440, 120), (1.0, 4_320, 360)];

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

/// A journey's messages as a rate of errors is counted from them.
#[derive(Clone, Copy)]
pub(super) struct Errors<'a> {
    /// In order of due moment.
    pub(super) points: &'a [Point],
    /// Δ, the mean gap between two of them.
    pub(super) gap: Span,
    /// When it is certain that one was bad, counted from its due moment.
    pub(super) deadline: Span,
}

/// The alerts on an availability. One that leaves no budget has none: nothing could be burnt.
///
/// A drill is younger than the windows. What was due before it is taken to have been good: at an objective of 99.9 % and with every
/// message bad the first alert fires after 1.44 % of an hour, as it would on a system that had run well, and not at once.
pub(super) fn alerts(availability: f64, errors: Errors<'_>) -> Vec<Alert> {
    let budget = 1.0 - availability;
    if budget <= 0.0 {
        return Vec::new();
    }
    let minutes = |minutes: u64| Span::from_secs(minutes * 60);
    let of = |(factor, long, short): (f64, u64, u64)| {
        let (long, short) = (minutes(long), minutes(short));
        let firing = errors.firing(factor * budget, [long, short]);
        let fired_s = firing.first().map(|(from, _)| from.secs_f64());
        Alert { factor, long_s: long.secs_f64(), short_s: short.secs_f64(), fired_s, firing }
    };
    ALERTS.into_iter().map(of).collect()
}

/// When the first alert was firing during an outage, or as soon as its last message was decided.
pub(super) fn alerted(alerts: &[Alert], outage: &Outage, deadline: Span) -> Option<Moment> {
    let until = outage.end.map_or(Moment::MAX, |end| end + deadline);
    let firing = alerts.iter().flat_map(|alert| &alert.firing);
    let meanwhile = firing.filter(|(from, to)| *from <= until && *to >= outage.start);
    meanwhile.map(|(from, _)| (*from).max(outage.start)).min()
}

impl Errors<'_> {
    /// The stretches in which the share of bad messages is above a limit over both windows.
    fn firing(self, limit: f64, windows: [Span; 2]) -> Vec<(Moment, Moment)> {
        let mut firing: Vec<(Moment, Moment)> = Vec::new();
        let mut trailing = windows.map(|length| Trailing { length, oldest: 0, bad: 0 });
        let mut on = false;
        for (index, point) in self.points.iter().enumerate() {
            for window in &mut trailing {
                window.advance(self.points, index);
            }
            let burns = trailing.iter().all(|window| window.share(point.due, index, self.gap) > limit);
            let certain = point.due + self.deadline;
            match (on, burns, firing.last_mut()) {
                (false, true, _) => firing.push((certain, Moment::MAX)),
                (true, false, Some(last)) => last.1 = certain,
                _ => {}
            }
            on = burns;
        }
        firing
    }
}

/// A window that ends with the message at hand.
struct Trailing {
    length: Span,
    /// The index of the oldest message in it.
    oldest: usize,
    bad: u64,
}

impl Trailing {
    fn advance(&mut self, points: &[Point], index: usize) {
        let is_bad = |point: &Point| u64::from(point.good_at.is_none());
        self.bad += is_bad(&points[index]);
        while points[index].due.since(points[self.oldest].due) >= self.length {
            self.bad -= is_bad(&points[self.oldest]);
            self.oldest += 1;
        }
    }

    /// The share of bad messages, with as many good ones as would have been due before the drill.
    fn share(&self, due: Moment, index: usize, gap: Span) -> f64 {
        let before = self.length.saturating_sub(due.since(Moment::ZERO));
        let all = (index + 1 - self.oldest) as f64 + before.secs_f64() / gap.secs_f64().max(1e-9);
        self.bad as f64 / all
    }
}
