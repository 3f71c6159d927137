use std::net::IpAddr;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use super::delay::Delay;
use crate::units::{GroupId, RegionId};

/// A place that traffic comes from or goes to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Region {
    /// The region's name; it has no hyphen, since a link is written `hk-shenzhen`.
    pub name: String,
    /// The address blocks that lie in this region; by default 127.⟨10 × n⟩.0.0/16 for the n-th region.
    pub addresses: Vec<IpNet>,
    /// What its clocks show, in minutes ahead of UTC.
    pub utc_offset: i16,
}

impl Region {
    /// The last address of its first block: accounts have those from its beginning.
    pub fn last_address(&self) -> Option<IpAddr> {
        Some(match self.addresses.first()? {
            IpNet::V4(block) => IpAddr::from(std::net::Ipv4Addr::from(u32::from(block.broadcast()).max(1) - 1)),
            IpNet::V6(block) => IpAddr::V6(block.broadcast()),
        })
    }
}

/// The network between two regions, the same both ways.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Link {
    /// One side …
    pub a: RegionId,
    /// … and the other.
    pub b: RegionId,
    /// The one-way delay.
    pub latency: Delay,
}

impl Link {
    /// Whether this link joins the two regions, in either direction.
    pub fn joins(&self, a: RegionId, b: RegionId) -> bool {
        (self.a, self.b) == (a, b) || (self.a, self.b) == (b, a)
    }
}

/// Accounts that behave alike.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Group {
    /// The group's name.
    pub name: String,
    /// How many accounts.
    pub count: u32,
    /// Where the people are.
    pub region: RegionId,
    /// Where their traffic leaves, if elsewhere.
    pub via: Option<Exit>,
    /// How many of the accounts, the last of them, are control accounts: no inject hits them.
    #[serde(default, skip_serializing_if = "is_none")]
    pub control: u32,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature is serde's")]
fn is_none(count: &u32) -> bool {
    *count == 0
}

/// Another region's exit: the source address that an endpoint sees is not the user's own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Exit {
    /// The region of the exit.
    pub region: RegionId,
    /// What kind of way leads there.
    pub kind: ExitKind,
}

/// The way to an exit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ExitKind {
    /// A virtual private network.
    Vpn,
    /// A leased line.
    Leased,
    /// Ordinary routing.
    Direct,
}

/// One synthetic account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Account {
    /// Its group.
    pub group: GroupId,
    /// Its number within the group, from 0.
    pub ordinal: u32,
    /// The source address of its connections: one address an account, from the block of its region or of its exit's.
    pub address: IpAddr,
}
