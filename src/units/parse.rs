//! Reading quantities: exact, with an error that says what was expected.

use std::str::FromStr;

use super::quantity::{Rate, Share, Size, Throughput};
use super::time::{Span, UNITS};

/// Why a text is no quantity. Reads after "expected": `a duration such as 40ms, 1.8s or 2h30m`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseQuantityError {
    /// A number without a unit.
    #[error("`{0}` has no unit; write {1}")]
    NoUnit(String, &'static str),
    /// A unit that this quantity does not have.
    #[error("`{unit}` is no unit of {1}; write {2}", unit = .0.trim())]
    UnknownUnit(String, &'static str, &'static str),
    /// What would be one without its spaces.
    #[error("`{0}` has a space in it; write `{without}`", without = unspaced(.0))]
    Spaced(String),
    /// Not a number where one was due.
    #[error("`{0}` is not {1}; write {2}")]
    NotANumber(String, &'static str, &'static str),
    /// Below zero.
    #[error("`{0}` is negative; {1} cannot be")]
    Negative(String, &'static str),
    /// Outside of what the quantity can hold.
    #[error("`{0}` is out of range: {1}")]
    Range(String, &'static str),
}

use ParseQuantityError as Error;

/// What a kind of quantity is called and how it is written.
struct Kind {
    what: &'static str,
    such_as: &'static str,
}

const DURATION: Kind = Kind { what: "a duration", such_as: "a duration such as 40ms, 1.8s, 2h30m or 3d" };
const RATE: Kind = Kind { what: "a rate", such_as: "a rate such as 20/s or 2/min" };
const SHARE: Kind = Kind { what: "a share", such_as: "a share such as 40% or 0.5%" };
const THROUGHPUT: Kind = Kind { what: "a throughput", such_as: "a throughput such as 10KB/s or 1MiB/s" };
const SIZE: Kind = Kind { what: "a size", such_as: "a size such as 512B, 64KiB or 1MB" };

/// A decimal number as digits and a power of ten: `1.8` is 18 and 1.
struct Number {
    digits: u128,
    places: u32,
}

impl Number {
    /// Splits the number off the front of `text`.
    fn take<'a>(text: &'a str, whole: &str, kind: &Kind) -> Result<(Self, &'a str), Error> {
        // `10m-15m` is two of them.
        if text.starts_with('-') && text.len() == whole.len() {
            return Err(Error::Negative(whole.into(), kind.what));
        }
        let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
        let (number, rest) = text.split_at(end);
        let not_a_number = || Error::NotANumber(whole.into(), kind.what, kind.such_as);
        let (int, fraction) = number.split_once('.').unwrap_or((number, ""));
        // Neither 1e9 nor 1E-3: a power of ten is no unit.
        let power = rest
            .strip_prefix(['e', 'E'])
            .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit() || c == '-'));
        if int.is_empty() || fraction.contains('.') || number.ends_with('.') || power {
            return Err(not_a_number());
        }
        if int.len() + fraction.len() > 24 {
            return Err(Error::Range(whole.into(), "more than 24 digits"));
        }
        let digits = format!("{int}{fraction}").parse().map_err(|_| not_a_number())?;
        let places = u32::try_from(fraction.len()).map_err(|_| not_a_number())?;
        Ok((Self { digits, places }, rest))
    }

    /// The number times `unit`, which must come out whole.
    fn times(&self, unit: u64, whole: &str, limit: &'static str) -> Result<u64, Error> {
        let scaled = self.digits.checked_mul(u128::from(unit)).ok_or(Error::Range(whole.into(), limit))?;
        let divisor = 10_u128.pow(self.places);
        if !scaled.is_multiple_of(divisor) {
            return Err(Error::Range(whole.into(), "finer than this quantity can hold"));
        }
        u64::try_from(scaled / divisor).map_err(|_| Error::Range(whole.into(), limit))
    }
}

/// As it is written without spaces: a minute is `min` in a rate, and `m` in a time.
fn unspaced(text: &str) -> String {
    let text = text.replace(char::is_whitespace, "");
    if text.contains('/') { text } else { text.replace("min", "m") }
}

/// The quantity, and of what would be one without its spaces exactly that.
fn read<T>(whole: &str, exact: impl Fn(&str) -> Result<T, Error>) -> Result<T, Error> {
    let text = whole.trim();
    let spaced =
        |_: &Error| text.contains(char::is_whitespace) && exact(&text.replace(char::is_whitespace, "")).is_ok();
    match exact(text) {
        Err(error) if spaced(&error) => Err(Error::Spaced(text.into())),
        other => other,
    }
}

impl FromStr for Span {
    type Err = Error;

    fn from_str(whole: &str) -> Result<Self, Error> {
        read(whole, Self::exact)
    }
}

