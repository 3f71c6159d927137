//! Figures beside a bound: with as many digits as it takes for the figure that is read to lie on the side of the bound on which the true
//! one lies, so that no failure reads as if it kept its promise.

use std::cmp::Ordering;

use super::figure::{percent, rate, secs, span, tally};
use super::six_digits;

/// More digits than this no figure has.
const MOST: usize = 9;

/// A figure as it is read: the number in the unit of the true one, and its text.
type Written = (f64, String);

/// A length of time beside one that somebody wrote.
#[must_use]
pub fn secs_beside(value: f64, bound: f64) -> String {
    beside(value, bound, secs(value), secs_to)
}

/// A share beside one that somebody wrote.
#[must_use]
pub fn percent_beside(share: f64, bound: f64) -> String {
    beside(share, bound, percent(share), |share, places| {
        let text = format!("{:.places$}", share * 100.0);
        (read(&text) / 100.0, format!("{text} %"))
    })
}

/// A count beside one that somebody wrote: whole ones never collide.
#[must_use]
pub fn tally_beside(value: f64, bound: f64) -> String {
    beside(value, bound, tally(value), |value, places| {
        let text = format!("{value:.places$}");
        (read(&text), text)
    })
}

/// So many in a time, beside so many that somebody wrote.
#[must_use]
pub fn rate_beside(per_second: f64, bound: f64) -> String {
    beside(per_second, bound, rate(per_second), |value, places| {
        let (scale, unit) = match value {
            rate if rate >= 1.0 => (1.0, "s"),
            rate if rate * 60.0 >= 1.0 => (60.0, "min"),
            _ => (3_600.0, "h"),
        };
        let text = format!("{:.places$}", value * scale);
        (read(&text) / scale, format!("{text}/{unit}"))
    })
}

/// From `low` to `high` seconds beside a bound; without `high`, no end is known.
#[must_use]
pub fn secs_range_beside(low: f64, high: Option<f64>, bound: Option<f64>) -> String {
    let show = |value| bound.map_or_else(|| secs(value), |bound| secs_beside(value, bound));
    high.map_or_else(|| format!("at least {}", show(low)), |high| span(&show(low), &show(high)))
}

/// The usual text if it lies where the figure does, else the shortest one that does.
fn beside(value: f64, bound: f64, usual: String, write: impl Fn(f64, usize) -> Written) -> String {
    let side = side(value, bound);
    // What the usual text says: six digits, rounded to the places that it has.
    let places = usual.split_once(' ').map_or(usual.as_str(), |(number, _)| number);
    let places = places.split_once('/').map_or(places, |(number, _)| number);
    let places = places.split_once('.').map_or(0, |(_, places)| places.len());
    let reads = |value: f64| self::side(write(value, places).0, bound) == side;
    // A half may go up before it is rounded to six digits, and down after.
    if !value.is_finite() || !bound.is_finite() || (reads(value) && reads(six_digits(value))) {
        return usual;
    }
    let longer =
        (places + 1..=MOST).map(|places| write(value, places)).find(|(read, _)| self::side(*read, bound) == side);
    longer.map_or(usual, |(_, text)| text)
}

/// On which side of a bound a figure lies; what differs by less than any figure's precision is on it.
fn side(value: f64, bound: f64) -> Ordering {
    if (value - bound).abs() <= bound.abs().max(1e-9) * 1e-12 { Ordering::Equal } else { value.total_cmp(&bound) }
}

/// A length of time to so many places of its smallest unit.
fn secs_to(secs: f64, places: usize) -> Written {
    let plain = |scale: f64, unit: &str| {
        let text = format!("{:.places$}", secs / scale);
        (read(&text) * scale, format!("{text} {unit}"))
    };
    // As `secs` chooses them.
    match secs {
        s if s < 0.0 => {
            let (read, text) = secs_to(-s, places);
            (-read, format!("−{text}"))
        }
        s if s < 0.000_999_5 => plain(1e-6, "µs"),
        s if s < 0.999_5 => plain(1e-3, "ms"),
        s if s < 119.95 => plain(1.0, "s"),
        s if s < 7_199.5 => {
            let (whole, rest) = parts(s, places);
            (read(&whole.to_string()) * 60.0 + read(&rest), format!("{whole} min {rest} s"))
        }
        // Without places, to the minute.
        s if places == 0 => {
            let minutes = libm::round(s / 60.0);
            (minutes * 60.0, secs_text(minutes))
        }
        s => {
            let (whole, rest) = parts(s, places - 1);
            let text = format!("{} h {:02} min {rest} s", whole / 60, whole % 60);
            (read(&whole.to_string()) * 60.0 + read(&rest), text)
        }
    }
}

