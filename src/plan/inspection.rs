use serde::{Deserialize, Serialize};

use super::{Endpoint, Plan};
use crate::units::{EndpointId, Span};

/// That a gateway has every text inspected before it sends it on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inspection {
    /// The endpoint that inspects.
    pub by: EndpointId,
    /// How long a verdict is waited for.
    pub timeout: Span,
    /// What becomes of a text of which none came.
    pub fails: Fails,
}

/// What becomes of a text that could not be inspected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Fails {
    /// Its message is refused.
    #[default]
    Closed,
    /// It is let through.
    Open,
}

impl Inspection {
    /// How long a verdict is waited for if nobody says otherwise: long for a service that looks at one text, and well below the two seconds
    /// that a gateway gives an endpoint.
    pub const TIMEOUT: Span = Span::from_secs(1);
}

impl Endpoint {
    /// By which endpoint it has texts inspected, if it is a gateway that does.
    pub fn inspected_by(&self) -> Option<EndpointId> {
        Some(self.gateway()?.inspection?.by)
    }
}

impl Plan {
    /// How the texts are inspected that are sent to an endpoint; `None` if they are not.
    pub fn inspection(&self, endpoint: EndpointId) -> Option<Inspection> {
        self.endpoints.get(endpoint.index())?.gateway()?.inspection
    }
}
