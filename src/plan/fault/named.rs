//! The parameters of the faults that act on names.

use serde::{Deserialize, Serialize};

use crate::plan::{Host, Listed, Site};
use crate::units::{Share, Span};

/// What happens to connections whose client names a host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SniBlock {
    /// Which hosts, by name; at least one.
    pub names: Vec<Listed>,
    /// How it ends.
    pub action: BlockAction,
    /// How likely a connection that names one of them is hit.
    pub trigger: Share,
    /// How long then new connections from the same client address to the same server address and port are hit.
    pub residual: Span,
    /// How likely each of those is.
    pub residual_chance: Share,
}

/// How a connection ends that is blocked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BlockAction {
    /// It is reset.
    Reset,
    /// Nothing passes any more, and nobody is told.
    Drop,
}

impl SniBlock {
    /// Whether a host is meant that is called so.
    pub fn is_for(&self, name: &str) -> bool {
        // Names are listed without ports.
        let Ok(host @ Host::Name(_)) = name.parse() else { return false };
        let site = Site { host, port: 1 };
        self.names.iter().any(|listed| listed.is_called(&site))
    }
}