fn secs_text(minutes: f64) -> String {
    secs(minutes * 60.0)
}

/// Whole minutes, and the rest in seconds of two digits and so many places.
fn parts(secs: f64, places: usize) -> (u64, String) {
    // Whole ones as `secs` rounds them: a half goes up.
    let rounded = if places == 0 { libm::round(secs) } else { read(&format!("{secs:.places$}")) };
    let minutes = libm::floor(rounded / 60.0);
    let width = if places == 0 { 2 } else { 3 + places };
    (super::whole(minutes), format!("{:0width$.places$}", rounded - minutes * 60.0))
}

fn read(text: &str) -> f64 {
    text.parse().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_figure_is_read_on_the_side_of_its_bound_on_which_it_lies() {
        assert_eq!(percent_beside(0.998_958, 0.999), "99.896 %");
        assert_eq!(percent_beside(0.998_958, 0.99), "99.9 %");
        assert_eq!(percent_beside(0.999, 0.999), "99.9 %");
        assert_eq!(percent_beside(0.999_000_4, 0.999), "99.90004 %");
        assert_eq!(secs_beside(3.004, 3.0), "3.004 s");
        assert_eq!(secs_beside(2.996, 3.0), "2.996 s");
        assert_eq!(secs_beside(2.99, 3.0), "2.99 s");
        assert_eq!(secs_beside(0.120_04, 0.12), "120.04 ms");
        assert_eq!(secs_beside(120.3, 120.0), "2 min 00.3 s");
        assert_eq!(secs_beside(7_201.0, 7_200.0), "2 h 00 min 01 s");
        assert_eq!(secs_beside(7_200.2, 7_200.0), "2 h 00 min 00.2 s");
        // To six digits it is 6,262.50 s, which is 104 min 23 s.
        assert_eq!(secs_beside(6_262.497, 6_262.498), "104 min 22.497 s");
        assert_eq!(secs_beside(f64::INFINITY, 3.0), "unbounded");
        assert_eq!(tally_beside(3.0, 3.0), "3");
        assert_eq!(rate_beside(2.000_04, 2.0), "2.00004/s");
        assert_eq!(secs_range_beside(2.999, Some(3.004), Some(3.0)), "2.999–3.004 s");
        assert_eq!(secs_range_beside(1.0, None, Some(3.0)), "at least 1.00 s");
        assert_eq!(secs_range_beside(1.0, Some(3.0), None), "1.00–3.00 s");
    }

    /// The number in a text, in its smallest unit.
    fn number(text: &str) -> f64 {
        let parts: Vec<&str> = text.split(' ').collect();
        parts.chunks(2).fold(0.0, |sum, pair| {
            let scale = match pair.get(1).copied() {
                Some("µs") => 1e-6,
                Some("ms") => 1e-3,
                Some("min") => 60.0,
                Some("h") => 3_600.0,
                Some("%") => 0.01,
                _ => 1.0,
            };
            sum + pair[0].parse::<f64>().expect("a number") * scale
        })
    }

    proptest! {
        #[test]
        fn no_time_is_read_on_the_other_side(bound in 1_u64..10_000_000, off in -3_000_i32..3_000) {
            let bound = bound as f64 / 1e3;
            let value = bound + f64::from(off) / 1e6;
            prop_assume!(value > 0.0);
            let text = secs_beside(value, bound);
            prop_assert_eq!(side(number(&text), bound), side(value, bound), "{}", text);
        }

        #[test]
        fn no_share_is_read_on_the_other_side(bound in 0_u32..=1_000_000, off in -3_000_i32..3_000) {
            let bound = f64::from(bound) / 1e6;
            let value = (bound + f64::from(off) / 1e7).clamp(0.0, 1.0);
            let text = percent_beside(value, bound);
            prop_assert_eq!(side(number(&text), bound), side(value, bound), "{}", text);
        }
    }
}
