use serde::{Deserialize, Serialize};

use super::Plan;
use super::capability::Capability;
use super::fault::Fault;
use super::shape::{Pick, Shape};
use crate::units::{EndpointId, GroupId, Moment, PhaseId, RegionId, Share, Span, WayId};

/// A fault with its aim and its time: what exercise planners call an inject.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Inject {
    /// The inject's name.
    pub name: String,
    /// What is done.
    pub fault: Fault,
    /// To whom. What is done outside has no aim but whom it [takes away](Inject::takes_away).
    pub aim: Aim,
    /// How hard, over its time.
    pub shape: Shape,
    /// Which of all the units that it could hit.
    pub pick: Pick,
    /// From when …
    pub start: Moment,
    /// … until when.
    pub end: Moment,
    /// The phase it was written for, with `during`.
    pub during: Option<PhaseId>,
}

/// Whom a fault hits. Every condition must hold; an empty one always holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Aim {
    /// The regions in which the source address lies (a VPN user's address lies at his exit).
    pub regions: Vec<RegionId>,
    /// The links that the connection crosses.
    pub links: Vec<(RegionId, RegionId)>,
    /// The endpoints that are dialled.
    pub endpoints: Vec<EndpointId>,
    /// The ways in by which a program that is not ours has come.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ways: Vec<WayId>,
    /// The names that such a program gives a way in as its proxy user.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub users: Vec<String>,
    /// The group that the request's credential belongs to.
    pub group: Option<GroupId>,
    /// Which share of that group: exactly round(share × n) accounts.
    pub share: Share,
    /// What the exchange is for.
    pub capabilities: Vec<Capability>,
    /// Which way.
    pub direction: Direction,
    /// The share of units, or of connections, that are hit, each by its own draw.
    pub chance: Share,
    /// Which of the two.
    pub per: Per,
}

/// What a chance is drawn for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Per {
    /// For every unit.
    #[default]
    Unit,
    /// Once for every connection and direction.
    Connection,
}

/// Which way a unit travels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// From the client to the endpoint.
    ToEndpoint,
    /// From the endpoint to the client.
    FromEndpoint,
    /// Both ways.
    #[default]
    Both,
}

impl Direction {
    /// The other way; both ways are their own opposite.
    #[must_use]
    pub fn opposite(self) -> Self {
        match self {
            Self::ToEndpoint => Self::FromEndpoint,
            Self::FromEndpoint => Self::ToEndpoint,
            Self::Both => Self::Both,
        }
    }
}

/// A fault that ends by itself unless it is renewed: what a fault outside the conductor's process is held by.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Lease {
    /// The inject's name.
    pub inject: String,
    /// How long it holds without a renewal.
    pub ttl: Span,
}

impl Plan {
    /// Whether an inject flips bits of what is on its way, and with them whom a message is for and which it is.
    pub fn flips_bits(&self) -> bool {
        self.injects.iter().any(|inject| inject.fault == Fault::Corrupt)
    }
}

impl Inject {
    /// Whether accounts are taken away by it, as far as a scenario says so: those that it is aimed at.
    pub fn takes_away(&self) -> bool {
        match self.fault {
            Fault::Deprovision(_) => true,
            Fault::Action(_) => self.aim.group.is_some(),
            _ => false,
        }
    }

    /// Whether its aim is no finer than addresses, and it hits all of them all the time: handshakes can then be met at a listener.
    pub fn is_of_addresses(&self) -> bool {
        let aim = &self.aim;
        aim.group.is_none()
            && aim.ways.is_empty()
            && aim.users.is_empty()
            && aim.capabilities.is_empty()
            && aim.chance == Share::ALL
            && aim.direction != Direction::FromEndpoint
            && self.pick.is_all()
            && self.shape.is_steady()
    }
}

impl Aim {
    /// Everything, always.
    pub fn everyone() -> Self {
        Self {
            regions: Vec::new(),
            links: Vec::new(),
            endpoints: Vec::new(),
            ways: Vec::new(),
            users: Vec::new(),
            group: None,
            share: Share::ALL,
            capabilities: Vec::new(),
            direction: Direction::Both,
            chance: Share::ALL,
            per: Per::Unit,
        }
    }
}

impl Direction {
    /// Whether an aim in this direction covers units that travel in `other` (which is not `Both`).
    pub fn covers(self, other: Self) -> bool {
        self == Self::Both || self == other
    }
}
