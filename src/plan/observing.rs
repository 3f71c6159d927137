use serde::{Deserialize, Serialize};

use super::{Lead, Plan, WayIn};
use crate::units::{EndpointId, Rate, WayId};

/// A way in of a drill: a listener for programs that are not ours, whose exchanges are written down.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DrillWay {
    /// The way in itself.
    pub way: WayIn,
    /// Hosts that lead to an endpoint's twin.
    pub twins: Vec<ToTwin>,
    /// The hosts that it names one by one, without their ports, in lower case: those whose figures are kept apart.
    pub hosts: Vec<String>,
    /// How many exchanges and connections it takes in a second.
    pub limit: Rate,
}

/// A host that leads to an endpoint's twin, wherever that listens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToTwin {
    /// The host, `host` or `host:port`.
    pub host: String,
    /// The endpoint.
    pub endpoint: EndpointId,
}

impl ToTwin {
    /// It as a lead to where the twin listens, in the clear as twins of a drill speak; `None` if the host is none.
    pub fn lead(&self, twin: std::net::SocketAddr) -> Option<Lead> {
        format!("{}=http://{twin}", self.host).parse().ok()
    }
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
}
