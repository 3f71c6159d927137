use serde::{Deserialize, Serialize};

use super::{Journey, Plan};
use crate::units::{BoundaryId, EndpointId, GroupId, JourneyId, RegionId};

/// Where certain data may not come, whatever else fails.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Boundary {
    /// The boundary's name.
    pub name: String,
    /// It concerns messages of these classes of data; of any, if none is named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub classes: Vec<String>,
    /// It concerns messages that one of these groups sends or receives; of anybody, if none is named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<GroupId>,
    /// What they may touch.
    pub rule: Reach,
}

/// What data may touch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Reach {
    /// These places and no other.
    Within(Vec<Place>),
    /// Everything but these places.
    Never(Vec<Place>),
}

/// Something that data can touch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Place {
    /// Whatever stands in a region.
    Region(RegionId),
    /// One endpoint.
    Endpoint(EndpointId),
}

/// In which course of things a message was sent: what crosses a boundary only when something fails is told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum When {
    /// As usual: by the route in force when it was due, before anything was switched.
    Steady,
    /// By the route in force when it was due, after a switch away from an earlier one.
    Failover,
    /// By another route than the one in force when it was due: it had waited in its client's outbox for the switch.
    Flush,
    /// By the route in force when it was due, after a switch back to an earlier one.
    Failback,
}

impl Place {
    /// Whether a connection to this endpoint in this region leads there.
    fn holds(self, endpoint: EndpointId, region: RegionId) -> bool {
        match self {
            Self::Region(one) => one == region,
            Self::Endpoint(one) => one == endpoint,
        }
    }
}

impl Boundary {
    /// Whether it concerns a journey's messages.
    pub fn concerns(&self, journey: &Journey) -> bool {
        let class = journey.class.as_ref();
        let of_class = self.classes.is_empty() || class.is_some_and(|class| self.classes.contains(class));
        let parties = [journey.from, journey.recipients()];
        of_class && (self.groups.is_empty() || parties.iter().any(|group| self.groups.contains(group)))
    }

    /// Whether what it concerns crosses it by a connection to this endpoint in this region.
    pub fn is_crossed(&self, endpoint: EndpointId, region: RegionId) -> bool {
        match &self.rule {
            Reach::Within(places) => !places.iter().any(|place| place.holds(endpoint, region)),
            Reach::Never(places) => places.iter().any(|place| place.holds(endpoint, region)),
        }
    }
}

impl When {
    /// Every course with its word.
    pub const ALL: [(&'static str, Self); 4] =
        [("steady", Self::Steady), ("failover", Self::Failover), ("flush", Self::Flush), ("failback", Self::Failback)];

    /// The word in scenarios and reports.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, when)| *when == self).map_or("", |(name, _)| name)
    }
}

impl Plan {
    /// Ids and parts of the boundaries.
    pub fn boundary_ids(&self) -> impl Iterator<Item = (BoundaryId, &Boundary)> {
        (0_u16..).map(BoundaryId).zip(&self.boundaries)
    }

    /// The boundaries that concern a journey.
    pub fn boundaries_of(&self, journey: JourneyId) -> impl Iterator<Item = (BoundaryId, &Boundary)> {
        let part = self.journeys.get(journey.index());
        self.boundary_ids().filter(move |(_, boundary)| part.is_some_and(|journey| boundary.concerns(journey)))
    }
}
