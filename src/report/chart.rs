//! One journey over time, as inline SVG: latency, the share of good messages, and which route carried them, on one time axis with
//! phases, injects and outages. Colours are classes of the page's style sheet, so that it follows light, dark and print.

mod axis;
mod flow;
mod latency;

use std::fmt::Write;

use super::Report;
use super::words::{moment, plain, secs_range};
use crate::analysis::JourneyFigures;

/// The drawing's size and its plot's edges.
const WIDTH: f64 = 1_000.0;
const LEFT: f64 = 66.0;
const RIGHT: f64 = 992.0;
/// One row of inject labels.
const TAG: f64 = 19.0;
/// The panels: latency, good, routes.
const LATENCY: f64 = 210.0;
const GOOD: f64 = 46.0;
const ROUTES: f64 = 26.0;
/// Between panels, where the next one's title stands.
const GAP: f64 = 34.0;

/// Where everything stands.
struct Frame {
    /// Seconds at the right edge.
    end: f64,
    /// Up to when anything is known: what was still in force then is drawn no further.
    known: f64,
    /// Where the first panel begins.
    top: f64,
    /// Where the last panel ends.
    bottom: f64,
}

impl Frame {
    fn x(&self, secs: f64) -> f64 {
        LEFT + (secs / self.end).clamp(0.0, 1.0) * (RIGHT - LEFT)
    }
}

/// The chart of a journey.
pub(super) fn render(report: &Report<'_>, journey: &JourneyFigures) -> String {
    let observation = report.observation;
    let planned = observation.phases.last().map_or(0.0, |phase| phase.end_s);
    let played = journey.series.buckets.len() as f64 * journey.series.bucket_s;
    let end = planned.max(played);
    if end <= 0.0 || journey.series.buckets.is_empty() {
        return "<p>Nothing to draw: no message was due.</p>".into();
    }
    let known = observation.at.secs_f64().min(end);
    let probe = Frame { end, known, top: 0.0, bottom: 0.0 };
    let tags = tags(report, &probe);
    let rows = tags.iter().map(|tag| tag.row + 1).max().unwrap_or(0);
    let top = 26.0 + rows as f64 * TAG;
    let frame = Frame { end, known, top, bottom: top + LATENCY + GAP + GOOD + GAP + ROUTES };
    let mut svg = String::new();
    injects(&mut svg, &frame, &tags);
    outages(&mut svg, &frame, journey);
    latency::draw(&mut svg, &frame, journey);
    let reach = reach(report, journey);
    flow::good(&mut svg, &frame, frame.top + LATENCY + GAP, journey, reach);
    flow::routes(&mut svg, &frame, frame.top + LATENCY + GAP + GOOD + GAP, report.plan, (journey, reach));
    outage_labels(&mut svg, &frame, journey);
    axis::phases(&mut svg, &frame, observation);
    axis::times(&mut svg, &frame);
    wrap(&svg, frame.bottom + 62.0, journey)
}

/// How many buckets may be empty only because the journey's messages are further apart than a bucket is wide.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "`as` saturates, and gaps are not negative"
)]
fn reach(report: &Report<'_>, journey: &JourneyFigures) -> usize {
    let gap = report.plan.journeys.get(journey.journey.index()).map_or(0.0, |planned| planned.detector.gap.secs_f64());
    libm::ceil(2.0 * gap / journey.series.bucket_s) as usize
}

/// The drawing with its title and what it shows in words, for those who cannot see it.
fn wrap(body: &str, height: f64, journey: &JourneyFigures) -> String {
    let name = escape(&plain(&journey.id));
    let outages: Vec<_> = journey
        .outages
        .iter()
        .map(|outage| {
            format!("an outage from {} that lasted {}", moment(outage.start_s), secs_range(outage.lo_s, outage.hi_s))
        })
        .collect();
    let outages = if outages.is_empty() { "no outage".into() } else { super::words::list(&outages) };
    format!(
        "<svg viewBox=\"0 0 {WIDTH:.0} {height:.0}\" role=\"img\" aria-label=\"Chart of {name}: latency, share of good messages \
         and routes over time, with {outages}. The tables below hold the figures.\" xmlns=\"http://www.w3.org/2000/svg\">{body}</svg>"
    )
}

