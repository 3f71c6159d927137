use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Audit, Capability, Endpoint, EndpointKind, Inspection, Journey, Plan};
use crate::units::{EndpointId, GroupId, Span};

/// A gateway of the company's own: everybody sends there under one identity, and it sends on in his name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gateway {
    /// What is sent by it: one thing.
    pub capability: Capability,
    /// Where it sends on to: the first rule that fits.
    pub rules: Vec<Forwarding>,
    /// How long it waits for an endpoint that it sends on to.
    pub timeout: Span,
    /// When it gives an endpoint a rest.
    pub breaker: Breaker,
    /// Where the connections come from by which it sends on.
    pub address: IpAddr,
    /// Who reads its audit trail; `None` = nobody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audit: Option<Audit>,
    /// How it has texts inspected before it sends them on, if it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inspection: Option<Inspection>,
}

/// One rule of a gateway.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Forwarding {
    /// It fits messages of these classes of data; of any, if none is named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub classes: Vec<String>,
    /// It fits messages that one of these groups sends or receives; of anybody, if none is named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<GroupId>,
    /// The endpoints that are tried, one after the other.
    pub to: Vec<EndpointId>,
}

/// When a gateway stops trying an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Breaker {
    /// After so many tries in a row that were not acknowledged …
    pub failures: u32,
    /// … it leaves the endpoint out for so long, and then tries it once.
    pub pause: Span,
}

impl Forwarding {
    /// Whether it fits a message of this class that these groups send and receive.
    pub fn fits(&self, class: Option<&str>, mut parties: impl Iterator<Item = GroupId>) -> bool {
        let of_class =
            self.classes.is_empty() || class.is_some_and(|class| self.classes.iter().any(|one| one == class));
        of_class && (self.groups.is_empty() || parties.any(|group| self.groups.contains(&group)))
    }
}

impl Gateway {
    /// A gateway that sends on to nobody yet, and otherwise does what one does if nobody says anything else: two seconds are what people
    /// wait before they press the button again, and five failures in a row are no accident.
    pub fn bare(capability: Capability) -> Self {
        Self {
            capability,
            rules: Vec::new(),
            timeout: Span::from_secs(2),
            breaker: Breaker { failures: 5, pause: Span::from_secs(10) },
            address: Ipv4Addr::LOCALHOST.into(),
            audit: None,
            inspection: None,
        }
    }

    /// The rule for a message.
    pub fn rule(&self, class: Option<&str>, parties: &[GroupId]) -> Option<&Forwarding> {
        self.rules.iter().find(|rule| rule.fits(class, parties.iter().copied()))
    }

    /// Every endpoint that it may send on to, each once, in the order of the rules.
    pub fn targets(&self) -> Vec<EndpointId> {
        let mut targets = Vec::new();
        for id in self.rules.iter().flat_map(|rule| &rule.to) {
            if !targets.contains(id) {
                targets.push(*id);
            }
        }
        targets
    }

    /// Where it sends a journey's messages on to.
    pub fn forwards(&self, journey: &Journey) -> &[EndpointId] {
        self.rule(journey.class.as_deref(), &[journey.from, journey.recipients()]).map_or(&[], |rule| &rule.to)
    }
}

impl Endpoint {
    /// The gateway that it is, if it is one.
    pub fn gateway(&self) -> Option<&Arc<Gateway>> {
        match &self.kind {
            EndpointKind::Gateway(gateway) => Some(gateway),
            _ => None,
        }
    }
}

impl Plan {
    /// Whether a service that is no twin of ours takes part in what an endpoint delivers: itself, or one that a gateway sends on to.
    pub fn leads_to_a_service(&self, endpoint: EndpointId) -> bool {
        let is_one = |id: EndpointId| self.endpoints[id.index()].url.is_some();
        let onward = self.endpoints[endpoint.index()].gateway().map(|gateway| gateway.targets());
        is_one(endpoint) || onward.into_iter().flatten().any(is_one)
    }

    /// Ids and parts of the gateways.
    pub fn gateway_ids(&self) -> impl Iterator<Item = (EndpointId, &Gateway)> {
        self.endpoint_ids().filter_map(|(id, endpoint)| Some((id, &**endpoint.gateway()?)))
    }

    /// The gateways whose audit trail is read, and by whom.
    pub fn audits(&self) -> impl Iterator<Item = (EndpointId, &Audit)> {
        self.gateway_ids().filter_map(|(id, gateway)| Some((id, gateway.audit.as_ref()?)))
    }

    /// How long a gateway may go on with a message whose sender has left; nothing at any other endpoint.
    pub fn sent_on_within(&self, endpoint: EndpointId) -> Span {
        let gateway = self.endpoints.get(endpoint.index()).and_then(Endpoint::gateway);
        let inspected = self.inspection(endpoint).map_or(Span::ZERO, |inspection| inspection.timeout);
        gateway.map_or(Span::ZERO, |gateway| inspected + gateway.timeout * u64::from(self.legs(endpoint)))
    }

    /// How many endpoints a gateway tries for one message at most; none at any other endpoint.
    pub fn legs(&self, endpoint: EndpointId) -> u32 {
        let gateway = self.endpoints.get(endpoint.index()).and_then(Endpoint::gateway);
        let rules = gateway.map_or(&[][..], |gateway| &gateway.rules);
        rules.iter().map(|rule| u32::try_from(rule.to.len()).unwrap_or(u32::MAX)).max().unwrap_or(0)
    }

    /// The endpoints from which messages come that are sent to one: itself, and of a gateway those that it may send on to.
    pub fn arrivals(&self, endpoint: EndpointId) -> Vec<EndpointId> {
        match self.endpoints.get(endpoint.index()).and_then(Endpoint::gateway) {
            Some(gateway) => gateway.targets(),
            None => vec![endpoint],
        }
    }
}
