//! Faults that a platform commits by looking at who asks, from where, and with what: fences, freezes, tokens, limits.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::plan::Capability;
use crate::plan::place::ExitKind;
use crate::units::{RegionId, Span};

/// A fence: whom it suspects, and what happens to them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fence {
    /// What happens to each capability; those not named are refused.
    pub actions: BTreeMap<Capability, FenceAction>,
    /// How it tells whom to shut out; `None` = everyone whom it is aimed at.
    pub suspicion: Option<Suspicion>,
    /// At how many heads [`FenceAction::Lock`] locks a meeting.
    pub lock_at: u32,
    /// How much later [`FenceAction::Slow`] lets a request through.
    pub slow_by: Span,
}

/// What a fence does to a capability.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FenceAction {
    /// Lets it pass.
    Allow,
    /// Refuses it in the vendor's words.
    Refuse,
    /// Locks meetings that grow too large, and leaves everything else of it alone.
    Lock,
    /// Lets it pass later.
    Slow,
}

/// Signs by which a fence tells a user who is not where he seems to be. None of them proves anything, so each has a weight, and only
/// enough of them together count.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suspicion {
    /// The regions in which source addresses are welcome; empty = everywhere.
    pub welcome: Vec<RegionId>,
    /// The kinds of network that are suspect.
    pub networks: Vec<ExitKind>,
    /// A round trip longer than the address's region explains by more than this is suspect.
    pub rtt_excess: Option<Span>,
    /// Whether a clock that differs from the one where the address lies is suspect.
    pub time_zone: bool,
    /// What each sign weighs.
    pub score: Score,
    /// From which sum on a request is shut out.
    pub threshold: u32,
}

/// What the signs weigh.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Score {
    /// An address outside of the regions that are welcome.
    pub country: u32,
    /// A suspect kind of network.
    pub network: u32,
    /// A round trip that is too long.
    pub rtt: u32,
    /// Another clock.
    pub time_zone: u32,
}

/// What a service can see of a client's way, besides its address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Trail {
    /// The kind of network that its exit belongs to.
    pub network: Option<ExitKind>,
    /// How much longer its round trip is than that of the exit's own region.
    pub rtt_excess: Span,
    /// Whether the user's clock differs from the one where his address lies.
    pub other_clock: bool,
}

/// A limit on requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RateLimit {
    /// So many requests …
    pub requests: u32,
    /// … in a span that slides along.
    pub within: Span,
    /// For how long nothing more is heard of whoever exceeds it; `None` = only what exceeds it is refused.
    pub ban: Option<Span>,
    /// Whose requests are counted together.
    pub scope: Scope,
}

/// Accounts are taken away where identities are kept, and platforms hear of it later, by whatever each credential goes by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deprovision {
    /// From then on nobody signs in any more: how long the directory takes to tell the platform.
    pub after: Span,
    /// A token that was given out before is good until it is so old; `None` = until the platform has heard of it.
    pub token_life: Option<Span>,
    /// What goes on for ever, since no directory knows of its credential.
    pub keeps: Vec<Capability>,
}

/// Whose requests are counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// Each account's at each endpoint.
    Account,
    /// Everybody's at an endpoint: an organisation's.
    Organisation,
}

/// How much of an account is frozen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FreezeMode {
    /// Nothing works: requests are refused, push connections are closed and refused until the lift. Messages to the account are
    /// accepted and kept by the endpoint.
    Whole,
    /// Sending is refused; receiving goes on.
    SendOnly,
    /// As `Whole`, and in the words with which the platform speaks of an organisation that it has disabled.
    Organisation,
    /// As `Whole`, and in the words for a user whom an administrator has disabled, or who has left.
    Disabled,
}

impl Fence {
    /// What it does to a capability.
    pub fn action(&self, capability: Option<Capability>) -> FenceAction {
        capability.and_then(|capability| self.actions.get(&capability)).copied().unwrap_or(FenceAction::Refuse)
    }
}

impl Suspicion {
    /// How suspect a client is who comes from this region (`None` = from nowhere in the plan), over this trail.
    pub fn of(&self, region: Option<RegionId>, trail: Trail) -> u32 {
        let stranger = !self.welcome.is_empty() && region.is_none_or(|region| !self.welcome.contains(&region));
        let network = trail.network.is_some_and(|network| self.networks.contains(&network));
        let slow = self.rtt_excess.is_some_and(|most| trail.rtt_excess > most);
        let Score { country, network: exit, rtt, time_zone } = self.score;
        let signs =
            [(stranger, country), (network, exit), (slow, rtt), (self.time_zone && trail.other_clock, time_zone)];
        signs.iter().filter(|(seen, _)| *seen).map(|(_, weight)| weight).sum()
    }

    /// Whether it looks for any sign.
    pub fn looks(&self) -> bool {
        !self.welcome.is_empty() || !self.networks.is_empty() || self.rtt_excess.is_some() || self.time_zone
    }

    /// The most that its signs can add up to.
    pub fn most(&self) -> u32 {
        let all = [
            (!self.welcome.is_empty(), self.score.country),
            (!self.networks.is_empty(), self.score.network),
            (self.rtt_excess.is_some(), self.score.rtt),
            (self.time_zone, self.score.time_zone),
        ];
        all.iter().filter(|(looked_for, _)| *looked_for).map(|(_, weight)| weight).sum()
    }
}
