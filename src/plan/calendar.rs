//! The calendar in which error budgets are counted: a month has 28 to 31 days, and an hour more or less where clocks are changed.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::{Offset, TimeZone, TimeZoneDatabase};
use serde::{Deserialize, Serialize};

use crate::units::{Span, thousands};

/// Whose clocks say when a month begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Zone {
    /// So many minutes ahead of UTC, all year; the same clock as a region's.
    Fixed(i16),
    /// A zone of the IANA time zone database, by its canonical name.
    Named(String),
}

impl Zone {
    /// A zone by its IANA name, whatever its case; `None` if there is no such zone.
    pub fn named(name: &str) -> Option<Self> {
        let rules = TimeZoneDatabase::bundled().get(name).ok()?;
        rules.iana_name().map(|name| Self::Named(name.to_owned()))
    }

    /// The names of all zones, in the order of the alphabet.
    pub fn names() -> Vec<String> {
        TimeZoneDatabase::bundled().available().map(|name| name.as_str().to_owned()).collect()
    }

    /// What its clocks show when; `None` if this firedrill has no such zone, or nobody has such a clock.
    fn rules(&self) -> Option<TimeZone> {
        match self {
            Self::Fixed(minutes) => Offset::from_seconds(i32::from(*minutes) * 60).ok().map(Offset::to_time_zone),
            Self::Named(name) => TimeZoneDatabase::bundled().get(name).ok(),
        }
    }

    /// Whether it is the one that scenarios have which name none.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

impl Default for Zone {
    /// Hong Kong's, which regions have too.
    fn default() -> Self {
        Self::Named("Asia/Hong_Kong".to_owned())
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fixed(minutes) => {
                let (sign, minutes) = (if *minutes < 0 { '-' } else { '+' }, minutes.unsigned_abs());
                write!(f, "{sign}{:02}:{:02}", minutes / 60, minutes % 60)
            }
            Self::Named(name) => f.write_str(name),
        }
    }
}

/// The month, the quarter and the year in which a drill starts. It is told once, at the start, and stands in block 0 of the journal: whoever
/// judges later needs no rules of zones, which may have been changed meanwhile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Calendar {
    /// Whose clocks, in words: `Asia/Hong_Kong`, `+08:00`.
    pub zone: String,
    /// The month.
    pub month: Period,
    /// The quarter of the calendar year.
    pub quarter: Period,
    /// The calendar year.
    pub year: Period,
}

/// A period of a calendar.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Period {
    /// What it is called: `2026-11`, `2026-Q4`, `2026`.
    pub name: String,
    /// How long it is, from the first moment of its first day to that of the day after its last.
    pub length: Span,
}

impl Calendar {
    /// The periods in which a moment lies; `None` if the zone is not known, or the moment is at the edge of what calendars are for.
    pub fn at(zone: &Zone, moment: Timestamp) -> Option<Self> {
        let rules = zone.rules()?;
        let today = rules.to_datetime(moment).date();
        let (year, month) = (today.year(), today.month());
        let quarter = (month - 1) / 3;
        let period = |name: String, first: i8, months: i8| {
            let length = between(&rules, Date::new(year, first, 1).ok()?, months)?;
            Some(Period { name, length })
        };
        Some(Self {
            zone: zone.to_string(),
            month: period(format!("{year:04}-{month:02}"), month, 1)?,
            quarter: period(format!("{year:04}-Q{}", quarter + 1), quarter * 3 + 1, 3)?,
            year: period(format!("{year:04}"), 1, 12)?,
        })
    }
}

/// How long so many months are that begin with a day.
fn between(rules: &TimeZone, first: Date, months: i8) -> Option<Span> {
    let next = first.checked_add(jiff::Span::new().months(months)).ok()?;
    let begins = |day: Date| day.to_zoned(rules.clone()).ok().map(|zoned| zoned.timestamp());
    let length = begins(next)?.duration_since(begins(first)?);
    u64::try_from(length.as_secs()).ok().map(Span::from_secs)
}

/// How many minutes a period has, as people write it: `43,200 min`.
pub(super) fn minutes(length: Span) -> String {
    format!("{} min", thousands(length.nanos() / 60_000_000_000))
}

#[cfg(test)]
mod tests;
