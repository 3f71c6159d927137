//! Who exists at a twin: users with their mailboxes, and the applications that act for them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::mailbox::Mailbox;
use crate::limits::TWIN_USERS;
use crate::vendor::Identity;

/// Everyone at a twin.
#[derive(Debug, Default)]
pub(super) struct Users {
    /// Whether only those exist who were named at the start; otherwise users exist as soon as they are named, and any credentials are good.
    fixed: bool,
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    mailboxes: BTreeMap<Arc<str>, Arc<Mailbox>>,
    /// By key.
    apps: BTreeMap<Arc<str>, App>,
    /// By what the address of a user's incoming webhook carries.
    webhooks: BTreeMap<Arc<str>, Arc<str>>,
    /// What signs the posts of a webhook, by the same; none where nothing has to.
    signing: BTreeMap<Arc<str>, Arc<str>>,
}

/// An application, or whatever else a key stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct App {
    /// What proves the key.
    pub(super) secret: Arc<str>,
    /// The user for whom it acts.
    pub(super) user: Arc<str>,
}

impl Users {
    /// Only these exist.
    pub(super) fn fixed(identities: impl IntoIterator<Item = Identity>) -> Self {
        let mut known = Known::default();
        for identity in identities {
            let user: Arc<str> = identity.user.into();
            known.mailboxes.insert(Arc::clone(&user), Arc::default());
            if !identity.webhook.is_empty() {
                let webhook: Arc<str> = identity.webhook.into();
                known.webhooks.insert(Arc::clone(&webhook), Arc::clone(&user));
                if !identity.secret.is_empty() {
                    known.signing.insert(webhook, identity.secret.as_str().into());
                }
            }
            // A user without a key receives, and has nothing to send with.
            if !identity.key.is_empty() {
                known.apps.insert(identity.key.into(), App { secret: identity.secret.into(), user });
            }
        }
        Self { fixed: true, known: Mutex::new(known) }
    }

    /// Whoever is named exists, at most [`TWIN_USERS`] of them.
    pub(super) fn open() -> Self {
        Self::default()
    }

    /// A user's mailbox; `None` if there is no such user.
    pub(super) fn mailbox(&self, user: &str) -> Option<Arc<Mailbox>> {
        self.addressee(user).map(|(_, mailbox)| mailbox)
    }

    /// A user by his name, of which there is one copy however many messages he is named in, and his mailbox.
    pub(super) fn addressee(&self, user: &str) -> Option<(Arc<str>, Arc<Mailbox>)> {
        let mut known = self.known();
        if let Some((name, mailbox)) = known.mailboxes.get_key_value(user) {
            return Some((Arc::clone(name), Arc::clone(mailbox)));
        }
        if self.fixed || user.is_empty() || known.mailboxes.len() >= TWIN_USERS {
            return None;
        }
        let (name, mailbox) = (Arc::<str>::from(user), Arc::<Mailbox>::default());
        known.mailboxes.insert(Arc::clone(&name), Arc::clone(&mailbox));
        Some((name, mailbox))
    }

    /// Whether there is such a user by now.
    pub(super) fn has(&self, user: &str) -> bool {
        self.known().mailboxes.contains_key(user)
    }

    /// The application of a key; `None` if there is none. Where any credentials are good, a key acts for a user of its own name.
    pub(super) fn app(&self, key: &str) -> Option<App> {
        if self.fixed {
            return self.known().apps.get(key).cloned();
        }
        (!key.is_empty()).then(|| App { secret: "".into(), user: key.into() })
    }

    /// The user of an incoming webhook; `None` if there is none. Where any credentials are good, it is a user of its own name.
    pub(super) fn webhook(&self, token: &str) -> Option<Arc<str>> {
        if self.fixed {
            return self.known().webhooks.get(token).cloned();
        }
        (!token.is_empty()).then(|| token.into())
    }

    /// What signs the posts of a webhook; `None` where nothing has to, or any credentials are good.
    pub(super) fn signs(&self, webhook: &str) -> Option<Arc<str>> {
        self.known().signing.get(webhook).cloned()
    }

    /// Everybody who exists by now.
    pub(super) fn everyone(&self) -> Vec<Arc<str>> {
        self.known().mailboxes.keys().cloned().collect()
    }

    /// Whether the secret proves the key.
    pub(super) fn proves(&self, key: &str, secret: &str) -> bool {
        if self.fixed {
            return self.known().apps.get(key).is_some_and(|app| &*app.secret == secret);
        }
        !key.is_empty() && !secret.is_empty()
    }

    /// Whether whoever is named exists, and any credentials are good.
    pub(super) fn is_open(&self) -> bool {
        !self.fixed
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_was_named_exists_and_nobody_else() {
        let users = Users::fixed([Identity {
            user: "anna".into(),
            key: "key".into(),
            secret: "secret".into(),
            ..Identity::default()
        }]);
        assert!(users.mailbox("anna").is_some() && users.mailbox("bert").is_none());
        assert!(users.proves("key", "secret") && !users.proves("key", "other") && !users.proves("other", "secret"));
    }

    #[test]
    fn where_anybody_may_come_he_exists_when_named() {
        let users = Users::open();
        let mailbox = users.mailbox("anna").expect("a user");
        assert!(Arc::ptr_eq(&mailbox, &users.mailbox("anna").expect("the same")));
        assert!(users.proves("key", "anything") && !users.proves("key", "") && !users.proves("", "x"));
        assert_eq!(users.app("key").map(|app| app.user), Some("key".into()));
    }
}
