//! A service by scenario that speaks in frames: it takes whatever the scenario describes, and brings it to its recipients' connections.
//!
//! A message goes to every connection of its recipient that is for receiving. What comes while there is none waits for the next.

use std::sync::Arc;

use hyper::http::request::Parts;
use hyper::upgrade::OnUpgrade;
use tokio_tungstenite::tungstenite::protocol::Role;

use super::core::Core;
use super::http::known;
use super::inbox::switching;
use super::ledger::Accepted;
use super::mailbox::{Letter, Mailbox};
use super::reply::{Reply, Then};
use crate::plan::{Login, Wire};
use crate::vendor::Refusal;
use crate::vendor::wire::{self, Arrival, Post};
use crate::world::{self, Messages};

/// A connection, and whose it is.
pub(super) struct Session {
    core: Arc<Core>,
    wire: Arc<Wire>,
    /// Whoever has shown who he is.
    user: Option<Arc<str>>,
    /// What it is for, as far as the request for it says.
    may: Arrival,
    /// What was logged in for.
    logged_in: Option<Arrival>,
    receiving: Option<Receiving>,
}

/// What waits for whoever receives, and which frame of it came last.
struct Receiving {
    mailbox: Arc<Mailbox>,
    after: u64,
}

/// What is said to a frame.
struct Said {
    frame: Option<String>,
    /// Whether the connection ends with it.
    ends: bool,
}

/// The answer to a request for a WebSocket.
pub(super) fn open(core: &Arc<Core>, wire: &Arc<Wire>, head: &Parts) -> Result<Reply, Refusal> {
    let arrival = wire::arrival(wire, head).ok_or(Refusal::UnknownApi)?;
    let user = who(core, &arrival)?;
    core.number();
    let response = switching(head).ok_or_else(|| Refusal::BadRequest("this is a WebSocket".to_owned()))?;
    let mut session = Session { may: arrival, ..Session::new(core, wire) };
    session.arrives(user);
    Ok(Reply { response, then: Some(Then::Wire(Box::new(session))) })
}

/// Whoever shows this; nobody in particular where nothing is shown. Name and credential have to be the same user's.
fn who(core: &Core, shown: &Arrival) -> Result<Option<Arc<str>>, Refusal> {
    let user = known(core, shown.token.as_deref(), None, shown.user.as_deref())?;
    match &shown.user {
        Some(named) if **named != *user => Err(Refusal::InvalidToken),
        _ => Ok((!user.is_empty()).then_some(user)),
    }
}

impl Session {
    /// A connection of nobody in particular, for everything.
    pub(super) fn new(core: &Arc<Core>, wire: &Arc<Wire>) -> Self {
        Self {
            core: Arc::clone(core),
            wire: Arc::clone(wire),
            user: None,
            may: Arrival { sends: true, receives: true, ..Arrival::default() },
            logged_in: None,
            receiving: None,
        }
    }

    /// A user has shown who he is. If nothing more is asked of recipients, he is one from now on.
    fn arrives(&mut self, user: Option<Arc<str>>) {
        let Some(user) = user else { return };
        let has_to_log_in = self.wire.login_of(true).is_some();
        let receives = self.may.receives && self.logged_in.as_ref().map_or(!has_to_log_in, |login| login.receives);
        if receives && self.wire.push.is_some() && self.receiving.is_none() {
            self.receiving = self.core.users.mailbox(&user).map(|mailbox| {
                let after = mailbox.settled();
                Receiving { mailbox, after }
            });
        }
        self.user = Some(user);
    }

    /// Serves the connection that becomes a WebSocket.
    pub(super) async fn serve_socket(self: Box<Self>, upgrade: OnUpgrade) {
        let Ok(upgraded) = upgrade.await else { return };
        let Some(socket) = world::websocket(upgraded, Role::Server).await else { return };
        self.serve(Messages::socket(socket)).await;
    }

    /// Takes and brings messages until the connection ends.
    pub(super) async fn serve(mut self, mut messages: Messages) {
        while self.bring(&mut messages).await.is_ok() {
            let heard = tokio::select! {
                biased;
                frame = messages.next() => match frame {
                    Some(frame) => Some(frame),
                    None => return,
                },
                () = arrival(self.receiving.as_ref()) => None,
            };
            let Some(frame) = heard else { continue };
            let Said { frame, ends } = self.hears(&frame);
            if let Some(frame) = frame
                && messages.say(frame).await.is_err()
            {
                return;
            }
            if ends {
                return;
            }
        }
    }

