use std::sync::Arc;

use super::{Identity, identity};
use crate::plan::{EndpointKind, Plan, Variables};
use crate::units::{AccountId, EndpointId};

/// Who an account is at an endpoint of a plan: what its variables say, and for the rest who it is synthetically. `value` has the values.
pub fn identity_at<'v>(
    plan: &Plan,
    endpoint: EndpointId,
    account: AccountId,
    value: impl Fn(&str) -> Option<&'v str>,
) -> Identity {
    let kind = &plan.endpoints[endpoint.index()].kind;
    let synthetic = identity(kind, &plan.account_name(account));
    let Variables { user, app_key, app_secret, token, webhook } = plan.variables_of(endpoint, account);
    let or = |name: Option<String>, own: String| name.and_then(|name| value(&name)).map_or(own, str::to_owned);
    let user = or(user, synthetic.user);
    // Whoever logs in at a mail server does so by his address, if no other name is bound.
    let own_key = if matches!(kind, EndpointKind::Smtp(_)) { user.clone() } else { synthetic.key };
    // Whoever has a token has nothing to prove.
    let secret = if token.is_some() { String::new() } else { synthetic.secret };
    Identity {
        user,
        key: or(app_key.or(token), own_key),
        secret: or(app_secret, secret),
        webhook: or(webhook, synthetic.webhook),
    }
}

/// The kind with the values of its variables, which only services by scenario have.
#[must_use]
pub fn filled<'v>(kind: &EndpointKind, value: impl Fn(&str) -> Option<&'v str> + Copy) -> EndpointKind {
    match kind {
        EndpointKind::Http(service) => EndpointKind::Http(Arc::new(service.with(value))),
        EndpointKind::Wire(wire) => EndpointKind::Wire(Arc::new(wire.with(value))),
        known => known.clone(),
    }
}
