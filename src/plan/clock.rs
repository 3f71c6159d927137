use serde::{Deserialize, Serialize};

/// From when the time of a recovery counts. All of them stop at the same moment: the receipt of the first good message that held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Clock {
    /// The first bad message.
    #[default]
    Impact,
    /// The inject was switched on.
    Injection,
    /// It was certain that the journey was down.
    Detection,
    /// A failover was decided.
    Declaration,
}

impl Clock {
    /// Every clock with its word, in the order of the events.
    pub const ALL: [(&'static str, Self); 4] = [
        ("impact", Self::Impact),
        ("injection", Self::Injection),
        ("detection", Self::Detection),
        ("declaration", Self::Declaration),
    ];

    /// The word in scenarios and reports.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, clock)| *clock == self).map_or("", |(name, _)| name)
    }

    /// Whether outages of programs that are not ours have it: they decide on no failover that anybody sees.
    pub fn is_of_programs(self) -> bool {
        self != Self::Declaration
    }

    /// Whether it is the one that counts where none is named.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}
