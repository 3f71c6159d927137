use std::collections::BTreeMap;

use crate::plan::{EndpointKind, Plan};
use crate::units::{AccountId, EndpointId};
use crate::vendor;

/// Which account a credential belongs to: known from the plan for synthetic accounts, learned from the token exchanges that pass.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known(Vec<BTreeMap<String, AccountId>>);

impl Known {
    /// What the plan says.
    pub fn from_plan(plan: &Plan) -> Self {
        let mut known = Self::default();
        for part in &plan.endpoints {
            let mut credentials = BTreeMap::new();
            for id in (0..).map(AccountId).take(plan.accounts.len()) {
                let identity = vendor::identity(part.kind, &plan.account_name(id));
                credentials.insert(vendor::inbox_credential(&identity.user), id);
                credentials.insert(identity.key, id);
            }
            known.0.push(credentials);
        }
        known
    }

    /// Whoever a credential belongs to.
    pub fn account(&self, endpoint: EndpointId, credential: &str) -> Option<AccountId> {
        self.0.get(endpoint.index())?.get(credential).copied()
    }

    /// A token exchange was seen: the token belongs to whoever the key belongs to.
    pub fn learn(&mut self, endpoint: EndpointId, key: &str, token: String) {
        if let Some(account) = self.account(endpoint, key) {
            self.0[endpoint.index()].insert(token, account);
        }
    }

    /// Learns from a login's request and answer, if they are a login that worked.
    pub fn learn_login(
        &mut self,
        endpoint: EndpointId,
        kind: EndpointKind,
        request: &[u8],
        status: hyper::StatusCode,
        answer: &[u8],
    ) {
        let Some(key) = vendor::login_key(kind, request) else { return };
        if let Ok(token) = vendor::login_answer(kind, status, answer) {
            self.learn(endpoint, &key, token.text);
        }
    }
}
