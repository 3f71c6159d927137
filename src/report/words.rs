//! Figures in words: every one with its unit, rounded to what a person reads.

use crate::units::six_digits;
pub(super) use crate::units::thousands as count;

/// What stands where there is no figure.
pub(super) const NONE: &str = "–";

/// A length of time: `36.5 ms`, `1.66 s`, `12 min 05 s`, `2 h 15 min`.
pub(super) fn secs(secs: f64) -> String {
    let secs = six_digits(secs);
    if secs < 0.0 {
        return format!("−{}", self::secs(-secs));
    }
    match secs {
        s if !s.is_finite() => "unbounded".into(),
        0.0 => "0 s".into(),
        s if s < 0.000_999_5 => format!("{} µs", three(s * 1e6)),
        s if s < 0.999_5 => format!("{} ms", three(s * 1e3)),
        s if s < 119.95 => format!("{} s", three(s)),
        s if s < 7_199.5 => {
            let whole = whole(s);
            format!("{} min {:02} s", whole / 60, whole % 60)
        }
        s => {
            let minutes = whole(s / 60.0);
            format!("{} h {:02} min", minutes / 60, minutes % 60)
        }
    }
}

/// A length of time that somebody wrote: `120 ms`, `1.8 s`, `2 h`, without the zeros of a measurement.
pub(super) fn secs_exact(exact: f64) -> String {
    let text = secs(exact);
    match text.split_once(' ') {
        Some((number, unit)) if number.contains('.') => {
            format!("{} {unit}", number.trim_end_matches('0').trim_end_matches('.'))
        }
        _ => text.replace(" 00 min", "").replace(" 00 s", ""),
    }
}

/// Milliseconds, in the unit that suits them.
pub(super) fn millis(ms: f64) -> String {
    secs(ms / 1e3)
}

/// From `low` to `high` seconds, the unit written once if it is the same; without `high`, no bound is known.
pub(super) fn secs_range(low: f64, high: Option<f64>) -> String {
    let Some(high) = high else { return format!("at least {}", secs(low)) };
    span(&secs(low), &secs(high))
}

/// Two figures with units as one range.
pub(super) fn span(low: &str, high: &str) -> String {
    if low == high {
        return low.into();
    }
    match (low.split_once(' '), high.split_once(' ')) {
        (Some((number, unit)), Some((_, other))) if unit == other => format!("{number}–{high}"),
        (Some(("0", _)), Some(_)) => format!("0–{high}"),
        _ => format!("{low} – {high}"),
    }
}

/// A moment since the drill's start: `+12.00 s`, `+1:52:03.4`.
pub(super) fn moment(secs: f64) -> String {
    let secs = six_digits(secs);
    if secs < 120.0 {
        return format!("+{secs:.2} s");
    }
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

/// A count that is judged as a figure.
pub(super) fn tally(value: f64) -> String {
    let rounded = libm::round(value);
    if (value - rounded).abs() < 1e-9 && value >= 0.0 { count(whole(value)) } else { format!("{}", six_digits(value)) }
}

/// So many in a time, in the unit that suits them: `2.5/s`, `12/min`, `0.5/h`.
pub(super) fn rate(per_second: f64) -> String {
    let of = |value: f64, unit: &str| format!("{}/{unit}", six_digits(libm::round(value * 1e3) / 1e3));
    match per_second {
        0.0 => "0/s".into(),
        rate if rate >= 1.0 => of(rate, "s"),
        rate if rate * 60.0 >= 1.0 => of(rate * 60.0, "min"),
        rate => of(rate * 3_600.0, "h"),
    }
}

/// A share as a percentage with as many decimals as keep it from rounding to 100 % when it is less.
pub(super) fn percent(share: f64) -> String {
    let percent = six_digits(share * 100.0);
    // Of what is less than one per cent, two digits that say something.
    let fewest = [1.0, 0.1, 0.01].into_iter().filter(|small| percent < *small).count() + 1;
    let text =
        (fewest..=4).map(|places| format!("{percent:.places$}")).find(|t| percent >= 100.0 || !t.starts_with("100"));
    let text = text.unwrap_or_else(|| "99.9999".into());
    format!("{} %", if percent >= 100.0 || percent == 0.0 { format!("{percent}") } else { text })
}

/// A share that somebody wrote: `99 %`, without the zeros of a measurement.
pub(super) fn percent_exact(share: f64) -> String {
    format!("{} %", six_digits(share * 100.0))
}

/// `1 message`, `2 messages`.
pub(super) fn plural(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(n), if n == 1 { one } else { many })
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

/// Three significant digits, at least the whole number.
fn three(value: f64) -> String {
    match value {
        v if v >= 99.95 => format!("{v:.0}"),
        v if v >= 9.995 => format!("{v:.1}"),
        v => format!("{v:.2}"),
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "`as` saturates, and times are not negative"
)]
fn whole(value: f64) -> u64 {
    libm::round(value) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_like_a_watch() {
        assert_eq!(secs(0.0365), "36.5 ms");
        assert_eq!(secs(1.659), "1.66 s");
        assert_eq!(secs(0.000_25), "250 µs");
        assert_eq!(secs(725.2), "12 min 05 s");
        assert_eq!(secs(8_100.0), "2 h 15 min");
        assert_eq!(moment(12.0), "+12.00 s");
        assert_eq!(moment(6_723.4), "+1:52:03.4");
        assert_eq!(moments(12.0, 15.0), "+12.00–15.00 s");
        assert_eq!(moments(60.0, 660.0), "+60.00 s – +0:11:00.0");
    }

    #[test]
    fn ranges_name_their_unit_once() {
        assert_eq!(secs_range(1.62, Some(1.66)), "1.62–1.66 s");
        assert_eq!(secs_range(0.0, Some(0.3)), "0–300 ms");
        assert_eq!(secs_range(0.9, Some(1.3)), "900 ms – 1.30 s");
        assert_eq!(secs_range(4.0, None), "at least 4.00 s");
    }

    #[test]
    fn less_than_everything_is_never_all_of_it() {
        assert_eq!(percent(1.0), "100 %");
        assert_eq!(percent(0.999_99), "99.999 %");
        assert_eq!(percent(0.9), "90.0 %");
        assert_eq!(percent_exact(0.995), "99.5 %");
        assert_eq!(percent(0.885_42), "88.5 %");
        assert_eq!(
            [0.010_4, 0.002_222, 0.000_222, 0.000_022_2, 0.0].map(percent),
            ["1.0 %", "0.22 %", "0.022 %", "0.0022 %", "0 %"]
        );
    }

    #[test]
    fn foreign_text_cannot_move_the_cursor() {
        assert_eq!(plain("a\u{1b}[31m\u{202e}b\nc\u{0}"), "a[31mb c");
        assert_eq!(count(1_234_567), "1,234,567");
    }
}
