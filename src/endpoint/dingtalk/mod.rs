//! DingTalk's twin, both editions.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use hyper::http::request::Parts;

use super::core::Core;
use super::ledger::Accepted;
use super::mailbox::Letter;
use super::reply::Reply;
use crate::plan::{Capability, Edition};
use crate::units::{Moment, Span};
use crate::vendor::dingtalk::{self as vendor, Call};
use crate::vendor::{Refusal, Token};

/// How long a token is good for: the vendor's 7,200 s.
const TOKEN_LIFETIME: Span = Span::from_secs(7_200);

/// What DingTalk remembers.
pub(super) struct Service {
    /// Tokens that were given out, with their user and expiry.
    tokens: Mutex<BTreeMap<String, (Arc<str>, Moment)>>,
}

impl Service {
    pub(super) fn new(_edition: Edition) -> Self {
        Self { tokens: Mutex::default() }
    }

    /// What DingTalk says to a request.
    pub(super) fn answer(&self, core: &Core, head: &Parts, body: &Bytes) -> Result<Reply, Refusal> {
        match vendor::read_call(head, body)? {
            Call::Login { key, secret } => self.login(core, &key, &secret),
            Call::Chat { token, recipients, text } => self.chat(core, &token, &recipients, &text),
        }
    }

    /// The same key gets the same token as long as it is good, and its time anew.
    fn login(&self, core: &Core, key: &str, secret: &str) -> Result<Reply, Refusal> {
        let app = core.users.app(key).filter(|_| core.users.proves(key, secret)).ok_or(Refusal::InvalidKey)?;
        let token = Token { text: format!("fd-access-{key}"), lifetime: TOKEN_LIFETIME };
        let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        tokens.insert(token.text.clone(), (app.user, core.now() + TOKEN_LIFETIME));
        core.number();
        Ok(vendor::token_answer(&token).into())
    }

    /// Takes a message: keeps it for every recipient that exists.
    fn chat(&self, core: &Core, token: &str, recipients: &[String], text: &str) -> Result<Reply, Refusal> {
        let sender = self.sender(core, token)?;
        core.count(token, vendor::SEND_LIMIT).map_err(Refusal::Throttled)?;
        let number = core.number();
        let letter = Arc::new(Letter { text: text.into() });
        let keeps = |user: &&str| core.users.mailbox(user).is_some_and(|mailbox| mailbox.put(Arc::clone(&letter)));
        let (kept, declined): (Vec<&str>, Vec<&str>) = recipients.iter().map(String::as_str).partition(keeps);
        core.ledger.write(&Accepted {
            at: core.now(),
            id: &vendor::process_key(number),
            sender: &sender,
            recipients: &kept,
            capability: Capability::Chat,
            text,
        });
        Ok(vendor::sent_answer(number, &declined).into())
    }

    /// Whose token it is.
    fn sender(&self, core: &Core, token: &str) -> Result<Arc<str>, Refusal> {
        let tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        let (user, expires) = tokens.get(token).ok_or(Refusal::InvalidToken)?;
        if core.now() < *expires { Ok(Arc::clone(user)) } else { Err(Refusal::ExpiredToken) }
    }
}
