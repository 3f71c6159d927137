use serde::{Deserialize, Serialize};

use super::Plan;
use crate::units::{HostId, Rate, WayId};

/// A way in of a drill: a listener for programs that are not ours, whose exchanges are written down.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DrillWay {
    /// Its name.
    pub name: String,
    /// The hosts that it names one by one, without their ports, in lower case: those whose figures are kept apart.
    pub hosts: Vec<String>,
    /// How many exchanges and connections it takes in a second.
    pub limit: Rate,
}

impl Plan {
    /// Ids and parts of the ways in.
    pub fn way_ids(&self) -> impl Iterator<Item = (WayId, &DrillWay)> {
        (0_u16..).map(WayId).zip(&self.ways_in)
    }

    /// Every host that a way in names, each once, in alphabetical order. Figures are kept for these one by one, and for all others together:
    /// nobody else's choice of names makes them grow.
    pub fn hosts(&self) -> Vec<&str> {
        let mut hosts: Vec<_> = self.ways_in.iter().flat_map(|way| &way.hosts).map(String::as_str).collect();
        hosts.sort_unstable();
        hosts.dedup();
        hosts
    }

    /// The host that is named so.
    pub fn host(&self, name: &str) -> Option<HostId> {
        let position = self.hosts().iter().position(|known| *known == name)?;
        u16::try_from(position).ok().map(HostId)
    }
}
