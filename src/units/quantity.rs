use std::fmt;
use std::num::NonZeroU64;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::time::{Moment, Span};

/// A rate of events: `20/s`, `2/min`, `2.5/s`. Never zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Thousandths of an event …
    pub(super) thousandths: u64,
    /// … in this span.
    pub(super) per: Span,
}

/// A share between 0 % and 100 %, exact to one part in a million.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Share {
    pub(super) millionths: u32,
}

/// Bytes in a second: `10KB/s`, `1MiB/s`. Never zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Throughput(NonZeroU64);

/// A size in bytes: `512B`, `64KiB`, `1MB`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Size(pub u64);

impl Rate {
    /// `count` events in `per`; `None` if there are none or the span is empty.
    #[must_use]
    pub fn new(count: u64, per: Span) -> Option<Self> {
        let thousandths = count.checked_mul(1_000)?;
        (thousandths > 0 && !per.is_zero()).then_some(Self { thousandths, per })
    }

    /// So many events in a second, at least one.
    #[must_use]
    pub const fn a_second(count: u32) -> Self {
        let count = if count == 0 { 1 } else { count };
        Self { thousandths: count as u64 * 1_000, per: Span::from_secs(1) }
    }

    /// Events a second.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a figure, not a count")]
    pub fn per_second(self) -> f64 {
        self.thousandths as f64 / 1_000.0 / self.per.secs_f64()
    }

    /// As so many whole events within a span: 20 in a second, or one in two seconds.
    #[must_use]
    pub fn window(self) -> (u32, Span) {
        match u32::try_from(self.thousandths / 1_000) {
            Ok(whole) if self.thousandths.is_multiple_of(1_000) => (whole, self.per),
            _ => (1, self.gap()),
        }
    }

    /// The mean gap between two events, rounded to the nanosecond.
    #[must_use]
    pub fn gap(self) -> Span {
        self.nth(1).since(Moment::ZERO)
    }

    /// When the `n`-th event of a constant schedule is due, counted from zero: exact, without accumulating rounding.
    #[must_use]
    pub fn nth(self, n: u64) -> Moment {
        let nanos = u128::from(n) * 1_000 * u128::from(self.per.nanos()) / u128::from(self.thousandths);
        Moment::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }

    /// How many events of a constant schedule that starts at zero fall before `end`.
    #[must_use]
    pub fn count_within(self, end: Span) -> u64 {
        let exact = u128::from(end.nanos()) * u128::from(self.thousandths);
        let unit = 1_000 * u128::from(self.per.nanos());
        u64::try_from(exact.div_ceil(unit)).unwrap_or(u64::MAX)
    }

    /// `part` of `all` of this rate, exactly; `None` for no part.
    #[must_use]
    pub fn part(self, part: u32, all: u32) -> Option<Self> {
        let (part, all) = (u64::from(part), u64::from(all));
        let thousandths = self.thousandths.saturating_mul(part);
        let whole = thousandths.checked_rem(all)? == 0;
        let part = if whole {
            Self { thousandths: thousandths / all, per: self.per }
        } else {
            Self { thousandths, per: self.per * all }
        };
        (part.thousandths > 0).then_some(part)
    }

    /// This rate, `times` as fast.
    #[must_use]
    pub fn times(self, times: u64) -> Self {
        Self { thousandths: self.thousandths.saturating_mul(times), per: self.per }
    }
}

impl Throughput {
    /// So many bytes in a second; `None` for none.
    #[must_use]
    pub fn new(bytes: u64) -> Option<Self> {
        NonZeroU64::new(bytes).map(Self)
    }

    /// Bytes in a second.
    #[must_use]
    pub fn bytes(self) -> u64 {
        self.0.get()
    }

    /// How long so many bytes take, rounded up to the nanosecond.
    #[must_use]
    pub fn time(self, bytes: u64) -> Span {
        let nanos = (u128::from(bytes) * 1_000_000_000).div_ceil(u128::from(self.bytes()));
        Span::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }

    /// How many bytes so long a time carries, rounded down.
    #[must_use]
    pub fn carries(self, span: Span) -> u64 {
        let bytes = u128::from(self.bytes()) * u128::from(span.nanos()) / 1_000_000_000;
        u64::try_from(bytes).unwrap_or(u64::MAX)
    }
}

impl Share {
    /// Everything.
    pub const ALL: Self = Self { millionths: 1_000_000 };

    /// Nothing.
    pub const NONE: Self = Self { millionths: 0 };

    /// The share nearest to a fraction, which is taken as 0 below 0 and as 1 above 1.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0 to 1,000,000")]
    pub fn from_fraction(fraction: f64) -> Self {
        Self { millionths: (fraction.clamp(0.0, 1.0) * 1e6 + 0.5) as u32 }
    }

    /// A share of whole per cent; everything above 100.
    #[must_use]
    pub const fn from_percent(percent: u32) -> Self {
        if percent < 100 { Self { millionths: percent * 10_000 } } else { Self::ALL }
    }

    /// A share of `millionths` parts in a million; `None` above 1,000,000.
    #[must_use]
    pub const fn from_millionths(millionths: u32) -> Option<Self> {
        if millionths <= 1_000_000 { Some(Self { millionths }) } else { None }
    }

    /// The share as a fraction between 0 and 1.
    #[must_use]
    pub fn fraction(self) -> f64 {
        f64::from(self.millionths) / 1e6
    }

    /// This share of `n` things, rounded half up.
    #[must_use]
    pub fn of(self, n: u32) -> u32 {
        let exact = u64::from(n) * u64::from(self.millionths);
        u32::try_from((exact + 500_000) / 1_000_000).unwrap_or(n)
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/", Decimal(self.thousandths, 3))?;
        match self.per {
            per if per == Span::from_secs(1) => f.write_str("s"),
            per if per == Span::from_secs(60) => f.write_str("min"),
            per if per == Span::from_secs(3_600) => f.write_str("h"),
            per => write!(f, "{per}"),
        }
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}%", Decimal(u64::from(self.millionths), 4))
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            n if n >= 1 << 30 && n.is_multiple_of(1 << 30) => write!(f, "{}GiB", n >> 30),
            n if n >= 1 << 20 && n.is_multiple_of(1 << 20) => write!(f, "{}MiB", n >> 20),
            n if n >= 1_000_000_000 && n.is_multiple_of(1_000_000_000) => write!(f, "{}GB", n / 1_000_000_000),
            n if n >= 1_000_000 && n.is_multiple_of(1_000_000) => write!(f, "{}MB", n / 1_000_000),
            n if n >= 1 << 10 && n.is_multiple_of(1 << 10) => write!(f, "{}KiB", n >> 10),
            n if n >= 10_000 && n.is_multiple_of(1_000) => write!(f, "{}kB", n / 1_000),
            n => write!(f, "{n}B"),
        }
    }
}

impl fmt::Display for Throughput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/s", Size(self.bytes()))
    }
}

/// A whole number of 10⁻ᵈ, printed without trailing zeros.
struct Decimal(u64, usize);

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = 10_u64.pow(u32::try_from(self.1).unwrap_or(0));
        write!(f, "{}", self.0 / unit)?;
        match self.0 % unit {
            0 => Ok(()),
            fraction => write!(f, ".{}", format!("{fraction:0width$}", width = self.1).trim_end_matches('0')),
        }
    }
}

macro_rules! serde_as_text {
    ($($name:ident),*) => {$(
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(de::Error::custom)
            }
        }
    )*};
}

serde_as_text!(Rate, Share, Size, Throughput);
