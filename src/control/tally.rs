//! What a fault has counted of those whom it hits.

use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;

use crate::plan::RateLimit;
use crate::units::{AccountId, EndpointId, Moment, Span};

/// The counts of one fault.
#[derive(Debug, Default)]
pub(super) struct Tallies {
    pub(super) rates: BTreeMap<(Who, EndpointId), Recent>,
    pub(super) calls: BTreeMap<EndpointId, u64>,
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
