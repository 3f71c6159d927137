//! The drill on one strip of block characters: phases, injects, and for each journey how much was good and when it was down.

use std::fmt::Write;

use super::super::Report;
use super::super::words::{plain, secs_exact};
use super::{Ink, Tone};
use crate::analysis::JourneyFigures;

/// How wide the labels are, before which there are two columns and after the drill two more.
const LABEL: usize = 18;

const EIGHTHS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

pub(super) fn render(report: &Report<'_>, ink: Ink) -> String {
    let end = report.plan.end().secs_f64().max(report.observation.phases.last().map_or(0.0, |phase| phase.end_s));
    if end <= 0.0 {
        return String::new();
    }
    let scale = Scale { end, columns: usize::from(ink.width) - LABEL - 4 };
    // What was still in force is known up to where the journal ends.
    let known = report.observation.at.secs_f64().min(end);
    let mut text = String::from("\n");
    row(&mut text, "phases", &ink.dim(&phases(report, scale)));
    for inject in &report.observation.injects {
        if let Some(from) = inject.applied_s {
            let bar = scale.bar(from, inject.lifted_s.unwrap_or(known), '▒');
            row(&mut text, &inject.id, &ink.tone(Tone::Warn, &bar));
        }
    }
    for journey in &report.observation.journeys {
        row(&mut text, &format!("{} in time", journey.id), &ink.tone(Tone::Good, &good(journey, scale)));
        if !journey.outages.is_empty() {
            row(&mut text, "  down", &ink.tone(Tone::Bad, &down(journey, scale, known)));
        }
    }
    row(&mut text, "", &ink.dim(&axis(scale)));
    text
}

fn row(text: &mut String, label: &str, strip: &str) {
    let mut label: Vec<char> = plain(label).chars().collect();
    if label.len() >= LABEL {
        label.truncate(LABEL - 2);
        label.push('…');
    }
    let label: String = label.into_iter().collect();
    *text += format!("  {label:<LABEL$}{strip}").trim_end();
    text.push('\n');
}

/// Seconds to columns.
#[derive(Clone, Copy)]
struct Scale {
    end: f64,
    columns: usize,
}

impl Scale {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "`as` saturates, and times are not negative"
    )]
    fn column(self, secs: f64) -> usize {
        ((secs / self.end * self.columns as f64) as usize).min(self.columns)
    }

    /// From one moment to another, at least one column.
    fn bar(self, from: f64, to: f64, with: char) -> String {
        let from = self.column(from).min(self.columns - 1);
        let to = self.column(to).max(from + 1);
        format!("{}{}", " ".repeat(from), with.to_string().repeat(to - from))
    }
}

fn phases(report: &Report<'_>, scale: Scale) -> String {
    let mut strip = String::new();
    for phase in &report.observation.phases {
        let width = scale.column(phase.end_s).saturating_sub(scale.column(phase.start_s));
        let name = Some(plain(&phase.phase)).filter(|name| name.chars().count() < width).unwrap_or_default();
        if width > 0 {
            let _ = write!(strip, "│{name:─<rest$}", rest = width - 1);
        }
    }
    strip
}

/// When the journey was down.
fn down(journey: &JourneyFigures, scale: Scale, known: f64) -> String {
    let mut strip = vec![' '; scale.columns];
    for outage in &journey.outages {
        let from = scale.column(outage.start_s).min(scale.columns - 1);
        let to = scale.column(outage.end_s.unwrap_or(known)).max(from + 1);
        strip[from..to].fill('▀');
    }
    strip.iter().collect::<String>().trim_end().into()
}

/// A column's height is the share of its messages that were good; a dot where none were due.
fn good(journey: &JourneyFigures, scale: Scale) -> String {
    let mut columns = vec![(0_u64, 0_u64); scale.columns];
    for (index, bucket) in journey.series.buckets.iter().enumerate() {
        let from = index as f64 * journey.series.bucket_s;
        let last = scale.column(from + journey.series.bucket_s * 0.999).min(scale.columns - 1);
        for column in &mut columns[scale.column(from).min(last)..=last] {
            column.0 += bucket.good;
            column.1 += bucket.due;
        }
    }
    let used = columns.iter().rposition(|(_, due)| *due > 0).map_or(0, |last| last + 1);
    // Messages further apart than a column is wide leave columns empty that are no pause.
    let sent = columns.iter().filter(|(_, due)| *due > 0).count().max(1);
    let reach = (used / sent) * 2;
    let mut strip = String::new();
    let (mut last, mut empty) = ((0, 0), 0);
    for column in &columns[..used] {
        empty = if column.1 > 0 { 0 } else { empty + 1 };
        last = if column.1 > 0 || empty > reach { *column } else { last };
        strip.push(height(last.0, last.1));
    }
    strip
}

/// Only all is a full block, and only none is the lowest.
fn height(good: u64, due: u64) -> char {
    match (good, due) {
        (_, 0) => '·',
        (good, due) if good >= due => EIGHTHS[8],
        (0, _) => EIGHTHS[1],
        (good, due) => EIGHTHS[usize::try_from(1 + good * 6 / due).unwrap_or(1).clamp(2, 7)],
    }
}

fn axis(scale: Scale) -> String {
    let end = scale.end;
    let last = secs_exact(end);
    let middle = secs_exact(end / 2.0);
    let first = "0 s";
    let half = scale.columns / 2;
    let mut line = format!("{first:<half$}{middle}");
    let rest = scale.columns.saturating_sub(line.chars().count());
    let _ = write!(line, "{last:>rest$}");
    line
}
