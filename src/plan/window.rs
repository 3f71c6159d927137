use serde::{Deserialize, Serialize};

use crate::units::{Share, Span};

/// The period for which an availability is promised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Window {
    /// The drill itself: what it shows is judged, and nothing beyond.
    Drill,
    /// 30 days.
    Month,
    /// 90 days.
    Quarter,
    /// 365 days.
    Year,
}

impl Window {
    /// Every window with its word.
    pub const ALL: [(&'static str, Self); 4] =
        [("drill", Self::Drill), ("month", Self::Month), ("quarter", Self::Quarter), ("year", Self::Year)];

    /// The periods over which error budgets are told.
    pub const BUDGETS: [Self; 2] = [Self::Month, Self::Quarter];

    /// Its length; `None` of the drill itself. Months are 30 days, as error budgets are usually counted.
    pub fn length(self) -> Option<Span> {
        let days = match self {
            Self::Drill => return None,
            Self::Month => 30,
            Self::Quarter => 90,
            Self::Year => 365,
        };
        Some(Span::from_secs(days * 86_400))
    }

    /// What of it may be lost if so large a share of it is promised; `None` if nothing may, or it is the drill itself.
    pub fn allowance(self, promised: Share) -> Option<Span> {
        let secs = (1.0 - promised.fraction()) * self.length()?.secs_f64();
        Some(Span::from_secs_f64(secs)).filter(|span| !span.is_zero())
    }

    /// The word in scenarios and reports.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, window)| *window == self).map_or("", |(name, _)| name)
    }
}