/// An inject's label: it goes to the first row where it does not run into the one before it.
struct Tag {
    text: String,
    from: f64,
    to: f64,
    left: f64,
    row: usize,
}

fn tags(report: &Report<'_>, frame: &Frame) -> Vec<Tag> {
    let mut ends: Vec<f64> = Vec::new();
    let mut tags = Vec::new();
    for inject in &report.observation.injects {
        let Some(applied) = inject.applied_s else { continue };
        let text = axis::fitting(&plain(&inject.id), 180.0);
        let (from, to) = (frame.x(applied), frame.x(inject.lifted_s.unwrap_or(frame.known)));
        let width = text_width(&text) + 12.0;
        let left = from.min(RIGHT - width).max(LEFT);
        let row = ends.iter().position(|end| left >= *end - 0.5).unwrap_or(ends.len());
        if row == ends.len() {
            ends.push(0.0);
        }
        ends[row] = (left + width).max(to);
        tags.push(Tag { text, from, to, left, row });
    }
    tags
}

fn injects(svg: &mut String, frame: &Frame, tags: &[Tag]) {
    for tag in tags {
        let y = 4.0 + tag.row as f64 * TAG;
        let width = (tag.to - tag.from).max(1.5);
        rect(svg, "inject", (tag.from, y + 15.0), (width, frame.bottom - y - 15.0));
        line(svg, "inject-edge", (tag.from, y), (tag.from, frame.bottom));
        line(svg, "inject-edge", (tag.from + width, y), (tag.from + width, frame.bottom));
        rect(svg, "inject-tag", (tag.from, y), (width, 15.0));
        text(svg, "", (tag.left + 5.0, y + 11.5), &tag.text);
    }
}

fn outages(svg: &mut String, frame: &Frame, journey: &JourneyFigures) {
    for outage in &journey.outages {
        let (from, to) = (frame.x(outage.start_s), frame.x(outage.end_s.unwrap_or(frame.known)));
        rect(svg, "down", (from, frame.top), ((to - from).max(1.5), frame.bottom - frame.top));
        rect(svg, "down-bar", (from, frame.top), ((to - from).max(1.5), 4.0));
    }
}

/// Over everything else, so that no line runs through them, in two lines. What has no room in either is told by the tables alone.
fn outage_labels(svg: &mut String, frame: &Frame, journey: &JourneyFigures) {
    let mut lines = [(26.0, LEFT), (42.0, LEFT)];
    for outage in &journey.outages {
        let label = format!("down {}", secs_range(outage.lo_s, outage.hi_s));
        let width = text_width(&label) + 8.0;
        let left = (frame.x(outage.start_s) + 4.0).min(RIGHT - width);
        if let Some((below, free)) = lines.iter_mut().find(|(_, free)| *free <= left) {
            *free = left + width;
            text(svg, "down-tag", (left, frame.top + *below), &label);
        }
    }
}

fn rect(svg: &mut String, class: &str, (x, y): (f64, f64), (width, height): (f64, f64)) {
    let _ =
        write!(svg, "<rect class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\"/>");
}

fn line(svg: &mut String, class: &str, (x1, y1): (f64, f64), (x2, y2): (f64, f64)) {
    let _ = write!(svg, "<line class=\"{class}\" x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\"/>");
}

fn text(svg: &mut String, class: &str, at: (f64, f64), words: &str) {
    anchored(svg, class, at, "start", words);
}

fn anchored(svg: &mut String, class: &str, (x, y): (f64, f64), anchor: &str, words: &str) {
    let _ = write!(
        svg,
        "<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{}</text>",
        escape(words)
    );
}

/// How wide a label will be, roughly: wide characters count twice.
fn text_width(text: &str) -> f64 {
    text.chars().map(|c| if u32::from(c) < 0x1100 { 6.6 } else { 12.5 }).sum()
}

/// Text for XML content and attributes.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}
