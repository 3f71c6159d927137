//! A service by scenario: it takes whatever the scenario describes, and gives it to whoever asks as described.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use hyper::http::request::Parts;

use super::core::Core;
use super::ledger::Accepted;
use super::mailbox::Letter;
use super::reply::Reply;
use crate::limits::TWIN_RECORDS;
use crate::vendor::Refusal;
use crate::vendor::http::{self, Polling, Post};

/// What it remembers.
pub(super) struct Service {
    speaks: Arc<crate::plan::Service>,
    kept: Mutex<Kept>,
}

/// The messages that it has, for whoever polls. Of too many the oldest are forgotten.
#[derive(Default)]
struct Kept {
    /// How many were forgotten.
    before: usize,
    messages: VecDeque<(Vec<Box<str>>, Box<str>)>,
}

impl Service {
    pub(super) fn new(speaks: Arc<crate::plan::Service>) -> Self {
        Self { speaks, kept: Mutex::default() }
    }

    /// What it says to a request.
    pub(super) fn answer(&self, core: &Core, user: Option<&str>, head: &Parts, body: &Bytes) -> Result<Reply, Refusal> {
        if let Some(post) = http::post(&self.speaks, head, body) {
            return self.take(core, user, &post);
        }
        let asked = http::poll(&self.speaks, head).ok_or(Refusal::UnknownApi)?;
        self.list(core, user, &asked)
    }

    fn take(&self, core: &Core, user: Option<&str>, post: &Post) -> Result<Reply, Refusal> {
        let sender = match user {
            Some(user) => exists(core, user)?,
            None => known(core, post.token.as_deref(), post.webhook.as_deref(), post.from.as_deref())?,
        };
        let number = core.number();
        let letter = Arc::new(Letter {
            text: post.text.as_str().into(),
            sender: Arc::clone(&sender),
            number,
            at: core.now(),
            ..Letter::default()
        });
        let there =
            |user: &&String| core.users.mailbox(user).is_some_and(|mailbox| mailbox.put(Arc::clone(&letter)).is_some());
        let kept: Vec<&str> = post.to.iter().filter(there).map(String::as_str).collect();
        if kept.is_empty() && !post.to.is_empty() {
            return Err(Refusal::BadRequest("nobody of these users exists".into()));
        }
        if self.speaks.poll.is_some() {
            let mut all = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
            all.messages.push_back((kept.iter().map(|user| (*user).into()).collect(), post.text.as_str().into()));
            if all.messages.len() > TWIN_RECORDS {
                all.messages.pop_front();
                all.before += 1;
            }
        }
        core.ledger.write(&Accepted {
            at: core.now(),
            id: &number.to_string(),
            sender: &sender,
            recipients: &kept,
            capability: self.speaks.capability,
            text: &post.text,
        });
        Ok(http::accepted(&self.speaks).into())
    }

    /// What has come for a user since.
    fn list(&self, core: &Core, by: Option<&str>, asked: &Polling) -> Result<Reply, Refusal> {
        let user = match &asked.user {
            // He hears what is for him, whoever he asks for.
            _ if by.is_some() => exists(core, by.unwrap_or_default())?,
            // A credential that is shown has to be one.
            Some(user) if asked.token.is_none() => user.as_str().into(),
            _ => known(core, asked.token.as_deref(), None, None)?,
        };
        core.number();
        let all = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let after = asked.after.parse::<usize>().unwrap_or_default();
        let since = all.messages.iter().skip(after.saturating_sub(all.before));
        // What is for nobody in particular is for everybody.
        let is_his = |to: &[Box<str>]| to.is_empty() || to.iter().any(|to| **to == *user);
        let texts: Vec<&str> = since.filter(|(to, _)| is_his(to)).map(|(_, text)| &**text).collect();
        let next = (all.before + all.messages.len()).to_string();
        Ok(http::listed(&self.speaks, &texts, &next).into())
    }
}

/// A user of this name, whom a provider has named.
fn exists(core: &Core, user: &str) -> Result<Arc<str>, Refusal> {
    core.users.mailbox(user).map(|_| user.into()).ok_or(Refusal::InvalidToken)
}

/// Whoever shows this; nobody in particular where requests show nothing.
pub(super) fn known(
    core: &Core,
    token: Option<&str>,
    webhook: Option<&str>,
    from: Option<&str>,
) -> Result<Arc<str>, Refusal> {
    if let Some(token) = token {
        return core.users.app(token).map(|app| app.user).ok_or(Refusal::InvalidToken);
    }
    if let Some(webhook) = webhook {
        return core.users.webhook(webhook).ok_or(Refusal::UnknownApi);
    }
    let Some(from) = from else { return Ok("".into()) };
    core.users.mailbox(from).map(|_| from.into()).ok_or(Refusal::InvalidToken)
}
