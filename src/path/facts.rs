use std::collections::{BTreeMap, VecDeque};
use std::fmt;

use crate::limits::{MEETINGS, TOKENS};
use crate::plan::{EndpointKind, Plan};
use crate::units::{AccountId, EndpointId, Moment};
use crate::vendor;

/// Which account a credential belongs to: known from the plan for synthetic accounts, learned from the token exchanges that pass.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Known {
    of: Vec<BTreeMap<String, Bearer>>,
    /// The tokens that were learned, the oldest first.
    learned: BTreeMap<(EndpointId, AccountId), VecDeque<String>>,
    /// How many heads the meetings have that were called last, the oldest first.
    meetings: VecDeque<(EndpointId, String, u32)>,
}

/// Whom a credential stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bearer {
    /// The account.
    pub account: AccountId,
    /// When a token was given out; `None` for what is known from the start.
    pub issued: Option<Moment>,
}

/// Credentials are in there.
impl fmt::Debug for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Known({:?})", self.of.iter().map(BTreeMap::len).collect::<Vec<_>>())
    }
}

impl Known {
    /// What the plan says.
    pub fn from_plan(plan: &Plan) -> Self {
        let mut known = Self { of: vec![BTreeMap::new(); plan.endpoints.len()], ..Self::default() };
        for (endpoint, part) in plan.endpoint_ids() {
            for id in (0..).map(AccountId).take(plan.accounts.len()) {
                known.synthetic(endpoint, part.kind, &plan.account_name(id), id);
            }
        }
        known
    }

    /// Nobody, at one endpoint.
    pub fn alone() -> Self {
        Self { of: vec![BTreeMap::new()], ..Self::default() }
    }

    /// An account shows what follows from its name on a platform.
    pub fn synthetic(&mut self, endpoint: EndpointId, kind: EndpointKind, name: &str, account: AccountId) {
        let identity = vendor::identity(kind, name);
        self.shows(endpoint, vendor::inbox_credential(&identity.user), account);
        self.shows(endpoint, identity.webhook, account);
        self.shows(endpoint, identity.key, account);
    }

    /// An account shows a credential.
    pub fn shows(&mut self, endpoint: EndpointId, credential: String, account: AccountId) {
        if let Some(of) = self.of.get_mut(endpoint.index()) {
            of.insert(credential, Bearer { account, issued: None });
        }
    }

    /// Whoever a credential belongs to.
    pub fn bearer(&self, endpoint: EndpointId, credential: &str) -> Option<Bearer> {
        self.of.get(endpoint.index())?.get(credential).copied()
    }

    /// A token exchange was seen: the token belongs to whoever the key belongs to. Of each account the last [`TOKENS`] are known.
    pub fn learn(&mut self, endpoint: EndpointId, key: &str, token: String, at: Moment) {
        let Some(Bearer { account, .. }) = self.bearer(endpoint, key) else { return };
        let Some(of) = self.of.get_mut(endpoint.index()) else { return };
        if of.insert(token.clone(), Bearer { account, issued: Some(at) }).is_some() {
            return;
        }
        let learned = self.learned.entry((endpoint, account)).or_default();
        learned.push_back(token);
        if learned.len() > TOKENS
            && let Some(oldest) = learned.pop_front()
        {
            of.remove(&oldest);
        }
    }

    /// How many heads a meeting has, as far as was seen.
    pub fn heads(&self, endpoint: EndpointId, meeting: &str) -> u32 {
        let of = |known: &&(EndpointId, String, u32)| known.0 == endpoint && known.1 == meeting;
        self.meetings.iter().rev().find(of).map_or(0, |(.., heads)| *heads)
    }

    /// A meeting has so many heads now. The last [`MEETINGS`] are known.
    pub fn gathered(&mut self, endpoint: EndpointId, meeting: String, heads: u32) {
        let known = self.meetings.iter_mut().rev().find(|known| known.0 == endpoint && known.1 == meeting);
        if let Some((.., known)) = known {
            *known = heads;
            return;
        }
        self.meetings.push_back((endpoint, meeting, heads));
        if self.meetings.len() > MEETINGS {
            self.meetings.pop_front();
        }
    }

    /// Learns from a login's request and answer, if they are a login that worked.
    pub fn learn_login(
        &mut self,
        endpoint: EndpointId,
        kind: EndpointKind,
        request: &[u8],
        (status, answer): (hyper::StatusCode, &[u8]),
        at: Moment,
    ) {
        let Some(key) = vendor::login_key(kind, request) else { return };
        if let Ok(token) = vendor::login_answer(kind, status, answer) {
            self.learn(endpoint, &key, token.text, at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A program that logs in for every request would otherwise fill the memory in a while.
    #[test]
    fn of_an_account_the_last_tokens_are_known() {
        let (here, anna) = (EndpointId(0), AccountId(7));
        let mut known = Known::alone();
        known.shows(here, "key".into(), anna);
        for at in 0..=TOKENS {
            known.learn(here, "key", format!("token-{at}"), Moment::ZERO);
            // The same again is not another one.
            known.learn(here, "key", format!("token-{at}"), Moment::ZERO);
        }
        known.learn(here, "nobody's", "token".into(), Moment::ZERO);
        let account = |credential: &str| known.bearer(here, credential).map(|bearer| bearer.account);
        assert_eq!((account("key"), account("token-0"), account("token")), (Some(anna), None, None));
        assert_eq!((account("token-1"), account(&format!("token-{TOKENS}"))), (Some(anna), Some(anna)));
        assert!(!format!("{known:?}").contains("key"), "{known:?}");
    }
}
