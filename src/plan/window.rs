use serde::{Deserialize, Serialize};

use super::calendar::minutes;
use super::{Calendar, Period};
use crate::units::{Share, Span};

/// The period for which an availability is promised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Window {
    /// The drill itself: what it shows is judged, and nothing beyond.
    Drill,
    /// The month of the calendar in which the drill starts.
    Month,
    /// The quarter of the calendar in which it starts.
    Quarter,
    /// The year of the calendar in which it starts.
    Year,
    /// So long, whenever it begins.
    Rolling(Span),
}

impl Window {
    /// Every window that has a word.
    pub const ALL: [(&'static str, Self); 4] =
        [("drill", Self::Drill), ("month", Self::Month), ("quarter", Self::Quarter), ("year", Self::Year)];

    /// The periods over which error budgets are told.
    pub const BUDGETS: [Self; 2] = [Self::Month, Self::Quarter];

    /// Its length by a calendar; `None` of the drill itself. Where no calendar is known, as in journals of an earlier firedrill, months are
    /// 30 days, quarters 90, and years 365.
    pub fn length(self, calendar: Option<&Calendar>) -> Option<Span> {
        let usual = match self {
            Self::Drill => return None,
            Self::Rolling(length) => length,
            Self::Month => days(30),
            Self::Quarter => days(90),
            Self::Year => days(365),
        };
        Some(self.period(calendar).map_or(usual, |period| period.length))
    }

    /// The period of a calendar that it is; `None` if it is none of a calendar, or no calendar is known.
    pub fn period(self, calendar: Option<&Calendar>) -> Option<&Period> {
        match self {
            Self::Month => calendar.map(|calendar| &calendar.month),
            Self::Quarter => calendar.map(|calendar| &calendar.quarter),
            Self::Year => calendar.map(|calendar| &calendar.year),
            Self::Drill | Self::Rolling(_) => None,
        }
    }

    /// The shortest that it can be where clocks are not changed; `None` of the drill itself.
    pub fn shortest(self) -> Option<Span> {
        if self == Self::Month { Some(days(28)) } else { self.length(None) }
    }

    /// Whether it is longer than the drill, so that it has an error budget.
    pub fn is_beyond_the_drill(self) -> bool {
        self != Self::Drill
    }

    /// What of it may be lost if so large a share of it is promised; `None` if nothing may, or it is the drill itself.
    pub fn allowance(self, promised: Share, calendar: Option<&Calendar>) -> Option<Span> {
        allowance(self.length(calendar)?, promised)
    }

    /// What may be lost of the shortest that it can be.
    pub fn least_allowance(self, promised: Share) -> Option<Span> {
        allowance(self.shortest()?, promised)
    }

    /// The word in scenarios and summaries.
    pub fn name(self) -> &'static str {
        let known = Self::ALL.iter().find(|(_, window)| *window == self);
        known.map_or("rolling", |(name, _)| name)
    }

    /// What it is, in words: `month`, `window of 30d`.
    pub fn kind(self) -> String {
        match self {
            Self::Rolling(length) => format!("window of {length}"),
            window => window.name().to_owned(),
        }
    }

    /// Which one it is, with its zone and its minutes: `2026-11 (Asia/Hong_Kong, 43,200 min)`.
    pub fn told(self, calendar: Option<&Calendar>) -> String {
        match (self.period(calendar), calendar, self.length(None)) {
            (Some(period), Some(Calendar { zone, .. }), _) => {
                format!("{} ({zone}, {})", period.name, minutes(period.length))
            }
            (_, _, Some(length)) => format!("a {} ({})", self.kind(), minutes(length)),
            (_, _, None) => "the drill".to_owned(),
        }
    }
}

fn allowance(length: Span, promised: Share) -> Option<Span> {
    let secs = (1.0 - promised.fraction()) * length.secs_f64();
    Some(Span::from_secs_f64(secs)).filter(|span| !span.is_zero())
}

const fn days(days: u64) -> Span {
    Span::from_secs(days * 86_400)
}
