//! Figures as people write them: each with its unit, rounded to what a person reads.

use super::{six_digits, thousands};

/// A length of time: `36.5 ms`, `1.66 s`, `12 min 05 s`, `2 h 15 min`.
#[must_use]
pub fn secs(secs: f64) -> String {
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
#[must_use]
pub fn secs_exact(exact: f64) -> String {
    let text = secs(exact);
    match text.split_once(' ') {
        Some((number, unit)) if number.contains('.') => {
            format!("{} {unit}", number.trim_end_matches('0').trim_end_matches('.'))
        }
        _ => text.replace(" 00 min", "").replace(" 00 s", ""),
    }
}

/// Two figures with units as one range.
#[must_use]
pub fn span(low: &str, high: &str) -> String {
    if low == high {
        return low.into();
    }
    match (low.split_once(' '), high.split_once(' ')) {
        // `4 min 30 s` is a number, a unit, and another number with its own.
        (Some((number, unit)), Some((_, other))) if unit == other && !unit.contains(' ') => format!("{number}–{high}"),
        (Some(("0", _)), Some(_)) => format!("0–{high}"),
        _ => format!("{low} – {high}"),
    }
}

/// From `low` to `high` seconds, the unit written once if it is the same; without `high`, no bound is known.
#[must_use]
pub fn secs_range(low: f64, high: Option<f64>) -> String {
    let Some(high) = high else { return format!("at least {}", secs(low)) };
    span(&secs(low), &secs(high))
}

/// A count that is judged as a figure.
#[must_use]
pub fn tally(value: f64) -> String {
    let rounded = libm::round(value);
    if (value - rounded).abs() < 1e-9 && value >= 0.0 {
        thousands(whole(value))
    } else {
        format!("{}", six_digits(value))
    }
}

/// `1 message`, `2 messages`.
#[must_use]
pub fn plural(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", thousands(n), if n == 1 { one } else { many })
}

/// So many in a time, in the unit that suits them: `2.5/s`, `12/min`, `0.5/h`.
#[must_use]
pub fn rate(per_second: f64) -> String {
    let of = |value: f64, unit: &str| format!("{}/{unit}", six_digits(libm::round(value * 1e3) / 1e3));
    match per_second {
        0.0 => "0/s".into(),
        rate if rate >= 1.0 => of(rate, "s"),
        rate if rate * 60.0 >= 1.0 => of(rate * 60.0, "min"),
        rate => of(rate * 3_600.0, "h"),
    }
}

/// A share as a percentage with as many decimals as keep it from rounding to 100 % when it is less.
#[must_use]
pub fn percent(share: f64) -> String {
    let percent = six_digits(share * 100.0);
    // What four places do not show.
    let percent = if percent.abs() < 0.000_05 { 0.0 } else { percent };
    // Of what is less than one per cent, two digits that say something.
    let fewest = [1.0, 0.1, 0.01].into_iter().filter(|small| percent < *small).count() + 1;
    let text =
        (fewest..=4).map(|places| format!("{percent:.places$}")).find(|t| percent >= 100.0 || !t.starts_with("100"));
    let text = text.unwrap_or_else(|| "99.9999".into());
    format!("{} %", if percent >= 100.0 || percent == 0.0 { format!("{percent}") } else { text })
}

/// A share that somebody wrote: `99 %`, without the zeros of a measurement.
#[must_use]
pub fn percent_exact(share: f64) -> String {
    format!("{} %", six_digits(share * 100.0))
}

/// Three significant digits, at least the whole number.
fn three(value: f64) -> String {
    match value {
        v if v >= 99.95 => format!("{v:.0}"),
        v if v >= 9.995 => format!("{v:.1}"),
        v => format!("{v:.2}"),
    }
}

/// The nearest whole number; 0 of what is negative.
#[must_use]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "`as` saturates, and times are not negative"
)]
pub fn whole(value: f64) -> u64 {
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
            [0.010_4, 0.002_222, 0.000_222, 0.000_022_2, 1e-9, 0.0].map(percent),
            ["1.0 %", "0.22 %", "0.022 %", "0.0022 %", "0 %", "0 %"]
        );
    }
}
