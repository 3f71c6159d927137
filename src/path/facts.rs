use std::collections::{BTreeMap, VecDeque};
use std::fmt;

use crate::control::Secrets;
use crate::limits::{MEETINGS, TOKENS};
use crate::plan::{EndpointKind, Plan};
use crate::units::{AccountId, EndpointId, Moment};
use crate::vendor::{self, Identity};

/// Which account a credential belongs to: known from the plan for synthetic accounts, from its variables for those of real services, and
/// learned from the token exchanges that pass.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Known {
    of: Vec<BTreeMap<String, Owner>>,
    /// The tokens that were learned, the oldest first.
    learned: BTreeMap<(EndpointId, AccountId), VecDeque<String>>,
    /// Where else the tokens of an endpoint are shown: who trusts it.
    trusting: Vec<Vec<EndpointId>>,
    /// How many heads the meetings have that were called last, the oldest first.
    meetings: VecDeque<(EndpointId, String, u32)>,
}

/// Whose a credential is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Owner {
    One(Bearer),
    /// Accounts that share it are told apart by their addresses.
    Several,
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
    pub fn of(plan: &Plan, secrets: &Secrets) -> Self {
        let mut known = Self { of: vec![BTreeMap::new(); plan.endpoints.len()], ..Self::default() };
        known.trusting = vec![Vec::new(); plan.endpoints.len()];
        for (endpoint, part) in plan.endpoint_ids() {
            if let Some(trust) = &part.sso {
                known.trusting[trust.provider.index()].push(endpoint);
            }
            for id in (0..).map(AccountId).take(plan.accounts.len()) {
                let identity = vendor::identity_at(plan, endpoint, id, |name| secrets.value(name));
                known.is(endpoint, &plan.endpoints[endpoint.index()].kind, identity, id);
            }
        }
        known
    }

    /// Nobody, at one endpoint.
    pub fn alone() -> Self {
        Self { of: vec![BTreeMap::new()], ..Self::default() }
    }

    /// An account shows what follows from its name on a platform.
    pub fn synthetic(&mut self, endpoint: EndpointId, kind: &EndpointKind, name: &str, account: AccountId) {
        self.is(endpoint, kind, vendor::identity(kind, name), account);
    }

    fn is(&mut self, endpoint: EndpointId, kind: &EndpointKind, identity: Identity, account: AccountId) {
        let Identity { user, key, webhook, .. } = identity;
        let name = vendor::sign_in_name(kind, &user);
        for credential in [vendor::inbox_credential(&user), key, webhook].into_iter().chain(name) {
            self.shows(endpoint, credential, account);
        }
    }

    /// An account shows a credential.
    pub fn shows(&mut self, endpoint: EndpointId, credential: String, account: AccountId) {
        let Some(of) = self.of.get_mut(endpoint.index()) else { return };
        let bearer = Bearer { account, issued: None };
        let one = of.entry(credential).or_insert(Owner::One(bearer));
        if *one != Owner::One(bearer) {
            *one = Owner::Several;
        }
    }

    /// Whoever a credential belongs to.
    pub fn bearer(&self, endpoint: EndpointId, credential: &str) -> Option<Bearer> {
        match self.of.get(endpoint.index())?.get(credential)? {
            Owner::One(bearer) => Some(*bearer),
            Owner::Several => None,
        }
    }

    /// A token exchange was seen: the token belongs to whoever the key belongs to. Of each account the last [`TOKENS`] are known.
    pub fn learn(&mut self, endpoint: EndpointId, key: &str, token: String, at: Moment) {
        let Some(Bearer { account, .. }) = self.bearer(endpoint, key) else { return };
        for there in self.trusting.get(endpoint.index()).cloned().unwrap_or_default() {
            self.holds(there, account, token.clone(), at);
        }
        self.holds(endpoint, account, token, at);
    }

    /// An account holds a token that an endpoint takes.
    fn holds(&mut self, endpoint: EndpointId, account: AccountId, token: String, at: Moment) {
        let Some(of) = self.of.get_mut(endpoint.index()) else { return };
        if of.insert(token.clone(), Owner::One(Bearer { account, issued: Some(at) })).is_some() {
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

    /// Learns from the answer to a login with this key, if it worked: the token, and with what the next login may be made.
    pub fn learn_login(
        &mut self,
        endpoint: EndpointId,
        kind: &EndpointKind,
        key: &str,
        (status, answer): (hyper::StatusCode, &[u8]),
        at: Moment,
    ) {
        let Ok(token) = vendor::login_answer(kind, status, answer) else { return };
        self.learn(endpoint, key, token.text, at);
        // The same again is as old as it was.
        if let Some(next) = vendor::next_key(kind, answer).filter(|next| next != key) {
            self.learn(endpoint, key, next, at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{Options, Source, load};

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
        let account = |known: &Known, credential: &str| known.bearer(teams, credential).map(|bearer| bearer.account);
        assert_eq!(account(&known, "value of OWN"), Some(AccountId(1)), "its own comes before the group's");
        assert_eq!(account(&known, "value of SHARED"), None);
        known.learn(teams, "value of OWN", "a token".into(), Moment::ZERO);
        known.learn(teams, "value of SHARED", "another".into(), Moment::ZERO);
        assert_eq!((account(&known, "a token"), account(&known, "another")), (Some(AccountId(1)), None));
        let missing = Secrets::of(&plan, |name| (name == "OWN").then(String::new)).expect_err("none is set");
        assert_eq!(missing, ["OFFICE", "OWN", "SHARED"]);
    }
}
