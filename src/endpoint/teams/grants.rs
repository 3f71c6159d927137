//! The tokens that Entra has given.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::limits::TWIN_TOKENS;
use crate::units::Moment;

const ACCESS: &str = "fd-access-";
const REFRESH: &str = "fd-renewal-";

/// Access and refresh tokens, by their numbers. Of too many the oldest are forgotten.
#[derive(Debug, Default)]
pub(super) struct Grants {
    access: BTreeMap<u64, Access>,
    refresh: BTreeMap<u64, Arc<str>>,
}

/// An access token.
#[derive(Clone, Debug)]
pub(super) struct Access {
    /// The person; `None` for an application alone.
    pub(super) user: Option<Arc<str>>,
    pub(super) app: Arc<str>,
    /// The number of its issue: what was taken back by a later one, it was taken back with.
    pub(super) number: u64,
    pub(super) expires: Moment,
    /// Whether its client understands challenges.
    pub(super) understands: bool,
}

impl Grants {
    /// A new access token.
    pub(super) fn give(&mut self, access: Access) -> String {
        let number = access.number;
        keep(&mut self.access, number, access);
        format!("{ACCESS}{number}")
    }

    /// A new refresh token of a person.
    pub(super) fn give_refresh(&mut self, number: u64, user: Arc<str>) -> String {
        keep(&mut self.refresh, number, user);
        format!("{REFRESH}{number}")
    }

    /// An access token that was given.
    pub(super) fn access(&self, token: &str) -> Option<Access> {
        self.access.get(&number(token, ACCESS)?).cloned()
    }

    /// Whose refresh token it is, and the number of its issue.
    pub(super) fn refresh(&self, token: &str) -> Option<(Arc<str>, u64)> {
        let number = number(token, REFRESH)?;
        Some((Arc::clone(self.refresh.get(&number)?), number))
    }
}

fn number(token: &str, prefix: &str) -> Option<u64> {
    let number = token.strip_prefix(prefix)?.parse::<u64>().ok();
    number.filter(|number| format!("{prefix}{number}") == token)
}

fn keep<T>(tokens: &mut BTreeMap<u64, T>, number: u64, token: T) {
    tokens.insert(number, token);
    if tokens.len() > TWIN_TOKENS {
        tokens.pop_first();
    }
}
