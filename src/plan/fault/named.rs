//! The parameters of the faults that act on names.

use std::net::IpAddr;

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

/// What a resolver answers to who asks for a host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DnsAnswer {
    /// For which hosts, by name; at least one.
    pub names: Vec<Listed>,
    /// What it answers.
    pub answer: Answered,
    /// How much later.
    pub delay: Span,
}

/// What a resolver answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Answered {
    /// What it would answer without a fault.
    Real,
    /// These addresses; at least one.
    Addresses(Vec<IpAddr>),
    /// Nothing.
    No(NoAnswer),
}

/// Why a resolver has no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NoAnswer {
    /// There is no such name.
    Nxdomain,
    /// It cannot find out.
    Servfail,
}

impl SniBlock {
    /// Whether a host is meant that is called so.
    pub fn is_for(&self, name: &str) -> bool {
        are_for(&self.names, name)
    }
}

impl DnsAnswer {
    /// Whether a host is meant that is called so.
    pub fn is_for(&self, name: &str) -> bool {
        are_for(&self.names, name)
    }
}

/// Whether one of them lists a name. They are without ports.
fn are_for(names: &[Listed], name: &str) -> bool {
    let Ok(host @ Host::Name(_)) = name.parse() else { return false };
    let site = Site { host, port: 1 };
    names.iter().any(|listed| listed.is_called(&site))
}