impl Span {
    fn exact(whole: &str) -> Result<Self, Error> {
        const LIMIT: &str = "a duration is at most 584 years";
        let mut rest = whole;
        let mut nanos: u64 = 0;
        loop {
            let (number, after) = Number::take(rest, whole, &DURATION)?;
            let end = after.find(|c: char| c.is_ascii_digit() || c == '-').unwrap_or(after.len());
            let (unit, next) = after.split_at(end);
            if unit.is_empty() {
                return Err(Error::NoUnit(whole.into(), DURATION.such_as));
            }
            let (_, size) = UNITS
                .iter()
                .find(|(name, _)| *name == unit || (unit == "min" && *name == "m") || (unit == "µs" && *name == "us"))
                .ok_or_else(|| Error::UnknownUnit(unit.into(), DURATION.what, DURATION.such_as))?;
            nanos = nanos.checked_add(number.times(*size, whole, LIMIT)?).ok_or(Error::Range(whole.into(), LIMIT))?;
            if next.is_empty() {
                return Ok(Self::from_nanos(nanos));
            }
            rest = next;
        }
    }
}

impl FromStr for Rate {
    type Err = Error;

    fn from_str(whole: &str) -> Result<Self, Error> {
        read(whole, Self::exact)
    }
}

impl Rate {
    fn exact(whole: &str) -> Result<Self, Error> {
        let (number, rest) = Number::take(whole, whole, &RATE)?;
        let Some(unit) = rest.strip_prefix('/') else {
            return Err(Error::NoUnit(whole.into(), RATE.such_as));
        };
        let per = match unit {
            "s" => Span::from_secs(1),
            "min" | "m" => Span::from_secs(60),
            "h" => Span::from_secs(3_600),
            "d" => Span::from_secs(86_400),
            other => other.parse().map_err(|_| Error::UnknownUnit(other.into(), RATE.what, RATE.such_as))?,
        };
        let thousandths = number.times(1_000, whole, "a rate is at most 10^16 events in its span")?;
        if thousandths == 0 || per.is_zero() {
            return Err(Error::Range(whole.into(), "a rate is above zero"));
        }
        Ok(Self { thousandths, per })
    }
}

impl FromStr for Share {
    type Err = Error;

    fn from_str(whole: &str) -> Result<Self, Error> {
        read(whole, Self::exact)
    }
}

impl Share {
    fn exact(whole: &str) -> Result<Self, Error> {
        let (number, rest) = Number::take(whole, whole, &SHARE)?;
        match rest {
            "%" => {}
            "" => return Err(Error::NoUnit(whole.into(), SHARE.such_as)),
            other => return Err(Error::UnknownUnit(other.into(), SHARE.what, SHARE.such_as)),
        }
        let millionths = number.times(10_000, whole, "a share is at most 100%")?;
        u32::try_from(millionths)
            .ok()
            .and_then(Self::from_millionths)
            .ok_or(Error::Range(whole.into(), "a share is at most 100%"))
    }
}

impl FromStr for Size {
    type Err = Error;

    fn from_str(whole: &str) -> Result<Self, Error> {
        read(whole, Self::exact)
    }
}

impl Size {
    fn exact(whole: &str) -> Result<Self, Error> {
        let (number, unit) = Number::take(whole, whole, &SIZE)?;
        let factor: u64 = match unit {
            "B" => 1,
            "kB" | "KB" => 1_000,
            "MB" => 1_000_000,
            "GB" => 1_000_000_000,
            "KiB" => 1 << 10,
            "MiB" => 1 << 20,
            "GiB" => 1 << 30,
            "" => return Err(Error::NoUnit(whole.into(), SIZE.such_as)),
            other => return Err(Error::UnknownUnit(other.into(), SIZE.what, SIZE.such_as)),
        };
        Ok(Self(number.times(factor, whole, "a size is at most 16 EiB")?))
    }
}

impl FromStr for Throughput {
    type Err = Error;

    fn from_str(whole: &str) -> Result<Self, Error> {
        read(whole, Self::exact)
    }
}

