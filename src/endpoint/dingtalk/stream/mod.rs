//! Stream mode: tickets, and what is pushed to whom.
//!
//! The twin's rule: each user has an app of his own, and every message for him is pushed to the connections that were opened with that
//! app's key. A message is kept until it is acknowledged, so that a connection that breaks loses nothing: what the platform's own app
//! would fetch when it comes back. A message that nobody acknowledges is pushed again after 60 s, as events are at the vendor's.

mod connection;
mod feed;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use connection::Origin;
pub(crate) use connection::Stream;
use feed::{Feed, Wishes};

use super::tokens::Bearer;
use super::{Ask, Service};
use crate::endpoint::inbox;
use crate::endpoint::reply::{Reply, Then};
use crate::limits::TWIN_RECORDS;
use crate::units::Moment;
use crate::vendor::dingtalk::refusal::No;
use crate::vendor::dingtalk::stream;
use crate::vendor::{Head, Refusal};

/// What is remembered of Stream mode.
#[derive(Debug, Default)]
pub(super) struct Streams(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// By their text.
    tickets: BTreeMap<String, Ticket>,
    /// By user.
    feeds: BTreeMap<Arc<str>, Arc<Feed>>,
}

#[derive(Debug)]
struct Ticket {
    bearer: Bearer,
    wishes: Wishes,
    origin: Origin,
    expires: Moment,
}

impl Streams {
    /// Tells a user's connections to disconnect.
    pub(super) fn dismiss(&self, user: &str, why: &'static str) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.tickets.retain(|_, ticket| &*ticket.bearer.user != user);
        if let Some(feed) = state.feeds.get(user) {
            feed.dismiss(why);
        }
    }
}

impl Service {
    pub(super) fn open_stream(&self, ask: &Ask<'_>) -> Result<Reply, No> {
        let open = stream::read_open(ask.body)?;
        let bearer = self.tokens.prove(ask, &open.client_id, &open.client_secret)?;
        let now = ask.core.now();
        let text = format!("fdticket-{}", ask.core.number());
        let origin = Origin::new(ask.caller.by_tls, ask.head.header("host").unwrap_or("localhost"));
        let answer = stream::opened_answer(&origin.socket(), text.clone());
        let wishes = Wishes { messages: open.wants_messages(), events: open.wants_events() };
        let mut state = self.streams.0.lock().unwrap_or_else(PoisonError::into_inner);
        if state.tickets.len() >= TWIN_RECORDS {
            state.tickets.retain(|_, ticket| now < ticket.expires);
        }
        if state.tickets.len() >= TWIN_RECORDS {
            return Err(Refusal::Throttled(stream::TICKET_LIFETIME).into());
        }
        state.tickets.insert(text, Ticket { bearer, wishes, origin, expires: now + stream::TICKET_LIFETIME });
        Ok(answer.into())
    }

    pub(super) fn connect_stream(&self, ask: &Ask<'_>) -> Result<Reply, No> {
        let text = stream::ticket(ask.head).ok_or(Refusal::MissingToken)?;
        let response = inbox::switching(ask.head);
        let response = response.ok_or_else(|| Refusal::BadRequest("a Stream is a WebSocket".to_owned()))?;
        let mut state = self.streams.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Good once: whoever comes second with it, comes too late.
        let ticket = state.tickets.remove(&text).ok_or(Refusal::InvalidToken)?;
        if ask.core.now() >= ticket.expires {
            return Err(Refusal::ExpiredToken.into());
        }
        let user = &ticket.bearer.user;
        // His tickets may have been taken away while this one was being made.
        if self.tokens.is_disabled(user) {
            return Err(Refusal::InvalidToken.into());
        }
        let mailbox = ask.core.users.mailbox(user).ok_or(Refusal::InvalidToken)?;
        let key = ask.core.seed.key("dingtalk-stream").name(user);
        let new = || Arc::new(Feed::new(ticket.bearer.clone(), mailbox, key));
        let feed = Arc::clone(state.feeds.entry(Arc::clone(user)).or_insert_with(new));
        let line = feed.join(ask.core.number(), ticket.wishes);
        // From here on whoever dismisses the user's connections dismisses this one.
        drop(state);
        let stream = Stream::new(ask.core, self.settings.stream_lifetime, feed, line, ticket.origin);
        Ok(Reply { response, then: Some(Then::Stream(Box::new(stream))) })
    }
}
