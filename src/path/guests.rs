//! Whose a connection or a request is.

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use super::facts::Known;
use crate::control::Secrets;
use crate::plan::{EndpointKind, Plan};
use crate::units::{AccountId, EndpointId};

/// The one endpoint of a gateway's door, as far as accounts go: whoever shows a credential at one door is the same at every other.
pub(super) const ANY_DOOR: EndpointId = EndpointId(0);

/// The accounts of a path's clients. Cheap to clone: what one door of a gateway learns of a token, all know, and a door that is closed and
/// opened again still knows it.
#[derive(Clone, Default)]
pub struct Guests {
    /// Whoever comes from an address.
    pub(super) by_address: Arc<BTreeMap<IpAddr, AccountId>>,
    pub(super) known: Arc<Mutex<Known>>,
    /// Accounts that show what a twin would give an account of this name.
    synthetic: Arc<Vec<(String, AccountId)>>,
    /// The kinds whose synthetic credentials are known.
    met: Arc<Mutex<Vec<EndpointKind>>>,
}

/// Credentials are in there.
impl fmt::Debug for Guests {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Guests")
    }
}

impl Guests {
    /// The accounts of a plan.
    pub(super) fn of(plan: &Plan, secrets: &Secrets) -> Self {
        let addresses = plan.accounts.iter().map(|account| account.address).zip((0..).map(AccountId));
        let known = Arc::new(Mutex::new(Known::of(plan, secrets)));
        Self { by_address: Arc::new(addresses.collect()), known, ..Self::default() }
    }

    /// Accounts that no plan knows: by their source address, accounts by a name from which their credentials follow, and accounts by the credentials themselves.
    pub fn new(
        addresses: impl IntoIterator<Item = (IpAddr, AccountId)>,
        synthetic: Vec<(String, AccountId)>,
        credentials: impl IntoIterator<Item = (String, AccountId)>,
    ) -> Self {
        let mut known = Known::alone();
        for (credential, account) in credentials {
            known.shows(ANY_DOOR, credential, account);
        }
        Self {
            by_address: Arc::new(addresses.into_iter().collect()),
            known: Arc::new(Mutex::new(known)),
            synthetic: Arc::new(synthetic),
            met: Arc::default(),
        }
    }

    /// Learns what synthetic accounts show on a platform.
    pub(super) fn meet(&self, kind: &EndpointKind) {
        let mut met = self.met.lock().unwrap_or_else(PoisonError::into_inner);
        if met.contains(kind) {
            return;
        }
        met.push(kind.clone());
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        for (name, account) in &*self.synthetic {
            known.synthetic(ANY_DOOR, kind, name, *account);
        }
    }
}
