//! What a fault has counted of those whom it hits.

use std::collections::{BTreeMap, VecDeque};
use std::net::{IpAddr, SocketAddr};

use crate::limits::BLOCKED_WAYS;
use crate::plan::RateLimit;
use crate::units::{AccountId, EndpointId, Moment, Span};

/// The counts of one fault.
#[derive(Debug, Default)]
pub(super) struct Tallies {
    pub(super) rates: BTreeMap<(Who, EndpointId), Recent>,
    pub(super) calls: BTreeMap<EndpointId, u64>,
    pub(super) blocks: Blocks,
}

/// Which ways from an address to a server are blocked, and until when.
#[derive(Debug, Default)]
pub(super) struct Blocks(BTreeMap<(IpAddr, SocketAddr), Moment>);

impl Blocks {
    pub(super) fn set(&mut self, way: (IpAddr, SocketAddr), at: Moment, until: Moment) {
        if self.0.len() >= BLOCKED_WAYS {
            self.0.retain(|_, end| *end > at);
        }
        if self.0.len() >= BLOCKED_WAYS && !self.0.contains_key(&way) {
            // Whoever is let go was blocked for the longest.
            let first = self.0.iter().min_by_key(|(_, end)| **end).map(|(way, _)| *way);
            first.and_then(|first| self.0.remove(&first));
        }
        let end = self.0.entry(way).or_insert(until);
        *end = until.max(*end);
    }

    pub(super) fn holds(&self, way: (IpAddr, SocketAddr), at: Moment) -> bool {
        self.0.get(&way).is_some_and(|until| at < *until)
    }
}

/// Whose requests are counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Who {
    Account(AccountId),
    Address(IpAddr),
    Everyone,
}

/// The latest requests of somebody.
#[derive(Debug, Default)]
pub(super) struct Recent {
    /// At most as many as the limit lets pass.
    passed: VecDeque<Moment>,
    banned_until: Option<Moment>,
}

/// A limit that a request exceeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exceeded {
    /// It passes again after this.
    For(Span),
    /// Nothing passes for so long.
    Banned(Span),
}

impl Recent {
    pub(super) fn exceeds(&mut self, limit: &RateLimit, at: Moment) -> Option<Exceeded> {
        if let Some(until) = self.banned_until {
            if at < until {
                return Some(Exceeded::Banned(until.since(at)));
            }
            self.banned_until = None;
            self.passed.clear();
        }
        while self.passed.front().is_some_and(|first| at.since(*first) >= limit.within) {
            self.passed.pop_front();
        }
        match self.passed.front() {
            Some(first) if self.passed.len() >= limit.requests as usize => Some(match limit.ban {
                Some(ban) => {
                    self.banned_until = Some(at + ban);
                    Exceeded::Banned(ban)
                }
                None => Exceeded::For(limit.within - at.since(*first)),
            }),
            _ => {
                self.passed.push_back(at);
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Scope;

    fn at(secs: u64) -> Moment {
        Moment::ZERO + Span::from_secs(secs)
    }

    #[test]
    fn what_is_remembered_of_blocks_is_bounded() {
        let mut blocks = Blocks::default();
        let way = |n: u32| (IpAddr::V4(n.into()), SocketAddr::from(([10, 0, 0, 1], 443)));
        let many = u32::try_from(BLOCKED_WAYS).expect("a count") + 10;
        for n in 0..many {
            blocks.set(way(n), at(0), at(100 + u64::from(n)));
        }
        assert_eq!(blocks.0.len(), BLOCKED_WAYS);
        assert!(!blocks.holds(way(9), at(1)) && blocks.holds(way(10), at(1)) && blocks.holds(way(many - 1), at(1)));
        blocks.set(way(0), at(1_000_000), at(1_000_001));
        assert_eq!(blocks.0.len(), 1, "what is over is forgotten first");
    }

    #[test]
    fn a_limit_without_a_ban_refuses_what_exceeds_it() {
        let limit = RateLimit { requests: 2, within: Span::from_secs(60), ban: None, scope: Scope::Account };
        let mut recent = Recent::default();
        let all: Vec<_> = [0, 10, 20, 59, 60, 61, 70].map(|secs| recent.exceeds(&limit, at(secs))).into();
        let wait = |secs| Some(Exceeded::For(Span::from_secs(secs)));
        assert_eq!(all, [None, None, wait(40), wait(1), None, wait(9), None]);
    }

    #[test]
    fn a_ban_lasts_whatever_is_asked_meanwhile() {
        let ban = Some(Span::from_secs(600));
        let limit = RateLimit { requests: 1, within: Span::from_secs(60), ban, scope: Scope::Account };
        let mut recent = Recent::default();
        let all: Vec<_> = [0, 1, 100, 600, 601, 602].map(|secs| recent.exceeds(&limit, at(secs))).into();
        let banned = |secs| Some(Exceeded::Banned(Span::from_secs(secs)));
        assert_eq!(all, [None, banned(600), banned(501), banned(1), None, banned(600)]);
    }
}
