//! Under the latencies: which share of the messages was good, and which route carried them.

use super::axis::fitting;
use super::{Frame, GOOD, LEFT, RIGHT, ROUTES, anchored, line, rect, text};
use crate::analysis::{Bucket, JourneyFigures};
use crate::plan::Plan;
use crate::report::names::Names;
use crate::report::words::secs_exact;
use crate::units::RouteId;

/// Equal neighbours as one run: from bucket, to bucket, value. At most `reach` empty buckets belong to the run before them.
fn runs<T: PartialEq>(
    buckets: &[Bucket],
    reach: usize,
    value: impl Fn(&Bucket) -> Option<T>,
) -> Vec<(usize, usize, T)> {
    let mut runs: Vec<(usize, usize, T)> = Vec::new();
    for (index, bucket) in buckets.iter().enumerate() {
        let Some(value) = value(bucket) else { continue };
        if let Some((_, end, _)) = runs.last_mut().filter(|(_, end, _)| index - *end <= reach) {
            *end = index;
        }
        match runs.last_mut() {
            Some((_, end, last)) if *last == value && *end == index => *end = index + 1,
            _ => runs.push((index, index + 1, value)),
        }
    }
    runs
}

fn edges(frame: &Frame, journey: &JourneyFigures, from: usize, to: usize) -> (f64, f64) {
    let width = journey.series.bucket_s;
    (frame.x(from as f64 * width), frame.x(to as f64 * width))
}

/// The share of good messages, the rest hanging from above.
pub(super) fn good(svg: &mut String, frame: &Frame, top: f64, journey: &JourneyFigures, reach: usize) {
    let title = format!("Share of messages in time (within {})", secs_exact(journey.deadline_s));
    text(svg, "title", (LEFT, top - 8.0), &title);
    for (class, name, x) in [("good-bar", "in time", RIGHT - 190.0), ("bad-bar", "late or never", RIGHT - 110.0)] {
        rect(svg, class, (x, top - 18.0), (12.0, 11.0));
        text(svg, "soft", (x + 17.0, top - 8.0), name);
    }
    let share = |bucket: &Bucket| (bucket.due > 0).then(|| bucket.good as f64 / bucket.due as f64);
    for (from, to, share) in runs(&journey.series.buckets, reach, share) {
        let (left, right) = edges(frame, journey, from, to);
        let bad = (1.0 - share) * GOOD;
        rect(svg, "good-bar", (left, top + bad), (right - left, GOOD - bad));
        if bad > 0.0 {
            rect(svg, "bad-bar", (left, top), (right - left, bad));
        }
    }
    for (share, label) in [(0.0, "0 %"), (1.0, "100 %")] {
        let y = top + (1.0 - share) * GOOD;
        line(svg, "grid", (LEFT, y), (RIGHT, y));
        anchored(svg, "soft", (LEFT - 8.0, y + 4.0), "end", label);
    }
}

/// Which routes carried the messages, stacked; the name stands on the longest stretch of each.
pub(super) fn routes(
    svg: &mut String,
    frame: &Frame,
    top: f64,
    plan: &Plan,
    (journey, reach): (&JourneyFigures, usize),
) {
    text(svg, "title", (LEFT, top - 8.0), "Which route carried them");
    let split = |bucket: &Bucket| (bucket.routes.iter().sum::<u64>() > 0).then(|| bucket.routes.clone());
    let runs = runs(&journey.series.buckets, reach, |bucket| split(bucket).map(|counts| shares(&counts)));
    for (from, to, shares) in &runs {
        let (left, right) = edges(frame, journey, *from, *to);
        let mut y = top;
        for (route, share) in shares.iter().enumerate().filter(|(_, share)| **share > 0) {
            let height = f64::from(*share) / 1e3 * ROUTES;
            rect(svg, &class(route), (left, y), (right - left, height));
            y += height;
        }
    }
    for route in 0..journey.routes.len() {
        let alone = runs.iter().filter(|(_, _, shares)| shares.get(route).is_some_and(|share| *share == 1_000));
        let Some((from, to, _)) = alone.max_by_key(|(from, to, _)| to - from) else { continue };
        let (left, right) = edges(frame, journey, *from, *to);
        let name = Names(plan).route(journey.journey, RouteId(u8::try_from(route).unwrap_or(u8::MAX)));
        let name = fitting(&name, right - left - 8.0);
        anchored(svg, "on-route", (f64::midpoint(left, right), top + ROUTES / 2.0 + 4.0), "middle", &name);
    }
}

/// Thousandths that each route carried.
fn shares(counts: &[u64]) -> Vec<u16> {
    let all = counts.iter().sum::<u64>().max(1);
    counts.iter().map(|n| u16::try_from(n * 1_000 / all).unwrap_or(1_000)).collect()
}

fn class(route: usize) -> String {
    format!("r{}", route.min(4))
}