impl Throughput {
    fn exact(whole: &str) -> Result<Self, Error> {
        let Some(size) = whole.strip_suffix("/s") else {
            return Err(Error::NoUnit(whole.into(), THROUGHPUT.such_as));
        };
        let size = Size::exact(size).map_err(|error| match error {
            Error::UnknownUnit(unit, ..) => Error::UnknownUnit(unit, THROUGHPUT.what, THROUGHPUT.such_as),
            Error::NoUnit(..) => Error::NoUnit(whole.into(), THROUGHPUT.such_as),
            other => other,
        })?;
        Self::new(size.0).ok_or(Error::Range(whole.into(), "a throughput is above zero"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    use crate::units::Moment;

    #[test]
    fn durations_read_and_written() {
        for (text, nanos) in [
            ("250us", 250_000),
            ("40ms", 40_000_000),
            ("1.8s", 1_800_000_000),
            ("2h30m", 9_000_000_000_000),
            ("1h40m", 6_000_000_000_000),
            ("0s", 0),
        ] {
            let span: Span = text.parse().expect(text);
            assert_eq!(span, Span::from_nanos(nanos), "{text}");
            assert_eq!(span.to_string(), text);
        }
    }

    #[test]
    fn units_are_never_implied() {
        assert!(matches!("10".parse::<Span>(), Err(Error::NoUnit(..))));
        assert!(matches!("1e9/s".parse::<Rate>(), Err(Error::NotANumber(..))));
        assert!(matches!("1E-3s".parse::<Span>(), Err(Error::NotANumber(..))));
        assert!(matches!("10".parse::<Rate>(), Err(Error::NoUnit(..))));
        assert!(matches!("10".parse::<Share>(), Err(Error::NoUnit(..))));
        assert!(matches!("10".parse::<Size>(), Err(Error::NoUnit(..))));
        assert!(matches!("-3s".parse::<Span>(), Err(Error::Negative(..))));
        assert!(matches!("3 parsecs".parse::<Span>(), Err(Error::UnknownUnit(..))));
        assert!(matches!("120%".parse::<Share>(), Err(Error::Range(..))));
        assert!(matches!("0/s".parse::<Rate>(), Err(Error::Range(..))));
        assert!(matches!("999999999999h".parse::<Span>(), Err(Error::Range(..))));
        assert!(matches!("10KB".parse::<Throughput>(), Err(Error::NoUnit(..))));
        assert!(matches!("10/s".parse::<Throughput>(), Err(Error::NoUnit(..))));
        assert!(matches!("0B/s".parse::<Throughput>(), Err(Error::Range(..))));
        assert_eq!("10KB/s".parse::<Throughput>().map(Throughput::bytes), Ok(10_000));
        assert!("".parse::<Span>().is_err());
        assert!("1..2s".parse::<Span>().is_err());
        assert!("1.s".parse::<Span>().is_err());
    }

    #[test]
    fn what_is_right_but_for_its_spaces_is_told_so() {
        let told = |error: Error| error.to_string();
        assert_eq!("1h 30m".parse::<Span>().map_err(told), Err("`1h 30m` has a space in it; write `1h30m`".into()));
        assert_eq!("20 / s".parse::<Rate>().map_err(told), Err("`20 / s` has a space in it; write `20/s`".into()));
        assert_eq!("40 %".parse::<Share>().map_err(told), Err("`40 %` has a space in it; write `40%`".into()));
        assert_eq!("5\u{a0}KB".parse::<Size>(), Err(Error::Spaced("5\u{a0}KB".into())));
        assert!(matches!("1h 30x".parse::<Span>(), Err(Error::UnknownUnit(..))));
        assert!(matches!("10 KB".parse::<Throughput>(), Err(Error::NoUnit(..))));
    }

    #[test]
    fn a_share_of_a_group_rounds_half_up() {
        let share: Share = "40%".parse().expect("a share");
        assert_eq!((share.of(20), share.of(1), share.of(0)), (8, 0, 0));
        assert_eq!("50%".parse::<Share>().expect("a share").of(5), 3);
        assert_eq!("99.9%".parse::<Share>().expect("a share").to_string(), "99.9%");
    }

    proptest! {
        #[test]
        fn every_span_reads_back(nanos in any::<u64>()) {
            let span = Span::from_nanos(nanos);
            prop_assert_eq!(span.to_string().parse::<Span>(), Ok(span));
        }

        #[test]
        fn every_rate_reads_back(count in 1_u64..1_000_000_000, per in 1_u64..100_000_000_000_000) {
            let rate = Rate::new(count, Span::from_nanos(per)).expect("above zero");
            prop_assert_eq!(rate.to_string().parse::<Rate>(), Ok(rate));
        }

        #[test]
        fn a_constant_schedule_counts_what_it_places(count in 1_u64..10_000, secs in 1_u64..100) {
            let rate = Rate::new(count, Span::from_secs(7)).expect("above zero");
            let n = rate.count_within(Span::from_secs(secs));
            prop_assert!(n == 0 || rate.nth(n - 1) < Moment::ZERO + Span::from_secs(secs));
            prop_assert!(rate.nth(n) + Span::from_nanos(1) >= Moment::ZERO + Span::from_secs(secs));
        }

        #[test]
        fn no_text_panics(text in ".{0,40}") {
            let _ = text.parse::<Span>();
            let _ = text.parse::<Rate>();
            let _ = text.parse::<Share>();
            let _ = text.parse::<Size>();
            let _ = text.parse::<Throughput>();
        }
    }
}
