//! The twin's own account of what it took: the other side of the drill's books.

use std::fmt;
use std::sync::Arc;

use crate::plan::Capability;
use crate::units::Moment;

/// A message that a twin has taken responsibility for.
#[derive(Clone, Debug)]
pub struct Accepted<'a> {
    /// When.
    pub at: Moment,
    /// The platform's own id of it.
    pub id: &'a str,
    /// Who sent it.
    pub sender: &'a str,
    /// For whom it is kept.
    pub recipients: &'a [&'a str],
    /// What it is.
    pub capability: Capability,
    /// Its text.
    pub text: &'a str,
}

/// Where accepted messages are written down: anywhere, or nowhere. Cheap to clone.
#[derive(Clone, Default)]
pub struct Ledger(Option<Arc<Write>>);

type Write = dyn Fn(&Accepted<'_>) + Send + Sync;

impl Ledger {
    /// Every accepted message is handed to `write`, in the answer's way: it has to be quick.
    pub fn to(write: impl Fn(&Accepted<'_>) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(write)))
    }

    pub(super) fn write(&self, accepted: &Accepted<'_>) {
        if let Some(write) = &self.0 {
            write(accepted);
        }
    }
}

impl fmt::Debug for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Ledger").field(&self.0.is_some()).finish()
    }
}