    /// Everything that waits for whoever receives here. What breaks off on the way was brought once, and is not again.
    async fn bring(&mut self, messages: &mut Messages) -> Result<(), std::io::Error> {
        let (Some(Receiving { mailbox, after }), Some(user)) = (&mut self.receiving, &self.user) else { return Ok(()) };
        while let Some((frame, letter)) = mailbox.next(*after) {
            *after = frame;
            if let Some(pushed) = wire::pushed(&self.wire, (&letter.sender, user), &letter.text) {
                messages.say(pushed).await?;
            }
        }
        Ok(())
    }

    fn hears(&mut self, frame: &str) -> Said {
        self.core.number();
        if self.logged_in.is_none()
            && let Some((shown, login)) = wire::logs_in(&self.wire, frame)
        {
            let login = login.clone();
            return self.log_in(shown, &login);
        }
        let may_send = self.wire.login_of(false).is_none() || self.logged_in.as_ref().is_some_and(|login| login.sends);
        let Some(post) = wire::post(&self.wire, frame) else {
            return self.no(None, &Refusal::BadRequest(String::new()));
        };
        if !self.may.sends || !may_send {
            return self.no(Some(&post), &Refusal::MissingToken);
        }
        match self.take(&post) {
            Ok(()) => Said { frame: wire::yes(&self.wire, &post), ends: false },
            Err(refusal) => self.no(Some(&post), &refusal),
        }
    }

    fn log_in(&mut self, shown: Arrival, login: &Login) -> Said {
        let user = who(&self.core, &shown);
        let is_other = |user: &Option<Arc<str>>| self.user.is_some() && user.is_some() && self.user != *user;
        match user.ok().filter(|user| !is_other(user)) {
            None => Said { frame: wire::granted(login, "", Some(word(&Refusal::InvalidToken))), ends: true },
            Some(user) => {
                let user = user.or_else(|| self.user.clone());
                let frame = wire::granted(login, user.as_deref().unwrap_or_default(), None);
                self.logged_in = Some(shown);
                self.arrives(user);
                Said { frame, ends: false }
            }
        }
    }

    /// A no. Where the description has no words for it, the connection ends.
    fn no(&self, post: Option<&Post>, refusal: &Refusal) -> Said {
        let frame = wire::no(&self.wire, post, word(refusal));
        let ends = frame.is_none();
        Said { frame, ends }
    }

    fn take(&self, post: &Post) -> Result<(), Refusal> {
        let core = &self.core;
        let shown = known(core, post.token.as_deref(), post.webhook.as_deref(), post.from.as_deref())?;
        let sender = match &self.user {
            Some(user) if shown.is_empty() || shown == *user => Arc::clone(user),
            Some(_) => return Err(Refusal::InvalidToken),
            None => shown,
        };
        let number = core.number();
        let text: Box<str> = post.text.as_str().into();
        let letter =
            Arc::new(Letter { text, sender: Arc::clone(&sender), number, at: core.now(), ..Letter::default() });
        let there =
            |user: &&String| core.users.mailbox(user).is_some_and(|mailbox| mailbox.put(Arc::clone(&letter)).is_some());
        let kept: Vec<&str> = post.to.iter().filter(there).map(String::as_str).collect();
        if kept.is_empty() && !post.to.is_empty() {
            return Err(Refusal::BadRequest("nobody of these users exists".into()));
        }
        core.ledger.write(&Accepted {
            at: core.now(),
            id: &number.to_string(),
            sender: &sender,
            recipients: &kept,
            capability: self.wire.capability,
            text: &post.text,
        });
        Ok(())
    }
}

/// Waits until there is something for whoever receives; for ever if nobody does.
async fn arrival(receiving: Option<&Receiving>) {
    match receiving {
        Some(Receiving { mailbox, after }) => mailbox.arrival(*after).await,
        None => std::future::pending().await,
    }
}

/// A no in one word, as what the scenario calls `{code}`.
fn word(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::MissingToken => "login_required",
        Refusal::InvalidToken | Refusal::UnknownApi => "unknown_user",
        _ => "bad_request",
    }
}
