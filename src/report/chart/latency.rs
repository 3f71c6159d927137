//! Median and 99th percentile over time, on a logarithmic axis: a drill's latencies span decades.

use std::fmt::Write;

use super::{Frame, LATENCY, LEFT, RIGHT, anchored, line, text};
use crate::analysis::{Bucket, JourneyFigures};
use crate::report::words::{count, secs_exact};

/// From which to which latency the axis runs, in milliseconds.
struct Scale {
    low: f64,
    high: f64,
    bottom: f64,
}

impl Scale {
    /// Whole steps of 1, 2 and 5 around everything there is to show.
    fn of(journey: &JourneyFigures, bottom: f64) -> Self {
        let shown = || {
            let figures = journey.series.buckets.iter().flat_map(|b| [b.p50_ms, b.p99_ms]).flatten();
            figures.chain([journey.deadline_s * 1e3]).filter(|ms| *ms > 0.0)
        };
        let low = shown().fold(f64::INFINITY, f64::min);
        let high = shown().fold(0.0, f64::max);
        if high <= 0.0 {
            return Self { low: 1.0, high: 1_000.0, bottom };
        }
        let low = ticks().rfind(|tick| *tick <= low).unwrap_or(1e-3);
        let high = ticks().find(|tick| *tick >= high * 1.3).unwrap_or(1e9);
        Self { low, high, bottom }
    }

    fn y(&self, ms: f64) -> f64 {
        let of = |ms: f64| libm::log10(ms.max(1e-9));
        let share = (of(ms) - of(self.low)) / (of(self.high) - of(self.low));
        self.bottom - share.clamp(0.0, 1.0) * LATENCY
    }
}

/// 1, 2 and 5 of every decade from a microsecond to eleven days, in milliseconds.
fn ticks() -> impl DoubleEndedIterator<Item = f64> {
    (-3_i32..=8).flat_map(|decade| [1.0, 2.0, 5.0].map(|digit| format!("{digit}e{decade}").parse().unwrap_or(1.0)))
}

pub(super) fn draw(svg: &mut String, frame: &Frame, journey: &JourneyFigures) {
    let scale = Scale::of(journey, frame.top + LATENCY);
    let few = ticks().filter(|t| (scale.low..=scale.high).contains(t)).count() <= 9;
    for tick in ticks().filter(|tick| (scale.low..=scale.high).contains(tick)) {
        let y = scale.y(tick);
        let decade = libm::fabs(libm::log10(tick) - libm::round(libm::log10(tick))) < 1e-9;
        line(svg, if decade { "grid" } else { "minor" }, (LEFT, y), (RIGHT, y));
        if decade || few {
            anchored(svg, "soft", (LEFT - 8.0, y + 4.0), "end", &label(tick));
        }
    }
    let y = scale.y(journey.deadline_s * 1e3);
    line(svg, "deadline", (LEFT, y), (RIGHT, y));
    anchored(svg, "down-tag", (RIGHT - 4.0, y - 5.0), "end", &format!("deadline {}", secs_exact(journey.deadline_s)));
    curve(svg, frame, &scale, journey, "p99", |bucket| bucket.p99_ms);
    curve(svg, frame, &scale, journey, "p50", |bucket| bucket.p50_ms);
    never(svg, frame, &scale, journey);
    legend(svg, frame, journey);
}

/// A tick's figure. Decades of seconds stay seconds: in minutes they are neither round nor short.
fn label(tick: f64) -> String {
    if tick < 100_000.0 {
        return secs_exact(tick / 1e3);
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "at most eleven days in seconds, and positive"
    )]
    let secs = libm::round(tick / 1e3) as u64;
    format!("{} s", count(secs))
}

/// A line through the middles of the buckets, broken where there is no figure.
fn curve(
    svg: &mut String,
    frame: &Frame,
    scale: &Scale,
    journey: &JourneyFigures,
    class: &str,
    figure: impl Fn(&Bucket) -> Option<f64>,
) {
    let mut path = String::new();
    let mut drawing = false;
    for (x, bucket) in middles(frame, journey) {
        // A bucket in which nothing was due is no break: the next message is simply further away.
        if bucket.due == 0 {
            continue;
        }
        let Some(ms) = figure(bucket) else {
            drawing = false;
            continue;
        };
        // The horizontal stroke makes a figure that stands alone visible.
        let stroke = if drawing { "L" } else { "M" };
        let _ = write!(path, "{stroke}{x:.1} {y:.1}", y = scale.y(ms));
        if !drawing {
            path.push_str("h.1");
        }
        drawing = true;
    }
    let _ = write!(svg, "<path class=\"{class}\" d=\"{path}\"/>");
}

fn middles<'a>(frame: &'a Frame, journey: &'a JourneyFigures) -> impl Iterator<Item = (f64, &'a Bucket)> {
    let series = &journey.series;
    series.buckets.iter().enumerate().map(|(i, bucket)| (frame.x((i as f64 + 0.5) * series.bucket_s), bucket))
}

/// A mark at the top where more than one message in a hundred never arrived.
fn never(svg: &mut String, frame: &Frame, scale: &Scale, journey: &JourneyFigures) {
    let y = scale.y(scale.high) + 7.0;
    for (x, _) in middles(frame, journey).filter(|(_, bucket)| bucket.due > 0 && bucket.p99_ms.is_none()) {
        let _ = write!(svg, "<path class=\"never\" d=\"M{x:.1} {y:.1}l-2.5 5h5z\"/>");
    }
}

fn legend(svg: &mut String, frame: &Frame, journey: &JourneyFigures) {
    let y = frame.top - 8.0;
    let ends = crate::report::words::basis(journey.basis);
    text(svg, "title", (LEFT, y), &format!("Latency, {ends} (logarithmic scale)"));
    // Fixed places at the right: nobody knows how wide the reader's letters are.
    for (class, name, x) in [("p50", "median", RIGHT - 232.0), ("p99", "99th percentile", RIGHT - 134.0)] {
        line(svg, class, (x, y - 4.0), (x + 22.0, y - 4.0));
        text(svg, "soft", (x + 28.0, y), name);
    }
    if journey.series.buckets.iter().any(|bucket| bucket.due > 0 && bucket.p99_ms.is_none()) {
        let x = RIGHT - 370.0;
        let _ = write!(svg, "<path class=\"never\" d=\"M{x:.1} {:.1}l-3 6h6z\"/>", y - 8.0);
        text(svg, "soft", (x + 8.0, y), "some never arrived");
    }
}
