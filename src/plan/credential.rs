use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{EndpointKind, Plan};
use crate::units::{AccountId, EndpointId, GroupId};

/// Who accounts are at a real service. A plan holds no secret: these are the names of variables of the environment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Binding {
    /// The group …
    pub group: GroupId,
    /// … all of it, or the account of this ordinal, whose own variables come before the group's.
    pub ordinal: Option<u32>,
    /// The variables.
    #[serde(flatten)]
    pub variables: Variables,
}

/// Names of variables of the environment, each for one part of an identity.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Variables {
    /// The user's id, which messages are addressed to.
    pub user: Option<String>,
    /// The app key of a token exchange.
    pub app_key: Option<String>,
    /// What proves the app key.
    pub app_secret: Option<String>,
    /// A token that requests are made with as it is.
    pub token: Option<String>,
    /// What the address of an incoming webhook carries; for Matrix the id of the room that is sent into.
    pub webhook: Option<String>,
}

impl Variables {
    /// Every name.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let Self { user, app_key, app_secret, token, webhook } = self;
        [user, app_key, app_secret, token, webhook].into_iter().flatten().map(String::as_str)
    }

    /// These, and the others where these have none.
    fn or(&self, others: &Self) -> Self {
        let or = |own: &Option<String>, other: &Option<String>| own.as_ref().or(other.as_ref()).cloned();
        Self {
            user: or(&self.user, &others.user),
            app_key: or(&self.app_key, &others.app_key),
            app_secret: or(&self.app_secret, &others.app_secret),
            token: or(&self.token, &others.token),
            webhook: or(&self.webhook, &others.webhook),
        }
    }
}

impl Plan {
    /// The variables of an account at an endpoint; none where it is synthetic.
    pub fn variables_of(&self, endpoint: EndpointId, account: AccountId) -> Variables {
        let account = &self.accounts[account.index()];
        let of = |ordinal| {
            let bindings = self.endpoints[endpoint.index()].credentials.iter();
            let own = bindings.filter(move |binding| (binding.group, binding.ordinal) == (account.group, ordinal));
            own.map(|binding| &binding.variables).next()
        };
        match (of(Some(account.ordinal)), of(None)) {
            (Some(own), Some(group)) => own.or(group),
            (Some(one), None) | (None, Some(one)) => one.clone(),
            (None, None) => Variables::default(),
        }
    }

    /// The name of every variable that a play of the plan needs: of credentials, and of what is done outside.
    pub fn variables(&self) -> BTreeSet<&str> {
        let of_actions = self.actions().flat_map(|(.., action)| action.variables());
        self.endpoint_ids().flat_map(|(id, _)| self.variables_at(id)).chain(of_actions).collect()
    }

    /// The same of one endpoint: of its accounts' credentials, and of what it is told.
    pub fn variables_at(&self, endpoint: EndpointId) -> impl Iterator<Item = &str> {
        let endpoint = &self.endpoints[endpoint.index()];
        let bound = endpoint.credentials.iter().flat_map(|binding| binding.variables.names());
        let described = match &endpoint.kind {
            // A twin is content with their names.
            _ if endpoint.url.is_none() => Vec::new(),
            EndpointKind::Http(service) => service.variables(),
            EndpointKind::Wire(wire) => wire.variables(),
            EndpointKind::Gateway(gateway) => gateway.audit.iter().filter_map(|audit| audit.token.as_deref()).collect(),
            _ => Vec::new(),
        };
        bound.chain(described)
    }
}
