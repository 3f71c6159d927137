//! Whom a gateway knows: one identity for each account, and by what it is known elsewhere.

use std::collections::BTreeMap;

use crate::plan::Plan;
use crate::units::{AccountId, EndpointId, GroupId};
use crate::vendor;

/// Everybody, by his name at the gateway.
#[derive(Debug, Default)]
pub(super) struct People(BTreeMap<String, Person>);

/// Somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Person {
    pub(super) account: AccountId,
    pub(super) group: GroupId,
}

impl People {
    /// The accounts of a plan at one of its gateways.
    pub(super) fn of(plan: &Plan, gateway: EndpointId) -> Self {
        let kind = &plan.endpoints[gateway.index()].kind;
        let person = |(id, account): (u32, &crate::plan::Account)| {
            let account_id = AccountId(id);
            let user = vendor::identity(kind, &plan.account_name(account_id)).user;
            (user, Person { account: account_id, group: account.group })
        };
        Self((0..).zip(&plan.accounts).map(person).collect())
    }

    /// Somebody by his name.
    pub(super) fn get(&self, user: &str) -> Option<Person> {
        self.0.get(user).copied()
    }
}
