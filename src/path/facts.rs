use std::collections::BTreeMap;

use crate::plan::{EndpointKind, Plan};
use crate::units::{AccountId, EndpointId, Moment};
use crate::vendor;

/// Which account a credential belongs to: known from the plan for synthetic accounts, learned from the token exchanges that pass.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known(Vec<BTreeMap<String, Bearer>>);

/// Whom a credential stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bearer {
    /// The account.
    pub account: AccountId,
    /// When a token was given out; `None` for what the plan knows from the start.
    pub issued: Option<Moment>,
}

impl Known {
    /// What the plan says.
    pub fn from_plan(plan: &Plan) -> Self {
        let mut known = Self::default();
        for part in &plan.endpoints {
            let mut credentials = BTreeMap::new();
            for id in (0..).map(AccountId).take(plan.accounts.len()) {
                let identity = vendor::identity(part.kind, &plan.account_name(id));
                let bearer = Bearer { account: id, issued: None };
                credentials.insert(vendor::inbox_credential(&identity.user), bearer);
                credentials.insert(identity.key, bearer);
            }
            known.0.push(credentials);
        }
        known
    }

    /// Whoever a credential belongs to.
    pub fn bearer(&self, endpoint: EndpointId, credential: &str) -> Option<Bearer> {
        self.0.get(endpoint.index())?.get(credential).copied()
    }

    /// A token exchange was seen: the token belongs to whoever the key belongs to.
    pub fn learn(&mut self, endpoint: EndpointId, key: &str, token: String, at: Moment) {
        if let Some(bearer) = self.bearer(endpoint, key) {
            self.0[endpoint.index()].insert(token, Bearer { issued: Some(at), ..bearer });
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
