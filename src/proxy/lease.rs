//! Leases: what is held by one is lifted when nobody renews it.

use std::collections::BTreeMap;

use super::error::ApiError;
use crate::limits::{LEASE, LEASES, LONGEST_LEASE, NAME_BYTES, SHORTEST_LEASE};
use crate::units::{Moment, Span};

/// A request's word about a lease: `id`, or `id; ttl=5`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Claim {
    /// The lease's name.
    pub id: String,
    /// How long it shall live without being renewed; without it, as long as before.
    pub ttl: Option<Span>,
}

impl Claim {
    /// Reads the header `X-Firedrill-Lease`.
    ///
    /// # Errors
    /// If it is none.
    pub(super) fn parse(text: &str) -> Result<Self, ApiError> {
        let bad = |why: &str| ApiError::bad(format!("bad lease `{text}`: {why}; write `id` or `id; ttl=5`"));
        let (id, parameters) = text.split_once(';').unwrap_or((text, ""));
        let id = id.trim();
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.:@".contains(c);
        if id.is_empty() || id.len() > NAME_BYTES || !id.chars().all(is_plain) {
            return Err(bad("an id is up to 64 letters, digits and any of `-_.:@`"));
        }
        let mut ttl = None;
        for parameter in parameters.split(';').map(str::trim).filter(|parameter| !parameter.is_empty()) {
            let seconds = match parameter.split_once('=') {
                Some((key, value)) if key.trim().eq_ignore_ascii_case("ttl") => value.trim().parse::<f64>().ok(),
                _ => return Err(bad("`ttl` is the one parameter")),
            };
            let span = seconds.filter(|seconds| seconds.is_finite() && *seconds > 0.0).map(Span::from_secs_f64);
            let span = span.filter(|span| (SHORTEST_LEASE..=LONGEST_LEASE).contains(span));
            ttl = Some(span.ok_or_else(|| bad("`ttl` is a number of seconds from 0.1 to 3600"))?);
        }
        Ok(Self { id: id.into(), ttl })
    }
}

/// A lease that lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Lease {
    /// How long it lives without being renewed.
    pub ttl: Span,
    /// When it ends unless it is renewed.
    pub expires: Moment,
}

/// The leases that live, by id.
#[derive(Debug, Default)]
pub(super) struct Leases(BTreeMap<String, Lease>);

impl Leases {
    /// Renews a lease that lives; whether it did.
    pub(super) fn renew(&mut self, claim: &Claim, now: Moment) -> bool {
        let Some(lease) = self.0.get_mut(&claim.id) else { return false };
        lease.ttl = claim.ttl.unwrap_or(lease.ttl);
        lease.expires = now + lease.ttl;
        true
    }

    /// Renews a lease, or begins it.
    ///
    /// # Errors
    /// If there are too many.
    pub(super) fn hold(&mut self, claim: &Claim, now: Moment) -> Result<Lease, ApiError> {
        if !self.renew(claim, now) {
            if self.0.len() >= LEASES {
                return Err(ApiError { text: format!("there are {LEASES} leases already"), status: 503 });
            }
            let ttl = claim.ttl.unwrap_or(LEASE);
            self.0.insert(claim.id.clone(), Lease { ttl, expires: now + ttl });
        }
        Ok(self.0[&claim.id])
    }

    /// Ends a lease; whether it lived.
    pub(super) fn end(&mut self, id: &str) -> bool {
        self.0.remove(id).is_some()
    }

    /// Ends every lease whose time is over, and gives back their ids.
    pub(super) fn expire(&mut self, now: Moment) -> Vec<String> {
        let over: Vec<_> = self.0.iter().filter(|(_, lease)| lease.expires <= now).map(|(id, _)| id.clone()).collect();
        self.0.retain(|_, lease| lease.expires > now);
        over
    }

    /// When the next one ends; the end of time if there is none.
    pub(super) fn next(&self) -> Moment {
        self.0.values().map(|lease| lease.expires).min().unwrap_or(Moment::MAX)
    }

    /// The leases that live, by id.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, Lease)> {
        self.0.iter().map(|(id, lease)| (id.as_str(), *lease))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_is_an_id_and_perhaps_a_time() {
        let claim = |id: &str, ttl| Ok(Claim { id: id.into(), ttl });
        assert_eq!(Claim::parse("drill-7"), claim("drill-7", None));
        assert_eq!(Claim::parse(" a ; TTL = 0.5 "), claim("a", Some(Span::from_millis(500))));
        for wrong in ["", ";ttl=5", "a b", "a; ttl=0", "a; ttl=-1", "a; ttl=nan", "a; ttl=1e9", "a; for=5", "ä"] {
            assert_eq!(Claim::parse(wrong).map_err(|error| error.status), Err(400), "{wrong}");
        }
    }

    #[test]
    fn a_lease_ends_when_it_is_not_renewed() {
        let at = |secs| Moment::ZERO + Span::from_secs(secs);
        let claim = Claim { id: "a".into(), ttl: None };
        let mut leases = Leases::default();
        assert!(!leases.renew(&claim, at(0)), "there is nothing to renew");
        assert!(leases.hold(&claim, at(0)).is_ok());
        assert_eq!(leases.next(), at(5));
        assert!(leases.renew(&claim, at(4)));
        assert!(leases.expire(at(8)).is_empty());
        assert_eq!(leases.expire(at(9)), ["a"]);
        assert_eq!(leases.next(), Moment::MAX);
    }
}
