use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident($inner:ty);)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub $inner);

        impl $name {
            /// The position in the plan's table.
            #[must_use]
            pub fn index(self) -> usize {
                self.0 as usize
            }
        }
    )*};
}

ids! {
    /// A region, by its position in `Plan::regions`.
    RegionId(u16);
    /// An endpoint, by its position in `Plan::endpoints`.
    EndpointId(u16);
    /// A group of accounts, by its position in `Plan::groups`.
    GroupId(u16);
    /// One synthetic account, by its position among all accounts of the plan.
    AccountId(u32);
    /// A journey, by its position in `Plan::journeys`.
    JourneyId(u16);
    /// A route of a journey, by its position in `Journey::routes`: 0 is the primary.
    RouteId(u8);
    /// A phase, by its position in `Plan::phases`.
    PhaseId(u16);
    /// An inject, by its position in `Plan::injects`.
    InjectId(u16);
    /// A target, by its position in `Plan::targets`.
    TargetId(u16);
    /// A boundary, by its position in `Plan::boundaries`.
    BoundaryId(u16);
    /// A way in for programs that are not ours, by its position in `Plan::ways_in`.
    WayId(u16);
    /// A class of data, by its position in `Plan::classes`.
    ClassId(u16);
    /// A host that ways in name, by its position in `Plan::hosts`.
    HostId(u16);
}

/// One message: one due moment of a journey. Numbers start at 0 and follow the due moments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct MessageId {
    /// The journey.
    pub journey: JourneyId,
    /// The number of the due moment within the journey.
    pub number: u32,
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.journey.0, self.number)
    }
}

impl std::str::FromStr for MessageId {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (journey, number) = text.split_once('.').ok_or(())?;
        Ok(Self { journey: JourneyId(journey.parse().map_err(|_| ())?), number: number.parse().map_err(|_| ())? })
    }
}
