use std::collections::BTreeMap;

use crate::control::Secrets;
use crate::plan::{EndpointKind, Plan};
use crate::units::{AccountId, EndpointId};
use crate::vendor::{self, Identity};

/// Which account a credential belongs to: known from the plan for synthetic accounts, from its variables for those of real services, and
/// learned from the token exchanges that pass.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known(Vec<BTreeMap<String, Owner>>);

/// Whose a credential is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Owner {
    One(AccountId),
    /// Accounts that share it are told apart by their addresses.
    Several,
}

impl Known {
    /// What the plan says.
    pub fn of(plan: &Plan, secrets: &Secrets) -> Self {
        let mut known = Self::default();
        for (endpoint, _) in plan.endpoint_ids() {
            let mut credentials = BTreeMap::new();
            for id in (0..).map(AccountId).take(plan.accounts.len()) {
                let identity = vendor::identity_at(plan, endpoint, id, |name| secrets.value(name));
                let Identity { user, key, webhook, .. } = identity;
                for credential in [vendor::inbox_credential(&user), key, webhook] {
                    credentials.entry(credential).and_modify(|owner| *owner = Owner::Several).or_insert(Owner::One(id));
                }
            }
            known.0.push(credentials);
        }
        known
    }

    /// Whoever a credential belongs to.
    pub fn account(&self, endpoint: EndpointId, credential: &str) -> Option<AccountId> {
        match self.0.get(endpoint.index())?.get(credential)? {
            Owner::One(account) => Some(*account),
            Owner::Several => None,
        }
    }

    /// A token exchange was seen: the token belongs to whoever the key belongs to.
    pub fn learn(&mut self, endpoint: EndpointId, key: &str, token: String) {
        if let Some(account) = self.account(endpoint, key) {
            self.0[endpoint.index()].insert(token, Owner::One(account));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{Options, Source, load};

    const SHARED: &str = "
firedrill: 1
name: shared
regions: { hk: {} }
endpoints:
  teams:
    kind: teams
    region: hk
    url: http://127.0.0.1:9000
    credentials:
      office: { user: \"${OFFICE}\", token: \"${SHARED}\" }
      office-2: { token: \"${OWN}\" }
groups: { office: { count: 3, region: hk } }
journeys: { order: { from: office, to: office, rate: 1/s, deadline: 1s, routes: [teams] } }
phases: { baseline: 1m }
targets: { lost: \"lost == 0\" }
";

    #[test]
    fn a_credential_that_several_share_tells_nobody_from_the_others() {
        let source = Source { name: "shared.yaml".into(), text: SHARED.into() };
        let plan = load(&source, &Options::default()).unwrap_or_else(|found| panic!("{found}")).plan;
        let secrets = Secrets::of(&plan, |name| Some(format!("value of {name}"))).expect("all are set");
        let mut known = Known::of(&plan, &secrets);
        let teams = EndpointId(0);
        assert_eq!(known.account(teams, "value of OWN"), Some(AccountId(1)), "its own comes before the group's");
        assert_eq!(known.account(teams, "value of SHARED"), None);
        known.learn(teams, "value of OWN", "a token".into());
        known.learn(teams, "value of SHARED", "another".into());
        assert_eq!((known.account(teams, "a token"), known.account(teams, "another")), (Some(AccountId(1)), None));
        let missing = Secrets::of(&plan, |name| (name == "OWN").then(String::new)).expect_err("none is set");
        assert_eq!(missing, ["OFFICE", "OWN", "SHARED"]);
    }
}
