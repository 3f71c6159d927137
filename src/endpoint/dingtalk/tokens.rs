//! Tokens, and the accounts that may have them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Ask;
use crate::endpoint::reply::Reply;
use crate::limits::TWIN_USERS;
use crate::plan::FreezeMode;
use crate::units::{Moment, Span};
use crate::vendor::dingtalk::refusal::No;
use crate::vendor::dingtalk::{self as vendor, Operation, account, login};
use crate::vendor::{Refusal, Token};

/// How long a token is good for: the vendor's 7,200 s.
const TOKEN_LIFETIME: Span = Span::from_secs(7_200);

/// On whose behalf a call is made.
#[derive(Clone, Debug)]
pub(super) struct Bearer {
    /// The app.
    pub(super) app: Arc<str>,
    /// The user that it acts for.
    pub(super) user: Arc<str>,
}

/// Who has which token, and who may have none.
#[derive(Debug, Default)]
pub(super) struct Tokens(Mutex<Held>);

#[derive(Debug, Default)]
struct Held {
    tokens: BTreeMap<String, (Bearer, Moment)>,
    disabled: BTreeSet<Arc<str>>,
    /// How many tokens of an app have ended, by its key: the next is another one.
    ended: BTreeMap<Arc<str>, u64>,
}

impl Held {
    /// The text of an app's token: the same as long as it is good, and never one that somebody else has.
    fn text(&mut self, app: &Arc<str>, now: Moment) -> String {
        loop {
            let ended = self.ended.get(app).copied().unwrap_or_default();
            let text = if ended == 0 { format!("fd-access-{app}") } else { format!("fd-access-{app}.{ended}") };
            match self.tokens.get(&text) {
                Some((owner, expires)) if owner.app != *app || now >= *expires => {
                    self.ended.insert(Arc::clone(app), ended + 1);
                }
                _ => return text,
            }
        }
    }
}

impl Tokens {
    fn held(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A token by key and secret. The same key gets the same token as long as it is good, and its time anew.
    pub(super) fn login(&self, ask: &Ask<'_>) -> Result<Reply, No> {
        let (key, secret) = login::read(ask.operation, ask.head, ask.body)?;
        let bearer = self.prove(ask, &key, &secret).map_err(|refusal| match refusal {
            Refusal::InvalidKey => login::bad_key(ask.operation, ask.head),
            other => other.into(),
        })?;
        let (mut held, now) = (self.held(), ask.core.now());
        // He may have been disabled since he proved who he is.
        if held.disabled.contains(&bearer.user) {
            return Err(Refusal::Frozen(FreezeMode::Disabled).into());
        }
        if held.tokens.len() >= TWIN_USERS {
            held.tokens.retain(|_, (_, expires)| now < *expires);
        }
        let token = Token { text: held.text(&bearer.app, now), lifetime: TOKEN_LIFETIME };
        if held.tokens.len() >= TWIN_USERS && !held.tokens.contains_key(&token.text) {
            return Err(Refusal::Throttled(TOKEN_LIFETIME).into());
        }
        held.tokens.insert(token.text.clone(), (bearer, now + TOKEN_LIFETIME));
        ask.core.number();
        Ok(login::token_answer(ask.operation, &token).into())
    }

    /// Whose key it is, if the secret proves it and its user is not disabled.
    pub(super) fn prove(&self, ask: &Ask<'_>, key: &str, secret: &str) -> Result<Bearer, Refusal> {
        let users = &ask.core.users;
        let app = users.app(key).filter(|_| users.proves(key, secret)).ok_or(Refusal::InvalidKey)?;
        if self.is_disabled(&app.user) {
            return Err(Refusal::Frozen(FreezeMode::Disabled));
        }
        Ok(Bearer { app: key.into(), user: app.user })
    }

    /// On whose behalf a call with this token is made. It counts against the vendor's limit for the app and the function.
    pub(super) fn bearer(&self, ask: &Ask<'_>, token: Option<&str>) -> Result<Bearer, Refusal> {
        let token = token.filter(|token| !token.is_empty()).ok_or(Refusal::MissingToken)?;
        let (bearer, expires) = self.held().tokens.get(token).cloned().ok_or(Refusal::InvalidToken)?;
        if ask.core.now() >= expires {
            return Err(Refusal::ExpiredToken);
        }
        if ask.core.is_limited() {
            let caller = format!("{} {:?}", bearer.app, ask.operation);
            ask.core.count(&caller, vendor::SEND_LIMIT).map_err(Refusal::Throttled)?;
        }
        Ok(bearer)
    }

    /// Whether a user is disabled.
    pub(super) fn is_disabled(&self, user: &str) -> bool {
        let held = self.held();
        !held.disabled.is_empty() && held.disabled.contains(user)
    }

    /// Who of these is disabled: one look for a whole message.
    pub(super) fn disabled(&self, users: &[&str]) -> BTreeSet<Arc<str>> {
        let held = self.held();
        if held.disabled.is_empty() {
            return BTreeSet::new();
        }
        users.iter().filter_map(|user| held.disabled.get(*user).cloned()).collect()
    }

    fn sign_out(&self, user: &str) {
        let mut held = self.held();
        let Held { tokens, ended, .. } = &mut *held;
        tokens.retain(|_, (bearer, _)| {
            let is_his = &*bearer.user == user;
            if is_his {
                *ended.entry(Arc::clone(&bearer.app)).or_default() += 1;
            }
            !is_his
        });
    }
}

impl super::Service {
    /// What an administrator does to an account. Whoever is disabled or signed out loses his tokens and his Stream connections.
    pub(super) fn administer(&self, ask: &Ask<'_>) -> Result<Reply, No> {
        self.present(ask)?;
        let user = account::read_account(ask.operation, ask.head, ask.body)?;
        if ask.core.users.mailbox(&user).is_none() {
            return Err(account::no_user());
        }
        ask.core.number();
        match ask.operation {
            Operation::AccountStatus => return Ok(account::status_answer(self.tokens.is_disabled(&user)).into()),
            Operation::EnableAccount => {
                self.tokens.held().disabled.remove(user.as_str());
            }
            operation => {
                if operation == Operation::DisableAccount {
                    self.tokens.held().disabled.insert(user.as_str().into());
                }
                self.tokens.sign_out(&user);
                self.streams.dismiss(&user, "the account was signed out");
            }
        }
        Ok(account::done_answer().into())
    }
}
