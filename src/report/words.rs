//! Figures in words: every one with its unit, rounded to what a person reads.

use crate::analysis::JourneyBasis;
pub(super) use crate::units::{
    percent, percent_beside, percent_exact, plural, rate, secs, secs_exact, secs_range, secs_range_beside, span,
    thousands as count,
};
use crate::units::{six_digits, whole};

/// What stands where there is no figure.
pub(super) const NONE: &str = "–";

/// Milliseconds, in the unit that suits them.
pub(super) fn millis(ms: f64) -> String {
    secs(ms / 1e3)
}

/// A moment since the drill's start: `+12.00 s`, `+1:52:03.4`.
pub(super) fn moment(secs: f64) -> String {
    let short = six_digits(secs);
    // Six digits of a day are less than its tenths of a second.
    if short < 120.0 { format!("+{short:.2} s") } else { watch(secs) }
}

/// A moment in a table of a drill that took so many seconds: all of a column are written in one form.
pub(super) fn moment_of(drill: f64, secs: f64) -> String {
    if drill < 120.0 || secs >= 120.0 { moment(secs) } else { watch(secs) }
}

/// From one moment to another, in such a table.
pub(super) fn moments_of(drill: f64, from: f64, to: f64) -> String {
    if drill < 120.0 {
        return moments(from, to);
    }
    format!("{}–{}", moment_of(drill, from), moment_of(drill, to).trim_start_matches('+'))
}

fn watch(secs: f64) -> String {
    let tenths = whole(secs * 10.0);
    format!("+{}:{:02}:{:02}.{}", tenths / 36_000, tenths / 600 % 60, tenths / 10 % 60, tenths % 10)
}

/// From one moment to another: `+12.00–15.00 s`.
pub(super) fn moments(from: f64, to: f64) -> String {
    let (from, to) = (moment(from), moment(to));
    match (from.strip_suffix(" s"), to.ends_with(" s")) {
        (Some(number), true) => format!("{number}–{}", to.trim_start_matches('+')),
        (None, false) => format!("{from}–{}", to.trim_start_matches('+')),
        _ => format!("{from} – {to}"),
    }
}

/// A list in a sentence: `a`, `a and b`, `a, b and c`.
pub(super) fn list(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [rest @ .., last] => format!("{} and {last}", rest.join(", ")),
    }
}

/// A foreign text on one line, without control characters and without the marks that turn the writing direction: it can neither move
/// a terminal's cursor nor show something else than it says.
pub(super) fn plain(text: &str) -> String {
    let turns = |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let no_character = |c: char| matches!(c, '\u{fffe}' | '\u{ffff}');
    let clean: String = text
        .chars()
        .filter_map(|c| match c {
            '\n' | '\t' => Some(' '),
            c if c.is_control() || turns(c) || no_character(c) => None,
            c => Some(c),
        })
        .collect();
    clean.trim().into()
}

/// From when to when the latencies of a journey are.
pub(super) fn basis(basis: JourneyBasis) -> &'static str {
    match basis {
        JourneyBasis::Delivery => "due until delivered",
        JourneyBasis::Acceptance => "due until acknowledged",
        JourneyBasis::Mixed => "due until delivered, or acknowledged where nobody reports receipts",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_read_like_a_watch() {
        assert_eq!(moment(12.0), "+12.00 s");
        assert_eq!(moment(6_723.4), "+1:52:03.4");
        assert_eq!(moments(12.0, 15.0), "+12.00–15.00 s");
        assert_eq!(moments(60.0, 660.0), "+60.00 s – +0:11:00.0");
        // In a table all are written alike.
        assert_eq!([60.0, 660.0].map(|at| moment_of(700.0, at)), ["+0:01:00.0", "+0:11:00.0"]);
        assert_eq!(moments_of(700.0, 60.0, 660.0), "+0:01:00.0–0:11:00.0");
        assert_eq!((moment_of(60.0, 12.0), moments_of(60.0, 12.0, 15.0)), (moment(12.0), moments(12.0, 15.0)));
    }

    #[test]
    fn foreign_text_cannot_move_the_cursor() {
        assert_eq!(plain("a\u{1b}[31m\u{202e}b\nc\u{0}"), "a[31mb c");
        assert_eq!(count(1_234_567), "1,234,567");
    }
}
