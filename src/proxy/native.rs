//! Faults in firedrill's own words: an inject as a scenario writes it, aimed at proxies by name.

use std::fmt::Write;

use super::error::ApiError;
use super::registry::Proxy;
use crate::draw::Seed;
use crate::path::{Protocol, Tampering, acts_on_bytes};
use crate::plan::{Aim, EndpointKind, Hits};
use crate::scenario::{self, Diagnostics, Loose, People, Source, Surroundings, ToldBy};
use crate::units::{AccountId, Moment};

/// A native fault, with the lease that it lives as long as.
#[derive(Clone, Debug)]
pub(super) struct Native {
    /// What it is.
    pub(super) loose: Loose,
    /// From when …
    pub(super) start: Moment,
    /// … until when.
    pub(super) end: Moment,
    pub(super) lease: Option<String>,
    /// The accounts that it is aimed at, sorted; `None` for everyone.
    pub(super) accounts: Option<Vec<AccountId>>,
    /// Whether some of them are told by their address, and not by a credential alone.
    by_address: bool,
    /// Whether it was on when its time was last looked at.
    pub(super) due: bool,
}

/// Reads the body of a request.
///
/// # Errors
/// If it is no fault; the text says every mistake, one a line.
pub(super) fn read(body: &[u8], surroundings: &Surroundings) -> Result<Loose, ApiError> {
    let source = Source::of("body".into(), body.to_owned());
    let fault = source.and_then(|source| scenario::fault(&source, surroundings));
    fault.map_err(|found| ApiError::body(told(&found)))
}

/// Every mistake, one a line.
fn told(found: &Diagnostics) -> String {
    let mut text = String::new();
    for one in found.iter() {
        let newline = if text.is_empty() { "" } else { "\n" };
        // Nothing fails to be written to a text.
        let place = if one.line == 0 { String::new() } else { format!("{}:{}: ", one.line, one.column) };
        let _ = write!(text, "{newline}{place}{}: {}", one.code.name(), one.message);
        if let Some(hint) = &one.hint {
            let _ = write!(text, " ({hint})");
        }
    }
    if found.omitted() > 0 {
        let _ = write!(text, "\n… and {} more", found.omitted());
    }
    text
}

impl Native {
    /// A fault that was asked for at a moment.
    pub(super) fn new(loose: Loose, people: &People, seed: Seed, now: Moment, lease: Option<String>) -> Self {
        let start = now + loose.at;
        let end = loose.length.map_or(Moment::MAX, |length| start + length);
        let accounts = match loose.aim.group {
            Some(group) => Some(people.of(group, loose.aim.share, seed, &loose.name)),
            None if loose.accounts.is_empty() => None,
            None => {
                let mut accounts = loose.accounts.clone();
                accounts.sort_unstable();
                Some(accounts)
            }
        };
        let told = |id: &AccountId| people.get(*id).is_some_and(|person| matches!(person.told_by, ToldBy::Address(_)));
        let by_address = accounts.iter().flatten().any(told);
        Self { loose, start, end, lease, accounts, by_address, due: start <= now }
    }

    /// Its name.
    pub(super) fn name(&self) -> &str {
        &self.loose.name
    }

    /// Whether it is on.
    pub(super) fn is_on(&self, now: Moment) -> bool {
        self.start <= now && now < self.end
    }

    /// Whether it is aimed at a proxy, and can do something there.
    pub(super) fn hits(&self, proxy: &Proxy) -> bool {
        let named = self.loose.proxies.is_empty() || self.loose.proxies.contains(&proxy.name);
        named && self.misfit(proxy).is_none()
    }

    /// Why it can do nothing at a proxy, and what would help; `None` if it can.
    pub(super) fn misfit(&self, proxy: &Proxy) -> Option<String> {
        let (fault, name) = (self.loose.fault.name(), &proxy.name);
        let hint = match proxy.protocol {
            Protocol::Stream | Protocol::Smtp => "give the proxy `\"protocol\":\"http\"`",
            Protocol::Socks | Protocol::Sni if !proxy.intercepts => "start with --intercept HOST",
            Protocol::Http | Protocol::Forward | Protocol::Socks | Protocol::Sni => "",
        };
        if !hint.is_empty() && !acts_on_bytes(&self.loose.fault) {
            return Some(format!("`{fault}` needs to read HTTP, and proxy `{name}` passes bytes; {hint}"));
        }
        // At a way in the host that is asked for tells its platform, and the proxy's user whose a connection is.
        if proxy.protocol.is_way_in() {
            return None;
        }
        if self.loose.fault.is_of_inspection() && proxy.kind != Some(EndpointKind::Dlp) {
            return Some(format!("`{fault}` is of services that inspect texts; give proxy `{name}` the `kind: dlp`"));
        }
        if proxy.kind.is_some() {
            return None;
        }
        if self.loose.fault.is_of_sign_in() {
            return Some(format!(
                "`{fault}` is of whoever gives tokens; give proxy `{name}` the `kind` of what stands behind it"
            ));
        }
        let hint = format!("give proxy `{name}` the `kind` of the platform behind it");
        if !self.loose.aim.capabilities.is_empty() {
            return Some(format!("what a request is for can be told of a platform's requests alone; {hint}"));
        }
        (self.accounts.is_some() && !self.by_address)
            .then(|| format!("whose a request is can be told by a platform's credentials alone; {hint}"))
    }

    /// Why it could hit nobody at any proxy; `None` if it could.
    pub(super) fn is_nobodys(&self) -> Option<String> {
        let refuses = self.loose.fault.doc().hits == Hits::Handshakes;
        (refuses && self.accounts.is_some() && !self.by_address).then(|| {
            let fault = self.loose.fault.name();
            format!("`{fault}` refuses those who connect, and these accounts are known by their first request only")
        })
    }

    /// As a door knows it.
    pub(super) fn fault(&self) -> Tampering {
        let Loose { fault, aim, shape, pick, .. } = self.loose.clone();
        let Aim { regions, capabilities, direction, chance, per, .. } = aim;
        let (name, accounts) = (armed_as(self.name()), self.accounts.clone());
        Tampering { name, fault, regions, accounts, capabilities, direction, chance, per, shape, pick }
    }
}

/// A native fault's name among a door's faults, which no toxic can have.
pub(super) fn armed_as(name: &str) -> String {
    format!("fault:{name}")
}
